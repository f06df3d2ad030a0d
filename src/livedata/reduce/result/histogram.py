"""Histograms: values over axes, with variances, for people and for other libraries. They never change."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..axis import Axes
from .operable import Operable


@dataclass(frozen=True, slots=True, eq=False, kw_only=True, repr=False)
class Histogram(Operable):
    """Values over axes. What arithmetic, slicing and rebinning give; a `Snapshot` is one with a ledger."""

    array: NDArray[np.int64] | NDArray[np.float64]
    """Values, read-only, shape as the axes: int64 where they are counts or sums of integer weights, else float64.
    NaN (float64 only) where there is no value: a masked pixel, a quotient by zero."""
    axes: Axes
    spread: NDArray[np.int64] | NDArray[np.float64] | None = None
    """Variances, shape of `array`; None where they equal the values, as those of counts do (Poisson)."""
    unit: str = "counts"
    name: str = ""
    span_ns: tuple[int, int] | None = None
    """First and last entry time that it was counted over, ns since 1970; None where that is not one span."""

    @property
    def span(self) -> tuple[int, int] | None:
        """First and last entry time that it stands for, ns since 1970, if known."""
        return self.span_ns

    def derived(self, **parts: Any) -> Histogram:
        """Return a plain histogram with other parts; the values are made read-only."""
        kept = {"axes": self.axes, "spread": self.spread, "unit": self.unit, "name": self.name, "span_ns": self.span}
        made = {**kept, **parts}
        for name in ("array", "spread"):
            if made[name] is not None:
                made[name] = np.asarray(made[name])
                made[name].flags.writeable = False
        return Histogram(**made)

    def picture(self) -> Histogram:
        """Sum over all but the first two dimensions."""
        return self.sum(*(axis.name for axis in tuple(self.axes)[2:])) if len(self.axes) > 2 else self

    def _histogram(self) -> Histogram:
        return self

    def __repr__(self) -> str:
        from .show import text

        return text(self)

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        from .show import bundle

        return bundle(self)
