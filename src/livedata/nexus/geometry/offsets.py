"""Pixel offsets: x, y and z of each pixel in its detector, from arrays that may tell one dimension each."""

from __future__ import annotations

from typing import Any

import h5py
import numpy as np

from ..hdf import attribute
from ..transform import Unusable
from .measure import Numbers, Remark, lengths, member

NAMES = ("x_pixel_offset", "y_pixel_offset", "z_pixel_offset")


def has_offsets(detector: Any) -> bool:
    """Whether a detector tells pixel offsets at all."""
    return any(isinstance(member(detector, name), h5py.Dataset) for name in NAMES)


def pixel_offsets(detector: Any, shape: tuple[int, ...] | None, remark: Remark) -> Numbers:
    """Return the offsets of all pixels, metres, shape (pixel, 3); those that are missing are 0.

    Parameters
    ----------
    detector
        The group.
    shape
        Of the pixel numbers; None where there are none: offsets then make the shape.
    remark
        Takes what was odd.

    Raises
    ------
    Unusable
        If they do not fit the shape.
    """
    found = {i: member(detector, name) for i, name in enumerate(NAMES)}
    arrays = {i: lengths(d) for i, d in found.items() if isinstance(d, h5py.Dataset)}
    if shape is None:
        shape = _own_shape(arrays)
    offsets = np.zeros((*shape, 3))
    for i, array in arrays.items():
        offsets[..., i] = _spread(array, found[i], detector, shape, i, remark)
    return offsets.reshape(-1, 3)


def _own_shape(arrays: dict[int, Numbers]) -> tuple[int, ...]:
    """Return the shape that offsets make by themselves: y rows and x columns where each is a list of its own."""
    lists = [i for i in (2, 1, 0) if i in arrays and arrays[i].ndim == 1]
    lengths_ = [len(arrays[i]) for i in lists]
    if len(lists) == len(arrays) and len(set(lengths_)) > 1:
        return tuple(lengths_)
    return max((a.shape for a in arrays.values()), key=len, default=())


def _spread(array: Numbers, dataset: Any, detector: Any, shape: tuple[int, ...], axis: int, remark: Remark) -> Numbers:
    """Bring one array of offsets to the shape of the pixels."""
    name = NAMES[axis]
    if array.size == 1:
        return np.broadcast_to(array.reshape(()), shape)
    if array.size == int(np.prod(shape)) and (array.ndim == 1 or _long(array.shape) == _long(shape)):
        return array.reshape(shape)
    if array.ndim == 1:
        dim = _dimension(array, dataset, detector, shape, axis, remark)
        return np.broadcast_to(array.reshape([-1 if d == dim else 1 for d in range(len(shape))]), shape)
    try:
        return np.broadcast_to(array, shape)
    except ValueError:
        raise Unusable(f"{name} of {detector.name} has shape {array.shape}, the pixels {shape}") from None


def _long(shape: tuple[int, ...]) -> tuple[int, ...]:
    """Leave out dimensions of length 1."""
    return tuple(n for n in shape if n > 1)


def _dimension(array: Numbers, dataset: Any, detector: Any, shape: tuple[int, ...], axis: int, remark: Remark) -> int:
    """Find the dimension that a list of offsets runs along: as told, by its length, or by custom (z, y, x)."""
    name = NAMES[axis]
    fits = [d for d, n in enumerate(shape) if n == len(array)]
    if not fits:
        raise Unusable(f"{name} of {detector.name} has {len(array)} values, the pixels the shape {shape}")
    for dim in (_told_by_group(detector, name), _told_by_axis(dataset)):
        if dim in fits:
            return dim
    if len(fits) == 1:
        return fits[0]
    usual = len(shape) - 1 - axis
    if usual not in fits:
        raise Unusable(f"{name} of {detector.name} could run along {len(fits)} dimensions of {shape}")
    remark(f"{name} of {detector.name} does not say which of {shape} it runs along; taken as is usual")
    return usual


def _told_by_group(detector: Any, name: str) -> int:
    indices = attribute(detector, f"{name}_indices")
    if indices is not None and indices.isdigit():
        return int(indices)
    try:
        axes = [a.decode() if isinstance(a, bytes) else str(a) for a in np.ravel(detector.attrs.get("axes", []))]
    except (OSError, RuntimeError, TypeError, ValueError):
        return -1
    return axes.index(name) if name in axes else -1


def _told_by_axis(dataset: Any) -> int:
    """Return the dimension that the old attribute ``axis`` names, which counts from 1."""
    text = attribute(dataset, "axis")
    return int(text) - 1 if text is not None and text.isdigit() else -1
