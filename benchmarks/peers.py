"""Histogram libraries, each asked in the ways it likes best; data in other types are made beforehand, untimed.

Names begin with the library; what follows says how it was asked.
"""

from __future__ import annotations

import boost_histogram as bh
import fast_histogram as fh
import numpy as np
import scipp as sc
from numpy.typing import NDArray
from scippneutron.conversion.tof import wavelength_from_tof

from livedata.streams.batch import EventBatch

from .events import SIDE, Int32
from .measure import Work

Works = dict[str, Work]


def regular(x: Int32, start: int, stop: int, n: int) -> Works:
    """Count in `n` bins of one width."""
    f64, f32, limits = x.astype(np.float64), x.astype(np.float32), np.linspace(start, stop, n + 1)
    return {
        "numpy": lambda: np.histogram(x, n, (start, stop)),
        "numpy float64": lambda: np.histogram(f64, n, (start, stop)),
        **_boost("boost", bh.axis.Regular(n, start, stop), {"": x, " float64": f64}),
        "fast-histogram": lambda: fh.histogram1d(x, n, (start, stop)),
        "fast-histogram float64": lambda: fh.histogram1d(f64, n, (start, stop)),
        "fast-histogram float32": lambda: fh.histogram1d(f32, n, (start, stop)),
        "scipp float64": _scipp(f64, limits),
        "scipp float32": _scipp(f32, limits.astype(np.float32)),
    }


def uneven(x: Int32, limits: NDArray[np.int64]) -> Works:
    """Count between given edges; fast-histogram has no such thing."""
    f64 = x.astype(np.float64)
    return {
        "numpy": lambda: np.histogram(x, limits),
        "numpy float64": lambda: np.histogram(f64, limits.astype(np.float64)),
        **_boost("boost", bh.axis.Variable(limits), {"": x, " float64": f64}),
        "scipp float64": _scipp(f64, limits.astype(np.float64)),
    }


def pixels(ids: Int32) -> Works:
    """Count in a bin for each pixel number from 1."""
    n = SIDE * SIDE
    f64, i64, limits = ids.astype(np.float64), ids.astype(np.int64), np.arange(1, n + 2)
    return {
        "numpy bincount": lambda: np.bincount(ids, minlength=n + 1),
        "numpy bincount int64": lambda: np.bincount(i64, minlength=n + 1),
        **_boost("boost integer axis", bh.axis.Integer(1, n + 1), {"": ids, " int64": i64}),
        **_boost("boost regular axis", bh.axis.Regular(n, 1, n + 1), {" float64": f64}),
        "fast-histogram": lambda: fh.histogram1d(ids, n, (1, n + 1)),
        "fast-histogram float64": lambda: fh.histogram1d(f64, n, (1, n + 1)),
        "scipp float64": _scipp(f64, limits.astype(np.float64)),
    }


def cube(ids: Int32, toa: Int32, size: int, stop: int, n: int) -> Works:
    """Count in `size` pixels and `n` bins of time."""
    width = stop // n
    both = ids.astype(np.float64), toa.astype(np.float64)
    boost = bh.Histogram(bh.axis.Integer(1, size + 1), bh.axis.Regular(n, 0, stop), storage=bh.storage.Int64())

    def bincount() -> object:
        inside = (ids >= 1) & (ids <= size) & (toa >= 0) & (toa < stop)
        place = (ids[inside].astype(np.int64) - 1) * n + toa[inside] // width
        return np.bincount(place, minlength=size * n)

    return {
        "numpy bincount": bincount,
        "boost": lambda: boost.fill(ids, toa, threads=1),
        "fast-histogram float64": lambda: fh.histogram2d(*both, (size, n), ((1, size + 1), (0, stop))),
    }


