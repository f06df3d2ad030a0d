"""Writing geometry into a file, so that `read_geometry` gives back the same numbers, bit for bit.

In standard NeXus, for every reader: pixels as ``x_``, ``y_`` and ``z_pixel_offset`` of a detector that stands at the
origin (``depends_on`` "."), the places of source, sample and monitors as chains of translations along the axes, the
size of pixels as ``x_pixel_size`` and ``y_pixel_size`` or, where they have depth, as the box of an NXoff_geometry, and
excluded pixels as ``pixel_mask``. What the standard has no place for stands beside, see `rest`.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from ...reduce.physics.geometry import Geometry, Vector
from ...reduce.pixels.layout import Layout
from .measure import Numbers
from .offsets import NAMES
from .read import read_geometry
from .rest import write_rest

EXCLUDED = 1 << 8
"""Bit of `pixel_mask` for what a user excluded: why it was is not known any more."""
CORNERS = np.array([[x, y, z] for z in (-1, 1) for y in (-1, 1) for x in (-1, 1)], np.float64)
FACES = np.array([[0, 2, 3, 1], [4, 5, 7, 6], [0, 1, 5, 4], [2, 6, 7, 3], [0, 4, 6, 2], [1, 3, 7, 5]], np.int32)


def write_surroundings(entry: Any, instrument: Any, geometries: Iterable[Geometry]) -> None:
    """Write the source and the sample, which all streams of a file share: the first that is known of each."""
    held = list(geometries)
    for name, parent, nx_class, points in (
        ("source", instrument, "NXsource", [g.source for g in held]),
        ("sample", entry, "NXsample", [g.sample for g in held]),
    ):
        point = next((p for p in points if p is not None), None)
        if point is not None:
            group = parent.create_group(name)
            group.attrs["NX_class"] = nx_class
            _place(group, point)


def write_geometry(component: Any, geometry: Geometry, layout: Layout | None) -> None:
    """Write where a component is.

    Parameters
    ----------
    component
        Its group, an NXdetector, with its pixel numbers if there is a layout; or an NXmonitor.
    geometry
        What is known.
    layout
        How its pixels are arranged.
    """
    points = geometry.positions
    if component.attrs["NX_class"] == "NXmonitor":
        if points is not None and points.shape == (1, 3):
            x, y, z = (float(v) for v in points[0])
            _place(component, (x, y, z))
    else:
        _write_pixels(component, geometry, layout)
    found = read_geometry(component.file, component.name, where="")
    assert found is not None
    write_rest(component, geometry, found)


def _write_pixels(detector: Any, geometry: Geometry, layout: Layout | None) -> None:
    points, sizes, excluded = geometry.positions, geometry.sizes, geometry.excluded
    n_pixels = layout.size if layout is not None else 0 if points is None else len(points)
    shape = layout.shape if layout is not None else (n_pixels,)
    if points is not None and points.shape == (n_pixels, 3) and n_pixels and not geometry.is_monitor:
        detector["depends_on"] = "."
        for name, column in zip(NAMES, points.T, strict=True):
            _of_pixels(detector, name, column.reshape(shape), "m")
    if sizes is not None and sizes.shape == (1, 3):
        _write_size(detector, sizes[0])
    if excluded is not None and excluded.shape == (n_pixels,) and n_pixels:
        _of_pixels(detector, "pixel_mask", np.where(excluded, EXCLUDED, 0).astype(np.int32).reshape(shape))


def _of_pixels(detector: Any, name: str, values: Any, unit: str | None = None) -> None:
    detector[name] = values
    if unit is not None:
        detector[name].attrs["units"] = unit
    if values.ndim > 1:
        detector.attrs[f"{name}_indices"] = np.arange(values.ndim, dtype=np.int32)


def _write_size(detector: Any, size: Numbers) -> None:
    if size[2] == 0:
        for name, length in zip(("x_pixel_size", "y_pixel_size"), size[:2], strict=True):
            detector[name] = length
            detector[name].attrs["units"] = "m"
        return
    box = detector.create_group("pixel_shape")
    box.attrs["NX_class"] = "NXoff_geometry"
    box["vertices"] = CORNERS * (size / 2)
    box["vertices"].attrs["units"] = "m"
    box["winding_order"] = FACES.ravel()
    box["faces"] = np.arange(0, FACES.size, 4, dtype=np.int32)


def _place(group: Any, point: Vector) -> None:
    """Write a chain of one translation along each axis; none at the origin."""
    chain = None
    at = "."
    for axis, (name, length) in enumerate(zip("xyz", point, strict=True)):
        if length == 0:
            continue
        if chain is None:
            chain = group.create_group("transformations")
            chain.attrs["NX_class"] = "NXtransformations"
        step = chain.create_dataset(name, data=float(length))
        step.attrs["transformation_type"] = "translation"
        step.attrs["units"] = "m"
        step.attrs["vector"] = np.eye(3)[axis]
        step.attrs["depends_on"] = at
        at = step.name
    group["depends_on"] = at
