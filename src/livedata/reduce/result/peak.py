"""Figures of a peak, for scripts: where it is, how wide and how much."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ...errors import ArgumentError

if TYPE_CHECKING:
    from .histogram import Histogram


@dataclass(frozen=True, slots=True)
class Peak:
    """The highest peak of a spectrum. Positions and widths in the axis' unit, at the centres of bins."""

    maximum: float
    """Largest value of a bin."""
    position: float
    """Centre of the bin that holds it; the first of several."""
    centroid: float
    """``Σ x y / Σ y`` over the range, x the centres of the bins; NaN where the sum is 0."""
    fwhm: float
    """Full width at half maximum: between the points beside the maximum where straight lines between centres of bins
    cross half of it. NaN where the range ends before. No background is taken away."""
    integral: float
    """Sum of the values over the range."""
    integral_error: float
    """Standard deviation of the integral."""
    unit: str | None
    """Of position, centroid and fwhm."""
    value_unit: str
    """Of maximum and integral."""

    def __repr__(self) -> str:
        unit = f" {self.unit}" if self.unit else ""
        of_values = f" {self.value_unit}" if self.value_unit else ""
        return (
            f"<Peak {self.maximum:,g}{of_values} at {self.position:g}{unit}, centroid {self.centroid:g}{unit}, "
            f"fwhm {self.fwhm:g}{unit}, integral {self.integral:,g} ± {self.integral_error:,.3g}>"
        )


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
