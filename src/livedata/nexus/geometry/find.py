"""From a stream of a file, or the name of a component, to its geometry."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ...reduce.physics.geometry import Geometry
from ..layouts import find_detectors
from ..scan import Detector
from ..stream import FileStream
from .chain import Newest
from .component import components
from .read import read_geometry


def geometry_of_stream(
    file: Any,
    stream: FileStream,
    detectors: Sequence[Detector],
    streams: Sequence[FileStream],
    *,
    where: str,
    start_ns: int | None,
    newest: Newest | None = None,
) -> Geometry | None:
    """Return the geometry of the component that a stream belongs to; None if there is none.

    That is the detector or monitor that holds it under any of its names, else the detector that its layout comes from,
    else the monitor of its name (``monitor1_events`` to ``monitor1``).
    """
    for path in (stream.path, *stream.aliases):
        found = read_geometry(file, path, where=where, start_ns=start_ns, newest=newest)
        if found is not None:
            return found
    held = find_detectors(file, detectors, streams).get(stream.name)
    home = held[0].path if held is not None else _monitor(file, stream)
    return read_geometry(file, home, where=where, start_ns=start_ns, newest=newest) if home else None


def find_component(file: Any, name: str) -> str | None:
    """Return the path of the only detector or monitor of that name, or at that path; None if there is none."""
    paths = dict.fromkeys(g.name for nx_class in ("NXdetector", "NXmonitor") for g in components(file, nx_class))
    if name in paths:
        return name
    named = [path for path in paths if path.endswith(f"/{name.strip('/')}")]
    return named[0] if len(named) == 1 else None


def _monitor(file: Any, stream: FileStream) -> str | None:
    ends = {p.rsplit("/", 1)[-1].removesuffix("_events") for p in (stream.path, *stream.aliases)}
    named = [g.name for g in components(file, "NXmonitor") if g.name.rsplit("/", 1)[-1] in ends]
    return named[0] if len(named) == 1 else None
