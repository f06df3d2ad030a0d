"""What is told of a peak."""

from __future__ import annotations

from dataclasses import dataclass


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
