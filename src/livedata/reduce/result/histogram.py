"""Histograms: values over axes, with variances, for people and for other libraries. They never change."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..axis import Axes


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Histogram:
    """Values over axes. What arithmetic, slicing and rebinning give; a `Snapshot` is one with a ledger."""

    array: NDArray[np.int64] | NDArray[np.float64]
    """Values, read-only, shape as the axes: int64 where they are counts or sums of integer weights, else float64.
    NaN (float64 only) where there is no value: a masked pixel, a quotient by zero."""
    axes: Axes
    spread: NDArray[np.int64] | NDArray[np.float64] | None = None
    """Variances, shape of `array`; None where they equal the values, as those of counts do (Poisson)."""
    unit: str = "counts"
    name: str = ""

    @property
    def kind(self) -> str:
        """What a histogram is to UHI: ``COUNT``; ``MEAN`` where values are no counts."""
        return "COUNT"

    def values(self) -> NDArray[np.int64] | NDArray[np.float64]:
        """Values per bin, read-only, shape as the axes."""
        return self.array

    def variances(self) -> NDArray[np.int64] | NDArray[np.float64]:
        """Variance per bin."""
        return self.array if self.spread is None else self.spread

    def counts(self) -> NDArray[np.int64] | NDArray[np.float64]:
        """Effective number of counts per bin, as UHI asks for."""
        return self.array

    @property
    def total(self) -> int | float:
        """Sum over all bins."""
        total: int | float = self.array.sum().item()
        return total
