"""Writing descriptions as plain lists, texts and numbers: what is as usual is left out, equals are written alike."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import fields
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .axis import Axis, log_bins
from .condition import write_condition, write_moment
from .description import Description, Normalise
from .physics.flight import ARRIVAL, Flight
from .pixels.layout import Layout
from .pixels.mask import Mask
from .pixels.projection import Logical, Projection, Step
from .pixels.region import Combined, Ellipse, PixelList, Polygon, Rectangle, Region, Span
from .units import exact, plain_number, write_quantity
from .window import Window

FLIGHT_UNITS = {
    "period": "ns",
    "min_wavelength": "angstrom",
    "max_wavelength": "angstrom",
    "wrap_offset": "ns",
    "emission_offset": "ns",
    "incident_energy": "meV",
    "final_energy": "meV",
    "l1": "m",
    "sample_tilt": "rad",
}
"""Units in which a `Flight` holds its numbers."""
DURATIONS = (("s", 1_000_000_000), ("ms", 1_000_000), ("us", 1000), ("ns", 1))


def write_description(description: Description) -> dict[str, Any]:
    """Return what differs from an empty description."""
    projection = description.projection
    written = {
        "axes": [write_axis(axis) for axis in description.axes],
        "projection": None if projection is None else write_projection(projection),
        "sum_pixels": description.is_summed,
        "masks": [write_mask(mask) for mask in description.masks],
        "region": None if description.region is None else write_region(description.region),
        "where": [write_condition(condition) for condition in description.filters],
        "window": write_window(description.window),
        "flight": write_flight(description.flight),
        "normalise": [write_normalise(one) for one in description.normalise],
        "every": write_duration(description.every_ns) if description.every_ns else None,
        "frames": description.frames or None,
        "sparse": description.sparse,
    }
    return {key: value for key, value in written.items() if value not in (None, False, [], {})}


def write_axis(axis: Axis) -> dict[str, Any]:
    """Return an axis by what makes it."""
    written: dict[str, Any] = {"name": axis.name}
    if axis.categories is not None:
        return written | {"categories": list(axis.categories)}
    start, stop = write_exact(axis.exact[0]), write_exact(axis.exact[-1])
    if axis.scale == "integer" and axis.is_regular and axis.exact[1] - axis.exact[0] == axis.n:
        written["integers"] = {"start": start, "stop": stop}
    elif axis.scale == "log" and log_bins(axis.exact[0], axis.exact[-1], n=axis.n).exact == axis.exact:
        written["log_bins"] = {"start": start, "stop": stop, "n": axis.n}
    elif axis.is_regular:
        written["bins"] = {"start": start, "stop": stop, "n": axis.n}
    else:
        written["edges"] = [write_exact(edge) for edge in axis.exact]
        if axis.scale == "log":
            written["scale"] = "log"
    return written | ({} if axis.unit is None else {"unit": axis.unit})


def write_exact(value: Fraction) -> int | float | str:
    """Return an exact number: as a number where that reads back the same, else as a text such as ``1/3``."""
    if value.denominator == 1:
        return int(value)
    try:
        number = float(value)
    except OverflowError:
        return str(value)
    return number if exact(number, "edge") == value else str(value)


def write_projection(projection: Projection) -> dict[str, Any]:
    """Return what is seen of the detector."""
    if isinstance(projection, Logical):
        layout = {} if projection.layout is None else {"layout": write_layout(projection.layout)}
        steps = [_write_step(step) for step in projection.steps]
        return {"logical": layout | ({"steps": steps} if steps else {})}
    written: dict[str, Any] = {"surface": projection.surface, "shape": list(projection.shape)}
    if projection.smooth:
        written["smooth"] = projection.smooth
    return {"geometric": written | ({"flip_x": True} if projection.flip_x else {})}


def write_layout(layout: Layout) -> dict[str, Any]:
    """Return where pixels stand."""
    return layout.to_dict()


def _write_step(step: Step) -> dict[str, Any]:
    if step.kind == "fold":
        return {"fold": {"dim": step.dim, "into": dict(zip(step.dims, step.sizes, strict=True))}}
    if step.kind == "flatten":
        return {"flatten": {"dims": list(step.dims), "to": step.dim}}
    if step.kind == "slice":
        return {"slice": {"dim": step.dim, "index": step.index}}
    return {step.kind: list(step.dims)}


def write_mask(mask: Mask) -> dict[str, Any]:
    """Return a mask: numbers, and pairs of first and last number."""
    return {"name": mask.name} | ({"of_file": True} if mask.ids is None else {"pixels": write_runs(mask.ids)})


def write_runs(ids: NDArray[np.int32]) -> list[int | list[int]]:
    """Return rising integers; runs of them as pairs of the first and the last.

    Examples
    --------
    >>> write_runs(np.array([1, 2, 3, 7], np.int32))
    [[1, 3], 7]
    """
    if not len(ids):
        return []
    wide = ids.astype(np.int64)
    breaks = np.flatnonzero(np.diff(wide) != 1)
    firsts = wide[np.concatenate(([0], breaks + 1))].tolist()
    lasts = wide[np.concatenate((breaks, [len(ids) - 1]))].tolist()
    return [a if a == b else [a, b] for a, b in zip(firsts, lasts, strict=True)]


def write_region(region: Region) -> dict[str, Any]:
    """Return a region: one key says of which kind."""
    if isinstance(region, Combined):
        return {region.how: [write_region(region.a), write_region(region.b)]}
    if isinstance(region, Rectangle):
        return {"rectangle": {"x": _numbers(region.x), "y": _numbers(region.y)} | _unit(region.unit)}
    if isinstance(region, Ellipse):
        turned = {"rotation": _number(region.rotation)} if region.rotation else {}
        center, radii = _numbers(region.center), _numbers(region.radii)
        return {"ellipse": {"center": center, "radii": radii} | turned | _unit(region.unit)}
    if isinstance(region, Polygon):
        corners = [_numbers(corner) for corner in zip(region.x, region.y, strict=True)]
        return {"polygon": {"corners": corners} | _unit(region.unit)}
    if isinstance(region, PixelList):
        parts = {"ids": list(region.ids), "spans": [list(span) for span in region.spans]}
        return {"pixels": {key: value for key, value in parts.items() if value}}
    return {"span": {region.quantity: [_bound(region, region.low), _bound(region, region.high)]}}


def write_window(window: Window) -> dict[str, Any]:
    """Return a window; empty for everything."""
    if window.kind == "pulses":
        return {"pulses": window.n}
    if window.kind == "seconds":
        return {"last": write_duration(window.length_ns)}
    if window.kind == "run":
        return {"run": True}
    return {"since_step_of": window.log} if window.kind == "log" else {}


def write_flight(flight: Flight) -> dict[str, Any]:
    """Return what differs from a plain time of arrival, with units."""
    written: dict[str, Any] = {}
    for one in fields(Flight):
        value = getattr(flight, one.name)
        if value == getattr(ARRIVAL, one.name):
            continue
        unit = FLIGHT_UNITS.get(one.name)
        written[one.name] = write_quantity(value, unit) if unit else value
        if one.name == "reference":
            written[one.name] = write_moment(value)
    return written


def write_normalise(one: Normalise) -> dict[str, Any]:
    """Return what a result is divided by."""
    written = {
        "by": one.by,
        "stream": one.stream,
        "axis": None if one.axis is None else write_axis(one.axis),
        "region": None if one.region is None else write_region(one.region),
        "path": one.path,
    }
    return {key: value for key, value in written.items() if value not in (None, "")}


def write_duration(ns: int) -> str:
    """Write a length of time in the largest unit in which it is whole.

    Examples
    --------
    >>> write_duration(5_000_000_000), write_duration(71_428_571)
    ('5 s', '71428571 ns')
    """
    unit, size = next((unit, size) for unit, size in DURATIONS if ns % size == 0)
    return f"{ns // size} {unit}"


def _bound(span: Span, value: float) -> int | float | str:
    return _number(value) if span.unit is None else write_quantity(value, span.unit)


def _number(value: float) -> int | float:
    number = plain_number(value)
    return value if number is None else number


def _numbers(values: Iterable[float]) -> list[int | float]:
    return [_number(value) for value in values]


def _unit(unit: str | None) -> dict[str, str]:
    return {} if unit is None else {"unit": unit}
