"""One column of many messages: texts, vectors of numbers, or the values of one kind that a union holds."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .walk import IntArray

ABSENT, UNSOUND = -1, -2
"""What stands in `Texts.which` for rows without text."""

_LARGE = 64
"""Mean size in bytes from which vectors are copied each at once instead of number by number."""


@dataclass(frozen=True, slots=True, eq=False)
class Texts:
    """One text per row, each distinct one held once."""

    distinct: tuple[str, ...]
    which: IntArray
    """Index into `distinct`, shape (row,); `ABSENT` where there is no text, `UNSOUND` where the row is not ok."""

    def values(self) -> list[str | None]:
        """Return the text of each row; None where there is none, and where the row is not ok."""
        texts = (*self.distinct, None, None)  # the last two are found under -1 and -2
        return [texts[i] for i in self.which.tolist()]

    def groups(self) -> Iterator[tuple[str | None, IntArray]]:
        """Yield each distinct text with its rows in rising order; last None with the sound rows that have no text."""
        order = np.argsort(self.which, kind="stable")
        bounds = np.searchsorted(self.which, np.arange(ABSENT, len(self.distinct) + 1), sorter=order).tolist()
        texts = (None, *self.distinct)
        for i in (*range(1, len(texts)), 0):
            if bounds[i] < bounds[i + 1]:
                yield texts[i], order[bounds[i] : bounds[i + 1]]


@dataclass(frozen=True, slots=True, eq=False)
class Vectors:
    """One vector of numbers per row, where it lies in the buffer of all messages."""

    data: bytes
    dtype: np.dtype[Any]
    start: IntArray
    """Byte of `data` where the first element begins, shape (row,); not aligned."""
    count: IntArray
    """Number of elements, shape (row,); 0 where the vector is absent, and where the row is not ok."""

    def joined(self, rows: IntArray | None = None) -> NDArray[Any]:
        """Return the elements of some rows behind each other.

        Parameters
        ----------
        rows
            Which rows, in this order; None for all.

        Returns
        -------
        :
            Shape (sum of their `count`,), aligned, read-only.
        """
        start, count = (self.start, self.count) if rows is None else (self.start[rows], self.count[rows])
        size = self.dtype.itemsize
        total = int(count.sum())
        if total * size >= _LARGE * max(len(count), 1):
            view = memoryview(self.data)
            stop = start + count * size
            parts = [view[a:b] for a, b in zip(start.tolist(), stop.tolist(), strict=True)]
            return np.frombuffer(b"".join(parts), self.dtype)
        if total == len(count) and (count == 1).all():
            at = start
        else:
            # Element k of all is k elements behind the start of its vector, less the elements of vectors before it.
            at = np.repeat(start - size * (np.cumsum(count) - count), count) + size * np.arange(total)
        numbers = np.ndarray((max(len(self.data) - size + 1, 0),), self.dtype, self.data, 0, (1,))
        values: NDArray[Any] = numbers[at]
        values.flags.writeable = False
        return values


@dataclass(frozen=True, slots=True, eq=False)
class Kind:
    """The rows whose union holds values of one kind."""

    code: int
    """Code of the union's member on the wire."""
    rows: IntArray
    """Rising, shape (k,)."""
    values: NDArray[Any]
    """Of the wire's dtype; texts as `str` in an array of dtype object. Single values: shape (k,); arrays behind each
    other: shape (sum of `count`,)."""
    count: IntArray | None = None
    """Elements of each row's array, shape (k,); None for single values."""
