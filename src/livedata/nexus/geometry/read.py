"""The geometry of one detector or monitor of a file, whichever way the file tells it.

What is broken is left out with a remark: nothing in here keeps anybody from counting events.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

from ...reduce.physics.geometry import Geometry
from ..transform import Unusable
from .chain import ComponentIndex, Newest, Surroundings, placement
from .component import class_of, component_around, find_sample, find_source, index_components, point_of
from .measure import Numbers, member
from .offsets import has_offsets, pixel_offsets
from .older import box_placement, spherical_positions
from .rest import with_rest
from .shape import pixel_centres, pixel_size

NUMBERS = ("detector_number", "pixel_id")
EXCLUDING_BITS = sum(1 << bit for bit in (0, 1, 2, 3, 4, 6, 8, 31))
"""Bits of a `pixel_mask` that have a meaning, all of which is that the pixel is no good."""


def read_geometry(
    file: Any,
    path: str,
    *,
    where: str,
    index: ComponentIndex | None = None,
    start_ns: int | None = None,
    newest: Newest | None = None,
) -> Geometry | None:
    """Return the geometry of the detector or monitor at, or around, a path.

    Parameters
    ----------
    file
        Open HDF5 file.
    path
        Of the component or of something in it, such as its events.
    where
        Name of the file for errors.
    index
        The file's components, where they are known already.
    start_ns
        Start of the run, for transformations that are logs.
    newest
        Newest samples of such logs, for live data.

    Returns
    -------
    :
        Positions in the order of the pixel numbers (C order), of a monitor one row; None if the path is in neither
        detector nor monitor.
    """
    component = component_around(file, path)
    if component is None:
        return None
    around = Surroundings(file, index if index is not None else index_components(file), start_ns, newest)
    sample = find_sample(around)
    source = find_source(around, sample)
    is_monitor = class_of(component) == "nxmonitor"
    name = component.name.rsplit("/", 1)[-1]
    if is_monitor:
        positions, sizes, excluded = _monitor(component, around), None, None
    else:
        positions, sizes, excluded = _detector(component, around, sample)
    found = Geometry(
        positions,
        source=source,
        sample=sample,
        where=f"{where}, {component.name}",
        sizes=sizes,
        excluded=excluded,
        is_monitor=is_monitor,
        names=(name,),
        logs=tuple(dict.fromkeys(around.logs)),
    )
    found = with_rest(component, found, around.remark)
    return replace(found, remarks=tuple(dict.fromkeys((*found.remarks, *around.remarks))))


def _monitor(monitor: Any, around: Surroundings) -> Numbers | None:
    try:
        point = point_of(monitor, around)
    except Unusable as problem:
        around.remark(str(problem))
        return None
    if point is None:
        around.remark(f"{monitor.name} does not say where it is")
    return None if point is None else np.array([point])


def _detector(
    detector: Any, around: Surroundings, sample: tuple[float, float, float] | None
) -> tuple[Numbers | None, Numbers | None, NDArray[np.bool_] | None]:
    numbers, excluded = _numbers(detector), None
    try:
        excluded = _excluded(detector, numbers, around)
    except (OSError, RuntimeError, TypeError, ValueError) as error:
        around.remark(f"pixel_mask of {detector.name} cannot be read ({type(error).__name__})")
    matrix = own = None
    is_broken = False
    try:
        matrix = placement(detector, around)
        if matrix is None:
            matrix = box_placement(detector)
        own = _own_points(detector, numbers, around, is_placed=matrix is not None)
    except Unusable as problem:
        around.remark(str(problem))
        is_broken = True
    if matrix is not None and own is not None:
        # Where a detector stands at the origin, its pixels stay as they are to the last bit, signs of zeros included.
        placed = own if np.array_equal(matrix, np.eye(4)) else own @ matrix[:3, :3].T + matrix[:3, 3]
        return placed, _size(detector, matrix[:3, :3], around), excluded
    try:
        points = spherical_positions(detector, None if numbers is None else numbers.size, around.remark)
        if points is not None:
            points = points + np.asarray(sample or (0.0, 0.0, 0.0))
        elif own is not None and not is_broken and (point := point_of(detector, around)) is not None:
            around.remark(f"{detector.name} tells only a distance; it is taken to stand in the beam")
            points = own + np.asarray(point)
    except Unusable as problem:
        around.remark(str(problem))
        points, is_broken = None, True
    if points is None and not is_broken:
        around.remark(f"{detector.name} does not say where its pixels are")
    return points, None if points is None else _size(detector, np.eye(3), around), excluded


def _numbers(detector: Any) -> NDArray[np.int64] | None:
    for name in NUMBERS:
        dataset = member(detector, name)
        if isinstance(dataset, h5py.Dataset) and dataset.dtype.kind in "iu" and dataset.size:
            return np.asarray(dataset[()]).astype(np.int64)
    return None


def _own_points(
    detector: Any, numbers: NDArray[np.int64] | None, around: Surroundings, *, is_placed: bool
) -> Numbers | None:
    """Return the pixels in the detector's own coordinates; None where nothing tells them."""
    if has_offsets(detector):
        return pixel_offsets(detector, None if numbers is None else numbers.shape, around.remark)
    if numbers is None:
        return None
    centres = pixel_centres(detector, numbers.ravel())
    if centres is not None:
        return centres
    if not is_placed or (
        isinstance(member(detector, "distance"), h5py.Dataset) and member(detector, "distance").size > 1
    ):
        return None
    if numbers.size > 1:
        around.remark(f"{detector.name} has no pixel offsets; all its pixels are taken to stand at its middle")
    return np.zeros((numbers.size, 3))


def _size(detector: Any, turn: Numbers, around: Surroundings) -> Numbers | None:
    try:
        return pixel_size(detector, turn)
    except Unusable as problem:
        around.remark(f"the size of pixels is unknown: {problem}")
        return None


def _excluded(detector: Any, numbers: NDArray[np.int64] | None, around: Surroundings) -> NDArray[np.bool_] | None:
    """Return which pixels the file's own mask excludes.

    Bits of NXdetector's `pixel_mask`: 0 gap, 1 dead, 2 under- and 3 over-responding, 4 noisy, 6 in a bad cluster,
    8 defined by the user, 31 virtual; others have no meaning and exclude nothing.
    """
    mask = member(detector, "pixel_mask")
    if not isinstance(mask, h5py.Dataset) or not mask.size:
        return None
    if mask.dtype.kind not in "iub" or (numbers is not None and mask.size != numbers.size):
        around.remark(f"pixel_mask of {detector.name} does not fit its pixels, and is left out")
        return None
    bits = np.asarray(mask[()]).ravel().astype(np.int64)
    if np.any(bits & ~EXCLUDING_BITS & 0xFFFFFFFF):
        around.remark(f"pixel_mask of {detector.name} has bits without a meaning")
    return np.asarray((bits & EXCLUDING_BITS) != 0)
