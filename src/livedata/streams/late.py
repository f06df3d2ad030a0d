"""Entries that come behind newer ones of their partition. Other entries have no order to compare with."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from .batch import EventBatch, Int64Array
from .key import StreamKey

LATE_NS = 1_000_000_000
"""An entry this far behind a newer one of its partition is late."""

_NEVER = int(np.iinfo(np.int64).min)


class LateMarker:
    """Remembers how far each partition of each stream has come. Used by one thread."""

    def __init__(self) -> None:
        self._newest: dict[tuple[StreamKey, int], int] = {}

    def mark(self, key: StreamKey, batch: EventBatch, newest: Int64Array) -> EventBatch:
        """Return the batch with a column ``late`` if any entry is.

        Parameters
        ----------
        key, batch
            The stream, and messages of it in their order of arrival.
        newest
            Newest believable time of each message, ns, shape (message,); the least int64 where there is none.
        """
        m = batch.messages
        if len(newest) == 1:
            before = np.array([self._pass(key, int(m.partition[0]), newest)])
        else:
            before = np.empty(len(newest), np.int64)
            for partition in np.unique(m.partition).tolist():
                mine = m.partition == partition
                times = newest[mine]
                start = self._pass(key, partition, times)
                before[mine] = np.maximum.accumulate(np.concatenate(([start], times[:-1])))
        limit = np.maximum(before, _NEVER + LATE_NS) - LATE_NS
        if batch.n_entries == 1 and batch.event_time_zero[0] >= limit[0]:
            return batch
        sizes = np.diff(m.first_entry, append=np.int64(batch.n_entries))
        late = batch.event_time_zero < np.repeat(limit, sizes)
        return replace(batch, columns={**batch.columns, "late": late}) if late.any() else batch

    def _pass(self, key: StreamKey, partition: int, times: Int64Array) -> int:
        """Take note of the times that come, and return how far the partition had come before."""
        before = self._newest.get((key, partition), _NEVER)
        newest = int(times.max()) if len(times) else _NEVER
        if newest > before:
            self._newest[key, partition] = newest
        return before
