"""Columns: the bins of one quantity of events, with a place for each way to fail."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...errors import ArgumentError
from ..axis import Axis, edges, edges_in
from ..physics.coordinates import evaluate, formula_of
from ..physics.formula import Formula
from ..physics.geometry import Geometry
from ..pixels.region import Span
from ..quantity import kind_of
from ..setting import Setting
from . import finding
from .binning import Binning, binning
from .floatbins import FloatBins, float_bins

N_FLOWS = 3
"""Places behind the bins: below, above, undefined."""


@dataclass(frozen=True, slots=True, eq=False)
class Column:
    """One axis on a quantity of events."""

    name: str
    n: int
    number: int
    """Of the axis in its description; -1 for a range of a region."""
    whole: Binning | None = None
    """For integers of events."""
    listed: tuple[NDArray[np.int32], NDArray[np.int32]] | None = None
    """For categories: their integers in rising order, and the place of each; last that of all others."""
    floats: FloatBins | None = None
    formula: Formula | None = None

    @property
    def width(self) -> int:
        """Number of places."""
        return self.n + N_FLOWS - (self.whole is not None)

    @property
    def is_shifted(self) -> bool:
        """Whether it needs the shift of each entry."""
        return self.formula is not None and self.formula.timing.is_shifted

    def write(
        self,
        ids: NDArray[np.int32] | None,
        toa: NDArray[np.int32],
        pixels: NDArray[np.int32],
        shift: NDArray[np.float64],
        values: NDArray[np.float64],
        columns: NDArray[np.uint32],
    ) -> None:
        """Write the place of each event; `values` is room to work in."""
        if self.whole is not None:
            x = ids if self.name == "event_id" else toa
            assert x is not None
            even, b = self.whole.even, self.whole
            if even is not None:
                finding.even_columns(x, even.first, even.span, even.shift, even.scale, columns)
            else:
                finding.uneven_columns(x, b.thresholds, b.shift, b.guess, columns)
            return
        if self.listed is not None:
            assert ids is not None
            finding.search_rows(ids, *self.listed, columns)
            return
        assert self.formula is not None
        assert self.floats is not None
        evaluate(self.formula, pixels, toa, shift, values)
        self.floats.write(values, columns)


def make_column(axis: Axis, number: int, formulas: dict[str, Formula]) -> Column:
    """Prepare an axis on an event field or a coordinate."""
    if axis.categories is not None:
        return Column(axis.name, axis.n, number, listed=_listed(axis))
    if kind_of(axis.name) == "event":
        return Column(axis.name, axis.n, number, whole=binning(axis))
    formula = formulas[axis.name]
    floats = float_bins(edges_in(axis, formula.unit), is_regular=axis.is_regular)
    return Column(axis.name, axis.n, number, floats=floats, formula=formula)


def _listed(axis: Axis) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Return the integers of categories in rising order, and their places; last where all others go: above."""
    assert axis.categories is not None
    place_of = {c: i for i, c in enumerate(axis.categories) if isinstance(c, int) and -(2**31) <= c < 2**31}
    known = sorted(place_of)
    return np.array(known, np.int32), np.array([*(place_of[c] for c in known), axis.n + 1], np.int32)


def span_axis(span: Span) -> Axis:
    """Return a range as an axis with one bin.

    Raises
    ------
    ArgumentError
        If the quantity is one of entries, not of events.
    """
    if kind_of(span.quantity) not in ("event", "coordinate"):
        raise ArgumentError(
            f"{span.quantity!r} is a quantity of pulses, not of events; choose pulses by .where(…), events by a span"
        )
    return edges([span.low, span.high], span.unit).named(span.quantity)


def make_formulas(names: list[str], geometry: Geometry | None, flight: object, n_pixels: int) -> dict[str, Formula]:
    """Prepare the coordinates among some quantities."""
    wanted = [name for name in dict.fromkeys(names) if kind_of(name) == "coordinate"]
    return {name: formula_of(name, geometry, flight, n_pixels) for name in wanted}  # type: ignore[arg-type]


def setting_geometry(names: list[str], setting: Setting) -> Geometry | None:
    """Return the geometry if one of some quantities needs it."""
    return setting.geometry() if any(kind_of(name) == "coordinate" for name in names) else None
