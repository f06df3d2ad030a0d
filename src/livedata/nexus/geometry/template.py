"""A JSON template as an HDF5 file in memory, so that its geometry is read by the same code as a file's."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import h5py
import numpy as np

MAX_DEPTH = 100
_lock = threading.Lock()
_made = 0


@contextmanager
def memory_file(content: Mapping[str, Any]) -> Iterator[Any]:
    """Yield a file in memory with a template's groups, datasets and links; streams are attributes of their group.

    What cannot be stored is left out: whoever looks for it finds it missing, and says so.
    """
    global _made
    with _lock:
        _made += 1
        name = f"livedata-template-{_made}.nxs"
    with h5py.File(name, "w", driver="core", backing_store=False) as file:
        _fill(file, content, 0)
        yield file


def _fill(group: Any, node: Mapping[str, Any], depth: int) -> None:
    _describe(group, node)
    children = node.get("children")
    for child in children if isinstance(children, list) and depth < MAX_DEPTH else ():
        if isinstance(child, Mapping):
            try:
                _add(group, child, depth)
            except (KeyError, OSError, RuntimeError, TypeError, ValueError):
                continue  # a name that is taken, or values that are no array


def _add(group: Any, child: Mapping[str, Any], depth: int) -> None:
    config = child.get("config") if isinstance(child.get("config"), Mapping) else child
    assert isinstance(config, Mapping)
    kind = child.get("module", child.get("type"))
    name = config.get("name", child.get("name"))
    if kind == "group" or "children" in child:
        own = child.get("name")
        if isinstance(own, str) and own:
            _fill(group.require_group(own), child, depth + 1)
    elif kind == "link" and isinstance(name, str):
        target = config.get("source", config.get("target"))
        if isinstance(target, str):
            group[name] = h5py.SoftLink(target)
    elif kind == "dataset":
        values = config.get("values", config.get("value"))
        if isinstance(name, str) and values is not None:
            group[name] = _storable(values)
            _describe(group[name], child)
    else:
        stream = child.get("stream") if kind == "stream" else config
        if isinstance(stream, Mapping):
            told = {"topic": stream.get("topic"), "source": stream.get("source")}
            told["units"] = group.attrs.get("units", stream.get("value_units", stream.get("units")))
            for key, text in told.items():
                if isinstance(text, str):
                    group.attrs[key] = text


def _describe(item: Any, node: Mapping[str, Any]) -> None:
    attributes = node.get("attributes", [])
    if isinstance(attributes, Mapping):
        attributes = [{"name": name, "values": value} for name, value in attributes.items()]
    for one in attributes if isinstance(attributes, list) else []:
        if isinstance(one, Mapping) and isinstance(one.get("name"), str):
            try:
                item.attrs[one["name"]] = _storable(one.get("values", one.get("value")))
            except (OSError, RuntimeError, TypeError, ValueError):
                continue


def _storable(values: Any) -> Any:
    if isinstance(values, str):
        return values
    array = np.asarray(values)
    return array if array.dtype.kind in "iufb" else [str(v) for v in np.ravel(array)]
