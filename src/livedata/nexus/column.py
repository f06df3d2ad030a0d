"""A growing HDF5 dataset that is written in whole chunks, past HDF5's own machinery.

One append costs a copy into the chunk that is being filled, or none when the data are a chunk or more: then they go
to the file from where they lie. Sums are kept while the bytes are in the cache, to compare with what is read back.
"""

from __future__ import annotations

from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

from .digest import Digest

Array = NDArray[Any]


class Column:
    """One dataset of shape (row, *item), unlimited in rows. Used by one thread."""

    def __init__(self, group: Any, name: str, dtype: Any, *, item: tuple[int, ...] = (), chunk_rows: int) -> None:
        self.path = f"{group.name}/{name}"
        self.dtype = np.dtype(dtype)
        self.n_rows = 0
        self.digest = Digest(chunk_rows)
        self._rows = chunk_rows
        self._filled = 0
        self._dirty = False
        self._chunk = np.zeros((chunk_rows, *item), self.dtype)
        create = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
        # An item may be empty (an array of no elements), a chunk may not.
        create.set_chunk((chunk_rows, *(max(n, 1) for n in item)))
        # Chunks are written whole, so that HDF5 need not fill them with zeros first.
        create.set_fill_time(h5py.h5d.FILL_TIME_NEVER)
        limits = (h5py.h5s.UNLIMITED, *(n or h5py.h5s.UNLIMITED for n in item))
        space = h5py.h5s.create_simple((0, *item), limits)
        self._id = h5py.h5d.create(group.id, name.encode(), h5py.h5t.py_create(self.dtype, logical=True), space, create)
        self._item = item
        self.dataset = h5py.Dataset(self._id)

    @property
    def nbytes(self) -> int:
        """Bytes appended so far."""
        return self.n_rows * self._chunk[:1].nbytes

    def append(self, values: Array) -> None:
        """Add rows; they must have the column's dtype and item shape."""
        n, taken = len(values), 0
        while taken < n:
            if self._filled == 0 and n - taken >= self._rows and values.flags.c_contiguous:
                self._write(values[taken : taken + self._rows], whole=True)
                taken += self._rows
                continue
            step = min(n - taken, self._rows - self._filled)
            self._chunk[self._filled : self._filled + step] = values[taken : taken + step]
            self._filled += step
            self.n_rows += step
            self._dirty = True
            taken += step
            if self._filled == self._rows:
                self.n_rows -= self._rows
                self._write(self._chunk, whole=True)
                self._filled = 0
                self._dirty = False

    def fill(self, n_rows: int, value: Any) -> None:
        """Add rows that all hold one value."""
        for done in range(0, n_rows, self._rows):
            self.append(np.full((min(self._rows, n_rows - done), *self._item), value, self.dtype))

    def flush(self) -> None:
        """Write the chunk that is being filled; the next flush writes it again, at the same place."""
        if self._dirty:
            self._chunk[self._filled :] = 0
            self._put(self._chunk, self.n_rows - self._filled, self.n_rows)
            self._dirty = False

    def finish(self) -> None:
        """Write the rest and close the sums."""
        self.flush()
        if self._filled:
            self.digest.add(self._chunk[: self._filled])
            self._filled = 0

    def _write(self, rows: Array, *, whole: bool) -> None:
        self.digest.add(rows)
        first = self.n_rows
        self.n_rows += len(rows)
        self._put(rows, first, self.n_rows)

    def _put(self, chunk: Array, first: int, n_rows: int) -> None:
        self._id.set_extent((n_rows, *self._item))
        if chunk.size:
            self._id.write_direct_chunk((first, *(0 for _ in self._item)), chunk.data.cast("B"), 0)


def chunk_rows(n_expected: int, row_bytes: int, *, smallest_bytes: int = 8 << 10, largest_bytes: int = 4 << 20) -> int:
    """Choose a chunk for a stream that brought `n_expected` rows in the time between two flushes: a power of two.

    A slow log gets 8 kB, a detector 4 MB.
    """
    rows = max(n_expected, 1) * row_bytes
    size = min(max(rows, smallest_bytes), largest_bytes)
    return max(1, 1 << (max(size // max(row_bytes, 1), 1) - 1).bit_length())
