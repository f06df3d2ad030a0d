"""Figures of a peak, for scripts: where it is, how wide and how much."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ...errors import ArgumentError
from .figures import Peak

if TYPE_CHECKING:
    from .histogram import Histogram


def peak(histogram: Histogram) -> Peak:
    """Measure the peak of a 1-d histogram; bins without a value are left out.

    Raises
    ------
    ArgumentError
        If it has more dimensions, categories, or no value at all.
    """
    axes = histogram.axes
    if len(axes) != 1 or axes[0].categories is not None:
        names = ", ".join(axis.name for axis in axes) or "none"
        raise ArgumentError(f"a peak needs one axis with bins, this has {names}; try .project('toa').peak()")
    axis = axes[0]
    y = histogram.array.astype(np.float64)
    held = np.isfinite(y)
    if not held.any():
        raise ArgumentError("no bin has a value, so there is no peak")
    x, y, variances = axis.centers[held], y[held], histogram.variances().astype(np.float64)[held]
    top = int(np.argmax(y))
    total = float(y.sum())
    return Peak(
        maximum=float(y[top]),
        position=float(x[top]),
        centroid=float((x * y).sum() / total) if total else float("nan"),
        fwhm=_crossing(x, y, top, 1) - _crossing(x, y, top, -1),
        integral=total,
        integral_error=float(np.sqrt(variances.sum())),
        unit=axis.unit,
        value_unit=histogram.unit,
    )


def _crossing(x: NDArray[np.float64], y: NDArray[np.float64], top: int, step: int) -> float:
    """Return where the values cross half of the maximum on one side of it; NaN where they do not."""
    half = y[top] / 2
    side = y[top:] if step > 0 else y[top::-1]
    below = np.flatnonzero(side <= half)
    if half <= 0 or not len(below):
        return float("nan")
    outer = top + step * int(below[0])
    inner = outer - step
    return float(x[inner] + (x[outer] - x[inner]) * (y[inner] - half) / (y[inner] - y[outer]))
