"""Plans: a description compiled in its setting, ready for counting and for reading."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from ...errors import ArgumentError
from ..axis import Axes, Axis
from ..description import Description
from ..physics.formula import Formula
from ..pixels.inside import spans_of
from ..prepare import layout_of
from ..quantity import EVENT_FIELDS, is_of_entries, kind_of
from ..setting import Setting
from .columns import N_FLOWS, Column, make_column, make_formulas, setting_geometry, span_axis
from .fates import NAN, OUTSIDE, OVERFLOW, UNDERFLOW, axis_fate
from .pixelstage import PixelStage, lead_axes, make_stage, pixel_axes

BINNED = 0
"""Code of what did not fail."""
MAX_PLACES = 2**31 - 1


@dataclass(frozen=True, slots=True, eq=False)
class Plan:
    """How events of a description become planes (what depends on their entry), rows (pixel) and columns (the rest)."""

    description: Description
    axes: Axes
    """Of the result."""
    n_lead: int
    """How many of them are of the picture."""
    stage: PixelStage
    static: tuple[int, ...]
    """Numbers of the description's axes that depend on the pixel alone."""
    columns: tuple[Column, ...]
    """Axes on quantities of events; their `number` is 1 + that of the description's axis."""
    spans: tuple[Column, ...]
    entry: tuple[int, ...]
    """Numbers of the description's axes on entries."""
    needs_ids: bool = field(default=False)

    @property
    def widths(self) -> tuple[int, ...]:
        """Places of each column, failures included."""
        return tuple(c.width for c in self.columns)

    @property
    def outside(self) -> int:
        """Column of events outside a range of the region; also the number of columns that are none of it."""
        return int(np.prod(self.widths, dtype=np.int64))

    @property
    def width(self) -> int:
        """Number of columns."""
        return self.outside + bool(self.spans)

    @property
    def plane_widths(self) -> tuple[int, ...]:
        """Places of each axis on entries, failures included."""
        return tuple(self.description.axes[i].n + N_FLOWS for i in self.entry)

    @property
    def n_planes(self) -> int:
        """Number of planes."""
        return int(np.prod(self.plane_widths, dtype=np.int64))

    @property
    def shape(self) -> tuple[int, ...]:
        """Of the result."""
        return tuple(axis.n for axis in self.axes)


def make_plan(description: Description, setting: Setting) -> Plan:
    """Compile a description.

    Raises
    ------
    ArgumentError
        If something that it needs is not known, or units do not fit.
    """
    spans = [span_axis(span) for span in spans_of(description.region)] if description.region is not None else []
    names = [axis.name for axis in (*description.axes, *spans)]
    layout = layout_of(description, setting)
    geometry = setting_geometry(names, setting)
    formulas = make_formulas(names, geometry, description.flight, 1 if layout is None else layout.size)
    static = pixel_axes(description, setting, formulas)
    entry = tuple(i for i, axis in enumerate(description.axes) if is_of_entries(axis.name))
    columns = tuple(
        make_column(axis, 1 + i, formulas)
        for i, axis in enumerate(description.axes)
        if i not in static and i not in entry
    )
    ranges = tuple(make_column(axis, -1, formulas) for axis in spans)
    width = int(np.prod([c.width for c in columns], dtype=object)) + bool(ranges)
    if width > MAX_PLACES and not description.sparse:
        raise ArgumentError(f"{width:,} bins for each pixel are too many; use fewer bins, or sparse=True")
    stage, screen = make_stage(description, setting, formulas, width=width)
    lead = lead_axes(description, screen, stage)
    own = tuple(_with_unit(axis, formulas, setting) for axis in description.axes)
    by_id = any(c.name == "event_id" for c in (*columns, *ranges))
    return Plan(description, Axes((*lead, *own)), len(lead), stage, static, columns, ranges, entry, by_id)


def _with_unit(axis: Axis, formulas: dict[str, Formula], setting: Setting) -> Axis:
    """Return the axis with a unit; one without takes that of its quantity."""
    if axis.unit is not None or axis.categories is not None:
        return axis
    kind = kind_of(axis.name)
    if kind == "event":
        return axis.named(axis.name, unit=EVENT_FIELDS[axis.name])
    if kind == "coordinate":
        return axis.named(axis.name, unit=formulas[axis.name].unit)
    return axis.named(axis.name, unit="ns") if axis.name == "time" else axis


def place_codes(widths: list[tuple[int, int, int]]) -> NDArray[np.int64]:
    """Return the fate of each place of an array with room for failures, or `BINNED`.

    Parameters
    ----------
    widths
        For each dimension its number of bins, of places, and the number of the axis; one that does not matter has as
        many bins as places.
    """
    codes = np.zeros(1, np.int64)
    for n, width, number in widths:
        one = np.zeros(width, np.int64)
        if width > n:
            fates = [axis_fate(number, kind) for kind in (UNDERFLOW, OVERFLOW, NAN)]
            one[n:] = fates[: width - n]
        codes = first_fate(codes[:, np.newaxis], one[np.newaxis]).ravel()
    return codes


def first_fate(a: NDArray[np.int64], b: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return which of two fates applies: the one nearer to zero, where zero itself is none."""
    return np.where(a == 0, b, np.where(b == 0, a, np.maximum(a, b)))


def column_codes(plan: Plan, numbers: dict[int, int]) -> NDArray[np.int64]:
    """Return the fate of each column; `numbers` says for each column axis that matters (by place) its number."""
    widths = [(c.n if k in numbers else c.width, c.width, numbers.get(k, 0)) for k, c in enumerate(plan.columns)]
    codes = place_codes(widths)
    return np.append(codes, OUTSIDE) if plan.spans else codes


def plane_codes(plan: Plan, numbers: dict[int, int]) -> NDArray[np.int64]:
    """Return the fate of each plane, as `column_codes`."""
    axes = plan.description.axes
    widths = [
        (axes[i].n if k in numbers else axes[i].n + N_FLOWS, axes[i].n + N_FLOWS, numbers.get(k, 0))
        for k, i in enumerate(plan.entry)
    ]
    return place_codes(widths)
