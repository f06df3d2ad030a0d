"""Positions in a message: every offset, length, vtable, required field, text and union code verified before use.

A cursor never looks outside the message and spends time in proportion to its length. What stands at a position is
made into values elsewhere: typed messages by `read`, plain content by `content`.

The wire format: https://flatbuffers.dev/internals/
"""

from __future__ import annotations

from collections.abc import Iterator
from struct import Struct as Packing
from struct import unpack_from
from typing import Any, NoReturn

import numpy as np

from ..errors import DecodeError
from .layout import MAX_DEPTH, Field, Inline, Table, Union, inline_dtype, inline_size
from .message import empty_array

Data = bytes | memoryview

_U32 = Packing("<I").unpack_from
_I32 = Packing("<i").unpack_from

LONG_TEXT = 256
"""Bytes from which on a text is remembered by its position: many offsets to a short one cost little."""


class Cursor:
    """Verified access to one message of a schema.

    Offsets can share targets, so a small message can describe a huge tree, and texts can overlap. A message that
    shares nothing spends at most one step on four bytes and copies no byte twice; some sharing is allowed.
    """

    def __init__(self, schema: str, data: Data) -> None:
        self.schema, self.data, self.size = schema, data, len(data)
        self.trail: list[str] = []
        """Names on the way to the current field, as the error tells them."""
        self.steps = 100 + self.size
        self.copies = 4000 + 4 * self.size
        self.texts: dict[int, str] = {}

    def fail(self, problem: str, offset: int) -> NoReturn:
        """Refuse the message for what is wrong at a byte."""
        path = "".join(self.trail).removeprefix(".")
        raise DecodeError(problem, schema=self.schema, path=path, offset=offset)

    def spend(self, steps: int, pos: int) -> None:
        """Count tables and elements that are about to be visited."""
        self.steps -= steps
        if self.steps < 0:
            self.fail("more tables and texts than the message has room for: they share memory", pos)

    def copy(self, n_bytes: int, pos: int) -> None:
        """Count bytes that are about to be copied."""
        self.copies -= n_bytes
        if self.copies < 0:
            self.fail("more content than the message has room for: texts or arrays overlap", pos)

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

    def fields(self, table: Table, pos: int, depth: int) -> Iterator[tuple[Field, int, int]]:
        """Verify a table and yield its fields, each with the place of its inline part, 0 when it is absent.

        A union comes with the code of what it holds. While a field is handled, the trail leads to it.
        """
        self.spend(1, pos)
        if depth >= MAX_DEPTH:
            self.fail(f"tables are nested more than {MAX_DEPTH} deep", pos)
        size, entries = self.vtable(table, pos)
        for field in table.fields:
            self.trail.append(f".{field.name}")
            entry = entries[field.id]
            if entry and not 4 <= entry <= size - inline_size(field.type):
                self.fail(f"entry {entry} leads out of its table of {size} bytes", pos)
            if isinstance(field.type, Union):
                code = self.code(field, field.type, pos, size, entries)
                yield field, pos + entry if code else 0, code
            else:
                if not entry and field.is_required:
                    self.fail("a required field is absent", pos)
                yield field, pos + entry if entry else 0, 0
            self.trail.pop()

    def code(self, field: Field, union: Union, pos: int, size: int, entries: tuple[int, ...]) -> int:
        """Return the verified code of a union whose table stands at `pos`; 0 when it holds nothing."""
        entry = entries[field.id - 1]
        if entry and not 4 <= entry < size:
            self.fail(f"entry {entry} of its code leads out of its table of {size} bytes", pos)
        code = self.data[pos + entry] if entry else 0
        if code == 0:
            if field.is_required:
                self.fail("a required value is absent or of kind NONE", pos + entry)
            return 0
        member = union.member(code)
        if member is None:
            self.fail(f"code {code} is none of union {union.name} (1 to {len(union.members)})", pos + entry)
        if not entries[field.id]:
            self.fail(f"code {code} ({member.name}) comes without a value", pos + entry)
        return code

    def text(self, pos: int) -> str:
        """Return the text at `pos`."""
        known = self.texts.get(pos)
        if known is not None:
            return known
        count, start = self.extent(pos, 1)
        end = start + count
        if end >= self.size or self.data[end]:
            self.fail("a text does not end with a zero byte", end)
        if count >= LONG_TEXT:
            self.copy(4 * count, pos)
        try:
            text = str(memoryview(self.data)[start:end], "utf-8")
        except UnicodeDecodeError as error:
            self.fail(f"a text is not UTF-8: {error.reason}", start + error.start)
        if count >= LONG_TEXT:
            self.texts[pos] = text
        return text

    def array(self, of: Inline, pos: int) -> np.ndarray[Any, Any]:
        """Return the numbers or structs counted at `pos`: a read-only view on the message, shape (n,)."""
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

    def elements(self, pos: int) -> Iterator[tuple[int, int]]:
        """Yield number and target of each of the offsets counted at `pos`; the trail leads to the element."""
        count, start = self.extent(pos, 4)
        self.spend(count, pos)
        for i in range(count):
            self.trail.append(f"[{i}]")
            yield i, self.target(start + 4 * i)
            self.trail.pop()
