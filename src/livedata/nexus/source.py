"""Reading one stream's group: its entries at once, its events and samples piece by piece."""

from __future__ import annotations

from collections import Counter
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

from ..streams.batch import Int32Array, Int64Array
from .convert import ids_to_int32, index_to_entries, offset_scale, offsets_to_ns
from .hdf import attribute, is_text
from .moment import ABSOLUTE, TimeScale, parse_moment, unit_ns
from .provenance import MessageTable, read_messages


def time_scale(dataset: Any, run_start_ns: int | None) -> TimeScale:
    """Find how a dataset's times are meant, from its unit and its ``offset`` or ``start`` attribute.

    Without a unit, integers beyond 1e15 are ns and everything else is s. Without a start, times that are no absolute
    ones count from the run's start, as ISIS writes them, or from 1970 when that is unknown too.
    """
    remarks: list[str] = []
    unit = attribute(dataset, "units")
    scale = unit_ns(unit) if unit else None
    is_integer = dataset.dtype.kind in "iu"
    is_absolute = is_integer and scale == 1
    if scale is None:
        if unit:
            remarks.append(f"unit {unit!r} of times is unknown")
        values = dataset[:].ravel() if is_integer else np.zeros(0)
        is_absolute = bool(len(values)) and bool(np.median(values) > ABSOLUTE)
        scale = 1 if is_absolute else 10**9
    for name in ("offset", "start"):
        text = attribute(dataset, name)
        if text is None:
            continue
        start = parse_moment(text)
        if start is not None:
            return TimeScale(scale, start, tuple(remarks))
        remarks.append(f"{name} of times is no ISO time")
    if is_absolute or run_start_ns is None:
        return TimeScale(scale, 0, tuple(remarks))
    remarks.append("times taken from the run's start")
    return TimeScale(scale, run_start_ns, tuple(remarks))


class EventSource:
    """The events of one group. Entries are read when it is made, events when asked for.

    Attributes say what the file holds after the conversions of `livedata.nexus.convert`; `remarks` counts what was odd.
    """

    def __init__(self, file: Any, group: Any, run_start_ns: int | None) -> None:
        self.remarks: Counter[str] = Counter()
        self._offsets = group.get("event_time_offset")
        self._ids = group.get("event_id")
        self._scale = 1
        self.n_events = 0
        if isinstance(self._offsets, h5py.Dataset):
            unit = attribute(self._offsets, "units")
            self._scale = offset_scale(unit)
            if unit is None and self._offsets.size:
                self.remarks["no unit of time offsets, µs taken"] += 1
            self.n_events = int(self._offsets.size or 0)
        n_ids = int(self._ids.size or 0) if isinstance(self._ids, h5py.Dataset) else 0
        self.has_ids = n_ids > 0
        if self.has_ids and n_ids != self.n_events:
            self.remarks["pixel numbers and time offsets differ in number; those without a partner left out"] += abs(
                n_ids - self.n_events
            )
            self.n_events = min(n_ids, self.n_events)
        self.is_dummy = is_dummy_bank(group, self.n_events)
        if self.is_dummy:
            self.n_events = 0
        self.event_time_zero = self._times(group, run_start_ns)
        index = group.get("event_index")
        numbers = index[:].ravel() if isinstance(index, h5py.Dataset) and index.shape else np.zeros(1, np.int64)
        if self.is_dummy:
            numbers = numbers[:0]
            self.remarks["one dummy element in an empty bank"] += 1
        self.event_index, odd = index_to_entries(numbers, len(self.event_time_zero), self.n_events)
        self.remarks.update(odd)
        self.messages: MessageTable | None = read_messages(file, group)
        steps_back = int(np.count_nonzero(np.diff(self.event_time_zero) < 0))
        if steps_back:
            self.remarks["entry times step back"] += steps_back

    def _times(self, group: Any, run_start_ns: int | None) -> Int64Array:
        dataset, index = group.get("event_time_zero"), group.get("event_index")
        if self.is_dummy:
            return np.zeros(0, np.int64)
        if isinstance(dataset, h5py.Dataset) and dataset.size:
            scale = time_scale(dataset, run_start_ns)
            self.remarks.update(scale.remarks)
            times, odd = scale.to_ns(dataset[:].ravel())
            self.remarks.update(odd)
            return times
        n = int(index.size or 0) if isinstance(index, h5py.Dataset) else 0
        n = max(n, 1) if self.n_events else n
        if n:
            self.remarks["no event_time_zero; the run's start taken"] += n
        return np.full(n, run_start_ns or 0, np.int64)

    def events(self, first: int, stop: int) -> tuple[Int32Array | None, Int32Array]:
        """Return pixel numbers (None for a monitor) and time offsets in ns of the events ``first <= i < stop``."""
        offsets, odd = offsets_to_ns(_slice(self._offsets, first, stop), self._scale)
        self.remarks.update(odd)
        if not self.has_ids:
            return None, offsets
        ids, odd = ids_to_int32(_slice(self._ids, first, stop))
        self.remarks.update(odd)
        return ids, offsets


