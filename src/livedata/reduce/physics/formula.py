"""Formulas: a coordinate of events, prepared for the pixels of one geometry, ready for the counting loops."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, eq=False)
class Formula:
    """One coordinate: of the pixel alone, or of pixel and time of flight. Made by `formula_of`."""

    name: str
    unit: str | None
    kind: int
    """Which formula, for the compiled loops."""
    parameters: NDArray[np.float64]
    """What the formula needs of each pixel, C order, shape (pixel, parameter)."""
    values: NDArray[np.float64] | None = None
    """The coordinate itself, shape (pixel,), where it depends on the pixel alone; then there is nothing to compute."""
