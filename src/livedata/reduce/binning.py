"""From axes and layouts to what the counting loops need: integer thresholds, guesses and places."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..errors import ArgumentError
from .axis import Axes, Axis, bins, thresholds
from .layout import Layout

FIELD_UNITS: dict[str, str | None] = {"toa": "ns", "event_id": None}
"""Event fields that an axis can lie on, with the unit of their integers."""
GUESS_CELLS = 1 << 15
MAX_CELLS = 1 << 31


@dataclass(frozen=True, slots=True, eq=False)
class Binning:
    """One axis on an integer field, ready for counting."""

    thresholds: NDArray[np.int64]
    n: int
    per_width: float
    """One over the width where all bins have the same integer width, else 0."""
    shift: int
    guess: NDArray[np.int32]

    @property
    def first(self) -> int:
        """Lowest value that lies in a bin."""
        return int(self.thresholds[0])

    @property
    def span(self) -> int:
        """Number of integers that lie in bins."""
        return int(self.thresholds[-1]) - self.first


@dataclass(frozen=True, slots=True, eq=False)
class Definition:
    """What a view counts: axes on event fields, and a layout for pixels.

    With a layout the first axes are those of the image (``y``, ``x``).
    """

    axes: Axes
    layout: Layout | None = None

    @property
    def event_axes(self) -> tuple[Axis, ...]:
        """Axes on event fields, without those of the image."""
        return tuple(self.axes)[len(self.layout.shape) if self.layout else 0 :]

    @property
    def shape(self) -> tuple[int, ...]:
        """Number of bins along each axis."""
        return tuple(axis.n for axis in self.axes)

    @property
    def n_cells(self) -> int:
        """Number of bins in all."""
        return int(np.prod([axis.n for axis in self.axes], dtype=object))

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Definition):
            return NotImplemented
        return tuple(self.axes) == tuple(other.axes) and self.layout == other.layout

    __hash__ = None  # type: ignore[assignment]


def define(axes: dict[str, Axis], layout: Layout | None = None) -> Definition:
    """Describe a view by its axes, in order, and an optional layout whose dimensions come first.

    Raises
    ------
    ArgumentError
        If an axis lies on no known field, a unit does not fit, or the result would not fit in memory.
    """
    bound: list[Axis] = []
    if layout is not None:
        bound += [bins(0, n, n=n).named(dim) for dim, n in zip(layout.dims, layout.shape, strict=True)]
    for name, axis in axes.items():
        if name not in FIELD_UNITS:
            raise ArgumentError(f"no axis {name!r}; events have {', '.join(FIELD_UNITS)}")
        if not isinstance(axis, Axis):
            raise ArgumentError(
                f"{name}={axis!r}; expected bins such as ld.bins(0, 71.43, n=1000, unit='ms') or ld.edges([…], 'us')"
            )
        bound.append(axis.named(name, unit=FIELD_UNITS[name]))
    if not bound:
        raise ArgumentError("a histogram needs at least one axis, such as toa=ld.bins(0, 71.43, n=1000, unit='ms')")
    definition = Definition(Axes(bound), layout)
    if definition.n_cells >= MAX_CELLS:
        raise ArgumentError(
            f"{' × '.join(str(a.n) for a in bound)} bins need {definition.n_cells * 4 / 1e9:.0f} GB; use fewer bins"
        )
    if len(definition.event_axes) > (1 if layout is not None else 2):
        raise ArgumentError(
            f"{len(bound)} axes; at most pixel positions and one more, or two axes, are counted together"
        )
    for axis in definition.event_axes:
        binning(axis)
    return definition


def binning(axis: Axis) -> Binning:
    """Prepare an axis on an event field for counting."""
    limits = thresholds(axis, FIELD_UNITS[axis.name])
    widths = np.diff(limits)
    even = bool(axis.n == len(widths) and widths[0] > 0 and np.all(widths == widths[0]))
    span = int(limits[-1] - limits[0])
    shift = max(0, (span // GUESS_CELLS).bit_length())
    cells = limits[0] + (np.arange((max(span, 1) >> shift) + 1, dtype=np.int64) << shift)
    # The bin that holds the first value of each cell; clipped for the last cell, which may begin at the last edge.
    guess = np.clip(np.searchsorted(limits, cells, side="right") - 1, 0, axis.n - 1).astype(np.int32)
    return Binning(limits, axis.n, 1.0 / int(widths[0]) if even else 0.0, shift, guess)
