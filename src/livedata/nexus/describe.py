"""From what a scan found to named descriptions of streams."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from ..streams.batch import Facet
from ..streams.extent import Extent
from ..streams.key import Family, StreamKey
from .arraysource import main_dataset
from .hdf import attribute, is_text, reading, scalar_text
from .moment import parse_moment
from .naming import name_paths
from .provenance import read_extent, read_ledgers
from .samplesource import TEXTS_OF_ENUM, find_facets
from .scan import Detector, Found, scan
from .source import EventSource, is_dummy_bank
from .stream import FileStream

VALUES_ONLY = ("values without times",)
"""Remark of a log without times: its path is that of the group that holds the values."""
ORDER = {"events": 0, "log": 1, "text": 2, "frames": 3, "arrays": 4}
FAMILY: dict[str, Family] = {"events": "events", "frames": "frames", "arrays": "arrays"}


@dataclass(frozen=True, slots=True)
class Description:
    """What is known of a file without reading its data."""

    streams: tuple[FileStream, ...]
    detectors: tuple[Detector, ...]
    instrument: str = ""
    title: str = ""
    start_ns: int | None = None
    extent: Extent | None = None
    ledgers: dict[str, dict[str, int]] = field(default_factory=dict)
    remarks: tuple[str, ...] = ()


def describe(path: Path) -> Description:
    """Scan a file and name its streams."""
    with reading(path) as file:
        inventory = scan(file)
        entry = file[inventory.entries[0]] if inventory.entries else file["/"]
        start = scalar_text(entry, "start_time")
        start_ns = parse_moment(start) if start else None
        drafts = [_draft(file, found, path, start_ns) for found in inventory.found.values()]
        streams = _named(_merged([d for d in drafts if d is not None]))
        return Description(
            streams=tuple(streams),
            detectors=tuple(inventory.detectors),
            instrument=_instrument(file, entry),
            title=scalar_text(entry, "title") or "",
            start_ns=start_ns,
            extent=read_extent(file),
            ledgers=read_ledgers(file),
            remarks=tuple(inventory.remarks),
        )


def _draft(file: Any, found: Found, path: Path, start_ns: int | None) -> tuple[FileStream, StreamKey | None] | None:
    """Describe one stream, still without its name; with its key where the file tells topic and source."""
    item = file[found.path]
    aliases = tuple(p for p in found.paths if p != found.path)
    key = None
    if isinstance(item, h5py.Group) and (found.kind != "arrays" or "time" in item):
        topic, source = attribute(item, "topic") or "", attribute(item, "source")
        is_told = source is not None and bool(source or topic)
        key = StreamKey(topic, source or "", FAMILY.get(found.kind, "log")) if is_told else None
    common = FileStream("", found.kind, found.path, aliases, key or StreamKey("", "", "log"))
    if found.kind == "events":
        return _event_draft(file, item, common, path, start_ns), key
    return _timed_draft(file, found, item, common), key


def _timed_draft(file: Any, found: Found, item: Any, common: FileStream) -> FileStream:
    """Describe a log, frames, or arrays."""
    home = item if isinstance(item, h5py.Group) else item.parent
    has_times = "time" in home and (found.kind != "arrays" or isinstance(item, h5py.Group))
    remarks: tuple[str, ...] = ()
    value = item
    if found.kind in ("frames", "arrays") and has_times:
        value = main_dataset(item)
        n_points = int(item["time"].shape[0])
    else:
        value = item if isinstance(item, h5py.Dataset) else item.get("value", item.get("time"))
        n_points = int(np.prod(value.shape)) if found.kind == "arrays" else int(value.shape[0])
        if has_times:
            n_points = min(n_points, int(home["time"].shape[0]))
        elif found.nx_class == "NXlog":
            remarks = VALUES_ONLY
    facets: tuple[Facet, ...] = find_facets(file, item) if found.kind in ("log", "text") else ("value",)
    dtype = "str" if is_text(value) else str(value.dtype)
    return replace(
        common,
        n_points=n_points,
        unit=attribute(value, "units"),
        dtype=dtype,
        shape=tuple(value.shape),
        remarks=remarks,
        is_ours=attribute(item, "messages") is not None,
        facets=facets,
        part=int(attribute(item, "part") or 1) if (attribute(item, "part") or "1").isdigit() else 1,
        has_times=has_times,
    )


def _event_draft(file: Any, group: Any, common: FileStream, path: Path, start_ns: int | None) -> FileStream:
    offsets, ids, zero, index = (
        d if isinstance(d := group.get(n), h5py.Dataset) else None
        for n in ("event_time_offset", "event_id", "event_time_zero", "event_index")
    )
    n_events = int(offsets.size or 0) if offsets is not None else 0
    if ids is not None and ids.size:
        n_events = min(n_events, int(ids.size))
    n_entries = (
        int(zero.size or 0) if zero is not None and zero.size else int(index.size or 0) if index is not None else 0
    )
    if not n_entries and n_events:
        n_entries = 1
    remarks: tuple[str, ...] = ()
    if is_dummy_bank(group, n_events):
        n_events = n_entries = 0
        remarks = ("one dummy element in an empty bank",)
    return replace(
        common,
        n_events=n_events,
        n_entries=n_entries,
        unit=attribute(offsets, "units") if offsets is not None else None,
        dtype=str(offsets.dtype) if offsets is not None else "",
        shape=(n_events,),
        remarks=remarks,
        is_ours=attribute(group, "messages") is not None,
        count_pulses=_pulse_counter(path, common.path, start_ns),
    )


def _pulse_counter(path: Path, group: str, start_ns: int | None) -> Callable[[], int]:
    @cache
    def count() -> int:
        with reading(path) as file:
            return len(np.unique(EventSource(file, file[group], start_ns).event_time_zero))

    return count


Draft = tuple[FileStream, StreamKey | None]


def _merged(drafts: list[Draft]) -> list[Draft]:
    """Take several copies of one (topic, source, family) as one stream: the longest, at its first path."""
    by_key: dict[StreamKey, list[FileStream]] = {}
    for stream, key in drafts:
        if key is not None:
            by_key.setdefault(key, []).append(stream)
    merged: list[Draft] = [(stream, key) for stream, key in drafts if key is None]
    for key, found in by_key.items():
        copies = _parts_joined(found)
        best = max(copies, key=lambda s: (s.n_events, s.n_entries, s.n_points))
        others = [p for s in copies if s is not best for p in (s.path, *s.aliases)]
        lengths = {(s.n_events, s.n_entries, s.n_points) for s in copies}
        remarks = best.remarks + (
            ("copies of different length in the file; the longest taken",) if len(lengths) > 1 else ()
        )
        merged.append((replace(best, aliases=(*best.aliases, *others), remarks=remarks), key))
    return merged


def _parts_joined(found: list[FileStream]) -> list[FileStream]:
    """Take the groups of ours that hold one stream together, the first of which has no number, as one."""
    parts = sorted((s for s in found if s.part > 1), key=lambda s: s.part)
    first = next((i for i, s in enumerate(found) if s.part == 1 and s.is_ours), None)
    if not parts or first is None:
        return found
    whole = replace(
        found[first],
        n_points=found[first].n_points + sum(s.n_points for s in parts),
        parts=tuple(s.path for s in parts),
    )
    return [whole, *(s for i, s in enumerate(found) if i != first and s.part == 1)]


def _named(drafts: list[Draft]) -> list[FileStream]:
    """Give every stream its name, and a key to those whose wire identity the file does not tell."""
    names = name_paths({stream.path: key for stream, key in drafts if not _home_of_enum(stream)})
    for stream, _ in drafts:
        if home := _home_of_enum(stream):
            names[stream.path] = f"{names.get(home, home)}/{TEXTS_OF_ENUM}"
    streams = []
    for stream, key in drafts:
        name = names[stream.path]
        family = FAMILY.get(stream.kind, "log") if stream.has_times else "log"
        full = key if key is not None and key.topic else StreamKey(name, key.source if key else name, family)
        streams.append(replace(stream, name=name, key=full))
    return sorted(streams, key=lambda s: (ORDER[s.kind], s.path))


def _home_of_enum(stream: FileStream) -> str:
    """Return the path of the log whose states a log of texts names, which it is called after; nothing for others."""
    home, _, end = stream.path.rpartition("/")
    return home if stream.kind == "text" and end == TEXTS_OF_ENUM else ""


def _instrument(file: Any, entry: Any) -> str:
    """Name of the instrument: from the NXinstrument, or where ISIS writes it."""
    for name in entry:
        group = entry.get(name)
        if isinstance(group, h5py.Group) and attribute(group, "NX_class") == "NXinstrument":
            return scalar_text(group, "name") or name
    return scalar_text(entry, "name") or ""
