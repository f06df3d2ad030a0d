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

    counts: NDArray[Any]
    """Largest value of each block, shape (row, column)."""
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

    What is not a number is passed over where a neighbour is one.

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

    # fmax passes NaN over where a neighbour has a value; for integers maximum is the same, and faster
    larger = np.fmax if values.dtype.kind == "f" else np.maximum
    return reduce(larger, (part(i) for i in range(factor)))


def shrink_blocks(values: NDArray[Any], fy: int, fx: int, *, are_counts: bool = False) -> NDArray[Any]:
    """Return the largest value of each block of `fy` × `fx`; where some are negative, the one furthest from zero."""
    highest = block_max(block_max(values, fy, 0), fx, 1)
    if fy * fx == 1 or are_counts or not np.any(values < 0):
        return highest
    return furthest(highest, -block_max(block_max(-values, fy, 0), fx, 1))


def furthest(highest: NDArray[Any], lowest: NDArray[Any]) -> NDArray[Any]:
    """Return of two values each the one further from zero."""
    return np.where(-lowest > highest, lowest, highest)


def cut(counts: NDArray[Any], window: Window | None, limit: int | tuple[int, int], *, are_counts: bool = False) -> Cut:
    """Cut the visible part out and shrink it to at most `limit` × `limit`, so that single hot pixels stay visible.

    Parameters
    ----------
    counts
        Shape (row, column).
    window
        Visible part in bins, may reach beyond the picture; None for all.
    limit
        Rows and columns that the screen has room for, together or each.
    are_counts
        Whether values are known not to be negative, which saves a look at all of them.
    """
    rows, columns = counts.shape
    x0, x1, y0, y1 = window or (0, columns, 0, rows)
    left, bottom = min(max(0, int(x0)), columns - 1), min(max(0, int(y0)), rows - 1)
    right, top = min(max(left + 1, int(x1) + 1), columns), min(max(bottom + 1, int(y1) + 1), rows)
    part = counts[bottom:top, left:right]
    limits = (limit, limit) if isinstance(limit, int) else limit
    fy, fx = (-(-n // most) for n, most in zip(part.shape, limits, strict=True))
    return Cut(shrink_blocks(part, fy, fx, are_counts=are_counts), left, bottom, fx, fy)


def sample(values: NDArray[Any], starts: NDArray[np.intp], stops: NDArray[np.intp], *, axis: int) -> NDArray[Any]:
    """Return for each step along an axis the largest of its bins ``start <= i < stop``; NaN is passed over.

    Examples
    --------
    >>> sample(np.array([1, 5, 2, 9]), np.array([0, 0, 2]), np.array([1, 2, 4]), axis=0)
    array([1, 5, 9])
    """
    larger = np.fmax if values.dtype.kind == "f" else np.maximum
    # one more bin behind the last, so that a stop at the end is a place too; it is never part of a step
    shape = [1 if i == axis else n for i, n in enumerate(values.shape)]
    padded = np.concatenate([values, np.zeros(shape, values.dtype)], axis=axis)
    ends = np.stack([starts, stops], axis=1).ravel()
    reduced: NDArray[Any] = larger.reduceat(padded, ends, axis=axis)
    return reduced[(slice(None),) * axis + (slice(None, None, 2),)]
