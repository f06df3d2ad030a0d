"""Descriptions of instruments: which streams there are, on which topics, and where their pixels stand.

Four forms are read: a NeXus file, the JSON template of a file writer, a Mantid instrument definition, and a small JSON
of our own.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from ..errors import ArgumentError, SettingsError
from ..reduce.physics.geometry import Geometry
from ..reduce.pixels.joined import join_geometries
from ..reduce.pixels.layout import Layout, layout
from ..streams.key import StreamKey, name_streams
from .file import open_file
from .geometry.chain import Newest
from .geometry.read import read_geometry
from .geometry.teller import GeometryTeller
from .geometry.template import memory_file
from .idf.definition import Definition, read_idf
from .ownform import read_own_form
from .template import read_template

FORMS = (
    "a NeXus file, a Mantid instrument definition (XML), a NeXus JSON template ('children', with ev44 and f144 "
    "modules), or "
    '{"name": ..., "topics": [...], "streams": {NAME: {"topic", "source", "schema", "shape", "first_id"}}}'
)


@dataclass(frozen=True, slots=True)
class Instrument:
    """What a description says of an instrument. Made by `load_instrument`."""

    name: str
    topics: tuple[str, ...]
    """Topics, or patterns of topics, to connect to; empty when the description names none."""
    streams: Mapping[str, tuple[StreamKey | None, Layout | None]] = field(default_factory=dict)
    """Identity on the wire and arrangement of pixels of each stream, as far as told, by name."""
    remarks: tuple[str, ...] = ()
    geometries: Mapping[str, GeometryTeller] = field(default_factory=dict)
    """Where the pixels of each stream of events are, by name, in the order of its layout's places."""


def load_instrument(path: str | os.PathLike[str]) -> Instrument:
    """Read the description of an instrument.

    Raises
    ------
    SettingsError
        If the file cannot be read as any of the forms; the message lists every problem with its place.
    FileError
        If it is a damaged NeXus file.
    """
    path = Path(path).expanduser()
    if not path.is_file():
        raise SettingsError(f"no instrument file {path}; expected {FORMS}")
    if h5py.is_hdf5(path):
        return _from_nexus(path)
    if path.suffix.lower() == ".xml":
        return _from_idf(path)
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except UnicodeDecodeError:
        raise SettingsError(f"{path} is neither HDF5 nor text; expected {FORMS}") from None
    except (ValueError, RecursionError) as error:
        raise SettingsError(f"{path} is no valid JSON: {error}; placeholders must be filled in first") from None
    except OSError as error:
        raise SettingsError(f"cannot read {path}: {error.strerror}") from None
    if isinstance(content, Mapping) and "nexus_structure" in content and "children" not in content:
        content = content["nexus_structure"]
    if isinstance(content, Mapping) and "children" in content:
        name, found, remarks = read_template(content, path)
        topics = dict.fromkeys(key.topic for key, *_ in found)
        names = name_streams(key for key, *_ in found)
        held: dict[StreamKey, dict[Layout | None, str]] = {}
        for key, one, at in found:
            held.setdefault(key, {}).setdefault(one, at)
        streams: dict[str, tuple[StreamKey | None, Layout | None]] = {}
        geometries: dict[str, GeometryTeller] = {}
        for key, parts in held.items():
            panels = [one for one in parts if one is not None]
            arrangement = _joined(panels)
            streams[names[key]] = (key, arrangement)
            if key.family == "events" and (arrangement is not None or not panels):
                places = [(one, at) for one, at in parts.items() if one is not None or not panels]
                geometries[names[key]] = partial(_from_template, content, path.name, places)
        return Instrument(name, tuple(topics), streams, remarks, geometries)
    own_name, topic_list, own, places_told = read_own_form(content, path, FORMS)
    return Instrument(own_name, topic_list, own, geometries=places_told)


def _joined(unique: list[Layout]) -> Layout | None:
    """Stack the panels that one source feeds upon each other; None where their widths differ or pixels meet."""
    if len(unique) < 2:
        return unique[0] if unique else None
    try:
        return layout(detector_number=np.concatenate([np.atleast_2d(part.detector_number()) for part in unique]))
    except (ArgumentError, ValueError):
        return None


def _from_template(
    content: Mapping[str, Any], where: str, panels: Sequence[tuple[Layout | None, str]], newest: Newest | None = None
) -> Geometry | None:
    """Work out the geometry of the panels that one source feeds."""
    with memory_file(content) as file:
        found = [read_geometry(file, at, where=where, newest=newest) for _, at in panels]
    if len(found) == 1:
        return found[0]
    names = [g.names[0] if g is not None else at for g, (_, at) in zip(found, panels, strict=True)]
    return join_geometries(names, found, [one.size for one, _ in panels if one is not None])


def _from_idf(path: Path) -> Instrument:
    """Take banks and monitors, and all detectors as one by the instrument's name; topics are not in there."""
    definition = read_idf(path)
    streams: dict[str, tuple[StreamKey | None, Layout | None]] = {}
    geometries: dict[str, GeometryTeller] = {}
    remarks = list(definition.remarks)
    arrangements: list[tuple[str, Callable[[], Layout]]] = [(b.name, b.layout) for b in definition.banks]
    for name, arrange in (*arrangements, (definition.name, definition.layout)):
        try:
            held = arrange()
        except ArgumentError as error:
            remarks.append(f"{name}: {error}")
            continue
        if name not in streams:
            streams[name] = (None, held)
            geometries[name] = partial(_by_ids, definition, held)
    return Instrument(definition.name, (), streams, tuple(remarks), geometries)


def _by_ids(definition: Definition, held: Layout, newest: Newest | None = None) -> Geometry | None:
    return definition.geometry(held.ids_at(np.arange(held.size)))


def _from_nexus(path: Path) -> Instrument:
    """Take streams, wire identities and layouts from a file."""
    file = open_file(path)
    layouts = file.layouts()
    streams: dict[str, tuple[StreamKey | None, Layout | None]] = {}
    topics: dict[str, None] = {}
    for name, stream in file.streams.items():
        if not stream.has_times:
            continue
        told = stream.key if (stream.key.topic, stream.key.source) != (name, name) else None
        if told is not None:
            topics[told.topic] = None
        streams[name] = (told, layouts.get(name))
    geometries: dict[str, GeometryTeller] = {
        name: partial(file.geometry, name) for name, stream in file.streams.items() if stream.kind == "events"
    }
    return Instrument(file.instrument, tuple(topics), streams, geometries=geometries)
