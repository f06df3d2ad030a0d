"""Bins of coordinates: doubles between double edges, guessed quickly and decided by comparing with the edges."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from . import floatloops

GUESS_BITS = 14
"""A table of at least so many places, in powers of two, guesses the bins of uneven edges."""


@dataclass(frozen=True, slots=True, eq=False)
class FloatBins:
    """Edges of one axis, with a way to guess the bin."""

    limits: NDArray[np.float64]
    """Rising, shape (n + 1,)."""
    scale: float
    """Bins for one unit, where edges are even; else 0."""
    doubt: float
    """How far the product of an edge and `scale` may be from the edge's number, with room to spare."""
    base: int
    """Bits of the first edge, as `floatloops.ordered_bits` gives them."""
    shift: int
    guess: NDArray[np.int32]

    def write(self, values: NDArray[np.float64], columns: NDArray[np.uint32]) -> None:
        """Write the bin of each value: n below, n + 1 above, n + 2 for NaN."""
        if not self.scale:
            floatloops.sorted_columns(values, self.limits, self.base, self.shift, self.guess, columns)
        elif floatloops.even_guesses(values, self.limits, self.scale, self.doubt, columns):
            floatloops.even_columns(values, self.limits, self.scale, columns)


def float_bins(limits: NDArray[np.float64], *, is_regular: bool) -> FloatBins:
    """Prepare edges: a product guesses where they are even, a table over the bits of doubles where they are not."""
    limits = np.ascontiguousarray(limits + 0.0)
    n = len(limits) - 1
    with np.errstate(over="ignore"):
        scale = n / (limits[-1] - limits[0])
    if is_regular and np.isfinite(scale) and 0 < scale < np.inf:
        products = (limits - limits[0]) * scale
        doubt = 2 * float(np.abs(products - np.arange(n + 1)).max()) + 1e-12
        if doubt < 0.25:
            return FloatBins(limits, float(scale), doubt, 0, 0, np.zeros(0, np.int32))
    bits = _ordered_bits(limits)
    base, span = int(bits[0]), int(bits[-1]) - int(bits[0])
    wanted = max(GUESS_BITS, (4 * n - 1).bit_length())
    shift = max(0, span.bit_length() - wanted)
    starts = [base + (k << shift) for k in range((span >> shift) + 1)]
    places = np.searchsorted(bits, np.array(starts, np.int64), side="right") - 1
    return FloatBins(limits, 0.0, 0.0, base, shift, np.clip(places, 0, n - 1).astype(np.int32))


def _ordered_bits(values: NDArray[np.float64]) -> NDArray[np.int64]:
    bits = values.view(np.int64)
    return np.where(bits >= 0, bits, np.int64(-(2**63)) - bits)
