"""Bytes in, typed message out: the plain decoder, which follows the layout description field by field.

Verifies whatever it touches: every position, length, vtable, required field, text and union code, in time linear in
the length of the message. Arrays are read-only views on the message. Alignment is not required.

The wire format: https://flatbuffers.dev/internals/
"""

from __future__ import annotations

from struct import Struct as Packing
from struct import unpack_from
from typing import Any, NoReturn

import numpy as np

from ..errors import DecodeError
from .layout import (
    MAX_DEPTH,
    Enum,
    Field,
    Inline,
    Scalar,
    Struct,
    Table,
    Text,
    Union,
    Vector,
    inline_dtype,
    inline_size,
)
from .message import Message, absent_value, empty_array, mark_relayed
from .registry import Schema, schema_for

Buffer = bytes | bytearray | memoryview


_U32 = Packing("<I").unpack_from
_I32 = Packing("<i").unpack_from


def as_bytes(message: Buffer) -> bytes | memoryview:
    """Return a read-only view of a message as plain bytes.

    Raises
    ------
    DecodeError
        If it is not bytes-like.
    """
    if type(message) is bytes:
        return message
    try:
        view = memoryview(message)
    except TypeError:
        raise DecodeError(f"a message is bytes, not {type(message).__name__}") from None
    if not view.c_contiguous:
        return view.tobytes()
    if view.nbytes == 0:
        return b""
    return view.toreadonly() if view.format == "B" and view.ndim == 1 else view.toreadonly().cast("B")


def identify(message: Buffer) -> str:
    """Return the schema id that a message claims, without looking further.

    Raises
    ------
    DecodeError
        If the message is too short to have one, or its id is not printable ASCII.
    """
    return _identify(as_bytes(message))


def _identify(data: bytes | memoryview) -> str:
    if len(data) < 8:
        raise DecodeError(f"{len(data)} bytes, but root offset and identifier alone are 8", offset=0)
    identifier = bytes(data[4:8])
    if not all(0x21 <= byte <= 0x7E for byte in identifier):
        raise DecodeError(f"the identifier {identifier!r} is not four printable ASCII characters", offset=4)
    return identifier.decode("ascii")


def decode(message: Buffer) -> Message:
    """Verify a message and return its content.

    Parameters
    ----------
    message
        One whole message. Arrays of the result are views on it: zero-copy, read-only, valid as long as they live.

    Returns
    -------
    :
        An instance of the schema's message class. Content is not judged, see `check_ev44` for that.

    Raises
    ------
    DecodeError
        If the message is not sound, or of no known schema. Nothing else, whatever the bytes.
    """
    data = as_bytes(message)
    return decode_as(schema_for(_identify(data)), data)


def decode_as(schema: Schema, data: bytes | memoryview) -> Message:
    """Verify and decode a message as one of a known schema."""
    identifier = _identify(data)
    if identifier != schema.id:
        raise DecodeError(f"the identifier is {identifier!r}", schema=schema.id, offset=4)
    reader = _Reader(schema, data)
    root: Message = reader.table(schema.root, reader.target(0), 0)
    mark_relayed(root)
    return root


def source_in(schema: Schema, data: bytes | memoryview) -> str:
    """Verify and return only the text that names the stream; empty when it is absent or the schema has none."""
    field = schema.source_field
    reader = _Reader(schema, data)
    root = schema.root
    pos = reader.target(0)
    size, entries = reader.vtable(root, pos)
    return "" if field is None else reader.field(field, pos, size, entries, 0) or ""