def wavelength(ids: Int32, toa: Int32, lengths: NDArray[np.float64], stop: float, n: int) -> Works:
    """Convert to wavelength and count: events sorted into pixels, where scipp has the geometry, and as a flat table.

    The flat table looks up its flight path event by event, as ours does, and is turned into doubles beforehand; the
    gathered one is given every event's path as well, so that it begins behind half of the work.
    """
    limits = sc.linspace("wavelength", 0.0, stop, n + 1, unit="angstrom")
    graph = {"wavelength": wavelength_from_tof}
    known = (ids >= 1) & (ids <= len(lengths))
    table = _events({"tof": toa[known].astype(np.float64)}, "ns")
    table.coords["event_id"] = sc.array(dims=["event"], values=ids[known].astype(np.int64))
    grouped = table.group(sc.arange("event_id", 1, len(lengths) + 1))
    grouped.coords["Ltotal"] = sc.array(dims=["event_id"], values=lengths, unit="m")
    places = ids[known] - 1

    def flat() -> object:
        held = _events({"tof": table.coords["tof"].values}, "ns")
        held.coords["Ltotal"] = sc.array(dims=["event"], values=lengths[places], unit="m")
        return held.transform_coords("wavelength", graph=graph).hist(wavelength=limits)

    gathered = _events({"tof": table.coords["tof"].values}, "ns")
    gathered.coords["Ltotal"] = sc.array(dims=["event"], values=lengths[places], unit="m")

    return {
        "gathered scipp": lambda: gathered.transform_coords("wavelength", graph=graph).hist(wavelength=limits),
        "scipp in pixels": lambda: (
            grouped.transform_coords("wavelength", graph=graph).bins.concat("event_id").hist(wavelength=limits)
        ),
        "scipp flat": flat,
    }


def detector_view(batches: list[EventBatch], side: int, stop: int, n: int) -> Work:
    """Take one second of events as esslivedata's detector view does (26.8, ``workflows/detector_view/providers.py``).

    Events have weights with variances; they are grouped by pixel, folded into rows and columns, counted in bins of
    time, and added to what is held as int32. Image and spectrum are sums of that. Its second copy, of the newest
    window, and its totals are left out.
    """
    numbers = sc.arange("detector_number", 1, side * side + 1, dtype="int32", unit=None)
    limits = sc.linspace("toa", 0.0, stop / 1e6, n + 1, unit="ms")
    held = sc.zeros(dims=["y", "x", "toa"], shape=[side, side, n], unit="counts", dtype="int32")

    def work() -> object:
        nonlocal held
        toa = np.concatenate([b.event_time_offset for b in batches])
        ids = np.concatenate([b.event_id for b in batches if b.event_id is not None])
        weights = sc.ones(dims=["event"], shape=[len(toa)], unit="counts", dtype="float32", with_variances=True)
        coords = {
            "event_time_offset": sc.array(dims=["event"], values=toa, unit="ns"),
            "detector_number": sc.array(dims=["event"], values=ids, unit=None),
        }
        grouped = sc.DataArray(weights, coords=coords).group(numbers)
        folded = sc.values(grouped.fold("detector_number", sizes={"y": side, "x": side}))
        counted = folded.hist(event_time_offset=limits.to(unit="ns").rename_dims(toa="event_time_offset"))
        held += counted.data.rename_dims(event_time_offset="toa").to(dtype="int32", copy=False)
        return held.sum("toa").to(dtype="float32"), held.sum(["y", "x"])

    return work


def counts(result: object) -> NDArray[np.float64] | None:
    """Return what a library has counted, flat; None where it fills a histogram of its own."""
    if isinstance(result, tuple):
        result = result[0]
    if isinstance(result, sc.DataArray):
        return result.values.ravel()
    return result.ravel() if isinstance(result, np.ndarray) else None


def _events(coords: dict[str, NDArray[np.float64]], unit: str) -> sc.DataArray:
    n = len(next(iter(coords.values())))
    return sc.DataArray(
        sc.ones(dims=["event"], shape=[n], dtype="float32", unit="counts"),
        coords={name: sc.array(dims=["event"], values=x, unit=unit) for name, x in coords.items()},
    )


def _boost(name: str, axis: bh.axis.Axis, data: dict[str, NDArray[np.generic]]) -> Works:
    """Fill one histogram again and again, on one thread, with integer and with double counters."""
    works: Works = {}
    for storage in (bh.storage.Int64(), bh.storage.Double()):
        held = bh.Histogram(axis, storage=storage)
        for suffix, x in data.items():
            works[f"{name}{suffix} {type(storage).__name__}"] = lambda held=held, x=x: held.fill(x, threads=1)
    return works


def _scipp(x: NDArray[np.generic], limits: NDArray[np.generic]) -> Work:
    table = sc.DataArray(
        sc.ones(dims=["event"], shape=[len(x)], dtype="float32"), coords={"x": sc.array(dims=["event"], values=x)}
    )
    bins = sc.array(dims=["x"], values=limits)
    return lambda: table.hist(x=bins)
