"""Reading one stream of events: its entries at once, its events piece by piece."""

from __future__ import annotations

from collections import Counter
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

from ..streams.batch import Int32Array, Int64Array
from .convert import ids_to_int32, index_to_entries, offset_scale, offsets_to_ns
from .entrycolumns import ENTRY_COLUMNS
from .hdf import attribute
from .periodlog import read_periods
from .provenance import MessageTable, read_messages
from .timescale import time_scale


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
        self.columns = self._entry_columns(group)
        periods = None if "period" in self.columns else read_periods(file, group, self.event_time_zero, run_start_ns)
        if periods is not None:
            self.columns["period"] = periods
        self._weights = group.get("event_weight")
        if not isinstance(self._weights, h5py.Dataset) or self._weights.shape != (self.n_events,) or self.is_dummy:
            self._weights = None
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

    def _entry_columns(self, group: Any) -> dict[str, NDArray[np.generic]]:
        """Return what the group tells of each entry."""
        n, found = len(self.event_time_zero), {}
        for name, (dataset, dtype, _) in ENTRY_COLUMNS.items():
            item = group.get(dataset)
            if isinstance(item, h5py.Dataset) and item.shape == (n,) and item.dtype.kind in "iuf":
                found[name] = item[:].astype(np.dtype(dtype).newbyteorder("="))
        return found

    def weights(self, first: int, stop: int) -> NDArray[np.int16] | None:
        """Return the weights of the events ``first <= i < stop``; None where every event counts once."""
        if self._weights is None:
            return None
        stored = _slice(self._weights, first, stop)
        with np.errstate(all="ignore"):
            weights = stored.astype(np.int16)
            odd = weights != stored
        if odd.any():
            self.remarks["weights that are no 16-bit integers, 1 taken"] += int(np.count_nonzero(odd))
            weights[odd] = 1
        return weights

    def events(self, first: int, stop: int) -> tuple[Int32Array | None, Int32Array]:
        """Return pixel numbers (None for a monitor) and time offsets in ns of the events ``first <= i < stop``."""
        offsets, odd = offsets_to_ns(_slice(self._offsets, first, stop), self._scale)
        self.remarks.update(odd)
        if not self.has_ids:
            return None, offsets
        ids, odd = ids_to_int32(_slice(self._ids, first, stop))
        self.remarks.update(odd)
        return ids, offsets


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
