"""What a set of arrays says beside its arrays, as one JSON text a set: attributes, and its place in the whole.

``{"attributes": {"id": 3, "gain": {"dtype": "<f4", "value": 1.5}}, "offset": [0, 4], "whole": [8, 8]}``: numbers of
numpy keep their type. A set that says nothing has an empty text.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import numpy as np

from ..streams.batch import ArraySet

Told = tuple[dict[str, object], tuple[int, ...], tuple[int, ...]]
"""Attributes, offset and whole of a set."""


def to_json(found: ArraySet) -> str:
    """Return the text of one set."""
    content: dict[str, Any] = {}
    if found.attributes:
        content["attributes"] = {str(name): _packed(value) for name, value in found.attributes.items()}
    if found.offset:
        content["offset"] = [int(n) for n in found.offset]
    if found.whole:
        content["whole"] = [int(n) for n in found.whole]
    return json.dumps(content, ensure_ascii=False) if content else ""


def from_json(text: str) -> Told:
    """Undo `to_json`; a text that is no such JSON says nothing."""
    try:
        content = json.loads(text) if text else {}
    except ValueError:
        content = {}
    if not isinstance(content, Mapping):
        content = {}
    told = content.get("attributes", {})
    return (
        {str(name): _unpacked(value) for name, value in told.items()} if isinstance(told, Mapping) else {},
        tuple(int(n) for n in content.get("offset", ())),
        tuple(int(n) for n in content.get("whole", ())),
    )


def _packed(value: object) -> Any:
    if isinstance(value, np.ndarray | np.generic):
        if value.dtype.kind == "S":
            value = np.char.decode(np.asarray(value), "utf-8", "replace")
        return {"dtype": "str" if value.dtype.kind in "OU" else value.dtype.str, "value": value.tolist()}
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, list | tuple):
        return [_packed(item) for item in value]
    if isinstance(value, bytes):
        return {"dtype": "bytes", "value": value.hex()}
    return str(value)


def _unpacked(value: Any) -> object:
    if isinstance(value, list):
        return [_unpacked(item) for item in value]
    if not isinstance(value, Mapping):
        return value
    dtype, content = value.get("dtype"), value.get("value")
    try:
        if dtype == "bytes":
            return bytes.fromhex(str(content))
        if dtype == "str":
            return content if isinstance(content, str) else np.array(content, object)
        array = np.array(content, np.dtype(dtype))
    except (TypeError, ValueError):
        return content
    return array[()] if array.ndim == 0 else array
