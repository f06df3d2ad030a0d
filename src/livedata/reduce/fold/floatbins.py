"""Bins of coordinates: doubles between double edges, guessed quickly and decided by comparing with the edges."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from . import floatloops

GUESS_BITS = 14
"""A table of at least so many places, in powers of two, guesses the bins of uneven edges."""
NEAR_BITS = 16
"""Of at most so many, where that leaves at most one edge in each of its stretches."""

Doubles = NDArray[np.float64]
Numbers = tuple[Doubles, float, float, int, int, NDArray[np.int32], bool]


@dataclass(frozen=True, slots=True, eq=False)
class FloatBins:
    """Edges of one axis, with a way to guess the bin."""

    limits: Doubles
    """Rising, shape (n + 1,)."""
    scale: float
    """Bins for one unit, where edges are even; else 0."""
    doubt: float
    """How far the product of an edge and `scale` may be from the edge's number, with room to spare."""
    base: int
    """Bits of the first edge, as `floatloops.ordered_bits` gives them."""
    shift: int
    guess: NDArray[np.int32]
    is_near: bool = False
    """Whether every guess is right or one too low."""

    @property
    def numbers(self) -> Numbers:
        """What the loops ask for, in their order."""
        return self.limits, self.scale, self.doubt, self.base, self.shift, self.guess, self.is_near

    def write(self, values: Doubles, columns: NDArray[np.uint32]) -> None:
        """Write the bin of each value: n below, n + 1 above, n + 2 for NaN."""
        floatloops.float_columns(values, *self.numbers, columns)


def float_bins(limits: Doubles, *, is_regular: bool) -> FloatBins:
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
    least = (4 * n - 1).bit_length()
    for size in range(min(least, NEAR_BITS), NEAR_BITS + 1):
        base, shift, guess = _guesses(bits, size)
        if np.diff(guess, append=n - 1).max() <= 1:
            return FloatBins(limits, 0.0, 0.0, base, shift, guess, True)
    return FloatBins(limits, 0.0, 0.0, *_guesses(bits, max(GUESS_BITS, least)))


def _guesses(bits: NDArray[np.int64], size: int) -> tuple[int, int, NDArray[np.int32]]:
    """Divide the way from the first edge to the last into stretches: about two to the power of `size` of them.

    Returns
    -------
    :
        Where the first one begins, the power of two that is their length, and the lowest bin in each of them.
    """
    base, span = int(bits[0]), int(bits[-1]) - int(bits[0])
    shift = max(0, span.bit_length() - size)
    # The span may not fit in an integer with a sign; the sums do, and wrap around to what they are.
    starts = (np.arange((span >> shift) + 1, dtype=np.uint64) << np.uint64(shift)).view(np.int64) + np.int64(base)
    places = np.searchsorted(bits, starts, side="right") - 1
    return base, shift, np.clip(places, 0, len(bits) - 2).astype(np.int32)


def _ordered_bits(values: Doubles) -> NDArray[np.int64]:
    bits = values.view(np.int64)
    return np.where(bits >= 0, bits, np.int64(-(2**63)) - bits)
