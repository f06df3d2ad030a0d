"""Messages about process variables of every schema as one kind of samples: those of a `LogBatch`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..schemas import Message
from ..schemas.rows import Rows
from .batch import Facet, Int64Array
from .enums import enum_name

_NO_CHANGE = 4
_SEVERITY_OF_F142 = {0: 1, 1: 2, 2: 0, 3: 3}
"""Severities of `f142` (MINOR, MAJOR, NO_ALARM, INVALID) as `al00` counts them."""


class Samples(NamedTuple):
    """What one message says of one facet of a process variable."""

    facet: Facet
    time: Int64Array
    """ns since 1970 UTC, shape (sample,)."""
    value: NDArray[np.generic]
    """Shape (sample, ...)."""
    columns: Mapping[str, NDArray[np.generic]] = {}


def samples(schema: str, message: Message | Any) -> list[Samples]:
    """Return what a decoded message of one of `LOG_SCHEMAS` says; nothing if it contradicts itself."""
    return _READERS[schema](message)


def _f144(m: Any) -> list[Samples]:
    return [Samples("value", _one(m.timestamp), np.asarray(m.value)[np.newaxis])]


def _f142(m: Any) -> list[Samples]:
    found: list[Samples] = []
    time = np.array([m.timestamp], np.uint64).view(np.int64)
    if m.value is not None:
        found.append(Samples("value", time, texts([m.value]) if isinstance(m.value, str) else _sample_of(m.value)))
    if m.severity != _NO_CHANGE:
        severity = _code(_SEVERITY_OF_F142.get(m.severity, m.severity))
        said = enum_name("f142", "status", m.status)
        message = "" if said in ("NO_ALARM", "NO_CHANGE") else said
        found.append(Samples("alarm", time, severity, {"message": texts([message])}))
    return found


def _al00(m: Any) -> list[Samples]:
    message = {"message": texts([m.message or ""])}
    return [Samples("alarm", _one(m.timestamp), _code(m.severity), message)]


def _ep01(m: Any) -> list[Samples]:
    seen_by = {"service_id": texts([m.service_id or ""])}
    return [Samples("connection", _one(m.timestamp), _code(m.status), seen_by)]


def _ep00(m: Any) -> list[Samples]:
    time = np.array([m.timestamp], np.uint64).view(np.int64)
    seen_by = {"service_id": texts([m.service_id or ""])}
    return [Samples("connection", time, _code(m.type), seen_by)]


def _un00(m: Any) -> list[Samples]:
    return [Samples("unit", _one(m.timestamp), texts([m.units]))]


def _se00(m: Any) -> list[Samples]:
    return _waveform(m.values, m.timestamps, m.packet_timestamp, m.time_delta)


def _senv(m: Any) -> list[Samples]:
    first = np.array([m.PacketTimestamp], np.uint64).view(np.int64)
    return _waveform(m.Values, m.Timestamps.view(np.int64), int(first[0]), m.TimeDelta)


def _tdct(m: Any) -> list[Samples]:
    times = np.ascontiguousarray(m.timestamps).view(np.int64)
    return [Samples("value", times, times)]


def _waveform(values: Any, times: Int64Array, first_ns: int, step_ns: float) -> list[Samples]:
    if not len(times):
        # Rounded as the schema says, sample by sample, so that no error adds up.
        steps = np.arange(len(values)) * step_ns if step_ns > 0 else np.zeros(len(values))
        if not np.isfinite(steps).all() or (len(steps) and steps[-1] > 2.0**62):
            return []
        times = first_ns + np.rint(steps).astype(np.int64)
    return [Samples("value", np.asarray(times, np.int64), values)] if len(times) == len(values) else []


_READERS: Mapping[str, Callable[[Any], list[Samples]]] = {
    "f144": _f144,
    "f142": _f142,
    "se00": _se00,
    "senv": _senv,
    "tdct": _tdct,
    "al00": _al00,
    "ep01": _ep01,
    "ep00": _ep00,
    "un00": _un00,
}
LOG_SCHEMAS = tuple(_READERS)


def texts(values: list[str | None] | list[str]) -> NDArray[np.generic]:
    """Return texts as an array of dtype object, shape (n,)."""
    array = np.empty(len(values), object)
    array[:] = values
    return array


def _sample_of(value: Any) -> NDArray[np.generic]:
    """Return one number, array of numbers or tuple of texts as an array of one sample."""
    return texts(list(value))[np.newaxis] if isinstance(value, tuple | Rows) else np.asarray(value)[np.newaxis]


def _code(number: int) -> NDArray[np.int16]:
    """Return a code that may be unsigned; what int16 cannot hold has no name either, and becomes its largest value."""
    return np.array([min(number, 32767)], np.int16)


def _one(time: int) -> Int64Array:
    return np.array([time], np.int64)
