"""Typed message in, bytes out: the plain encoder, which follows the layout description field by field.

The same message always gives the same bytes: a table's vtable, the table, then what its fields point to, in the order
of the fields. Every number lies at a multiple of its size.

The wire format: https://flatbuffers.dev/internals/
"""

from __future__ import annotations

import operator
from collections.abc import Sequence
from struct import error as PackingError
from struct import pack, pack_into
from typing import Any

import numpy as np

from ..errors import EncodeError
from .layout import (
    MAX_DEPTH,
    Enum,
    Field,
    Inline,
    Struct,
    Table,
    TableRef,
    Text,
    Type,
    Union,
    Vector,
    inline_align,
    inline_dtype,
    inline_size,
)
from .message import Message
from .registry import SCHEMAS, Schema
from .values import exact_array

MAX_SIZE = 2**31 - 1
"""Largest message in bytes: offsets are read as signed numbers by some decoders."""


def encode(message: Message) -> bytes:
    """Return the bytes of a message.

    Optional texts, tables and values are left out when None; vectors are written even when empty. Scalars equal to
    their default are written or left out as the schema's usual producers do. What was decoded can be encoded again
    even when its content contradicts itself; a message made here cannot.

    Raises
    ------
    EncodeError
        If the schema is only read; if the content does not fit it: a missing required field, a number out of range, a
        wrong dtype; if it contradicts itself: lists of unequal length, a shape that is not that of the data.
    """
    if not isinstance(message, Message) or message.SCHEMA not in SCHEMAS:
        raise EncodeError(f"{type(message).__name__} is not a message; make one with schemas.message_class(id)")
    schema = SCHEMAS[message.SCHEMA]
    if schema.is_read_only:
        follower = schema.follower
        advice = f"write {follower.replace(' ', ' and ')}" if follower else "nothing follows it"
        raise EncodeError(f"messages of this schema are read, but no longer written; {advice}", schema=schema.id)
    return encode_as(schema, message, as_given=getattr(message, "_relayed", False))


def encode_as(schema: Schema, message: Message, *, as_given: bool = False) -> bytes:
    """Encode a message of a known schema, even of one that is only read.

    Parameters
    ----------
    schema, message
        A schema and a message of its class.
    as_given
        Whether to pass on content that contradicts itself.

    Raises
    ------
    EncodeError
        As `encode`.
    """
    if schema.layout.root != message.TABLE:
        name = schema.message_class.__name__
        raise EncodeError(f"{type(message).__name__} is only a part of a message of class {name}", schema=schema.id)
    writer = _Writer(schema, as_given)
    root = writer.table(schema.root, message, 0)
    if writer.size > MAX_SIZE:
        raise EncodeError(f"{writer.size} bytes, but a message holds at most {MAX_SIZE}", schema=schema.id)
    writer.parts[0] = pack("<I4s", root, schema.id.encode("ascii"))
    return b"".join(writer.parts)


def length(values: Any) -> int:
    """Return the number of elements of a list, 0 for one that is not there."""
    return len(values) if hasattr(values, "__len__") else 0


