"""Tallies: what counts the events of one entry of a command."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..reduce.axis import Axis, bins
from ..reduce.description import Description
from ..reduce.fold.counted import Fold
from ..reduce.fold.judge import Judge
from ..reduce.pixels.layout import Layout, layout
from ..reduce.pixels.projection import Logical
from ..reduce.setting import Setting
from ..streams.batch import EventBatch
from .entry import DetHist, Hist1d, Hist2d, HistogramEntry, RoiHist
from .result import Dim, Result

TIME = "time of arrival"
PIXEL = "pixel"
_EVERYTHING = Judge()


@dataclass(slots=True)
class Tally:
    """Counts of one description. Used under its owner's lock."""

    dims: tuple[Dim, ...]
    """As published; columns before rows where `is_turned`."""
    make: Callable[[], Fold]
    is_turned: bool = False
    """Whether rows and columns change places on the way out."""
    end: str | None = None
    """It never ends by itself."""
    _fold: Fold | None = None

    @property
    def fold(self) -> Fold:
        """What counts, made when it is first needed."""
        if self._fold is None:
            self._fold = self.make()
        return self._fold

    def take(self, batch: EventBatch) -> None:
        """Count one batch."""
        self.fold.add(batch, _EVERYTHING)

    def reset(self) -> None:
        """Go on from zero."""
        self._fold = None

    def result(self) -> Result:
        """Return all that was counted."""
        counted = self.fold.counted()
        values = _turned(counted.values) if self.is_turned else counted.values
        squares = counted.squares
        if squares is not None and self.is_turned:
            squares = _turned(squares)
        return Result(self.dims, values, counted.ledger, squares, self.fold.first_ns, self.fold.last_ns)


def _turned(rows: NDArray[Any]) -> NDArray[Any]:
    """Return columns and rows in each other's place."""
    return np.ascontiguousarray(np.asarray(rows).T)


def make_tally(entry: HistogramEntry) -> Tally:
    """Return what counts a histogram of a configuration."""
    match entry:
        case Hist1d():
            return _hist1d(entry)
        case Hist2d():
            return _hist2d(entry)
        case DetHist():
            pixels = layout((entry.height, entry.width), first_id=entry.det_range[0])
            return _picture(pixels, "x", "y")
        case RoiHist():
            rows = np.asarray(entry.left_edges, np.int64)[:, None] + np.arange(entry.width)
            return _picture(layout(detector_number=rows), "x", "row")


def warm_up() -> None:
    """Load the counting loops, which takes a moment, so that the first command need not wait for them."""
    for axis in (_time_axis((0, 1), 1), bins(0, 1, n=1).named("event_id")):
        _tally(Description(axes=(axis,)), ()).result()


def _hist1d(entry: Hist1d) -> Tally:
    time = _time_axis(entry.tof_range, entry.num_bins)
    if entry.det_range is None:
        return _tally(Description(axes=(time,)), (_time_dim(time),))
    first, last = entry.det_range
    pixels = layout((last - first + 1,), first_id=first)
    description = Description(axes=(time,), projection=Logical(pixels), is_summed=True)
    return _tally(description, (_time_dim(time),), pixels)


def _hist2d(entry: Hist2d) -> Tally:
    first, last = entry.det_range
    n_times, n_ids = entry.num_bins
    time = _time_axis(entry.tof_range, n_times)
    # The last pixel is counted in the last bin, whose edge is published as the range says: between whole numbers, half
    # a pixel more changes nothing but that.
    inner = tuple(first + Fraction(i * (last - first), n_ids) for i in range(n_ids))
    ids = Axis((*inner, last + Fraction(1, 2)), n_ids, None, "event_id")
    edges = bins(first, last, n=n_ids).edges
    return _tally(Description(axes=(time, ids)), (_time_dim(time), Dim("event_id", edges, "", PIXEL)))


def _picture(pixels: Layout, columns: str, rows: str) -> Tally:
    n_rows, n_columns = pixels.shape
    dims = (_index_dim(columns, n_columns), _index_dim(rows, n_rows))
    return _tally(Description(projection=Logical(pixels)), dims, pixels, is_turned=True)


def _tally(
    description: Description, dims: tuple[Dim, ...], pixels: Layout | None = None, *, is_turned: bool = False
) -> Tally:
    def make() -> Fold:
        from ..reduce.fold.build import make_fold

        return make_fold(description, Setting(layout=pixels))

    return Tally(dims, make, is_turned)


def _time_axis(tof_range: tuple[float, float], n: int) -> Axis:
    return bins(tof_range[0], tof_range[1], n=n, unit="ns").named("toa")


def _time_dim(axis: Axis) -> Dim:
    return Dim("toa", axis.edges, "ns", TIME)


def _index_dim(name: str, n: int) -> Dim:
    return Dim(name, np.arange(n + 1, dtype=np.float64), "", name)
