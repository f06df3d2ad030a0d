"""Which detector an event stream belongs to, and where its pixels stand."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import ArgumentError
from ..reduce.pixels.joined import join_layouts
from ..reduce.pixels.layout import Layout, layout
from .hdf import attribute
from .scan import Detector
from .stream import FileStream

SAMPLE = 10_000
LEAST_SHARE = 0.5
"""Of the first events, so many lie on a detector that was guessed, or it is none of theirs."""


Found = tuple[tuple[Detector, ...], Layout]
"""Detectors that events lie on, and how their pixels are arranged, those of one detector behind those of another."""


def find_layouts(file: Any, detectors: Sequence[Detector], streams: Sequence[FileStream]) -> dict[str, Layout]:
    """Return the layout of each event stream whose detectors are found."""
    events = [s for s in streams if s.kind == "events"]
    found = {s.name: find_detectors(file, detectors, s, events) for s in events}
    return {name: held[1] for name, held in found.items() if held is not None}


def find_detectors(
    file: Any, detectors: Sequence[Detector], stream: FileStream, streams: Sequence[FileStream]
) -> Found | None:
    """Return the detectors of an event stream, and how their pixels are arranged; None if there are none.

    A stream belongs to the detector group that holds it under any of its names, else to the one of its name
    (``bank1_events`` to ``bank1``); a file's only event stream belongs to its only detector. Where none of these holds
    its pixels, or not all of them, it is one of several banks together: all detectors of its entry that have no events
    of their own.
    """
    detector = _detector_of(stream, detectors)
    if detector is not None:
        arrangement = layout_of(file, detector)
        return None if arrangement is None else ((detector,), arrangement)
    detector = _namesake(stream, detectors)
    if detector is None and len(detectors) == 1 and sum(s.kind == "events" for s in streams) == 1:
        detector = detectors[0]
    arrangement = layout_of(file, detector) if detector is not None else None
    alone = None if detector is None or arrangement is None else ((detector,), arrangement)
    share = 0.0 if alone is None else share_of(file, stream, alone[1])
    together = _together(file, detectors, stream, streams) if share < 1 else None
    if together is not None and (whole := share_of(file, stream, together[1])) > share and whole >= LEAST_SHARE:
        return together
    return alone if share >= LEAST_SHARE else None


def _together(
    file: Any, detectors: Sequence[Detector], stream: FileStream, streams: Sequence[FileStream]
) -> Found | None:
    """Return all detectors of a stream's entry without events of their own, if their pixels have different numbers."""
    entry = stream.path.strip("/").split("/")[0]
    homes = {d.path for s in streams if s.kind == "events" and (d := _detector_of(s, detectors)) is not None}
    free = [d for d in detectors if d.path.strip("/").split("/")[0] == entry and d.path not in homes]
    held = [(d, arrangement) for d in free if (arrangement := layout_of(file, d)) is not None]
    if len(held) < 2:
        return None
    joint, ids = join_layouts([d.path for d, _ in held], [one for _, one in held])
    own = [one.ids_at(np.arange(one.size)) for _, one in held]
    is_numbered_anew = not all(np.array_equal(a, b) for a, b in zip(own, ids, strict=True))
    return None if is_numbered_anew else (tuple(d for d, _ in held), joint)


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


def share_of(file: Any, stream: FileStream, arrangement: Layout) -> float:
    """Return how many of a stream's first events lie on detectors that were guessed: some files count otherwise."""
    ids = file[stream.path].get("event_id")
    if ids is None or not ids.size:
        return 1.0
    sample = np.asarray(ids[:SAMPLE]).astype(np.int64)
    return float(np.count_nonzero(arrangement.places_of(sample) >= 0) / len(sample))


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