class _Writer:
    def __init__(self, schema: Schema, as_given: bool) -> None:
        self.schema, self.layout, self.as_given = schema, schema.layout, as_given
        self.elides, self.flatten = schema.layout.elides_defaults, schema.meaning.flatten
        self.parts: list[Any] = [b"\0" * 8]
        self.size = 8
        self.trail: list[str] = []

    def fail(self, problem: str) -> EncodeError:
        return EncodeError(problem, schema=self.schema.id, path="".join(self.trail).removeprefix("."))

    def add(self, part: Any, n_bytes: int) -> None:
        self.parts.append(part)
        self.size += n_bytes

    def pad(self, align: int, ahead: int = 0) -> None:
        """Fill up so that the position `ahead` bytes further on is a multiple of `align`."""
        n = -(self.size + ahead) % align
        if n:
            self.add(b"\0" * n, n)

    def table(self, table: Table, message: Message, depth: int) -> int:
        values = {f.name: getattr(message, f.name) for f in table.fields}
        if self.flatten and (flatten := self.flatten.get(table.name.rpartition(".")[2])):
            try:
                flatten(values, self.as_given)
            except EncodeError as error:
                raise self.fail(error.problem) from None
        if not self.as_given:
            self.compare(table, values)
        return self.values(table, values, depth)

    def compare(self, table: Table, values: dict[str, Any]) -> None:
        """Refuse lists that belong together but are not equally long."""
        for equal in self.layout.equals[table.name]:
            problem = equal.problem(length(values[equal.name]), length(values[equal.other]))
            if problem:
                self.trail.append(f".{equal.name}")
                raise self.fail(problem)

    def values(self, table: Table, values: dict[str, Any], depth: int) -> int:
        if depth >= MAX_DEPTH:
            raise self.fail(f"tables are nested more than {MAX_DEPTH} deep")
        inline, behind = self.split(table, values)
        # Largest first after the four bytes of the vtable's distance: nothing to fill up between fields.
        order = sorted(inline, key=lambda id: -inline[id][0])
        align = max([4, *(inline[id][0] for id in order)])
        entries = [0] * (max(inline, default=-1) + 1)
        body = bytearray(4)
        for id in order:
            step, data = inline[id]
            body += b"\0" * (-(len(body) - 4) % step)
            entries[id] = len(body)
            body += data
        vtable = pack(f"<HH{len(entries)}H", 4 + 2 * len(entries), len(body), *entries)
        self.pad(2)
        self.pad(align, len(vtable) + 4)
        start = self.size + len(vtable)
        pack_into("<i", body, 0, len(vtable))
        self.add(vtable, len(vtable))
        self.add(body, len(body))
        for id, type_, name, value in behind:
            self.trail.append(f".{name}")
            target = self.behind(type_, value, depth)
            pack_into("<I", body, entries[id], target - start - entries[id])
            self.trail.pop()
        return start

    def split(
        self, table: Table, values: dict[str, Any]
    ) -> tuple[dict[int, tuple[int, bytes]], list[tuple[int, Type, str, Any]]]:
        """Sort fields that are present into inline (alignment and bytes by id) and those behind an offset."""
        inline: dict[int, tuple[int, bytes]] = {}
        behind: list[tuple[int, Type, str, Any]] = []
        for f in table.fields:
            self.trail.append(f".{f.name}")
            value, type_ = values[f.name], f.type
            if value is None and f.is_required:
                raise self.fail("a required field is None")
            if isinstance(type_, Union):
                code, value = self.schema.union_member(type_, value, "".join(self.trail).removeprefix("."))
                if code or not self.elides:
                    inline[f.id - 1] = (1, bytes((code,)))
                if code:
                    bare = self.layout.bare[type_.name]
                    content = value if bare is None else {bare[code].name: value}
                    table_of_code = next(m.table for m in type_.members if m.code == code)
                    inline[f.id] = (4, bytes(4))
                    behind.append((f.id, TableRef(table_of_code), f.name, content))
            elif isinstance(type_, Inline):
                data = self.scalar(f, type_, value)
                if data:
                    inline[f.id] = (inline_align(type_), data)
            elif value is not None:
                inline[f.id] = (4, bytes(4))
                behind.append((f.id, type_, f.name, value))
            self.trail.pop()
        return inline, behind

    def scalar(self, field: Field, type_: Inline, value: Any) -> bytes:
        """Return the bytes of an inline field; none when it is to be left out."""
        if value is None:
            if isinstance(type_, Struct) or field.default is None:
                return b""
            raise self.fail(f"None is not a {type_.name}")
        data = self.inline(type_, value)
        is_default = field.default is not None and data == self.inline(type_, field.default)
        return b"" if is_default and self.elides else data

    def inline(self, type_: Inline, value: Any) -> bytes:
        if isinstance(type_, Struct):
            if not isinstance(value, Message) or type_.name != value.TABLE:
                raise self.fail(f"{type(value).__name__} is not a {type_.name}")
            out = bytearray(type_.size)
            for f in type_.fields:
                out[f.offset : f.offset + inline_size(f.type)] = self.inline(f.type, getattr(value, f.name))
            return bytes(out)
        base = type_.base if isinstance(type_, Enum) else type_
        try:
            if base.code == "?":
                if not isinstance(value, bool | np.bool_):
                    raise TypeError
                return b"\1" if value else b"\0"
            if isinstance(value, bool | np.bool_):
                raise TypeError
            return pack("<" + base.code, float(value) if base.code in "fd" else operator.index(value))
        except (PackingError, OverflowError, TypeError, ValueError):
            raise self.fail(f"{value!r} is not a {base.name}") from None

    def behind(self, type_: Type, value: Any, depth: int) -> int:
        if isinstance(type_, Text):
            return self.text(value)
        if isinstance(type_, Vector):
            return self.vector(type_.of, value, depth)
        assert isinstance(type_, TableRef)
        table = self.layout.tables[type_.table]
        if isinstance(value, dict):
            return self.values(table, value, depth + 1)
        if type(value) is not self.schema.classes[type_.table]:
            raise self.fail(f"{type(value).__name__} is not a {table.name}")
        return self.table(table, value, depth + 1)

    def text(self, value: object) -> int:
        if not isinstance(value, str):
            raise self.fail(f"{type(value).__name__} is not a text")
        try:
            data = value.encode("utf-8")
        except UnicodeEncodeError as error:
            raise self.fail(f"the text is not Unicode: {error.reason}") from None
        self.pad(4)
        start = self.size
        self.add(pack("<I", len(data)) + data + b"\0", len(data) + 5)
        return start

    def vector(self, of: Inline | Text | TableRef, value: Any, depth: int) -> int:
        if isinstance(of, Inline):
            return self.array(of, value)
        if not isinstance(value, Sequence) or isinstance(value, str | bytes):
            raise self.fail(f"{type(value).__name__} is not a tuple")
        self.pad(4)
        start = self.size
        offsets = bytearray(4 * len(value))
        self.add(pack("<I", len(value)), 4)
        self.add(offsets, len(offsets))
        for i, element in enumerate(value):
            self.trail.append(f"[{i}]")
            pack_into("<I", offsets, 4 * i, self.behind(of, element, depth) - start - 4 - 4 * i)
            self.trail.pop()
        return start

    def array(self, of: Inline, value: Any) -> int:
        array = exact_array(value, inline_dtype(of), schema=self.schema.id, path="".join(self.trail).removeprefix("."))
        self.pad(4)
        self.pad(max(4, inline_align(of)), 4)
        start = self.size
        self.add(pack("<I", len(array)), 4)
        self.add(array.view(np.uint8) if array.size else b"", array.nbytes)
        return start
