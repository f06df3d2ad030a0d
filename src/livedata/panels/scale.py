"""Colours for counts: eight-bit places on a linear or logarithmic scale, with the true values for the colour bar."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from . import ticks, wording

N_COLOURS = 254
"""Colours of counts from 1 up; index 0 is for no counts at all."""
_TABLE = 1 << 16
_SAMPLE = 16_384


@dataclass(frozen=True, slots=True)
class Scale:
    """From counts to colours. Counts below `low` take the first colour, above `high` the last, 0 its own."""

    is_log: bool
    low: float
    high: float

    def fraction(self, value: float) -> float:
        """Return the place of a count on the scale: 0 at `low`, 1 at `high`."""
        if self.is_log:
            return math.log(max(value, 1e-9) / self.low) / math.log(self.high / self.low)
        return (value - self.low) / (self.high - self.low)

    def index(self, counts: NDArray[np.int64]) -> NDArray[np.uint8]:
        """Return the colour of each count, uint8: 0 for no counts, else 1 … 255."""
        if self.high < _TABLE:
            # one take: every numpy call costs a wait for the interpreter while a cell computes in pure Python
            return _table(self).take(counts, mode="clip")
        return _index(self, counts)

    def ticks(self) -> list[tuple[float, str]]:
        """Return places (0 … 1) and labels of the ticks, true counts."""
        values = ticks.logarithmic(self.low, self.high) if self.is_log else ticks.linear(self.low, self.high)
        return [(self.fraction(v), wording.tick(v)) for v in values]


def _index(scale: Scale, counts: NDArray[np.int64]) -> NDArray[np.uint8]:
    if scale.is_log:
        place = np.log(np.clip(counts, scale.low, scale.high).astype(np.float32) / np.float32(scale.low))
        place *= np.float32(N_COLOURS / math.log(scale.high / scale.low))
    else:
        place = np.clip(counts, scale.low, scale.high).astype(np.float32) - np.float32(scale.low)
        place *= np.float32(N_COLOURS / (scale.high - scale.low))
    return np.where(counts > 0, np.minimum(place, N_COLOURS).astype(np.uint8) + np.uint8(1), np.uint8(0))


@lru_cache(maxsize=8)
def _table(scale: Scale) -> NDArray[np.uint8]:
    return _index(scale, np.arange(math.ceil(scale.high) + 1, dtype=np.int64))


def fit(counts: NDArray[np.int64], *, is_log: bool, before: Scale | None = None) -> Scale:
    """Return a scale for a picture, or the one before as long as it serves: colours should not flicker.

    A linear scale begins at 0. A logarithmic one begins near the faintest hundredth of what counted at all.

    Parameters
    ----------
    counts
        Any shape, may be empty.
    is_log
        Logarithmic or linear.
    before
        The scale shown so far.
    """
    peak = float(counts.max()) if counts.size else 0.0
    low, least = 0.0, 1.0
    if is_log:
        flat = counts.ravel()
        sample = flat[:: max(1, flat.size // _SAMPLE)]
        positive = sample[sample > 0]
        if len(positive):
            least = max(1.0, float(np.partition(positive, len(positive) // 100)[len(positive) // 100]))
        decade = 10.0 ** math.floor(math.log10(least))
        low = 5 * decade if least >= 5 * decade else decade
    if before is not None and before.is_log == is_log:
        fits_high = 0.3 * before.high <= max(peak, 3.0) <= before.high
        if fits_high and (not is_log or before.low <= least <= 20 * before.low):
            return before
    high = ticks.round_up(max(peak * 1.1, 10.0 if is_log else 4.0))
    return Scale(is_log, low, max(high, low * 3))
