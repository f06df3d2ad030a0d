"""Arrays whose shape differs from set to set, in a group: all values in a row, and where each array is in it."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from .column import Column, chunk_rows

VALUE, FIRST, SHAPE = "value", "first", "shape"


class Ragged:
    """Appends arrays of one type and number of dimensions.

    ``value`` holds all elements, shape (total,); ``first`` the position of each array's first one, shape (set,);
    ``shape`` the shapes, (set, dimension).
    """

    def __init__(self, group: Any, dtype: np.dtype[Any], n_dims: int, *, n_expected: int) -> None:
        self.dtype = dtype
        self.group = group
        self._value = Column(group, VALUE, dtype.newbyteorder("<"), chunk_rows=chunk_rows(n_expected, dtype.itemsize))
        rows = chunk_rows(0, 8, smallest_bytes=1 << 10)
        self._first = Column(group, FIRST, "<i8", chunk_rows=rows)
        self._shape = Column(group, SHAPE, "<i8", item=(n_dims,), chunk_rows=rows)

    @property
    def columns(self) -> list[Column]:
        """The datasets."""
        return [self._value, self._first, self._shape]

    def append(self, values: NDArray[Any]) -> None:
        """Add one array."""
        self._first.append(np.array([self._value.n_rows], np.int64))
        self._shape.append(np.array([values.shape], np.int64))
        self._value.append(np.ascontiguousarray(values, self._value.dtype).reshape(-1))
