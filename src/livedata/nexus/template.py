"""Reading the JSON template of a file writer for its streams and detectors.

Both forms in use are understood: modules (``{"module": "ev44", "config": {"topic", "source"}}``) and the older nodes
(``{"type": "stream", "stream": {"topic", "source", "writer_module"}}``, ``{"type": "dataset", "values": ...}``).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import ArgumentError, SettingsError
from ..reduce.pixels.layout import Layout, layout
from ..streams.key import FAMILY_OF_SCHEMA, StreamKey
from .layouts import grid_shape

MAX_DEPTH = 100
DETECTOR_NUMBERS = ("detector_number", "pixel_id")

Found = list[tuple[StreamKey, Layout | None, str]]
"""Identity of each stream, its layout, and the path of its group."""


def read_template(content: Mapping[str, Any], path: Path) -> tuple[str, Found, tuple[str, ...]]:
    """Return the instrument's name, its streams with their layouts, and remarks.

    Raises
    ------
    SettingsError
        If the template is broken; the message lists every problem with its place.
    """
    problems: list[str] = []
    remarks: list[str] = []
    found: Found = []
    names: list[str] = []
    for at, group, parents in _groups(content, "", (), problems, remarks):
        nx_class = _nx_class(group)
        children = [c for c in _children(group) if isinstance(c, Mapping)]
        for child in children:
            if nx_class == "NXinstrument" and (value := _dataset(child, ("name",))) is not None:
                names.append(str(value[0] if isinstance(value, list) and value else value))
            stream = _stream(child)
            if stream is None:
                continue
            module, config = stream
            if module not in FAMILY_OF_SCHEMA:
                continue
            topic, source = config.get("topic"), config.get("source")
            if not (isinstance(topic, str) and topic and isinstance(source, str) and source):
                problems.append(f"{at}: {module} needs a topic and a source as texts")
                continue
            key = StreamKey(topic, source, FAMILY_OF_SCHEMA[module])
            held = _layout((group, *parents), at, problems) if key.family == "events" else None
            found.append((key, held, at))
    if not found and not problems:
        problems.append(f"no stream in it; expected a module of {', '.join(FAMILY_OF_SCHEMA)}")
    if problems:
        raise SettingsError(f"{path} is a broken template: {'; '.join(problems[:20])}; mend it and try again")
    return (names[0] if names else ""), found, tuple(remarks)


def _groups(
    node: Mapping[str, Any], at: str, parents: tuple[Mapping[str, Any], ...], problems: list[str], remarks: list[str]
) -> Iterator[tuple[str, Mapping[str, Any], tuple[Mapping[str, Any], ...]]]:
    """Yield (place, group, the groups around it) of all groups, in order."""
    if len(parents) > MAX_DEPTH:
        problems.append(f"{at}: nested deeper than {MAX_DEPTH}")
        return
    children = node.get("children", [])
    if not isinstance(children, list):
        problems.append(f"{at or '/'}: children is {type(children).__name__}; expected a list")
        return
    yield at or "/", node, parents
    for i, child in enumerate(children):
        if isinstance(child, str):
            # Control systems put placeholders there, to be filled in before a file is written.
            remarks.append(f"{at or '/'}: the text {child[:40]!r} among the children was passed over")
            continue
        if not isinstance(child, Mapping):
            problems.append(f"{at or '/'}: child {i} is {type(child).__name__}; expected an object")
            continue
        if "children" in child or child.get("type") == "group":
            name = child.get("name")
            if not isinstance(name, str) or not name:
                problems.append(f"{at or '/'}: the group at {i} has no name")
                continue
            yield from _groups(child, f"{at}/{name}", (node, *parents), problems, remarks)


def _children(group: Mapping[str, Any]) -> list[Any]:
    children = group.get("children", [])
    return children if isinstance(children, list) else []


def _stream(node: Mapping[str, Any]) -> tuple[str, Mapping[str, Any]] | None:
    """Return (module, config) of a stream node of either form."""
    if isinstance(node.get("module"), str):
        config = node.get("config")
        return (node["module"], config if isinstance(config, Mapping) else {}) if node["module"] != "dataset" else None
    stream = node.get("stream")
    if node.get("type") == "stream" and isinstance(stream, Mapping):
        module = stream.get("writer_module", stream.get("module"))
        return (module, stream) if isinstance(module, str) else None
    return None


def _dataset(node: Mapping[str, Any], names: tuple[str, ...]) -> Any:
    """Return the values of a dataset node of either form if it has one of the names, else None."""
    config = node.get("config") if node.get("module") == "dataset" else node if node.get("type") == "dataset" else None
    if not isinstance(config, Mapping) or config.get("name") not in names:
        return None
    return config.get("values", config.get("value"))


def _nx_class(group: Mapping[str, Any]) -> str:
    attributes = group.get("attributes", [])
    if isinstance(attributes, Mapping):
        return str(attributes.get("NX_class", ""))
    for item in attributes if isinstance(attributes, list) else []:
        if isinstance(item, Mapping) and item.get("name") == "NX_class":
            return str(item.get("values", item.get("value", "")))
    return ""


def _offsets(group: Mapping[str, Any], name: str) -> NDArray[np.generic] | None:
    """Return pixel offsets where they are plain numbers."""
    for child in _children(group):
        values = _dataset(child, (name,)) if isinstance(child, Mapping) else None
        if isinstance(values, list):
            try:
                return np.asarray(values, np.float64)
            except (TypeError, ValueError):
                return None
    return None


def _layout(groups: tuple[Mapping[str, Any], ...], at: str, problems: list[str]) -> Layout | None:
    """Return the layout told by the nearest group with pixel numbers, at most as far out as the detector."""
    for group in groups:
        for child in _children(group):
            numbers = _dataset(child, DETECTOR_NUMBERS) if isinstance(child, Mapping) else None
            if numbers is None:
                continue
            try:
                held = np.atleast_1d(np.asarray(numbers))
                x, y = (_offsets(group, name) for name in ("x_pixel_offset", "y_pixel_offset"))
                return layout(grid_shape(held.shape, x, y), detector_number=held)
            except (ArgumentError, ValueError) as error:
                problems.append(f"{at}: {error}")
                return None
        if _nx_class(group) in ("NXdetector", "NXinstrument", "NXentry"):
            return None
    return None
