"""Which detector an event stream belongs to, and where its pixels stand."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import ArgumentError
from ..reduce.pixels.layout import Layout, layout
from .hdf import attribute
from .scan import Detector
from .stream import FileStream

SAMPLE = 10_000


def find_layouts(file: Any, detectors: Sequence[Detector], streams: Sequence[FileStream]) -> dict[str, Layout]:
    """Return the layout of each event stream whose detector is found."""
    return {name: held for name, (_, held) in find_detectors(file, detectors, streams).items()}


def find_detectors(
    file: Any, detectors: Sequence[Detector], streams: Sequence[FileStream]
) -> dict[str, tuple[Detector, Layout]]:
    """Return the detector of each event stream, and how its pixels are arranged."""
    events = [s for s in streams if s.kind == "events"]
    found = {s.name: find_detector(file, detectors, s, is_only=len(events) == 1) for s in events}
    return {name: held for name, held in found.items() if held is not None}


def find_detector(
    file: Any, detectors: Sequence[Detector], stream: FileStream, *, is_only: bool
) -> tuple[Detector, Layout] | None:
    """Return the detector of an event stream, and how its pixels are arranged; None if there is none.

    A stream belongs to the detector group that holds it under any of its names, else to the one of its name
    (``bank1_events`` to ``bank1``); a file's only event stream belongs to its only detector.
    """
    detector, is_certain = _detector_of(stream, detectors), True
    if detector is None:
        detector, is_certain = _namesake(stream, detectors), False
    if detector is None and is_only and len(detectors) == 1:
        detector = detectors[0]
    arrangement = layout_of(file, detector) if detector is not None else None
    if detector is None or arrangement is None or not (is_certain or fits(file, stream, arrangement)):
        return None
    return detector, arrangement


def layout_of(file: Any, detector: Detector) -> Layout | None:
    """Return how a detector's pixels are arranged; None where its numbers are no use for a picture."""
    try:
        numbers = np.asarray(file[detector.numbers][()])
        group, flat = file[detector.path], (max(numbers.shape, default=1),)
        if (attribute(file, "creator") or "").startswith("livedata"):
            return layout(detector_number=numbers, dims=_dims(group, numbers.ndim))
        x, y = (_offsets(group, name, flat) for name in ("x_pixel_offset", "y_pixel_offset"))
        return layout(grid_shape(numbers.shape, x, y), detector_number=numbers)
    except ArgumentError:
        return None  # a pixel in two places, or no positive number


def _dims(group: Any, rank: int) -> list[str] | None:
    """Return the names of the dimensions as we have written them."""
    names = [str(name) for name in np.ravel(group.attrs.get("axes", []))]
    return names if len(names) == rank > 1 else None


def _detector_of(stream: FileStream, detectors: Sequence[Detector]) -> Detector | None:
    paths = (stream.path, *stream.aliases)
    for detector in detectors:
        if any(p == detector.path or p.startswith(detector.path + "/") for p in paths):
            return detector
    return None


def _namesake(stream: FileStream, detectors: Sequence[Detector]) -> Detector | None:
    paths = (stream.path, *stream.aliases)
    ends = {p.rsplit("/", 1)[-1].removesuffix("_events") for p in paths}
    named = [d for d in detectors if d.path.rsplit("/", 1)[-1] in ends]
    return named[0] if len(named) == 1 else None


def fits(file: Any, stream: FileStream, arrangement: Layout) -> bool:
    """Whether the first events of a stream lie on the detector that was guessed: some files count in other numbers."""
    ids = file[stream.path].get("event_id")
    if ids is None or not ids.size:
        return True
    sample = np.asarray(ids[:SAMPLE]).astype(np.int64)
    return bool(2 * np.count_nonzero(arrangement.places_of(sample) >= 0) >= len(sample))


def grid_shape(
    shape: tuple[int, ...], x: NDArray[np.generic] | None, y: NDArray[np.generic] | None
) -> tuple[int, ...] | None:
    """Return rows and columns of pixels; None to leave their shape as it is.

    Dimensions of length 1 are dropped where more than two are left, and a list of pixels whose offsets `x` and `y` form
    a regular grid, row by row, is taken as that grid.
    """
    kept = tuple(n for n in shape if n > 1) if len(shape) > 2 else shape
    if len(kept) != 1:
        return kept or None
    n = kept[0]
    if x is None or y is None or x.shape != kept or y.shape != kept or n < 4:
        return None
    for slow, fast in ((y, x), (x, y)):
        width = int(np.argmax(slow != slow[0])) if np.any(slow != slow[0]) else n
        if 1 < width < n and n % width == 0:
            grid_slow, grid_fast = slow.reshape(-1, width), fast.reshape(-1, width)
            if np.all(grid_slow == grid_slow[:, :1]) and np.all(grid_fast == grid_fast[:1]):
                return (n // width, width)
    return None


def _offsets(group: Any, name: str, shape: tuple[int, ...]) -> NDArray[np.generic] | None:
    dataset = group.get(name)
    return np.asarray(dataset[:]) if getattr(dataset, "shape", None) == shape and len(shape) == 1 else None
