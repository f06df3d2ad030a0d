"""Bytes in, plain content out: what a message says field by field, as it says it, ready for JSON.

Nothing is resolved for the reader: payloads stay bytes, unions stay tables beside their code, absent stays absent.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator
from math import isfinite
from struct import unpack_from
from typing import Any

import numpy as np

from .cursor import Cursor, Data
from .layout import Enum, Inline, Layout, Scalar, Struct, Table, Text, Union, Vector
from .read import Buffer, open_message
from .registry import Schema

Content = dict[str, Any]

LONG = 2000
"""Elements up to which a vector of numbers is shown one by one."""


def wire(message: Buffer) -> Content:
    """Verify a message and return its content in a form that `json.dumps` takes.

    Parameters
    ----------
    message
        One whole message.

    Returns
    -------
    :
        Every field of the root table by its name; inner tables and structs as dicts, vectors of texts and tables as
        lists.

        Integers are exact. Floats are exact, a float32 as the double of equal value; what is not finite is one of
        the texts ``"NaN"``, ``"Infinity"`` and ``"-Infinity"``. A vector of numbers is
        ``{"dtype": ..., "values": [...]}``; one of uint8, or of more than 2000 elements,
        ``{"dtype": ..., "length": n, "base64": ...}`` with the little-endian bytes. Enums and union codes are
        numbers, with their names (if they have one) under ``"__names__"``; a union's value is a dict beside its
        ``<name>_type``. ``"__absent__"`` lists what is not in the message: shown as the default, or None where there
        is none.

    Raises
    ------
    DecodeError
        If the message is not sound, or of no known schema.
    """
    schema, data = open_message(message)
    return wire_as(schema, data)


def wire_as(schema: Schema, data: Data) -> Content:
    """Return the content of a message of a known schema."""
    cursor = Cursor(schema.id, data)
    return _Content(cursor, schema.layout).table(schema.root, cursor.target(0), 0)


class _Content:
    """One walk through one message."""

    def __init__(self, cursor: Cursor, layout: Layout) -> None:
        self.cursor, self.layout = cursor, layout
        self.room = 64 * 1024 + 8 * cursor.size
        """Bytes of texts and arrays that may still be shown: many tables can share one of them."""

    def table(self, table: Table, pos: int, depth: int) -> Content:
        content: Content = {}
        names: dict[str, str] = {}
        for field, at, code in self.cursor.fields(table, pos, depth):
            type_ = field.type
            if isinstance(type_, Union):
                content[f"{field.name}_type"] = code
                names[f"{field.name}_type"] = self._member(type_, code)
                member = type_.member(code)
                value = self._table_behind(member.table, at, depth) if member else None
            elif not at:
                value = _number(field.default)
            elif isinstance(type_, Inline):
                value = self.inline(type_, at)
            else:
                value = self.behind(type_, at, depth)
            content[field.name] = value
            if isinstance(type_, Enum) and (name := _name(type_, value)) is not None:
                names[field.name] = name
        absent = self.absent(table, pos)
        return content | ({"__absent__": absent} if absent else {}) | ({"__names__": names} if names else {})

    def absent(self, table: Table, pos: int) -> list[str]:
        _, entries = self.cursor.vtable(table, pos)
        names: list[str] = []
        for field in table.fields:
            if isinstance(field.type, Union) and not entries[field.id - 1]:
                names.append(f"{field.name}_type")
            if not entries[field.id]:
                names.append(field.name)
        return names

    @staticmethod
    def _member(union: Union, code: int) -> str:
        member = union.member(code)
        return member.name if member else "NONE"

    def _table_behind(self, name: str, at: int, depth: int) -> Content:
        return self.table(self.layout.tables[name], self.cursor.target(at), depth + 1)

    def inline(self, type_: Inline, at: int) -> Any:
        if isinstance(type_, Struct):
            return {f.name: self.inline(f.type, at + f.offset) for f in type_.fields}
        base = type_.base if isinstance(type_, Enum) else type_
        return _number(unpack_from("<" + base.code, self.cursor.data, at)[0])

    def behind(self, type_: Any, at: int, depth: int) -> Any:
        pos = self.cursor.target(at)
        if isinstance(type_, Text):
            return self.text(pos)
        if not isinstance(type_, Vector):
            return self.table(self.layout.tables[type_.table], pos, depth + 1)
        of = type_.of
        if isinstance(of, Struct):
            count, start = self.cursor.extent(pos, of.size)
            self.cursor.spend(count, pos)
            return [self.inline(of, start + i * of.size) for i in range(count)]
        if isinstance(of, Scalar | Enum):
            return self.array(of, pos)
        if isinstance(of, Text):
            return [self.text(target) for _, target in self.cursor.elements(pos)]
        return list(self.tables(self.layout.tables[of.table], pos, depth + 1))

    def tables(self, table: Table, pos: int, depth: int) -> Iterator[Content]:
        # Made once and counted each time, as when decoding: see `read`.
        shared: dict[int, tuple[Content, int]] = {}
        for _, target in self.cursor.elements(pos):
            if target in shared:
                content, steps = shared[target]
                self.cursor.spend(steps, target)
            else:
                steps = self.cursor.steps
                content = self.table(table, target, depth)
                shared[target] = content, steps - self.cursor.steps
            yield content

    def array(self, of: Scalar | Enum, pos: int) -> Content:
        array = self.cursor.array(of, pos)
        self.show(array.nbytes, pos)
        content: Content = {"dtype": array.dtype.name}
        if array.dtype == np.uint8 or array.size > LONG:
            return content | {"length": array.size, "base64": b64encode(array.data).decode("ascii")}
        return content | {"values": [_number(value) for value in array.tolist()]}

    def text(self, pos: int) -> str:
        text = self.cursor.text(pos)
        self.show(len(text), pos)
        return text

    def show(self, n_bytes: int, pos: int) -> None:
        self.room -= n_bytes
        if self.room < 0:
            self.cursor.fail("more content than the message has room for: texts or arrays overlap", pos)


def _number(value: Any) -> Any:
    if isinstance(value, float) and not isfinite(value):
        return "NaN" if value != value else "Infinity" if value > 0 else "-Infinity"
    return value


def _name(enum: Enum, value: object) -> str | None:
    return next((name for name, number in enum.members.items() if number == value), None)
