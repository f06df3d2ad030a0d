"""A curve that stands still: steps, error bars and ticks as fractions of the frame, for whatever draws them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from ..axis import Axes
from . import ticks, wording
from .raster import block_max
from .ruler import Ruler

POINTS = 2000
FEW = 200
"""Most bins that are drawn with error bars."""
Marks = list[tuple[float, str]]


class Values(Protocol):
    """What is drawn: a histogram."""

    @property
    def array(self) -> NDArray[Any]:
        """Values."""
        ...

    @property
    def axes(self) -> Axes:
        """Axes."""
        ...

    @property
    def spread(self) -> NDArray[Any] | None:
        """Variances; None where they are those of counts."""
        ...

    @property
    def unit(self) -> str:
        """Of the values."""
        ...


@dataclass(frozen=True, slots=True)
class Curve:
    """Places are fractions of the frame's width and height, from the lower left corner."""

    lines: tuple[tuple[tuple[float, float], ...], ...]
    """Step lines; a gap where there is no value."""
    bars: tuple[tuple[float, float, float], ...]
    """Error bars: place across, lower and upper end."""
    marks_across: Marks
    marks_up: Marks
    label_across: str
    label_up: str


def trace(shown: Values) -> Curve:
    """Draw a result with one axis, or none, on a linear scale of values."""
    values = np.atleast_1d(shown.array)
    ruler = Ruler(shown.axes[0])
    blocks = -(-len(values) // POINTS)
    heights = block_max(values, blocks, 0).astype(np.float64)
    heights[~np.isfinite(heights)] = np.nan
    errors = _errors(shown) if blocks == 1 and len(values) <= FEW else None
    low, high = _ends(heights, errors, is_counts=values.dtype.kind in "iu")
    across = np.array([ruler.fraction(v) for v in np.append(ruler.edges[:-1:blocks], ruler.edges[-1])])
    up = (heights - low) / (high - low)
    bars: list[tuple[float, float, float]] = []
    if errors is not None:
        middle, reach = (across[:-1] + across[1:]) / 2, errors / (high - low)
        ends = np.clip(np.stack([up - reach, up + reach]), 0, 1)
        bars = [(float(x), float(a), float(b)) for x, a, b in zip(middle, *ends, strict=True) if np.isfinite(b)]
    return Curve(
        _lines(across, up),
        tuple(bars),
        ruler.marks(),
        [((v - low) / (high - low), wording.tick(v)) for v in ticks.linear(low, high)],
        ruler.label,
        wording.values_label(shown.unit) + (f" (largest of {blocks} bins)" if blocks > 1 else ""),
    )


def _errors(shown: Values) -> NDArray[np.float64] | None:
    if shown.spread is None:
        return None
    with np.errstate(invalid="ignore"):
        return np.sqrt(np.atleast_1d(shown.spread).astype(np.float64))


def _ends(heights: NDArray[np.float64], errors: NDArray[np.float64] | None, *, is_counts: bool) -> tuple[float, float]:
    """Return lower and upper end of the frame; error bars have room, up to as much as the values themselves."""
    known = heights[np.isfinite(heights)]
    peak, bottom = (float(known.max()), float(known.min())) if len(known) else (0.0, 0.0)
    if errors is not None and peak > 0:
        reach = heights + errors
        peak = min(2 * peak, float(reach[np.isfinite(reach)].max(initial=peak)))
    low = -ticks.round_up(-bottom * 1.1) if bottom < 0 else 0.0
    top = max(peak * 1.1, 5.0 if is_counts and low == 0 else 0.0)
    return low, ticks.round_up(top) if top > 0 else (0.0 if low < 0 else 1.0)


def _lines(across: NDArray[np.float64], up: NDArray[np.float64]) -> tuple[tuple[tuple[float, float], ...], ...]:
    """Return the steps of each stretch of values without a gap."""
    known = np.isfinite(up).astype(np.int8)
    starts = np.flatnonzero(np.diff(known, prepend=0) == 1)
    stops = np.flatnonzero(np.diff(known, append=0) == -1) + 1
    lines = []
    for first, stop in zip(starts.tolist(), stops.tolist(), strict=True):
        x = np.repeat(across[first : stop + 1], 2)[1:-1]
        lines.append(tuple(zip(x.tolist(), np.repeat(up[first:stop], 2).tolist(), strict=True)))
    return tuple(lines)
