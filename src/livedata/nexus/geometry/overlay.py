"""Geometry for streams whose own description has none: from another file by pixel number, or from a few numbers."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import h5py
import numpy as np
from numpy.typing import ArrayLike, NDArray

from ...errors import SettingsError
from ...reduce.physics.geometry import Geometry, Vector
from ...reduce.pixels.joined import join_geometries, rearranged
from ...reduce.pixels.layout import Layout, layout
from ..hdf import reading
from ..idf.definition import read_idf
from ..scan import scan
from ..transform import rotation
from .read import read_geometry


def geometry_from_file(path: str | os.PathLike[str], ids: ArrayLike) -> Geometry:
    """Return where pixels are by a NeXus file or an instrument definition file (XML), by their numbers.

    Parameters
    ----------
    path
        The file.
    ids
        Pixel numbers in the order of the layout's places, integers of any shape; -1 where there is no pixel.

    Raises
    ------
    SettingsError
        If it is neither.
    FileError
        If it is a damaged NeXus file.
    """
    path = Path(path).expanduser()
    if path.is_file() and h5py.is_hdf5(path):
        return _from_nexus(path, np.asarray(ids))
    return read_idf(path).geometry(ids)


def _from_nexus(path: Path, ids: NDArray[np.integer]) -> Geometry:
    with reading(path) as file:
        found: list[tuple[str, Geometry, NDArray[np.int64]]] = []
        for detector in scan(file).detectors:
            geometry = read_geometry(file, detector.path, where=path.name)
            numbers = np.asarray(file[detector.numbers][()]).astype(np.int64).ravel()
            if geometry is not None and np.isin(numbers, ids).any():
                found.append((detector.path.rsplit("/", 1)[-1], geometry, numbers))
    if not found:
        raise SettingsError(f"{path} has no detector with any of these {ids.size} pixel numbers")
    joint = join_geometries([n for n, *_ in found], [g for _, g, _ in found], [len(n) for *_, n in found])
    before = layout(detector_number=np.concatenate([numbers for *_, numbers in found]))
    after = layout(detector_number=ids.ravel())
    placed = rearranged(joint, before, after)
    assert placed is not None  # something was found
    return placed


def plain_geometry(
    held: Layout | None,
    *,
    position: Vector,
    pixel_size: tuple[float, float] | None,
    turns: Sequence[tuple[Vector, float]],
    source: Vector | None,
    sample: Vector | None,
    where: str,
) -> Geometry:
    """Return the geometry of a flat, regular detector, or of a monitor.

    Parameters
    ----------
    held
        Rows (y) and columns (x), or one row; None for a monitor.
    position
        Of the middle, metres, in the NeXus frame.
    pixel_size
        Along x and y, metres.
    turns
        Axes and angles (degrees) by which the detector is turned about its middle, in this order.
    source, sample
        Metres.
    where
        For errors.

    Raises
    ------
    SettingsError
        If a detector has no size of pixels, or is no plane.
    """
    if held is None:
        return Geometry(np.array([position]), source=source, sample=sample, where=where, is_monitor=True)
    if pixel_size is None or len(held.shape) > 2:
        raise SettingsError(f"{where}: a position needs pixel_size: [x, y] and a shape of rows and columns")
    rows, columns = (1, *held.shape)[-2:]
    y, x = np.mgrid[0:rows, 0:columns].astype(np.float64)
    flat = np.stack([(x - (columns - 1) / 2) * pixel_size[0], (y - (rows - 1) / 2) * pixel_size[1], 0 * x], axis=-1)
    turn = np.eye(3)
    for axis, angle in turns:
        norm = float(np.linalg.norm(axis))
        if norm == 0:
            raise SettingsError(f"{where}: the detector is turned around the axis {axis}; expected a direction")
        turn = rotation(np.asarray(axis) / norm, np.radians(angle)) @ turn
    return Geometry(
        flat.reshape(-1, 3) @ turn.T + np.asarray(position),
        source=source,
        sample=sample,
        where=where,
        sizes=(np.abs(turn) @ np.array([*pixel_size, 0.0]))[np.newaxis],
    )
