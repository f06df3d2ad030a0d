"""Formulas: a coordinate of events, prepared for the pixels of one geometry, ready for the counting loops."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray


class Kind(IntEnum):
    """Which formula of the time of flight t; letters are the columns of `Formula.parameters` behind the timing's."""

    LINEAR = 0
    """``a t``."""
    AFFINE = 1
    """``a t + b``."""
    RECIPROCAL = 2
    """``a / t``."""
    SQUARE = 3
    """``a / t²``."""
    DIRECT = 4
    """``b - a / (t - t0)²``; columns a, t0, b."""
    INDIRECT = 5
    """``a / (t - t0)² - b``; columns a, t0, b."""
    TRANSFER = 6
    """``sqrt((k - k')² + s k k')``, ``k' = a / (t - t0)``; columns a, t0, k, s = 4 sin² θ."""
    FALL_ANGLE = 7
    """From here on the pixel is lifted by ``δ = b λ²``, ``λ = a t``: ``scale · angle(x, y + q δ; z + c δ)``; columns a,
    b, x, y, z, q, c, scale."""
    FALL_PHI = 8
    """``atan2(y + δ, x)``; columns as before."""
    FALL_Q = 9
    """``4π sin θ / λ``; columns as before."""
    FALL_SPACING = 10
    """``λ / (2 sin θ)``; columns as before."""
    FALL_VECTOR = 11
    """``2π/λ (e - (u + w δ) / L)``; columns as before, with u, w, e for scale."""
    FALL_GRAZING = 12
    """``atan2(|y + δ|, z) / 2``, or ``atan2(y + δ, z) - scale`` where scale is no NaN; columns as before."""
    FALL_SPECULAR = 13
    """``4π sin(angle before) / λ``; columns as before."""


class Stage(IntEnum):
    """How the time of flight comes from the time of arrival."""

    ARRIVAL = 0
    """It is that, less the emission offset. No column."""
    UNWRAP = 1
    """Whole frames are added until it lies in ``[low, low + frame)``. One column: low."""
    TABLE = 2
    """A lookup table tells. One column: the row of the table, with its fraction."""


NO_TABLE = np.zeros((0, 0))


@dataclass(frozen=True, slots=True, eq=False)
class Timing:
    """The part of the way to the time of flight that all pixels share."""

    stage: Stage = Stage.ARRIVAL
    emission: float = 0.0
    """In ns."""
    frame: float = 0.0
    """Length of a frame in ns: period times stride."""
    table: NDArray[np.float64] = field(default_factory=lambda: NO_TABLE, repr=False)
    """Time of flight in ns, C order, shape (distance, time of arrival)."""
    step: float = 0.0
    """Between the times of the table, which begin at 0, in ns."""
    is_shifted: bool = False
    """Whether entries have a shift of their own (pulse skipping): see `entry_shift`."""

    @property
    def n_columns(self) -> int:
        """Number of leading columns of the parameters that are the timing's."""
        return 0 if self.stage is Stage.ARRIVAL else 1


@dataclass(frozen=True, slots=True, eq=False)
class Formula:
    """One coordinate: of the pixel alone, or of pixel and time of flight. Made by `formula_of`."""

    name: str
    unit: str | None
    kind: int
    """Which formula, for the compiled loops: a `Kind`."""
    parameters: NDArray[np.float64]
    """What the formula needs of each pixel, C order, shape (pixel, parameter)."""
    values: NDArray[np.float64] | None = None
    """The coordinate itself, shape (pixel,), where it depends on the pixel alone; then there is nothing to compute."""
    timing: Timing = field(default=Timing())
    text: str = ""
    """Formula and remarks for people: what was assumed."""

    @property
    def factors(self) -> NDArray[np.float64] | None:
        """One factor for each pixel, shape (pixel,), where ``factors[pixel] * toa`` is all; else None."""
        timing = self.timing
        is_plain = self.values is None and timing.stage is Stage.ARRIVAL and timing.emission == 0
        return self.parameters[:, 0] if self.kind == Kind.LINEAR and is_plain and not timing.is_shifted else None