class _Reader:
    """One walk through one message."""

    def __init__(self, schema: Schema, data: bytes | memoryview) -> None:
        self.schema, self.layout, self.data, self.size = schema, schema.layout, data, len(data)
        self.trail: list[str] = []
        # Offsets can share targets, so a small message can describe a huge tree, and texts can overlap. An honest
        # message spends at most one step on four bytes and copies no byte twice.
        self.steps = 1000 + self.size
        self.copies = 1000 + 8 * self.size
        self.texts: dict[int, str] = {}

    def fail(self, problem: str, offset: int) -> NoReturn:
        path = "".join(self.trail).removeprefix(".")
        raise DecodeError(problem, schema=self.schema.id, path=path, offset=offset)

    def spend(self, steps: int, pos: int) -> None:
        self.steps -= steps
        if self.steps < 0:
            self.fail("more tables and texts than the message has room for: they share memory", pos)

    def copy(self, n_bytes: int, pos: int) -> None:
        self.copies -= n_bytes
        if self.copies < 0:
            self.fail("more text than the message has room for: texts overlap", pos)

    def target(self, pos: int) -> int:
        """Follow the offset at `pos`, which is inside the message, to something of at least four bytes."""
        (offset,) = _U32(self.data, pos)
        if offset == 0 or pos + offset + 4 > self.size:
            self.fail(f"offset {offset} leads out of the message of {self.size} bytes", pos)
        return int(pos + offset)

    def extent(self, pos: int, size: int) -> tuple[int, int]:
        """Read the count at `pos` of elements of `size` bytes and return it with the position of the first."""
        (count,) = _U32(self.data, pos)
        if pos + 4 + count * size > self.size:
            self.fail(f"{count} elements of {size} bytes do not fit into the message of {self.size} bytes", pos)
        return int(count), pos + 4

    def vtable(self, table: Table, pos: int) -> tuple[int, tuple[int, ...]]:
        """Verify a table's vtable; return the table's inline size and the entries of the fields we know."""
        vtable = pos - _I32(self.data, pos)[0]
        if not 0 <= vtable <= self.size - 4:
            self.fail(f"the vtable at {vtable} lies outside the message of {self.size} bytes", pos)
        length, size = unpack_from("<HH", self.data, vtable)
        if length < 4 or length % 2 or vtable + length > self.size:
            self.fail(f"a vtable of {length} bytes is odd, too short or leads out of the message", vtable)
        if size < 4 or pos + size > self.size:
            self.fail(f"a table of {size} bytes is too short or leads out of the message", vtable + 2)
        n = min((length - 4) // 2, table.n_ids)
        return size, unpack_from(f"<{n}H", self.data, vtable + 4) + (0,) * (table.n_ids - n)

    def table(self, table: Table, pos: int, depth: int) -> Any:
        values = self.values(table, pos, depth)
        return self.schema.classes[table.name](**values)

    def values(self, table: Table, pos: int, depth: int) -> dict[str, Any]:
        self.spend(1, pos)
        if depth >= MAX_DEPTH:
            self.fail(f"tables are nested more than {MAX_DEPTH} deep", pos)
        size, entries = self.vtable(table, pos)
        return {f.name: self.field(f, pos, size, entries, depth) for f in table.fields}

    def field(self, field: Field, pos: int, size: int, entries: tuple[int, ...], depth: int) -> Any:
        self.trail.append(f".{field.name}")
        value = self.value(field, pos, size, entries, depth)
        self.trail.pop()
        return value

    def value(self, field: Field, pos: int, size: int, entries: tuple[int, ...], depth: int) -> Any:
        entry, type_ = entries[field.id], field.type
        if entry and not 4 <= entry <= size - inline_size(type_):
            self.fail(f"entry {entry} leads out of its table of {size} bytes", pos)
        if isinstance(type_, Union):
            return self.union(field, type_, pos, size, entries, depth)
        if not entry:
            if field.is_required:
                self.fail("a required field is absent", pos)
            return absent_value(field, self.layout)
        at = pos + entry
        if isinstance(type_, Inline):
            return self.inline(type_, at)
        if isinstance(type_, Text):
            return self.text(self.target(at))
        if isinstance(type_, Vector):
            return self.vector(type_, self.target(at), depth)
        return self.table(self.layout.tables[type_.table], self.target(at), depth + 1)

    def inline(self, type_: Inline, at: int) -> Any:
        if isinstance(type_, Struct):
            values = {f.name: self.inline(f.type, at + f.offset) for f in type_.fields}
            return self.schema.classes[type_.name](**values)
        base = type_.base if isinstance(type_, Enum) else type_
        return unpack_from("<" + base.code, self.data, at)[0]

    def text(self, pos: int) -> str:
        known = self.texts.get(pos)
        if known is not None:
            return known
        count, start = self.extent(pos, 1)
        end = start + count
        if end >= self.size or self.data[end]:
            self.fail("a text does not end with a zero byte", end)
        self.copy(count, pos)
        try:
            text = str(self.data[start:end], "utf-8")
        except UnicodeDecodeError as error:
            self.fail(f"a text is not UTF-8: {error.reason}", start + error.start)
        self.texts[pos] = text
        return text

    def vector(self, type_: Vector, pos: int, depth: int) -> Any:
        of = type_.of
        if isinstance(of, Inline):
            return self.array(of, pos)
        count, start = self.extent(pos, 4)
        self.spend(count, pos)
        values = []
        for i in range(count):
            self.trail.append(f"[{i}]")
            target = self.target(start + 4 * i)
            if isinstance(of, Text):
                values.append(self.text(target))
            else:
                values.append(self.table(self.layout.tables[of.table], target, depth + 1))
            self.trail.pop()
        return tuple(values)

    def array(self, of: Inline, pos: int) -> np.ndarray[Any, Any]:
        dtype = inline_dtype(of)
        count, start = self.extent(pos, dtype.itemsize)
        if count == 0:
            return empty_array(dtype)
        if dtype.kind == "b":
            # Any byte but 0 is true; NumPy's own truth values may only be 0 and 1.
            self.copy(count, pos)
            truths: np.ndarray[Any, Any] = np.frombuffer(self.data, np.uint8, count, start) != 0
            truths.flags.writeable = False
            return truths
        return np.frombuffer(self.data, dtype, count, start)

    def union(self, field: Field, union: Union, pos: int, size: int, entries: tuple[int, ...], depth: int) -> Any:
        code_entry, entry = entries[field.id - 1], entries[field.id]
        if code_entry and not 4 <= code_entry < size:
            self.fail(f"entry {code_entry} of its code leads out of its table of {size} bytes", pos)
        code = self.data[pos + code_entry] if code_entry else 0
        if code == 0:
            if field.is_required:
                self.fail("a required value is absent or of kind NONE", pos + code_entry)
            return None
        member = union.member(code)
        if member is None:
            self.fail(f"code {code} is none of union {union.name} (1 to {len(union.members)})", pos + code_entry)
        if not entry:
            self.fail(f"code {code} ({member.name}) comes without a value", pos + code_entry)
        table, target = self.layout.tables[member.table], self.target(pos + entry)
        bare = self.layout.bare[union.name]
        if bare is None:
            return self.table(table, target, depth + 1)
        (value,) = self.values(table, target, depth + 1).values()
        kind = bare[code].type
        return kind.dtype.type(value) if isinstance(kind, Scalar) else value
