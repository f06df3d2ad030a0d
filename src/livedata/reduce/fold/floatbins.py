"""Bins of coordinates: doubles between double edges, guessed quickly and decided by comparing with the edges."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from . import kernels

GUESS_BITS = 14
"""A table of at least so many places, in powers of two, guesses the bins of uneven edges."""


@dataclass(frozen=True, slots=True, eq=False)
class FloatBins:
    """Edges of one axis, with a way to guess the bin."""

    limits: NDArray[np.float64]
    """Rising, shape (n + 1,)."""
    scale: float
    """Bins for one unit, where edges are even; else 0."""
    base: int
    """Bits of the first edge, as `kernels.ordered_bits` gives them."""
    shift: int
    guess: NDArray[np.int32]

    def write(self, values: NDArray[np.float64], columns: NDArray[np.uint32]) -> None:
        """Write the bin of each value: n below, n + 1 above, n + 2 for NaN."""
        if self.scale:
            kernels.regular_columns(values, self.limits, self.scale, 0.0, columns)
        else:
            kernels.sorted_columns(values, self.limits, self.base, self.shift, self.guess, columns)


def float_bins(limits: NDArray[np.float64], *, is_regular: bool) -> FloatBins:
    """Prepare edges: a product guesses where they are even, a table over the bits of doubles where they are not."""
    limits = np.ascontiguousarray(limits + 0.0)
    n = len(limits) - 1
    with np.errstate(over="ignore"):
        scale = n / (limits[-1] - limits[0])
    if is_regular and np.isfinite(scale) and 0 < scale < np.inf:
        return FloatBins(limits, float(scale), 0, 0, np.zeros(0, np.int32))
    bits = _ordered_bits(limits)
    base, span = int(bits[0]), int(bits[-1]) - int(bits[0])
    wanted = max(GUESS_BITS, (4 * n - 1).bit_length())
    shift = max(0, span.bit_length() - wanted)
    starts = [base + (k << shift) for k in range((span >> shift) + 1)]
    places = np.searchsorted(bits, np.array(starts, np.int64), side="right") - 1
    return FloatBins(limits, 0.0, base, shift, np.clip(places, 0, n - 1).astype(np.int32))


def _ordered_bits(values: NDArray[np.float64]) -> NDArray[np.int64]:
    bits = values.view(np.int64)
    return np.where(bits >= 0, bits, np.int64(-(2**63)) - bits)
