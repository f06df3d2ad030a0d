"""Bytes in, typed message out: the plain decoder, which follows the layout description field by field.

Verifies whatever it touches, see `cursor`. Arrays are read-only views on the message. Needs at most 64 KiB and four
times the message's size. Alignment is not required.
"""

from __future__ import annotations

from functools import partial
from struct import unpack_from
from sys import getsizeof
from typing import Any

from ..errors import DecodeError
from .cursor import Cursor, Data
from .layout import Inline, Scalar, Struct, Table, TableRef, Text, Type, Union, Vector
from .message import Message, absent_value, mark_relayed
from .registry import Schema, schema_for
from .rows import Rows

Buffer = bytes | bytearray | memoryview

FREE_BYTES = 48_000
"""Bytes that the objects of any message may take: 64 KiB less what reading itself needs."""
OBJECT_PRICE = 40
"""Bytes of a message object; each of its fields takes 8 more."""
ARRAY_PRICE = 120
"""Bytes of a NumPy array that is a view."""
NUMBER_PRICE = 32
SHAPE_PRICE = 64
"""Bytes that shaping adds to a table, copies apart."""
MAX_SHARED = 12
"""Elements of a list, and lists inside each other, that are remembered for those that share them."""
ROWS_PRICE = 400
"""Bytes of a vector whose elements are made when they are looked at, with all it holds on to."""


def as_bytes(message: Buffer) -> Data:
    """Return a read-only view of a message as plain bytes.

    Raises
    ------
    DecodeError
        If it is not bytes-like.
    """
    if type(message) is bytes:
        return message
    try:
        view = memoryview(message).toreadonly()
    except (TypeError, ValueError, BufferError) as error:
        raise DecodeError(f"a message is bytes, not {type(message).__name__} ({error})") from None
    if view.format == "B" and view.ndim == 1 and view.c_contiguous:
        return view
    try:
        return view.cast("B") if view.nbytes else b""
    except (TypeError, ValueError):
        # Neither in one piece nor of plain numbers: only a copy is.
        return view.tobytes()


def identify(message: Buffer) -> str:
    """Return the schema id that a message claims, without looking further.

    Raises
    ------
    DecodeError
        If the message is too short to have one, or its id is not printable ASCII.
    """
    return identify_data(as_bytes(message))


def identify_data(data: Data) -> str:
    """Return the schema id that plain bytes claim; as `identify`."""
    if len(data) < 8:
        raise DecodeError(f"{len(data)} bytes, but root offset and identifier alone are 8", offset=0)
    identifier = bytes(data[4:8])
    if not all(0x21 <= byte <= 0x7E for byte in identifier):
        raise DecodeError(f"the identifier {identifier!r} is not four printable ASCII characters", offset=4)
    return identifier.decode("ascii")


def open_message(message: Buffer) -> tuple[Schema, Data]:
    """Return the schema that a message claims, and its bytes.

    Raises
    ------
    DecodeError
        If there is no such schema.
    """
    data = as_bytes(message)
    return schema_for(identify_data(data)), data


def decode_as(schema: Schema, data: Data) -> Message:
    """Verify and decode a message as one of a known schema, field by field.

    Raises
    ------
    DecodeError
        If it is not a sound message of this schema.
    """
    identifier = identify_data(data)
    if identifier != schema.id:
        raise DecodeError(f"the identifier is {identifier!r}", schema=schema.id, offset=4)
    cursor = Cursor(schema.id, data)
    root: Message = _Reader(schema, cursor).table(schema.root, cursor.target(0), 0)
    mark_relayed(root)
    return root


def source_in(schema: Schema, data: Data) -> str:
    """Verify and return only the text that names the stream; empty when it is absent or the schema has none."""
    wanted = schema.source_field
    cursor = Cursor(schema.id, data)
    pos = cursor.target(0)
    size, entries = cursor.vtable(schema.root, pos)
    if wanted is None or not entries[wanted.id]:
        return ""
    cursor.trail.append(wanted.name)
    entry = entries[wanted.id]
    if not 4 <= entry <= size - 4:
        cursor.fail(f"entry {entry} leads out of its table of {size} bytes", pos)
    return cursor.text(cursor.target(pos + entry))


