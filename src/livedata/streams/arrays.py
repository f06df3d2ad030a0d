"""Messages with frames and named arrays of every schema as one kind: an `ArraySet` and its time."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..schemas import Message
from .batch import ArraySet, Variable

_NS_OF_UNIT = {"ns": 1, "us": 1_000, "µs": 1_000, "μs": 1_000, "ms": 1_000_000, "s": 1_000_000_000}


class Dated(NamedTuple):
    """An array set with its time, ns since 1970 UTC."""

    time: int
    set: ArraySet


def array_set(schema: str, message: Message | Any) -> Dated | None:
    """Return what a decoded message of one of `ARRAY_SCHEMAS` holds; None if it contradicts itself."""
    return _READERS[schema](message)


def _da00(m: Any) -> Dated | None:
    variables: dict[str, Variable] = {}
    attributes: dict[str, object] = {}
    for v in m.data:
        name = _free_name(v.name, {*variables, *attributes})
        if isinstance(v.data, str):
            attributes[name] = v.data
            continue
        values = np.asarray(v.data)
        if _is_raw(values, v.data_type, n_bytes_type=2):
            return None
        variables[name] = Variable(values, _dims(v.axes, values), v.unit, v.label or "")
    return Dated(_date(variables.get("reference_time"), m.timestamp), ArraySet(variables, attributes))


def _date(times: Variable | None, timestamp: int) -> int:
    """Return the last reference time if there is one in a unit of time, else the message's own time."""
    if times is None or times.values.dtype != np.int64 or not times.values.size:
        return timestamp
    unit = (times.unit or "").removeprefix("datetime64[").removesuffix("]")
    last = int(times.values.reshape(-1)[-1]) * _NS_OF_UNIT.get(unit, 0)
    return last if unit in _NS_OF_UNIT and abs(last) < 2**63 else timestamp


def _ad00(m: Any) -> Dated | None:
    attributes = [(a.name, a.data) for a in m.attributes]
    return _image(_signed(m.timestamp), m.id, m.data, m.data_type, m.dimensions, attributes)


def _ndar(m: Any) -> Dated | None:
    epics = m.epicsTS
    # The double's epoch is not agreed on; the structure's is: seconds since 1990.
    time = 0 if epics is None else (epics.secPastEpoch + 631_152_000) * 1_000_000_000 + epics.nsec
    attributes = [(a.pName or "", a.pData) for a in m.pAttributeList]
    return _image(time, m.id, m.pData, m.dataType, m.dims, attributes)


def _image(
    time: int, number: int, values: Any, code: int, shape: NDArray[np.generic], told: list[tuple[str, object]]
) -> Dated | None:
    if isinstance(values, str) or _is_raw(values, code, n_bytes_type=1, dimensions=shape):
        return None
    attributes: dict[str, object] = {"id": number}
    for name, value in told:
        attributes[_free_name(name, set(attributes))] = value
    return Dated(time, ArraySet({"signal": Variable(values, _dims((), values))}, attributes))


def _histogram(m: Any) -> Dated | None:
    if m.data is None or tuple(m.data.shape) != tuple(int(n) for n in m.current_shape):
        return None
    labels = [d.label or f"dim_{i}" for i, d in enumerate(m.dim_metadata)]
    dims = _dims(tuple(labels), m.data)
    variables = {"signal": Variable(m.data, dims, "counts")}
    if m.errors is not None and m.errors.shape == m.data.shape:
        variables["errors"] = Variable(m.errors, dims, "counts")
    for name, d in zip(dims, m.dim_metadata, strict=False):
        if d.bin_boundaries is not None and d.bin_boundaries.ndim == 1 and name not in variables:
            variables[name] = Variable(d.bin_boundaries, (name,), d.unit, d.label or "")
    whole = tuple(int(d.length) for d in m.dim_metadata)
    offset = tuple(int(n) for n in m.offset) or (0,) * len(whole)
    is_part = len(whole) == m.data.ndim and len(offset) == len(whole) and whole != m.data.shape
    if is_part and any(o < 0 or o + n > w for o, n, w in zip(offset, m.data.shape, whole, strict=True)):
        return None
    told: dict[str, object] = {"info": m.info} if m.info else {}
    return Dated(_signed(m.timestamp), ArraySet(variables, told, offset if is_part else (), whole if is_part else ()))


_READERS: Mapping[str, Callable[[Any], Dated | None]] = {
    "da00": _da00,
    "ad00": _ad00,
    "ADAr": _ad00,
    "NDAr": _ndar,
    "hs00": _histogram,
    "hs01": _histogram,
}
ARRAY_SCHEMAS = tuple(_READERS)


def _signed(timestamp: int) -> int:
    """Return an unsigned time by its bits, as the others are held."""
    return timestamp - 2**64 if timestamp >= 2**63 else timestamp


def _is_raw(
    values: NDArray[np.generic], code: int, *, n_bytes_type: int, dimensions: NDArray[np.generic] | None = None
) -> bool:
    """Whether a payload was left as bytes, because it contradicts its type or shape."""
    if dimensions is not None and values.shape != tuple(int(n) for n in dimensions):
        return True
    return dimensions is None and values.dtype == np.uint8 and values.ndim == 1 and code not in (0, n_bytes_type)


def _dims(names: tuple[str, ...], values: NDArray[np.generic]) -> tuple[str, ...]:
    """Return a different name for each dimension, made up where the message names none."""
    if len(names) == values.ndim and len(set(names)) == len(names) and all(names):
        return names
    return tuple(f"dim_{i}" for i in range(values.ndim))


def _free_name(name: str, taken: set[str]) -> str:
    """Return a name, numbered where it is taken: nothing with a double name is lost."""
    found, n = name, 1
    while found in taken:
        n += 1
        found = f"{name} ({n})"
    return found
