"""Sums of frames from which frames can be taken away again: exact for integers, compensated for doubles."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
SAFE = 2**46
"""Integers up to here can be summed over 131 000 frames; larger ones are summed as doubles."""


class FrameTotal:
    """The sum of frames of one shape. Pixels that hold no finite number in some frame have no value.

    References
    ----------
    Knuth, The Art of Computer Programming 2, 4.2.2 (the error of a sum of two doubles is a double).
    """

    def __init__(self) -> None:
        self._whole: NDArray[np.int64] | None = None
        self._sum: NDArray[np.float64] | None = None
        self._error: NDArray[np.float64] | None = None
        self._n_bad: NDArray[np.int64] | None = None
        """In how many frames a pixel holds NaN or an infinity; None while in none."""

    def add(self, frame: Array, sign: int) -> None:
        """Add a frame, or take it away (sign -1)."""
        if frame.dtype.kind in "iub" and (frame.dtype.itemsize < 8 or _largest(frame) <= SAFE):
            if self._whole is None:
                self._whole = np.zeros(frame.shape, np.int64)
            (np.add if sign > 0 else np.subtract)(self._whole, frame, out=self._whole, casting="unsafe")
            return
        values = frame.astype(np.float64) * sign
        bad = ~np.isfinite(values)
        if bad.any():
            values[bad] = 0
            if self._n_bad is None:
                self._n_bad = np.zeros(frame.shape, np.int64)
            self._n_bad += sign * bad
        if self._sum is None or self._error is None:
            self._sum, self._error = np.zeros(frame.shape), np.zeros(frame.shape)
        total = self._sum + values
        part = total - self._sum
        self._error += (self._sum - (total - part)) + (values - part)
        self._sum = total

    def values(self, shape: tuple[int, ...]) -> Array:
        """Return the sum: int64 where all frames hold integers, else float64 with NaN where there is no value."""
        if self._sum is None or self._error is None:
            return np.zeros(shape, np.int64) if self._whole is None else self._whole.copy()
        total = self._sum + self._error
        if self._whole is not None:
            total = total + self._whole
        if self._n_bad is not None:
            total[self._n_bad > 0] = np.nan
        return total


def _largest(frame: Array) -> int:
    return max(int(frame.max()), -int(frame.min()))
