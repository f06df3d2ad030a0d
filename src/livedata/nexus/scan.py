"""Find what a NeXus file holds: event groups, logs, arrays and detectors, by class or by their datasets.

Only shapes, types and attributes are read. One thing under several names (hard links, a group whose datasets are links)
is found once, with its other paths as aliases.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Literal

import h5py

from .hdf import attribute, is_text
from .samplesource import TEXTS_OF_ENUM

Kind = Literal["events", "log", "text", "frames", "arrays"]
FRAME_MODULES = ("ad00", "ADAr", "NDAr")
ARRAY_MODULES = ("da00", "hs00", "hs01")

MAX_NODES = 200_000
MAX_DEPTH = 40
ARRAY_CLASSES = ("NXdata", "NXData", "NXdetector", "NXmonitor")


@dataclass(slots=True)
class Found:
    """One stream-like thing in the file, with the HDF5 paths under which it was met."""

    kind: Kind
    path: str
    paths: list[str]
    nx_class: str
    rank: int
    """Lower is the better path to be called by."""


@dataclass(slots=True)
class Detector:
    """A detector group with pixel numbers."""

    path: str
    numbers: str
    """Path of the pixel numbers."""


@dataclass(slots=True)
class Inventory:
    """All that a scan found."""

    found: dict[tuple[Any, ...], Found] = field(default_factory=dict)
    detectors: list[Detector] = field(default_factory=list)
    entries: list[str] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)


def scan(file: Any) -> Inventory:
    """Walk the whole file."""
    inventory = Inventory()
    seen_detectors: set[Any] = set()
    for path, group in _groups(file, inventory.remarks):
        nx_class = attribute(group, "NX_class") or ""
        if nx_class == "NXentry" or (path.count("/") == 1 and path in ("/entry", "/raw_data_1", "/entry1")):
            inventory.entries.append(path)
        names = set(group.keys())
        numbers = next((n for n in ("detector_number", "pixel_id") if n in names), None)
        if numbers and (nx_class == "NXdetector" or not nx_class) and isinstance(_get(group, numbers), h5py.Dataset):
            address = _address(group)
            if address not in seen_detectors:
                seen_detectors.add(address)
                inventory.detectors.append(Detector(path, f"{path}/{numbers}"))
        for kind, key, at, rank in _streams_in(path, group, nx_class, names):
            _note(inventory, kind, key, at, nx_class, rank + _off_target(group, at))
    return inventory


def _note(inventory: Inventory, kind: Kind, key: tuple[Any, ...], path: str, nx_class: str, rank: int) -> None:
    known = inventory.found.get(key)
    if known is None:
        inventory.found[key] = Found(kind, path, [path], nx_class, rank)
        return
    if path not in known.paths:
        known.paths.append(path)
    if rank < known.rank:
        known.path, known.rank, known.nx_class = path, rank, nx_class


def _streams_in(
    path: str, group: Any, nx_class: str, names: set[str]
) -> Iterator[tuple[Kind, tuple[Any, ...], str, int]]:
    """Yield (kind, identity, path, rank) of what this very group holds."""
    if nx_class == "NXevent_data" or {"event_index", "event_time_offset"} <= names:
        offsets, zero = _get(group, "event_time_offset"), _get(group, "event_time_zero")
        if isinstance(offsets, h5py.Dataset):
            zero_address = _address(zero) if isinstance(zero, h5py.Dataset) else None
            yield "events", ("events", _address(offsets), zero_address), path, 0 if nx_class == "NXevent_data" else 2
        elif nx_class == "NXevent_data":
            yield "events", ("events", _address(group)), path, 0
    value, time = _get(group, "value"), _get(group, "time")
    module = attribute(group, "writer_module")
    if module in (*FRAME_MODULES, *ARRAY_MODULES) and isinstance(time, h5py.Dataset) and time.shape:
        kind: Kind = "frames" if module in FRAME_MODULES else "arrays"
        yield kind, (kind, _address(time)), path, 0
        return
    yield from _logs_in(path, group, nx_class, value, time)
    if nx_class in ARRAY_CLASSES and attribute(group, "made_by") != "livedata":
        for name in _signals(group, names):
            dataset = _get(group, name)
            if isinstance(dataset, h5py.Dataset) and dataset.shape and dataset.dtype.kind in "iuf":
                rank = 0 if nx_class in ("NXdetector", "NXmonitor") else 1
                yield "arrays", ("arrays", _address(dataset)), f"{path}/{name}", rank


def _logs_in(
    path: str, group: Any, nx_class: str, value: Any, time: Any
) -> Iterator[tuple[Kind, tuple[Any, ...], str, int]]:
    """Yield the process variable in a group, and the texts of its states where it is an enumerated one."""
    rank = 0 if nx_class == "NXlog" else 1
    has_time = isinstance(time, h5py.Dataset) and bool(time.shape)
    if isinstance(value, h5py.Dataset) and value.shape and has_time:
        kind: Kind = "text" if is_text(value) else "log"
        yield kind, ("log", _address(value), _address(time)), path, rank
        texts = _get(group, TEXTS_OF_ENUM)
        if isinstance(texts, h5py.Dataset) and texts.shape and is_text(texts):
            yield "text", ("log", _address(texts), _address(time)), f"{path}/{TEXTS_OF_ENUM}", rank
    elif nx_class == "NXlog" and isinstance(value, h5py.Dataset) and value.shape:
        # Values without times are an array, and can neither be replayed nor filter anything.
        yield "arrays", ("arrays", _address(value)), path, 0
    elif nx_class == "NXlog" and value is None and has_time:
        yield "log", ("log", _address(time)), path, 0


def _signals(group: Any, names: set[str]) -> list[str]:
    """Names of the datasets that a group presents as its data."""
    chosen = [s] if (s := attribute(group, "signal")) in names and s is not None else []
    for name in sorted(names):
        if name in chosen or name in ("event_id", "event_time_offset", "event_time_zero", "event_index"):
            continue
        item = _get(group, name)
        if isinstance(item, h5py.Dataset) and ("signal" in item.attrs or name in ("data", "counts")):
            chosen.append(name)
    return chosen


def _groups(file: Any, remarks: list[str]) -> Iterator[tuple[str, Any]]:
    """Yield (path, group) depth first, in the order of names; cycles are cut, external links are not followed."""
    yield "/", file["/"]
    stack: list[tuple[str, Any, frozenset[Any]]] = [("", file["/"], frozenset([_address(file["/"])]))]
    n_nodes = n_external = n_broken = 0
    while stack:
        path, group, above = stack.pop()
        children: list[tuple[str, Any, frozenset[Any]]] = []
        for name in group:
            n_nodes += 1
            if n_nodes > MAX_NODES:
                remarks.append(f"only the first {MAX_NODES} items were looked at")
                return
            try:
                if group.get(name, getclass=True, getlink=True) is h5py.ExternalLink:
                    n_external += 1
                    continue
                if group.get(name, getclass=True) is not h5py.Group:
                    continue
                child = group[name]
            except (KeyError, OSError, RuntimeError, ValueError):
                n_broken += 1
                continue
            address = _address(child)
            if address in above or len(above) > MAX_DEPTH:
                continue
            children.append((f"{path}/{name}", child, above | {address}))
        for at, child, _ in children:
            yield at, child
        stack.extend(reversed(children))
    if n_external:
        remarks.append(f"{n_external} external links were not followed")
    if n_broken:
        remarks.append(f"{n_broken} links lead nowhere")


def _get(group: Any, name: str) -> Any:
    try:
        return group.get(name)
    except (KeyError, OSError, RuntimeError, ValueError):
        return None


def _address(item: Any) -> Any:
    info = h5py.h5o.get_info(item.id)
    return (info.fileno, info.addr)


def _off_target(group: Any, path: str) -> int:
    """Penalty for a path that the group (or its datasets) says is not its home."""
    home = attribute(group, "target")
    if home and home.startswith("/") and home != path:
        return 1
    return 0
