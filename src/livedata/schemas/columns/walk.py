"""Many messages of one schema walked at once: each step is one NumPy operation over all of them.

The messages lie behind each other in one buffer. A step gathers the same thing of every message (an offset, a vtable,
a count), judges it as the plain reader does, and marks the messages that fail. Positions of failed messages become 0,
where it is safe, if meaningless, to read on.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

BoolArray = NDArray[np.bool_]
IntArray = NDArray[np.int64]

U1, U2, U4, I4 = (np.dtype(code) for code in ("<u1", "<u2", "<u4", "<i4"))
_MARGIN = 256
"""Zero bytes behind the last message: more than is looked at of any vtable, so that no gathering leaves the buffer."""


@dataclass(slots=True, eq=False)
class Walk:
    """Messages behind each other in one buffer, and which of them are sound so far. Arrays have shape (message,)."""

    data: bytes
    start: IntArray
    end: IntArray
    ok: BoolArray

    @classmethod
    def through(cls, values: Sequence[bytes | memoryview]) -> Walk:
        """Begin a walk through these messages."""
        n = len(values)
        size = np.fromiter(map(len, values), np.int64, n)
        end: IntArray = np.cumsum(size)
        return cls(b"".join((*values, bytes(_MARGIN))), end - size, end, np.ones(n, np.bool_))

    def part(self, rows: IntArray) -> Walk:
        """Return the walk through some of the messages; see `merge`."""
        return Walk(self.data, self.start[rows], self.end[rows], self.ok[rows])

    def merge(self, part: Walk, rows: IntArray) -> None:
        """Mark those messages that failed in a part."""
        self.ok[rows] &= part.ok

    def gather(self, dtype: np.dtype[Any], pos: IntArray) -> NDArray[Any]:
        """Read one value at each position, aligned or not."""
        view = np.ndarray((len(self.data) - dtype.itemsize + 1,), dtype, self.data, 0, (1,))
        values: NDArray[Any] = view[pos]
        return values

    def integers(self, dtype: np.dtype[Any], pos: IntArray) -> IntArray:
        """Read one integer at each position, to calculate with."""
        return self.gather(dtype, pos).astype(np.int64)

    def keep(self, good: BoolArray, pos: IntArray) -> IntArray:
        """Mark messages that are not good, and return the positions with theirs set to 0."""
        if good.all():
            return pos
        self.ok &= good
        return np.where(good, pos, 0)

    def roots(self, identifier: str) -> IntArray:
        """Return the position of every root table."""
        (wanted,) = np.frombuffer(identifier.encode("ascii"), U4)
        start = self.keep(self.end - self.start >= 12, self.start)
        offset = self.integers(U4, start)
        pos = start + offset
        return self.keep((self.gather(U4, start + 4) == wanted) & (offset != 0) & (pos + 4 <= self.end), pos)

    def entries(self, pos: IntArray, sizes: IntArray) -> IntArray:
        """Read the vtables of tables.

        Parameters
        ----------
        pos
            Where the tables are, shape (message,).
        sizes
            Inline size of each field by its id, shape (id,).

        Returns
        -------
        :
            Distance of each field from the start of its table, 0 where it is absent, shape (id, message).
        """
        n = len(sizes)
        vtable = pos - self.integers(I4, pos)
        vtable = self.keep((vtable >= self.start) & (vtable <= self.end - 4), vtable)
        block = self.gather(np.dtype(f"V{4 + 2 * n}"), vtable)
        words = np.ascontiguousarray(block.view(U2).reshape(-1, 2 + n).T, np.int64)
        length, size, entries = words[0], words[1], words[2:]
        if (length < 4 + 2 * n).any():
            entries *= 6 + 2 * np.arange(n)[:, None] <= length
        good = (
            (length >= 4) & (length & 1 == 0) & (vtable + length <= self.end) & (size >= 4) & (pos + size <= self.end)
        )
        inside = (entries >= 4) & (entries <= size - sizes[:, None])
        if not inside.all():
            good &= (inside | (entries == 0)).all(axis=0)
        if not good.all():
            self.ok &= good
            entries *= good
        return entries

    def targets(self, at: IntArray) -> IntArray:
        """Follow the offsets at these positions to something of at least four bytes."""
        offset = self.integers(U4, at)
        pos = at + offset
        return self.keep((offset != 0) & (pos + 4 <= self.end), pos)

    def vectors(self, at: IntArray, size: int, *, is_text: bool = False) -> tuple[IntArray, IntArray]:
        """Follow the offsets at these positions to vectors with elements of `size` bytes, or to texts.

        Returns
        -------
        :
            Where the first element is, and the number of elements; both 0 for messages that fail.
        """
        pos = self.targets(at)
        count = self.integers(U4, pos)
        start = pos + 4
        stop = start + count * size
        if is_text:
            stop = self.keep(stop < self.end, stop)
            good = self.gather(U1, stop) == 0
        else:
            good = stop <= self.end
        if not (good.all() and self.ok.all()):
            self.ok &= good
            start, count = start * self.ok, count * self.ok
        return start, count
