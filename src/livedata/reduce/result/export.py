"""Histograms as objects of other libraries, which are loaded here and nowhere else."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

import numpy as np

from ...errors import ArgumentError, MissingExtra
from ..axis import Axis
from .unitname import is_counts

if TYPE_CHECKING:
    from .histogram import Histogram


def to_boost(histogram: Histogram) -> Any:
    """Return a `boost_histogram.Histogram`; as `to_hist`."""
    bh = library("boost_histogram", "hist")
    return _filled(bh, bh, histogram, _boost_names)


def to_hist(histogram: Histogram) -> Any:
    """Return a `hist.Hist` with the same edges, to the last bit; its flow bins are empty.

    Its storage is ``Int64`` for plain counts, ``Double`` where the values are doubles that equal their variances, else
    ``Weight``.
    """
    hist = library("hist", "hist")
    return _filled(hist, hist, histogram, lambda axis: {"name": axis.name, "label": _label(axis)})


def _boost_names(axis: Axis) -> dict[str, Any]:
    # hist, made from a boost histogram, takes names and labels from here.
    return {"__dict__": {"metadata": axis.unit, "name": axis.name, "label": _label(axis)}}


def _filled(library: Any, bh: Any, histogram: Histogram, told: Any) -> Any:
    axes = [_boost_axis(bh.axis, axis, told(axis)) for axis in histogram.axes]
    plain = histogram.spread is None
    is_int = histogram.array.dtype.kind == "i"
    storage = bh.storage.Weight() if not plain else bh.storage.Int64() if is_int else bh.storage.Double()
    made = (library.Hist if hasattr(library, "Hist") else library.Histogram)(*axes, storage=storage)
    if plain:
        made.view(flow=False)[...] = histogram.array
    else:
        made.view(flow=False).value = histogram.array
        made.view(flow=False).variance = histogram.variances()
    made.name, made.label = histogram.name or None, histogram.unit
    return made


def _boost_axis(axes: Any, axis: Axis, told: dict[str, Any]) -> Any:
    if axis.categories is not None:
        is_text = any(isinstance(c, str) for c in axis.categories)
        make = axes.StrCategory if is_text else axes.IntCategory
        return make(list(axis.categories), **told)
    edges = axis.edges
    if axis.is_regular:
        regular = axes.Regular(axis.n, edges[0], edges[-1], **told)
        if np.array_equal(regular.edges, edges):
            return regular
    return axes.Variable(edges, **told)


def to_xarray(histogram: Histogram) -> Any:
    """Return an `xarray.DataArray`.

    Coordinates along each axis: its centres (or categories) under its name, ``<name>_low`` and ``<name>_high`` with the
    edges, and ``variances`` for all. Attributes: ``units``, and the fates of events, if known, as ``ledger``.
    """
    xr = library("xarray", "hist")
    coords: dict[str, Any] = {}
    for axis in histogram.axes:
        unit = {"units": axis.unit} if axis.unit else {}
        if axis.categories is not None:
            coords[axis.name] = (axis.name, list(axis.categories))
            continue
        edges = axis.edges
        coords[axis.name] = (axis.name, axis.centers, unit)
        coords[f"{axis.name}_low"] = (axis.name, edges[:-1], unit)
        coords[f"{axis.name}_high"] = (axis.name, edges[1:], unit)
    dims = [axis.name for axis in histogram.axes]
    coords["variances"] = (dims, histogram.variances())
    ledger: Any = getattr(histogram, "ledger", None)
    attributes = {"units": histogram.unit, **({"ledger": ledger.to_dict()} if ledger is not None else {})}
    return xr.DataArray(histogram.array, dims=dims, coords=coords, name=histogram.name or "counts", attrs=attributes)


def to_scipp(histogram: Histogram) -> Any:
    """Return a `scipp.DataArray` of float64 with variances; bin edges as coordinates, categories as points.

    Counts above 2**53 are rounded: scipp has variances of doubles only.

    Raises
    ------
    ArgumentError
        If scipp does not know a unit.
    """
    sc = library("scipp", "scipp")
    coords = {}
    for axis in histogram.axes:
        values = list(axis.categories) if axis.categories is not None else axis.edges
        coords[axis.name] = sc.array(dims=[axis.name], values=values, unit=scipp_unit(sc, axis.unit))
    dims = [axis.name for axis in histogram.axes]
    make = sc.array if dims else sc.scalar
    given: dict[str, Any] = {"dims": dims, "values": histogram.array, "variances": histogram.variances()}
    if not dims:
        given = {"value": float(histogram.array), "variance": float(histogram.variances())}
    data = make(**given, unit=scipp_unit(sc, histogram.unit), dtype="float64")
    return sc.DataArray(data, coords=coords, name=histogram.name)


def scipp_unit(sc: Any, unit: str | None) -> Any:
    """Return a unit as scipp writes it; None stays None, which is a plain number."""
    if unit is None:
        return None
    try:
        return sc.Unit("counts" if is_counts(unit) else unit.replace("**", "^"))
    except sc.UnitError:
        raise ArgumentError(f"scipp has no unit {unit!r}; use another one for the axis, or .to_xarray()") from None


def to_pandas(histogram: Histogram) -> Any:
    """Return a `pandas.DataFrame` with the columns ``value`` and ``error``.

    The index has one level for each axis: intervals closed on the left, or categories. Units are in ``.attrs``.
    """
    pd = library("pandas", "all")
    levels = [
        pd.Index(list(axis.categories), name=axis.name)
        if axis.categories is not None
        else pd.IntervalIndex.from_breaks(axis.edges, closed="left", name=axis.name)
        for axis in histogram.axes
    ]
    levels = levels or [pd.RangeIndex(1)]
    index = levels[0] if len(levels) == 1 else pd.MultiIndex.from_product(levels)
    columns = {"value": histogram.array.reshape(-1), "error": histogram.errors().reshape(-1)}
    frame = pd.DataFrame(columns, index=index)
    frame.attrs = {"unit": histogram.unit, "units": {axis.name: axis.unit for axis in histogram.axes}}
    return frame


def _label(axis: Axis) -> str:
    return f"{axis.name} [{axis.unit}]" if axis.unit else axis.name


def library(name: str, extra: str) -> Any:
    """Import an optional package, or say how to install it."""
    try:
        return import_module(name)
    except ModuleNotFoundError as error:
        if error.name != name:
            raise
        raise MissingExtra(f"{name} objects", extra) from None
