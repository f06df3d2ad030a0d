"""Shapes of pixels: their size, and where they are when nothing but the shape of the whole detector tells.

NXoff_geometry: https://manual.nexusformat.org/classes/base_classes/NXoff_geometry.html
NXcylindrical_geometry: https://manual.nexusformat.org/classes/base_classes/NXcylindrical_geometry.html
"""

from __future__ import annotations

from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

from ..hdf import attribute
from ..transform import Unusable, length_factor
from .measure import Numbers, lengths, member, numbers_of

Indices = NDArray[np.int64]


def pixel_size(detector: Any, turn: Numbers) -> Numbers | None:
    """Return the extent of a pixel along the instrument's x, y and z, metres, shape (1, 3); None if nobody tells.

    Parameters
    ----------
    detector
        The group, with a ``pixel_shape`` or ``x_pixel_size`` and ``y_pixel_size``.
    turn
        The detector's rotation, shape (3, 3).

    Raises
    ------
    Unusable
        If what is there cannot be read.
    """
    shape = member(detector, "pixel_shape")
    if isinstance(shape, h5py.Group):
        vertices = _vertices(shape)
        if isinstance(member(shape, "cylinders"), h5py.Dataset):
            return _cylinder_extent(vertices, _indices(shape, "cylinders", len(vertices)).reshape(-1, 3)[0], turn)
        return np.asarray(np.ptp(vertices @ turn.T, axis=0)[np.newaxis])
    sizes = np.zeros(3)
    for i, name in enumerate(("x_pixel_size", "y_pixel_size")):
        dataset = member(detector, name)
        if not isinstance(dataset, h5py.Dataset):
            return None
        sizes[i] = float(np.abs(lengths(dataset)).max())
    return (np.abs(turn) @ sizes)[np.newaxis]


def pixel_centres(detector: Any, numbers: Indices) -> Numbers | None:
    """Return the middle of each pixel from ``detector_shape``, metres, shape (pixel, 3); None if there is none.

    Of an `NXoff_geometry`, the mean of the vertices of the pixel's faces; of an `NXcylindrical_geometry`, the middle of
    the cylinder's axis. Pixels without a face or a cylinder are NaN.

    Raises
    ------
    Unusable
        If what is there cannot be read.
    """
    shape = member(detector, "detector_shape")
    if not isinstance(shape, h5py.Group):
        shape = member(detector, "shape")
    if not isinstance(shape, h5py.Group):
        return None
    if isinstance(member(shape, "detector_faces"), h5py.Dataset):
        return _by_number(*_face_points(shape), numbers)
    if isinstance(member(shape, "cylinders"), h5py.Dataset) and "detector_number" in shape:
        vertices = _vertices(shape)
        cylinders = _indices(shape, "cylinders", len(vertices)).reshape(-1, 3)
        ids = _indices(shape, "detector_number", None).ravel()
        if len(ids) != len(cylinders):
            raise Unusable(f"{shape.name} has {len(cylinders)} cylinders for {len(ids)} pixels")
        return _by_number((vertices[cylinders[:, 0]] + vertices[cylinders[:, 2]]) / 2, ids, numbers)
    return None


def _face_points(shape: Any) -> tuple[Numbers, Indices]:
    """Return the vertices of all faces that belong to pixels, and to which pixel each belongs."""
    vertices = _vertices(shape)
    order = _indices(shape, "winding_order", len(vertices)).ravel()
    starts = _indices(shape, "faces", len(order)).ravel()
    pairs = _indices(shape, "detector_faces", None)
    if pairs.ndim != 2 or pairs.shape[1] != 2 or not len(pairs) or pairs[:, 0].max() >= len(starts):
        raise Unusable(f"detector_faces of {shape.name} do not fit its faces")
    lengths_ = np.diff(starts, append=len(order))
    if (lengths_ <= 0).any():
        raise Unusable(f"the faces of {shape.name} are not in rising order")
    counts = lengths_[pairs[:, 0]]
    first = np.repeat(starts[pairs[:, 0]], counts)
    inner = np.arange(len(first)) - np.repeat(np.cumsum(counts) - counts, counts)
    return vertices[order[first + inner]], np.repeat(pairs[:, 1], counts)


def _by_number(points: Numbers, ids: Indices, numbers: Indices) -> Numbers:
    """Return the mean of the points of each pixel number, NaN without any."""
    known, at = np.unique(ids, return_inverse=True)
    n = np.bincount(at)
    means = np.stack([np.bincount(at, points[:, k]) / n for k in range(3)], axis=1)
    place = np.minimum(np.searchsorted(known, numbers), len(known) - 1)
    return np.where((known[place] == numbers)[:, np.newaxis], means[place], np.nan)


def _cylinder_extent(vertices: Numbers, cylinder: Indices, turn: Numbers) -> Numbers:
    """Return the box around a cylinder told by the middle of one end, a point on its rim, and the other middle."""
    base, rim, top = vertices[cylinder]
    axis = turn @ (top - base)
    height = float(np.linalg.norm(axis))
    radius = float(np.linalg.norm(rim - base))
    slope = axis / height if height > 0 else np.zeros(3)
    return np.asarray((np.abs(axis) + 2 * radius * np.sqrt(np.maximum(0.0, 1 - slope**2)))[np.newaxis])


def _vertices(shape: Any) -> Numbers:
    vertices = numbers_of(member(shape, "vertices"))
    if vertices.ndim != 2 or vertices.shape[1] != 3:
        raise Unusable(f"vertices of {shape.name} have shape {vertices.shape}")
    return vertices * length_factor(attribute(member(shape, "vertices"), "units"))


def _indices(shape: Any, name: str, limit: int | None) -> Indices:
    dataset = member(shape, name)
    if not isinstance(dataset, h5py.Dataset) or dataset.dtype.kind not in "iu" or not dataset.size:
        raise Unusable(f"{shape.name} has no {name}")
    indices: Indices = np.asarray(dataset[()]).astype(np.int64)
    if limit is not None and (indices.min() < 0 or indices.max() >= limit):
        raise Unusable(f"{name} of {shape.name} point beyond its end")
    return indices
