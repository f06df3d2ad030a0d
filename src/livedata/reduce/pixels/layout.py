"""Detector layouts: which pixel number stands where in an image."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ...errors import ArgumentError

MAX_TABLE = 1 << 28
"""Largest span of pixel numbers for which a table is made (1 GB of int32)."""


@dataclass(frozen=True, slots=True, eq=False)
class Layout:
    """Pixel numbers arranged in an image. Made by `layout`.

    The place of pixel ``p`` is ``table[p - first_id]``, or ``p - first_id`` without a table; -1 is no place.
    """

    shape: tuple[int, ...]
    first_id: int
    n_ids: int
    """Span of pixel numbers: ``first_id <= p < first_id + n_ids``."""
    table: NDArray[np.int32] | None = field(default=None, repr=False)

    @property
    def size(self) -> int:
        """Number of places in the image."""
        return math.prod(self.shape)

    @property
    def dims(self) -> tuple[str, ...]:
        """Names of the dimensions, slowest first."""
        return {1: ("pixel",), 2: ("y", "x"), 3: ("z", "y", "x")}.get(
            len(self.shape), tuple(f"dim_{i}" for i in range(len(self.shape)))
        )

    def detector_number(self) -> NDArray[np.int32]:
        """Return the pixel number at each place, int32, shape `shape`; 0 where there is none."""
        if self.table is None:
            return (
                np.arange(self.first_id, self.first_id + self.size, dtype=np.int64).astype(np.int32).reshape(self.shape)
            )
        numbers = np.zeros(self.size, np.int32)
        known = np.flatnonzero(self.table >= 0)
        numbers[self.table[known]] = (known + self.first_id).astype(np.int32)
        return numbers.reshape(self.shape)

    def to_dict(self) -> dict[str, Any]:
        """Return shape and first pixel number, or all pixel numbers where they are not consecutive."""
        if self.table is None:
            return {"shape": list(self.shape), "first_id": self.first_id}
        return {"shape": list(self.shape), "detector_number": self.detector_number().ravel().tolist()}

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Layout):
            return NotImplemented
        return (self.shape, self.first_id, self.n_ids) == (other.shape, other.first_id, other.n_ids) and (
            self.table is other.table
            or (self.table is not None and other.table is not None and np.array_equal(self.table, other.table))
        )

    __hash__ = None  # type: ignore[assignment]


def layout(
    shape: tuple[int, ...] | None = None, *, first_id: int = 1, detector_number: ArrayLike | None = None
) -> Layout:
    """Describe where pixels stand.

    Parameters
    ----------
    shape
        Rows and columns (slowest first). With `detector_number`, the shape to arrange it in.
    first_id
        Number of the pixel at the origin when numbers are consecutive along the last dimension.
    detector_number
        Pixel number at each place, integers; 0 and negative numbers are no pixel.

    Raises
    ------
    ArgumentError
        If the numbers do not fill the shape, or one number stands in two places.

    Examples
    --------
    >>> layout((448, 64), first_id=1).size
    28672
    """
    if shape is not None and (
        not shape or any(isinstance(n, bool) or not isinstance(n, int | np.integer) or n < 1 for n in shape)
    ):
        raise ArgumentError(f"shape is {shape!r}; expected positive lengths such as (448, 64)")
    if detector_number is None:
        if shape is None:
            raise ArgumentError("a layout needs shape=(rows, columns), or detector_number with the pixel at each place")
        sizes = tuple(int(n) for n in shape)
        return Layout(sizes, int(first_id), math.prod(sizes))
    numbers = np.asarray(detector_number)
    if numbers.dtype.kind not in "iu" or numbers.size == 0:
        raise ArgumentError(f"detector_number is {numbers.dtype} of shape {numbers.shape}; expected integers")
    sizes = tuple(int(n) for n in (shape or numbers.shape))
    if math.prod(sizes) != numbers.size:
        raise ArgumentError(f"{numbers.size} pixel numbers do not fill the shape {sizes}")
    return _from_numbers(numbers.ravel().astype(np.int64), sizes)


def _from_numbers(flat: NDArray[np.int64], shape: tuple[int, ...]) -> Layout:
    """Find the cheapest lookup for pixel numbers in C order."""
    places = np.flatnonzero(flat > 0) if flat.min() < 0 or np.count_nonzero(flat == 0) > 1 else np.arange(len(flat))
    if len(places) == 0:
        raise ArgumentError("detector_number holds no positive number")
    known = flat[places]
    low, high = int(known.min()), int(known.max())
    if len(places) == len(flat) and high - low + 1 == len(flat) and np.array_equal(flat, np.arange(low, high + 1)):
        return Layout(shape, low, len(flat))
    if high - low >= MAX_TABLE:
        raise ArgumentError(f"pixel numbers from {low} to {high} span too much for a table of {MAX_TABLE} places")
    table = np.full(high - low + 1, -1, np.int32)
    table[known - low] = places
    if np.count_nonzero(table >= 0) != len(places):
        numbers, counts = np.unique(known, return_counts=True)
        raise ArgumentError(
            f"pixel number {numbers[counts > 1][0]} stands in {counts.max()} places; expected one place each"
        )
    return Layout(shape, low, len(table), table)
