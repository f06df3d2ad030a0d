"""Descriptions of instruments: which streams there are, on which topics, and where their pixels stand.

Three forms are read: a NeXus file, the JSON template of a file writer, and a small JSON of our own.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import h5py
import numpy as np

from ..errors import ArgumentError, SettingsError
from ..reduce.pixels.layout import Layout, layout
from ..streams.key import StreamKey, name_streams
from .file import open_file
from .ownform import read_own_form
from .template import read_template

FORMS = (
    "a NeXus file, a NeXus JSON template ('children', with ev44 and f144 modules), or "
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
        topics = dict.fromkeys(key.topic for key, _ in found)
        names = name_streams(key for key, _ in found)
        held: dict[StreamKey, list[Layout]] = {}
        for key, one in found:
            held.setdefault(key, []).extend([one] if one is not None else [])
        streams: dict[str, tuple[StreamKey | None, Layout | None]] = {}
        for key, parts in held.items():
            streams[names[key]] = (key, _joined(parts))
        return Instrument(name, tuple(topics), streams, remarks)
    name, topic_list, own = read_own_form(content, path, FORMS)
    return Instrument(name, topic_list, own)


def _joined(parts: list[Layout]) -> Layout | None:
    """Stack the panels that one source feeds upon each other; None where their widths differ or pixels meet."""
    unique = [part for i, part in enumerate(parts) if part not in parts[:i]]
    if len(unique) < 2:
        return unique[0] if unique else None
    try:
        return layout(detector_number=np.concatenate([np.atleast_2d(part.detector_number()) for part in unique]))
    except (ArgumentError, ValueError):
        return None


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
    return Instrument(file.instrument, tuple(topics), streams)
