"""Frames and sets of named arrays as messages: `ad00`, `da00`, and `hs01` for parts of a larger array."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from ..errors import EncodeError
from ..schemas import SCHEMAS, Message, encode, message_class
from ..streams.batch import ArraySet, Variable
from .merge import ArrayItem

NS_OF_UNIT = {"ns": 1, "us": 1_000, "µs": 1_000, "ms": 1_000_000, "s": 1_000_000_000}


def encode_arrays(item: ArrayItem, time_ns: int) -> bytes:
    """Encode one set with the time that it is to carry, ns since 1970.

    Raises
    ------
    EncodeError
        If no schema can hold the set.
    """
    if item.family == "frames":
        return encode(_frame(item.stream, time_ns, item.content))
    if item.content.whole:
        return encode(_part(item.stream, time_ns, item.content))
    return encode(_arrays(item.stream, time_ns, time_ns - item.time_ns, item.content))


def _arrays(source: str, time_ns: int, shift_ns: int, content: ArraySet) -> Message:
    make = SCHEMAS["da00"].classes["livedata.da00.da00_Variable"]
    variables = [
        make(
            name=name,
            unit=v.unit,
            label=v.label or None,
            axes=v.dims,
            data=_moved(v, shift_ns) if name == "reference_time" else v.values,
        )
        for name, v in content.variables.items()
    ]
    told = [
        make(name=name, data=value if isinstance(value, str) else np.asarray(value))
        for name, value in content.attributes.items()
    ]
    return message_class("da00")(source_name=source, timestamp=time_ns, data=(*variables, *told))


def _moved(times: Variable, shift_ns: int) -> np.ndarray[Any, Any]:
    """Move the times that a set is dated by; a reader prefers them to the message's own time."""
    step = NS_OF_UNIT.get((times.unit or "").removeprefix("datetime64[").removesuffix("]"))
    if not shift_ns or step is None or times.values.dtype != np.int64:
        return times.values
    return times.values + shift_ns // step


def _frame(source: str, time_ns: int, content: ArraySet) -> Message:
    if set(content.variables) != {"signal"}:
        names = ", ".join(content.variables) or "nothing"
        raise EncodeError(f"a frame of {names}; expected a signal alone", schema="ad00")
    make = SCHEMAS["ad00"].classes["livedata.ad00.Attribute"]
    told = dict(content.attributes)
    number: Any = told.pop("id", 0)
    attributes = tuple(
        make(name=name, data=value if isinstance(value, str) else np.asarray(value)) for name, value in told.items()
    )
    data = content.variables["signal"].values
    return message_class("ad00")(
        source_name=source, id=int(number), timestamp=time_ns, data=data, attributes=attributes
    )


def _part(source: str, time_ns: int, content: ArraySet) -> Message:
    signal, errors = content.variables["signal"], content.variables.get("errors")
    return message_class("hs01")(
        source=source,
        timestamp=time_ns,
        dim_metadata=tuple(_dimensions(signal, content)),
        offset=np.array(content.offset, np.int32),
        data=signal.values,
        errors=None if errors is None else errors.values,
        info=str(content.attributes["info"]) if "info" in content.attributes else None,
    )


def _dimensions(signal: Variable, content: ArraySet) -> Iterator[Message]:
    make = SCHEMAS["hs01"].classes["livedata.hs01.DimensionMetaData"]
    for name, length in zip(signal.dims, content.whole, strict=True):
        edges = content.variables.get(name)
        yield make(
            length=length,
            unit=edges.unit if edges is not None else None,
            label=(edges.label if edges is not None else "") or name,
            bin_boundaries=None if edges is None else edges.values,
        )
