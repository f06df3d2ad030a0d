"""A growing HDF5 dataset of texts: UTF-8 of any length.

HDF5 keeps such texts apart from their dataset, so they go through its own machinery, many at once.
"""

from __future__ import annotations

from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

from .digest import TextDigest
from .naming import storable

FLUSH_BYTES = 1 << 20
CACHE_BYTES = 64 << 10
CACHE_SLOTS = 17
ROW_BYTES = 16
"""What a text takes in its dataset, beside its bytes."""


class TextColumn:
    """One dataset of texts of shape (row, *item), unlimited in rows. Used by one thread."""

    def __init__(self, group: Any, name: str, *, item: tuple[int, ...] = (), chunk_rows: int) -> None:
        self.path = f"{group.name}/{name}"
        self.n_rows = 0
        self.nbytes = 0
        self.n_replaced = 0
        """Texts with something in them that HDF5 cannot hold, replaced by ``␀`` or ``?``."""
        self.digest = TextDigest()
        self._waiting: list[NDArray[Any]] = []
        self._waiting_bytes = 0
        self._item = item
        create = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
        create.set_chunk((chunk_rows, *(max(n, 1) for n in item)))
        access = h5py.h5p.create(h5py.h5p.DATASET_ACCESS)
        # By default every open dataset may keep a megabyte: a gigabyte for the alarms of 500 process variables.
        access.set_chunk_cache(CACHE_SLOTS, CACHE_BYTES, 1.0)
        limits = (h5py.h5s.UNLIMITED, *(n or h5py.h5s.UNLIMITED for n in item))
        space = h5py.h5s.create_simple((0, *item), limits)
        dtype = h5py.h5t.py_create(h5py.string_dtype(), logical=True)
        self.dataset = h5py.Dataset(h5py.h5d.create(group.id, name.encode(), dtype, space, create, dapl=access))

    def append(self, values: NDArray[Any]) -> None:
        """Add rows of `str`, shape (row, *item)."""
        if not len(values):
            return
        given = [str(text) for text in values.ravel().tolist()]
        flat = [storable(text) for text in given]
        self.n_replaced += sum(a is not b and a != b for a, b in zip(given, flat, strict=True))
        self.digest.add(flat)
        rows = np.empty(len(flat), object)
        rows[:] = flat
        self._waiting.append(rows.reshape(len(values), *self._item))
        self.n_rows += len(values)
        size = text_bytes(rows)
        self.nbytes += size
        self._waiting_bytes += size
        if self._waiting_bytes >= FLUSH_BYTES:
            self.flush()

    def fill(self, n_rows: int) -> None:
        """Add empty texts."""
        self.append(np.full((n_rows, *self._item), "", object))

    def flush(self) -> None:
        """Hand over to HDF5 what has been added."""
        if not self._waiting:
            return
        rows = np.concatenate(self._waiting)
        self._waiting, self._waiting_bytes = [], 0
        self.dataset.resize(self.n_rows, axis=0)
        if rows.size:
            self.dataset[self.n_rows - len(rows) :] = rows

    def finish(self) -> None:
        """Write the rest."""
        self.flush()


def text_bytes(values: NDArray[Any]) -> int:
    """Return about how many bytes texts take in a file."""
    return sum(map(len, map(str, values.ravel().tolist()))) + ROW_BYTES * values.size
