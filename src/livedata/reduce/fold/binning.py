"""From axes on integers of events to what the counting loops need: integer thresholds and guesses."""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from ..axis import Axis, thresholds
from ..quantity import EVENT_FIELDS
from ..units import exact_factor

GUESS_CELLS = 1 << 15
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


def binning(axis: Axis) -> Binning:
    """Prepare an axis on an event field for counting."""
    limits = thresholds(axis, EVENT_FIELDS[axis.name])
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
    unit = EVENT_FIELDS[axis.name]
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
