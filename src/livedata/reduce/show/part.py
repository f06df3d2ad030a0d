"""The visible part of an image as a regular raster: bins at their places, also of uneven axes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .raster import Window, cut, furthest, sample
from .ruler import Ruler


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """Values of a raster and where it lies."""

    values: NDArray[Any]
    """Shape (row, column), the first row lowest."""
    x: tuple[float, float]
    """Left and right end, as they are drawn."""
    y: tuple[float, float]
    width: int
    """Columns of the image that are covered."""
    height: int
    """Rows of the image that are covered."""
    note: str = ""
    """What a dot stands for, where that is more than one bin."""


def shrink(
    values: NDArray[Any],
    rows: Ruler,
    columns: Ruler,
    window: Window | None,
    limit: tuple[int, int],
    *,
    are_counts: bool = False,
) -> Part:
    """Cut the visible part out of an image and shrink it to what the screen has room for.

    Parameters
    ----------
    values
        Shape (row, column); floats may be NaN.
    rows, columns
        The axes.
    window
        Visible part in bins; None for all.
    limit
        Most rows and columns. Where bins are uneven, as many are made, each with the largest of the bins it touches;
        where some values are negative, the one furthest from zero.
    are_counts
        Whether values are known not to be negative, which saves a look at all of them.
    """
    if rows.is_even and columns.is_even:
        part = cut(values, window, limit, are_counts=are_counts)
        note = f"largest of {part.fx} × {part.fy} bins" if part.fx * part.fy > 1 else ""
        x, y = columns.values(part.x, part.width), rows.values(part.y, part.height)
        return Part(part.counts, x, y, part.width, part.height, note)
    x0, x1, y0, y1 = window or (0, columns.n, 0, rows.n)
    left, right = _inside(x0, x1, columns.n)
    bottom, top = _inside(y0, y1, rows.n)
    lines, stripes = rows.grid(bottom, top, limit[0]), columns.grid(left, right, limit[1])
    shown = sample(sample(values, *lines, axis=0), *stripes, axis=1)
    if not are_counts and np.any(values < 0):
        shown = furthest(shown, -sample(sample(-values, *lines, axis=0), *stripes, axis=1))
    is_merged = any(bool(np.any(stops - starts > 1)) for starts, stops in (lines, stripes))
    return Part(
        shown,
        (float(columns.edges[left]), float(columns.edges[right])),
        (float(rows.edges[bottom]), float(rows.edges[top])),
        right - left,
        top - bottom,
        "largest of the bins that it touches" if is_merged else "",
    )


def _inside(low: float, high: float, n: int) -> tuple[int, int]:
    first = min(max(0, int(low)), n - 1)
    return first, min(max(first + 1, int(high) + 1), n)
