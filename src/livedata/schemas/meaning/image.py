"""`ad00`, `ADAr`, `NDAr`: images of cameras and area detectors, with attributes.

Rows and columns are not told apart on the wire: `dimensions` are taken as NumPy's shape, slowest first, and a camera
that sends them the other way round is a matter of its settings.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import numpy as np

from ..message import Message
from . import Meaning, Values
from .payload import NUMBERS, TEXT, Payload, quoted, random_array

# The same types as in da00, but counted from 0: there is no `none` here.
_NAMES = (*NUMBERS, TEXT)
_IMAGES = {
    "ad00_ADArray": Payload("data", "data_type", _NAMES, shape="dimensions"),
    "ADArray": Payload("data", "data_type", _NAMES, shape="dimensions"),
    "NDArray": Payload("pData", "dataType", _NAMES, shape="dims"),
}
_ATTRIBUTES = {
    "Attribute": Payload("data", "data_type", _NAMES),
    "NDAttribute": Payload("pData", "dataType", _NAMES),
}
_ALL = _IMAGES | _ATTRIBUTES


def _remarks(message: Message) -> Iterator[str]:
    table = message.TABLE.rpartition(".")[2]
    yield from _IMAGES[table].remarks(message)
    name, attributes = ("pName", "pAttributeList") if table == "NDArray" else ("name", "attributes")
    for i, attribute in enumerate(getattr(message, attributes)):
        payload = _ATTRIBUTES[attribute.TABLE.rpartition(".")[2]]
        for remark in payload.remarks(attribute):
            yield f"{attributes}[{i}] ({quoted(getattr(attribute, name))}): {remark}"


def _example(payload: Payload, values: Values, rng: np.random.Generator | None) -> None:
    if payload.data not in values and rng is None:
        values[payload.data] = np.arange(6, dtype=np.uint16).reshape(2, 3) if payload.shape else np.float64(1.5)
    elif payload.data not in values:
        assert rng is not None
        array = random_array(rng, int(rng.integers(0, 4 if payload.shape else 2)), NUMBERS)
        # Without a shape, one number is a scalar.
        values[payload.data] = array if payload.shape or array.size != 1 else array.reshape(())[()]
    values.setdefault(payload.type, None)
    if payload.shape:
        values.setdefault(payload.shape, None)


MEANING = Meaning(
    shape={table: payload.to_array for table, payload in _ALL.items()},
    flatten={table: payload.to_bytes for table, payload in _ALL.items()},
    derived={t: (p.type, p.shape) if p.shape else (p.type,) for t, p in _ALL.items()},
    check=_remarks,
    example={table: partial(_example, payload) for table, payload in _ALL.items()},
)
