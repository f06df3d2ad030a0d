"""Event messages of every schema as one kind of arrays: those of an `EventBatch`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..schemas import Message
from .batch import Int32Array, Int64Array

_MAX_OFFSET = np.int32(2**31 - 1)
_NO_OFFSETS = np.zeros(0, np.int32)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, eq=False)
class Arrivals:
    """The events of one message. What contradicts itself is kept: the reader of batches judges it."""

    times: Int64Array
    """Reference time of each entry, ns since 1970 UTC, shape (entry,)."""
    index: Int64Array
    """First event of each entry, shape (entry,)."""
    offsets: Int32Array
    """ns after the reference time, shape (event,)."""
    ids: Int32Array
    """Pixel numbers, shape (event,), or empty for a source with a single pixel."""
    weights: NDArray[np.int16] | None = None
    columns: Mapping[str, NDArray[np.generic]] = field(default_factory=dict)
    remark: str = ""
    """What had to be changed, for the ledger."""


def arrivals(schema: str, message: Message | Any) -> Arrivals:
    """Return the events of a decoded message of one of `EVENT_SCHEMAS`."""
    return _READERS[schema](message)


def _ev44(m: Any) -> Arrivals:
    return Arrivals(
        np.asarray(m.reference_time, np.int64),
        m.reference_time_index.astype(np.int64),
        _aligned32(m.time_of_flight),
        _aligned32(m.pixel_id),
    )


def _an44(m: Any) -> Arrivals:
    plain = _ev44(m)
    weights = np.array(m.weight, np.int16) if len(m.weight) else None
    return Arrivals(plain.times, plain.index, plain.offsets, plain.ids, weights)


def _ev43(m: Any) -> Arrivals:
    offsets, remark = _signed_offsets(m.time_of_flight)
    times = np.ascontiguousarray(m.pulse_time).view(np.int64)
    return Arrivals(times, m.pulse_index.astype(np.int64), offsets, _id_bits(m.detector_id), remark=remark)


def _ev42(m: Any) -> Arrivals:
    offsets, remark = _signed_offsets(m.time_of_flight)
    columns: dict[str, NDArray[np.generic]] = {}
    extra = m.facility_specific_data
    if extra is not None and hasattr(extra, "period_number"):
        columns = {
            "period": np.array([extra.period_number], np.int64),
            "charge": np.array([extra.proton_charge], np.float32),
        }
    times = np.array([m.pulse_time], np.uint64).view(np.int64)
    return Arrivals(times, np.zeros(1, np.int64), offsets, _id_bits(m.detector_id), columns=columns, remark=remark)


def _muons(m: Any) -> Arrivals:
    """Read the events of one frame of muon digitisers: a channel is a pixel; pulse heights stay in the message."""
    offsets, remark = _signed_offsets(m.time)
    frame = m.metadata
    columns: dict[str, NDArray[np.generic]] = {
        "period": np.array([frame.period_number], np.uint64).view(np.int64),
        "veto": np.array([frame.veto_flags], np.int64),
    }
    times = np.zeros(0, np.int64) if frame.timestamp is None else np.array([_calendar_ns(frame.timestamp)], np.int64)
    index = np.zeros(len(times), np.int64)
    return Arrivals(times, index, offsets, _id_bits(m.channel), columns=columns, remark=remark)


_READERS: Mapping[str, Callable[[Any], Arrivals]] = {
    "ev44": _ev44,
    "an44": _an44,
    "ev43": _ev43,
    "ev42": _ev42,
    "aev2": _muons,
    "dev2": _muons,
}
EVENT_SCHEMAS = tuple(_READERS)


def _calendar_ns(t: Any) -> int:
    """Return ns since 1970 of year (since 2000), day (from 1), time of day; 0 where int64 holds no such time."""
    try:
        day = datetime(2000 + t.year, 1, 1, tzinfo=UTC) + timedelta(days=t.day - 1)
    except (ValueError, OverflowError):
        return 0
    seconds = (day - _EPOCH).days * 86400 + int(t.hour) * 3600 + int(t.minute) * 60 + int(t.second)
    ns = ((seconds * 1000 + int(t.millisecond)) * 1000 + int(t.microsecond)) * 1000 + int(t.nanosecond)
    return ns if abs(ns) < 2**63 else 0


def _aligned32(values: Int32Array) -> Int32Array:
    """Return the values themselves unless an encoder placed them off their alignment."""
    return values if values.flags.aligned else values.copy()


def _id_bits(values: NDArray[np.uint32]) -> Int32Array:
    """Return unsigned pixel numbers by their bits, as files hold them."""
    return np.ascontiguousarray(values).view(np.int32) if values.flags.aligned else values.copy().view(np.int32)


def _signed_offsets(values: NDArray[np.uint32]) -> tuple[Int32Array, str]:
    """Return unsigned offsets as int32; those beyond it become its largest value: above every axis, but counted."""
    if not len(values):
        return _NO_OFFSETS, ""
    if values.max() <= _MAX_OFFSET:
        return _id_bits(values), ""
    return np.minimum(values, np.uint32(_MAX_OFFSET)).astype(np.int32), "offsets above 2.147 s taken as 2.147 s"