class _Reader:
    """One walk through one message."""

    def __init__(self, schema: Schema, cursor: Cursor) -> None:
        self.schema, self.layout, self.cursor, self.data = schema, schema.layout, cursor, cursor.data
        self.room = FREE_BYTES + 4 * cursor.size
        """Bytes that objects may still take."""

    def table(self, table: Table, pos: int, depth: int) -> Any:
        values = self.values(table, pos, depth)
        self.room -= OBJECT_PRICE + 8 * len(values)
        return self.schema.classes[table.name](**values)

    def values(self, table: Table, pos: int, depth: int) -> dict[str, Any]:
        shape = self.schema.meaning.shape.get(table.name.rpartition(".")[2])
        values: dict[str, Any] = {}
        for field, at, code in self.cursor.fields(table, pos, depth):
            type_ = field.type
            if not at:
                value = absent_value(field, self.layout)
            elif isinstance(type_, Inline):
                value = self.inline(type_, at)
            elif isinstance(type_, Union):
                value = self.union(type_, code, self.cursor.target(at), depth)
            else:
                value = self.behind(type_, self.cursor.target(at), depth)
            values[field.name] = value
        if shape:
            self.room -= SHAPE_PRICE
            shape(values, partial(self.charge, pos))
        return values

    def charge(self, pos: int, n_bytes: int) -> None:
        self.cursor.copy(n_bytes, pos)
        self.room -= n_bytes

    def inline(self, type_: Inline, at: int) -> Any:
        if isinstance(type_, Struct):
            self.room -= OBJECT_PRICE + 8 * len(type_.fields)
            values = {f.name: self.inline(f.type, at + f.offset) for f in type_.fields}
            return self.schema.classes[type_.name](**values)
        base = type_ if isinstance(type_, Scalar) else type_.base
        (value,) = unpack_from("<" + base.code, self.data, at)
        if not -5 <= value <= 256:  # the interpreter has one object for each of these
            self.room -= NUMBER_PRICE
        return value

    def behind(self, type_: Type, pos: int, depth: int) -> Any:
        if isinstance(type_, Text):
            is_new = pos not in self.cursor.texts
            text = self.cursor.text(pos)
            self.room -= getsizeof(text) if is_new else 0
            return text
        if isinstance(type_, TableRef):
            return self.table(self.layout.tables[type_.table], pos, depth + 1)
        assert isinstance(type_, Vector)
        if not isinstance(type_.of, Inline):
            return self.rows(type_.of, pos, depth)
        self.room -= ARRAY_PRICE
        return self.cursor.array(type_.of, pos)

    def union(self, union: Union, code: int, pos: int, depth: int) -> Any:
        member = union.member(code)
        assert member is not None
        table, bare = self.layout.tables[member.table], self.layout.bare[union.name]
        if bare is None:
            return self.table(table, pos, depth + 1)
        (value,) = self.values(table, pos, depth + 1).values()
        kind = bare[code].type
        return kind.dtype.type(value) if isinstance(kind, Scalar) else value

    def rows(self, of: Type, pos: int, depth: int) -> tuple[Any, ...] | Rows:
        """Verify a vector of texts or tables by making each of them; keep them while there is room."""
        count, start = self.cursor.extent(pos, 4)
        room = self.room
        self.room -= 16 * count
        made = [None] * count if self.room >= 0 else None
        # Elements that share a target are made once, but counted each time: what is made of a message bounds what
        # everybody after us has to go through.
        shared: dict[int, tuple[Any, int]] = {}
        for i, target in self.cursor.elements(pos):
            if target in shared:
                element, steps = shared[target]
                self.cursor.spend(steps, target)
            else:
                steps = self.cursor.steps
                element = self.behind(of, target, depth)
                if made is not None and len(shared) < MAX_SHARED and depth < MAX_SHARED:
                    shared[target] = element, steps - self.cursor.steps
            if self.room < 0:
                made = None
                shared.clear()
            if made is None:
                self.room = room - ROWS_PRICE
            else:
                made[i] = element
        if made is None:
            return Rows(partial(_element, self.schema, self.data, of, start, depth), count)
        return tuple(made)


def _element(schema: Schema, data: Data, of: Type, start: int, depth: int, number: int) -> Any:
    """Make one element of a verified vector again."""
    cursor = Cursor(schema.id, data)
    return _Reader(schema, cursor).behind(of, cursor.target(start + 4 * number), depth)
