"""From a stream of a file, or the name of a component, to its geometry."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ...reduce.physics.geometry import Geometry
from ...reduce.pixels.joined import join_geometries
from ...reduce.pixels.layout import Layout
from ..idf.definition import Definition
from ..layouts import LEAST_SHARE, find_detectors, find_layouts, share_of
from ..scan import Detector
from ..stream import FileStream
from .chain import ComponentIndex, Newest
from .embedded import embedded_definition, layout_by_definition
from .measure import member
from .read import read_geometry


def geometry_of_stream(
    file: Any,
    stream: FileStream,
    detectors: Sequence[Detector],
    streams: Sequence[FileStream],
    *,
    where: str,
    index: ComponentIndex,
    start_ns: int | None,
    newest: Newest | None = None,
) -> Geometry | None:
    """Return the geometry of the component that a stream belongs to; None if there is none.

    That is the detector or monitor that holds it under any of its names, else the detectors that its layout comes from,
    else the monitor of its name (``monitor1_events`` to ``monitor1``).
    """

    def read(path: str) -> Geometry | None:
        return read_geometry(file, path, where=where, index=index, start_ns=start_ns, newest=newest)

    found = None
    for path in (stream.path, *stream.aliases):
        found = found or read(path)
    held = find_detectors(file, detectors, stream, streams)
    if found is None and held is not None:
        banks, arrangement = held
        found = read(banks[0].path) if len(banks) == 1 else _joined(file, banks, read)
    elif found is None:
        monitor = _monitor(index, stream)
        found = read(monitor) if monitor else None
    if held is None and (found is None or found.positions is None):
        told = definition_of_stream(file, stream, index)
        if told is not None:
            definition, arrangement = told
            return definition.geometry(arrangement.ids_at(np.arange(arrangement.size)))
    return found


def _joined(file: Any, banks: Sequence[Detector], read: Callable[[str], Geometry | None]) -> Geometry | None:
    """Put the geometries of several detectors behind each other, as their joint layout has them."""
    names = [bank.path.rsplit("/", 1)[-1] for bank in banks]
    return join_geometries(names, [read(bank.path) for bank in banks], [file[bank.numbers].size for bank in banks])


def layouts_of(
    file: Any, detectors: Sequence[Detector], streams: Sequence[FileStream], index: ComponentIndex
) -> dict[str, Layout]:
    """Return the layout of each event stream that a detector group, or else an embedded definition, has one for."""
    found = find_layouts(file, detectors, streams)
    for stream in streams:
        if stream.kind == "events" and stream.name not in found:
            told = definition_of_stream(file, stream, index)
            if told is not None:
                found[stream.name] = told[1]
    return found


def definition_of_stream(file: Any, stream: FileStream, index: ComponentIndex) -> tuple[Definition, Layout] | None:
    """Return the embedded instrument definition if the stream's events lie on its detectors."""
    ids = member(member(file, stream.path), "event_id")
    if ids is None or not ids.size or (definition := embedded_definition(file, index)) is None:
        return None
    arrangement = layout_by_definition(definition)
    if arrangement is None or share_of(file, stream, arrangement) < LEAST_SHARE:
        return None
    return definition, arrangement


def find_component(index: ComponentIndex, name: str) -> str | None:
    """Return the path of the only detector or monitor of that name, or at that path; None if there is none."""
    paths = (*index.get("nxdetector", ()), *index.get("nxmonitor", ()))
    if name in paths:
        return name
    named = [path for path in paths if path.endswith(f"/{name.strip('/')}")]
    return named[0] if len(named) == 1 else None


def _monitor(index: ComponentIndex, stream: FileStream) -> str | None:
    ends = {p.rsplit("/", 1)[-1].removesuffix("_events") for p in (stream.path, *stream.aliases)}
    named = [path for path in index.get("nxmonitor", ()) if path.rsplit("/", 1)[-1] in ends]
    return named[0] if len(named) == 1 else None
