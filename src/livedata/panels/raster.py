"""Cutting a picture to what a screen can show: the visible part, shrunk by the largest value of each block."""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce
from typing import Any

import numpy as np
from numpy.typing import NDArray

Window = tuple[float, float, float, float]
"""Visible part in bins: first and last column, first and last row (x0, x1, y0, y1)."""


@dataclass(frozen=True, slots=True, eq=False)
class Cut:
    """The visible part of a picture."""

    counts: NDArray[np.int64]
    """Largest count of each block, shape (row, column)."""
    x: int
    """First column."""
    y: int
    """First row."""
    fx: int
    """Columns per block."""
    fy: int
    """Rows per block."""

    @property
    def width(self) -> int:
        """Columns covered."""
        return int(self.counts.shape[1]) * self.fx

    @property
    def height(self) -> int:
        """Rows covered."""
        return int(self.counts.shape[0]) * self.fy


def block_max(values: NDArray[Any], factor: int, axis: int) -> NDArray[Any]:
    """Return the largest of each `factor` neighbours along an axis; a last incomplete block counts with what it has.

    Examples
    --------
    >>> block_max(np.array([1, 5, 2, 2, 9]), 2, 0)
    array([5, 2, 9])
    """
    if factor == 1:
        return values
    missing = -values.shape[axis] % factor
    if missing:
        widths = [(0, missing if i == axis else 0) for i in range(values.ndim)]
        values = np.pad(values, widths, mode="edge")
    at: list[slice] = [slice(None)] * values.ndim

    def part(i: int) -> NDArray[Any]:
        # strided slices: several times faster than a reshape and a maximum over its axis
        return values[(*at[:axis], slice(i, None, factor), *at[axis + 1 :])]

    return reduce(np.maximum, (part(i) for i in range(factor)))


def cut(counts: NDArray[np.int64], window: Window | None, limit: int) -> Cut:
    """Cut the visible part out and shrink it to at most `limit` × `limit`, so that single hot pixels stay visible.

    Parameters
    ----------
    counts
        Shape (row, column).
    window
        Visible part in bins, may reach beyond the picture; None for all.
    limit
        Rows and columns that the screen has room for.
    """
    rows, columns = counts.shape
    x0, x1, y0, y1 = window or (0, columns, 0, rows)
    left, bottom = min(max(0, int(x0)), columns - 1), min(max(0, int(y0)), rows - 1)
    right, top = min(max(left + 1, int(x1) + 1), columns), min(max(bottom + 1, int(y1) + 1), rows)
    part = counts[bottom:top, left:right]
    fy, fx = (-(-n // limit) for n in part.shape)
    return Cut(block_max(block_max(part, fy, 0), fx, 1), left, bottom, fx, fy)
