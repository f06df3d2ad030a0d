"""Vtables seen before: producers repeat themselves, so their vtables are verified once."""

from __future__ import annotations

from collections.abc import Callable
from struct import unpack_from

from ..layout import Table, Union, inline_size
from .budget import Unusual

Entries = tuple[int, ...]

CACHED = 256
"""Vtables that are remembered of a table; messages with others take longer."""
MARGIN = 16
"""Bytes beyond those of the fields we know up to which a vtable is remembered."""


def vtable_reader(table: Table) -> tuple[dict[bytes, Entries], Callable[[bytes | memoryview], Entries]]:
    """Make the memory of a table's vtables.

    Returns
    -------
    :
        What is known by the vtable's bytes, and a function that verifies and remembers bytes that are not: the table's
        size, then for each field the entries of its code (unions only) and of itself. It raises `Unusual` when they
        are unsound.
    """
    known: dict[bytes, Entries] = {}
    longest = 4 + 2 * table.n_ids + MARGIN

    def learn(vtable: bytes | memoryview) -> Entries:
        n_bytes = len(vtable)
        if n_bytes < 4 or n_bytes % 2 or n_bytes > longest:
            raise Unusual
        length, size, *told = unpack_from(f"<{n_bytes // 2}H", vtable)
        if length != n_bytes or size < 4:
            raise Unusual
        told += [0] * table.n_ids
        entries: list[int] = [size]
        for field in table.fields:
            entry = told[field.id]
            if entry and not 4 <= entry <= size - inline_size(field.type):
                raise Unusual
            if isinstance(field.type, Union):
                code_entry = told[field.id - 1]
                if code_entry and not 4 <= code_entry < size:
                    raise Unusual
                entries.append(code_entry)
                entry = entry if code_entry else 0
            if field.is_required and not entry:
                raise Unusual
            entries.append(entry)
        if len(known) < CACHED:
            known[bytes(vtable)] = tuple(entries)
        return tuple(entries)

    return known, learn
