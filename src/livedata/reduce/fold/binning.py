"""From axes and layouts to what the counting loops need: integer thresholds, guesses and places."""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from ...errors import ArgumentError
from ..axis import Axes, Axis, bins, thresholds
from ..pixels.layout import Layout
from ..units import exact_factor

FIELD_UNITS: dict[str, str | None] = {"toa": "ns", "event_id": None}
"""Event fields that an axis can lie on, with the unit of their integers."""
GUESS_CELLS = 1 << 15
MAX_CELLS = 1 << 31
INT32 = np.iinfo(np.int32)


@dataclass(frozen=True, slots=True)
class EvenBins:
    """Bins found by one multiplication: ``floor((x - first + shift) * scale)`` in double precision.

    Exists only where that is exact for every int32: see `_even_bins`.
    """

    first: int
    """Lowest value that lies in a bin, within int32."""
    span: int
    """Number of integers that lie in bins, below 2**32."""
    shift: float
    scale: float


@dataclass(frozen=True, slots=True, eq=False)
class Binning:
    """One axis on an integer field, ready for counting."""

    thresholds: NDArray[np.int64]
    n: int
    even: EvenBins | None
    """How to find the bin without a table, where the bins are even enough."""
    shift: int
    guess: NDArray[np.int32]


@dataclass(frozen=True, slots=True, eq=False)
class Definition:
    """What a view counts: axes on event fields, and a layout for pixels.

    With a layout the first axes are those of the image (``y``, ``x``).
    """

    axes: Axes
    layout: Layout | None = None

    @property
    def event_axes(self) -> tuple[Axis, ...]:
        """Axes on event fields, without those of the image."""
        return tuple(self.axes)[len(self.layout.shape) if self.layout else 0 :]

    @property
    def shape(self) -> tuple[int, ...]:
        """Number of bins along each axis."""
        return tuple(axis.n for axis in self.axes)

    @property
    def n_cells(self) -> int:
        """Number of bins in all."""
        return int(np.prod([axis.n for axis in self.axes], dtype=object))

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Definition):
            return NotImplemented
        return tuple(self.axes) == tuple(other.axes) and self.layout == other.layout

    __hash__ = None  # type: ignore[assignment]


def define(axes: dict[str, Axis], layout: Layout | None = None) -> Definition:
    """Describe a view by its axes, in order, and an optional layout whose dimensions come first.

    Raises
    ------
    ArgumentError
        If an axis lies on no known field, a unit does not fit, or the result would not fit in memory.
    """
    bound: list[Axis] = []
    if layout is not None:
        bound += [bins(0, n, n=n).named(dim) for dim, n in zip(layout.dims, layout.shape, strict=True)]
    for name, axis in axes.items():
        if name not in FIELD_UNITS:
            raise ArgumentError(f"no axis {name!r}; events have {', '.join(FIELD_UNITS)}")
        if not isinstance(axis, Axis):
            raise ArgumentError(
                f"{name}={axis!r}; expected bins such as ld.bins(0, 71.43, n=1000, unit='ms') or ld.edges([…], 'us')"
            )
        bound.append(axis.named(name, unit=FIELD_UNITS[name]))
    if not bound:
        raise ArgumentError("a histogram needs at least one axis, such as toa=ld.bins(0, 71.43, n=1000, unit='ms')")
    definition = Definition(Axes(bound), layout)
    if definition.n_cells >= MAX_CELLS:
        raise ArgumentError(
            f"{' × '.join(str(a.n) for a in bound)} bins need {definition.n_cells * 4 / 1e9:.0f} GB; use fewer bins"
        )
    if len(definition.event_axes) > (1 if layout is not None else 2):
        raise ArgumentError(
            f"{len(bound)} axes; at most pixel positions and one more, or two axes, are counted together"
        )
    for axis in definition.event_axes:
        binning(axis)
    return definition


def binning(axis: Axis) -> Binning:
    """Prepare an axis on an event field for counting."""
    limits = thresholds(axis, FIELD_UNITS[axis.name])
    span = int(limits[-1] - limits[0])
    shift = max(0, (span // GUESS_CELLS).bit_length())
    cells = limits[0] + (np.arange((max(span, 1) >> shift) + 1, dtype=np.int64) << shift)
    # The bin that holds the first value of each cell; clipped for the last cell, which may begin at the last edge.
    guess = np.clip(np.searchsorted(limits, cells, side="right") - 1, 0, axis.n - 1).astype(np.int32)
    return Binning(limits, axis.n, _even_bins(axis, limits), shift, guess)


def _even_bins(axis: Axis, limits: NDArray[np.int64]) -> EvenBins | None:
    """Return the multiplication that finds the bins of an axis, or None if it cannot be shown to be exact.

    Each of its steps (to double, add, multiply, floor) never falls where its argument rises. So it is right for every
    integer when it is right on both sides of every edge, and that is tried out here.
    """
    unit = FIELD_UNITS[axis.name]
    first, last = int(limits[0]), int(limits[-1])
    if first < INT32.min or last > INT32.max + 1 or not 0 < last - first < 2**32:
        return None
    if axis.is_regular:
        factor = Fraction(1) if unit is None or axis.unit is None else exact_factor(axis.unit, unit)
        start = axis.exact[0] * factor
        width = (axis.exact[-1] * factor - start) / axis.n
    else:  # a list of edges may be even all the same
        start, width = Fraction(first), Fraction(last - first, axis.n)
    # No integer comes nearer to an edge than 1 / common without lying on it: half of that is added, far more than
    # the rounding errors take away.
    common = math.lcm(start.denominator, width.denominator)
    even = EvenBins(first, last - first, float(first - start + Fraction(1, 2 * common)), float(1 / width))
    edges = (limits - first).astype(np.float64)
    bins_at = np.arange(axis.n + 1)
    at = np.floor((edges + even.shift) * even.scale)
    below = np.floor((edges[1:] - 1 + even.shift) * even.scale)
    return even if np.array_equal(at, bins_at) and np.array_equal(below, bins_at[:-1]) else None
