"""Which pixels lie in a region: shapes are drawn on the screen by exact rational arithmetic, and pixels look them up.

A shape turns into screen places first, whatever the number of pixels; polygons go line by line through the screen.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Callable
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from ...errors import ArgumentError
from ...streams.extent import merge_ranges
from ..axis import Axis
from ..units import exact, exact_factor
from .layout import Layout
from .region import Combined, Ellipse, PixelList, Polygon, Rectangle, Region, Span
from .screen import Screen

Bools = NDArray[np.bool_]


def inside(region: Region, screen: Screen | None, layout: Layout) -> Bools:
    """Return which pixels lie in the part of a region that speaks of pixels.

    Parameters
    ----------
    region
        Its spans of quantities let every pixel in: see `spans_of`.
    screen
        The picture that shapes are drawn on; may be None where there are none.
    layout
        The pixels.

    Returns
    -------
    :
        Shape (replica, pixel), in the order of the layout's places. A pixel that is not on the screen lies in no shape,
        but may be in a list of pixels.

    Raises
    ------
    ArgumentError
        If a shape has no picture to lie on, or a unit that the picture's axes do not have.
    """
    if isinstance(region, Combined):
        a, b = inside(region.a, screen, layout), inside(region.b, screen, layout)
        return a | b if region.how == "or" else a & b if region.how == "and" else a & ~b
    replicas = 1 if screen is None else screen.n_replicas
    if isinstance(region, Span):
        return np.ones((replicas, layout.size), np.bool_)
    if isinstance(region, PixelList):
        return np.repeat(listed(region, layout)[None], replicas, axis=0)
    if screen is None:
        raise ArgumentError(
            f"{region!r} lies on a picture, and there is none here; begin with .image(), or give ld.pixels(…)"
        )
    drawn = np.append(places(region, screen).ravel(), False)  # whatever is not on the screen looks at the last one
    return drawn[np.where(screen.cells >= 0, screen.cells, -1)]


def spans_of(region: Region) -> tuple[Span, ...]:
    """Return the ranges of quantities in a region; all of them must hold."""
    if isinstance(region, Combined):
        return spans_of(region.a) + spans_of(region.b)
    return (region,) if isinstance(region, Span) else ()


def listed(region: PixelList, layout: Layout) -> Bools:
    """Return which places of a layout hold one of these pixels, shape (pixel,)."""
    runs = merge_ranges([*((i, i + 1) for i in region.ids), *region.spans])
    if not runs:
        return np.zeros(layout.size, np.bool_)
    firsts, stops = np.array(runs, np.int64).T
    numbers = layout.ids_at(np.arange(layout.size))
    run = np.searchsorted(firsts, numbers, "right") - 1
    found: Bools = (numbers >= 0) & (run >= 0) & (numbers < stops[run])
    return found


def places(region: Rectangle | Ellipse | Polygon, screen: Screen) -> Bools:
    """Return which places of a picture have their centre in a shape, shape (row, column).

    Raises
    ------
    ArgumentError
        If the picture has not two axes, or not the region's unit.
    """
    if len(screen.axes) != 2:
        names = ", ".join(axis.name for axis in screen.axes) or "none"
        raise ArgumentError(f"{region!r} needs a picture with two axes; this one has {names}. Give pixels or a span")
    rows, columns = (_Centers(axis, region.unit, repr(region)) for axis in screen.axes)
    if isinstance(region, Rectangle):
        return np.logical_and.outer(rows.between(*region.y), columns.between(*region.x))
    if isinstance(region, Ellipse):
        return _in_ellipse(region, rows, columns)
    return _in_polygon(region, rows, columns)


class _Centers:
    """Centres of the bins of one axis in a region's unit, exact."""

    def __init__(self, axis: Axis, unit: str | None, what: str) -> None:
        self.n = axis.n
        self._listed: list[Fraction] = []
        if unit is None:
            self._first, self._step = Fraction(1, 2), Fraction(1)
            return
        if axis.unit is None:
            raise ArgumentError(
                f"{what} is given in {unit}, but axis {axis.name!r} of the picture counts pixels; leave the unit away"
            )
        try:
            factor = exact_factor(axis.unit, unit)
        except ArgumentError:
            raise ArgumentError(
                f"{what} is given in {unit}, but axis {axis.name!r} of the picture is in {axis.unit}"
            ) from None
        if axis.is_regular:
            low, high = (edge * factor for edge in axis.exact)
            self._step = (high - low) / axis.n
            self._first = low + self._step / 2
        else:
            self._listed = [(a + b) / 2 * factor for a, b in zip(axis.exact, axis.exact[1:], strict=False)]

    def first_at_or_above(self, value: Fraction) -> int:
        """Return the first bin whose centre is not below a value; `n` if there is none."""
        if self._listed:
            return bisect_left(self._listed, value)
        return min(max(0, math.ceil((value - self._first) / self._step)), self.n)

    def between(self, low: float, high: float) -> Bools:
        """Return the bins with ``low <= centre < high``."""
        found = np.zeros(self.n, np.bool_)
        found[self.first_at_or_above(exact(low, "a region")) : self.first_at_or_above(exact(high, "a region"))] = True
        return found

    def __getitem__(self, index: int) -> Fraction:
        return self._listed[index] if self._listed else self._first + index * self._step

    def floats(self) -> NDArray[np.float64]:
        """Return all centres."""
        return np.array([float(self[i]) for i in range(self.n)])


def _in_ellipse(region: Ellipse, rows: _Centers, columns: _Centers) -> Bools:
    (cx, cy), (rx, ry) = region.center, region.radii
    cos, sin = _turn(region.rotation)
    x, y = (columns.floats() - cx)[None, :], (rows.floats() - cy)[:, None]
    inner: Bools = ((x * cos + y * sin) / rx) ** 2 + ((y * cos - x * sin) / ry) ** 2 < 1.0
    return inner


def _turn(degrees: float) -> tuple[float, float]:
    """Return cosine and sine, exact for quarter turns."""
    quarter, rest = divmod(degrees, 90.0)
    if rest == 0:
        return ((1.0, 0.0), (0.0, 1.0), (-1.0, 0.0), (0.0, -1.0))[int(quarter) % 4]
    return math.cos(math.radians(degrees)), math.sin(math.radians(degrees))


def _in_polygon(region: Polygon, rows: _Centers, columns: _Centers) -> Bools:
    """Go along each line of centres: the inside begins and ends where an edge is crossed.

    An edge is crossed by the lines from its lower end up to, not including, its upper end, and a centre on an edge is
    right of it. So lower and left edges belong to the polygon, and neighbours share no centre.
    """
    corners = [(exact(x, "x"), exact(y, "y")) for x, y in zip(region.x, region.y, strict=True)]
    found = np.zeros((rows.n, columns.n), np.bool_)
    for (x0, y0), (x1, y1) in zip(corners, corners[1:] + corners[:1], strict=True):
        if y0 == y1:
            continue
        crossing = _crossing(x0, y0, x1, y1)
        for row in range(rows.first_at_or_above(min(y0, y1)), rows.first_at_or_above(max(y0, y1))):
            found[row, columns.first_at_or_above(crossing(rows[row])) :] ^= True
    return found


def _crossing(x0: Fraction, y0: Fraction, x1: Fraction, y1: Fraction) -> Callable[[Fraction], Fraction]:
    slope = (x1 - x0) / (y1 - y0)
    return lambda y: x0 + (y - y0) * slope
