"""Events as scipp has them: a flat table, or binned by pulse or by pixel."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ...errors import ArgumentError
from ...streams.batch import Int64Array
from .export import library

if TYPE_CHECKING:
    from ..pixels.layout import Layout
    from .eventtable import By, EventTable


def table_to_scipp(table: EventTable, layout: Layout | None = None, *, by: By | None = None) -> Any:
    """Return events as a `scipp.DataArray`: what people's own reduction wants next.

    Parameters
    ----------
    table
        Any events.
    layout
        Where pixels stand, for ``by="pixel"``. Events of pixels that it does not hold are left out.
    by
        ``event`` is a flat table. ``pulse`` bins by distinct `event_time_zero`, in order of time. ``pixel`` bins by
        pixel in the shape of the layout, or, without one, by the pixel numbers that occur. Left out, it is
        ``pixel`` with a layout, else ``pulse``. Within a bin events stand in the order in which they came.

    Returns
    -------
    :
        Data are the weights, float64 in counts, variances their squares. Coordinates of events: ``toa`` (int64, ns),
        ``event_id`` (int32, no unit) and ``event_time_zero`` (datetime64[ns]); the one that bins is a coordinate of the
        bins instead; for pixels it is ``detector_number``.

    Raises
    ------
    ArgumentError
        If there are no pixel numbers to bin by, or `by` is something else.
    MissingExtra
        If scipp is not installed.

    References
    ----------
    https://scipp.github.io/user-guide/binned-data/binned-data.html
    """
    sc = library("scipp", "scipp")
    by = by or ("pulse" if layout is None else "pixel")
    if by == "event":
        return _events(sc, table, np.arange(table.n_events), without="")
    if by == "pulse":
        times, entries = np.unique(table.event_time_zero, return_inverse=True)
        content, begin, end = _sorted(sc, table, table.of_events(entries), len(times), without="event_time_zero")
        binned = _bins(sc, content, begin, end, ("event_time_zero",))
        return sc.DataArray(binned, coords={"event_time_zero": _times(sc, "event_time_zero", times)})
    if by != "pixel":
        raise ArgumentError(f"by={by!r}; expected 'event', 'pulse' or 'pixel'")
    if table.event_id is None:
        raise ArgumentError("these events have no pixel numbers; expected by='pulse' or by='event'")
    dims: tuple[str, ...] = ("detector_number",)
    if layout is None:
        numbers, places = _numbered(table.event_id)
    else:
        numbers, places, dims = layout.detector_number(), layout.places_of(table.event_id), layout.dims
    content, begin, end = _sorted(sc, table, places, numbers.size, without="event_id")
    binned = _bins(sc, content, begin.reshape(numbers.shape), end.reshape(numbers.shape), dims)
    return sc.DataArray(binned, coords={"detector_number": sc.array(dims=dims, values=numbers, unit=None)})


def _numbered(ids: NDArray[np.int32]) -> tuple[NDArray[np.int32], NDArray[np.integer[Any]]]:
    """Return the pixel numbers that occur, and which of them each event has."""
    return np.unique(ids, return_inverse=True)


def _sorted(
    sc: Any, table: EventTable, places: NDArray[np.integer[Any]], n: int, *, without: str
) -> tuple[Any, Int64Array, Int64Array]:
    """Return the events in the order of their bins, and where each bin begins and ends; bin -1 is left out."""
    order = np.argsort(places, kind="stable")[int(np.count_nonzero(places < 0)) :]
    sizes = np.bincount(places[order], minlength=n)
    end = np.cumsum(sizes)
    return _events(sc, table, order, without=without), end - sizes, end


def _events(sc: Any, table: EventTable, order: NDArray[np.integer[Any]], *, without: str) -> Any:
    """Return events as a flat table, in the given order."""
    weights = np.ones(len(order)) if table.event_weight is None else table.event_weight[order].astype(np.float64)
    coords = {"toa": sc.array(dims=["event"], values=table.event_time_offset[order].astype(np.int64), unit="ns")}
    if without != "event_time_zero":
        coords["event_time_zero"] = _times(sc, "event", table.of_events(table.event_time_zero)[order])
    if table.event_id is not None and without != "event_id":
        coords["event_id"] = sc.array(dims=["event"], values=table.event_id[order], unit=None)
    data = sc.array(dims=["event"], values=weights, variances=weights**2, unit="counts")
    return sc.DataArray(data, coords=coords)


def _bins(sc: Any, content: Any, begin: Int64Array, end: Int64Array, dims: tuple[str, ...]) -> Any:
    return sc.bins(
        begin=sc.array(dims=dims, values=begin, unit=None),
        end=sc.array(dims=dims, values=end, unit=None),
        dim="event",
        data=content,
    )


def _times(sc: Any, dim: str, times: Int64Array) -> Any:
    return sc.datetimes(dims=[dim], values=times, unit="ns")