class LogSource:
    """The samples of one log."""

    def __init__(self, file: Any, group: Any, run_start_ns: int | None) -> None:
        self.remarks: Counter[str] = Counter()
        self._value, time = group["value"], group["time"]
        self._is_text = is_text(self._value)
        self.messages: MessageTable | None = read_messages(file, group)
        scale = time_scale(time, run_start_ns)
        self.remarks.update(scale.remarks)
        self.time, odd = scale.to_ns(time[:].ravel())
        self.remarks.update(odd)
        self.n_samples = min(len(self.time), int(self._value.shape[0]))
        if surplus := max(len(self.time), int(self._value.shape[0])) - self.n_samples:
            self.remarks["times and values differ in number; those without a partner left out"] += surplus
            self.time = self.time[: self.n_samples]
        # A column of values, (n, 1), is how some writers store scalars; ours stores it only for one-element arrays.
        self._is_column = self.messages is None and self._value.ndim == 2 and self._value.shape[1] == 1

    def values(self, first: int, stop: int) -> NDArray[np.generic]:
        """Return the values ``first <= i < stop``; texts as str."""
        if self._is_text:
            values = _texts(self._value[first:stop])
        else:
            values = np.asarray(self._value[first:stop])
            values = values.astype(values.dtype.newbyteorder("="), copy=False)
        return values[:, 0] if self._is_column else values


def read_values(dataset: Any) -> NDArray[np.generic]:
    """Read a dataset whole; texts as str, numbers in the machine's byte order."""
    values = dataset[()]
    if is_text(dataset):
        return _texts(values)
    array = np.asarray(values)
    return array.astype(array.dtype.newbyteorder("="), copy=False)


def is_dummy_bank(group: Any, n_events: int) -> bool:
    """Whether an empty bank was written as one element of zeros, because its writer could not write none."""
    total = group.get("total_counts")
    if n_events != 1 or not isinstance(total, h5py.Dataset) or total.size != 1:
        return False
    return int(np.ravel(total[()])[0]) == 0


def _slice(dataset: Any, first: int, stop: int) -> NDArray[np.generic]:
    if stop <= first:
        return np.zeros(0, np.int32)
    values = dataset[first:stop] if dataset.ndim == 1 else dataset[:].ravel()[first:stop]
    return np.asarray(values)


def _texts(raw: Any) -> NDArray[np.generic]:
    """Decode fixed or variable length texts to an array of str of the same shape."""
    flat = [t.decode("utf-8", "replace").rstrip("\x00") if isinstance(t, bytes) else str(t) for t in np.ravel(raw)]
    return np.array(flat, dtype=str).reshape(np.shape(raw)) if flat else np.zeros(np.shape(raw), "U1")
