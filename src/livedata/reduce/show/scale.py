"""Colours for values: eight-bit places on a linear or logarithmic scale, with the true values for the colour bar."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from . import ticks, wording
from .palette import N_COLOURS, NOTHING

_TABLE = 1 << 16
_SAMPLE = 16_384
_DECADES = 6
"""Most decades of a logarithmic scale of values that are no counts."""

Values = NDArray[np.int64] | NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Scale:
    """From values to colours. Those below `low` take the first colour, above `high` the last.

    No counts have a colour of their own, and so has what is no number.
    """

    is_log: bool
    low: float
    high: float
    is_signed: bool = False
    """Whether values may be negative: the scale is then even on both sides of zero."""

    def fraction(self, value: float) -> float:
        """Return the place of a value on the scale: 0 at `low`, 1 at `high`."""
        if self.is_log:
            return math.log(max(value, 1e-300) / self.low) / math.log(self.high / self.low)
        return (value - self.low) / (self.high - self.low)

    def index(self, values: NDArray[Any]) -> NDArray[np.uint8]:
        """Return the colour of each value, uint8: 0 for none, 1 … 254, 255 for what is no number."""
        if values.dtype.kind in "iu" and not self.is_signed and self.high < _TABLE:
            # one take: every numpy call costs a wait for the interpreter while a cell computes in pure Python
            return _table(self).take(values, mode="clip")
        return _index(self, values)

    def ticks(self) -> list[tuple[float, str]]:
        """Return places (0 … 1) and labels of the ticks, true values."""
        values = ticks.logarithmic(self.low, self.high) if self.is_log else ticks.linear(self.low, self.high)
        return [(self.fraction(v), wording.tick(v)) for v in values]


def _index(scale: Scale, values: NDArray[Any]) -> NDArray[np.uint8]:
    is_float = values.dtype.kind == "f"
    known = np.where(np.isfinite(values), values, 0.0) if is_float else values
    clipped = np.clip(known, scale.low, scale.high).astype(np.float64)
    if scale.is_log:
        place = np.log(clipped / scale.low) * (N_COLOURS / math.log(scale.high / scale.low))
    else:
        place = (clipped - scale.low) * (N_COLOURS / (scale.high - scale.low))
    if scale.is_signed:
        place = (clipped / scale.high + 1) * (N_COLOURS / 2)  # zero exactly in the middle
    found = np.minimum(place, N_COLOURS - 1).astype(np.uint8) + np.uint8(1)
    if not scale.is_signed:
        found = np.where(known > 0, found, np.uint8(0))
    return np.where(np.isfinite(values), found, np.uint8(NOTHING)) if is_float else found


@lru_cache(maxsize=8)
def _table(scale: Scale) -> NDArray[np.uint8]:
    return _index(scale, np.arange(math.ceil(scale.high) + 1, dtype=np.int64))


def fit(values: NDArray[Any], *, is_log: bool, before: Scale | None = None, are_counts: bool = False) -> Scale:
    """Return a scale for a picture, or the one before as long as it serves: colours should not flicker.

    A linear scale begins at 0. A logarithmic one begins near the faintest hundredth of what counted at all. Where some
    values are negative it is linear and even on both sides of zero.

    Parameters
    ----------
    values
        Any shape, may be empty; floats may be NaN.
    is_log
        Logarithmic or linear.
    before
        The scale shown so far.
    are_counts
        Whether values are known not to be negative, which saves a look at all of them.
    """
    is_float = values.dtype.kind == "f"
    known = values[np.isfinite(values)] if is_float else values
    peak = float(known.max()) if known.size else 0.0
    bottom = float(known.min()) if known.size and not are_counts else 0.0
    if bottom < 0:
        reach = max(peak, -bottom)
        if before is not None and before.is_signed and 0.4 * before.high <= reach <= before.high:
            return before
        high = ticks.round_up(reach * 1.1)
        return Scale(False, -high, high, True)
    quantum = 1.0 if not is_float else (peak * 10.0**-_DECADES if peak > 0 else 0.1)
    least, low = quantum, 0.0
    if is_log:
        flat = known.ravel()
        sample = flat[:: max(1, flat.size // _SAMPLE)]
        positive = sample[sample > 0]
        if len(positive):
            least = max(quantum, float(np.partition(positive, len(positive) // 100)[len(positive) // 100]))
        decade = 10.0 ** math.floor(math.log10(least))
        low = 5 * decade if least >= 5 * decade else decade
    small, floor = (3.0, 10.0 if is_log else 4.0) if not is_float else (0.0, 0.0)
    if before is not None and before.is_log == is_log and not before.is_signed:
        fits_high = 0.3 * before.high <= max(peak, small) <= before.high
        if fits_high and (not is_log or before.low <= least <= 20 * before.low):
            return before
    top = max(peak * 1.1, floor)
    return Scale(is_log, low, max(ticks.round_up(top) if top > 0 else 1.0, low * 3))
