"""Single places of flat messages: the text that names the stream, and where the fields of a table stand."""

from __future__ import annotations

from collections.abc import Callable
from struct import Struct as Packing

from .layout import Field, Table

_U32 = Packing("<I").unpack_from
_I32 = Packing("<i").unpack_from
_U16 = Packing("<H").unpack_from
_PAIR = Packing("<HH").unpack_from


def text_reader(root: Table, field: Field) -> Callable[[bytes | memoryview], str | None]:
    """Make a reader of one text of the root table alone; None for an absent text or an unusual or unsound message."""
    at_entry = 4 + 2 * field.id

    def read(data: bytes | memoryview) -> str | None:
        end = len(data)
        if end < 12:
            return None
        table = _U32(data, 0)[0]
        if table == 0 or table + 4 > end:
            return None
        vtable = table - _I32(data, table)[0]
        if not 0 <= vtable <= end - 4:
            return None
        length, size = _PAIR(data, vtable)
        if length < at_entry + 2 or length & 1 or vtable + length > end or table + size > end:
            return None
        entry = _U16(data, vtable + at_entry)[0]
        if not 4 <= entry <= size - 4:
            return None
        offset = _U32(data, table + entry)[0]
        at = table + entry + offset
        if offset == 0 or at + 4 > end:
            return None
        stop = at + 4 + _U32(data, at)[0]
        if stop >= end or data[stop]:
            return None
        try:
            return str(data[at + 4 : stop], "utf-8")
        except UnicodeDecodeError:
            return None

    return read


def places(root: Table, message: bytes, table: int | None = None) -> dict[str, int]:
    """Tell where in a sound message the inline part of each field of a table stands; absent fields are left out.

    `table` is the table's position; the root's when not given.
    """
    start = _U32(message, 0)[0] if table is None else table
    vtable = start - _I32(message, start)[0]
    n = (_U16(message, vtable)[0] - 4) // 2
    entries = Packing(f"<{n}H").unpack_from(message, vtable + 4)
    return {f.name: start + entries[f.id] for f in root.fields if f.id < n and entries[f.id]}
