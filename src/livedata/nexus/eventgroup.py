"""One stream of events on its way into an NXevent_data group."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np

from ..streams.batch import EventBatch
from ..streams.key import StreamKey
from .column import Column, chunk_rows
from .messagegroup import MessageColumns
from .moment import EPOCH


class EventGroup:
    """Writes event batches of one stream. Names, types and attributes are those that NeXus readers agree on."""

    kind = "events"

    def __init__(self, group: Any, messages: Any, key: StreamKey, first: EventBatch, *, n_expected: int) -> None:
        self.key = key
        self.group = group
        self.n_events = self.n_entries = self.n_samples = self.n_unrepresentable = 0
        self.first_ns: int | None = None
        self.last_ns: int | None = None
        self.remarks: Counter[str] = Counter()
        rows = chunk_rows(n_expected, 4, smallest_bytes=64 << 10)
        entry_rows = chunk_rows(n_expected * max(first.n_entries, 1) // max(first.n_events, 1), 8)
        self._id_rows = rows
        self._ids: Column | None = None
        self._offset = Column(group, "event_time_offset", "<i4", chunk_rows=rows)
        self._zero = Column(group, "event_time_zero", "<u8", chunk_rows=entry_rows)
        self._index = Column(group, "event_index", "<u8", chunk_rows=entry_rows)
        self._offset.dataset.attrs["units"] = "ns"
        self._zero.dataset.attrs["units"] = "ns"
        # Exactly one date: a second one (as `start`) makes readers ignore both.
        self._zero.dataset.attrs["offset"] = EPOCH
        self.messages = MessageColumns(messages, chunk_rows(n_expected // 1000, 8))

    @property
    def columns(self) -> list[Column]:
        """All datasets of the stream, those of its messages last."""
        own = [self._offset, self._zero, self._index] + ([self._ids] if self._ids is not None else [])
        return own + self.messages.columns

    @property
    def nbytes(self) -> int:
        """Bytes appended."""
        return sum(c.nbytes for c in self.columns)

    def append(self, batch: EventBatch) -> None:
        """Add a batch behind what is there."""
        self._append_ids(batch)
        self.messages.append(batch.messages, self.n_entries, self.n_events)
        self._offset.append(batch.event_time_offset)
        self._zero.append(batch.event_time_zero.view(np.uint64))
        # The shift is done in 64 bits: a run may well have more than 2**31 events.
        self._index.append((batch.event_index + np.int64(self.n_events)).view(np.uint64))
        if batch.n_entries:
            low, high = int(batch.event_time_zero.min()), int(batch.event_time_zero.max())
            self.first_ns = low if self.first_ns is None else min(low, self.first_ns)
            self.last_ns = high if self.last_ns is None else max(high, self.last_ns)
        self.n_events += batch.n_events
        self.n_entries += batch.n_entries

    def _append_ids(self, batch: EventBatch) -> None:
        """Add pixel numbers; a stream without any (a monitor) gets no dataset for them."""
        if batch.event_id is None:
            if self._ids is not None and batch.n_events:
                self.remarks["events without pixel number among others; -1 written"] += batch.n_events
                self._ids.append(np.full(batch.n_events, -1, np.int32))
            return
        if not batch.n_events:
            return
        if self._ids is None:
            self._ids = Column(self.group, "event_id", "<i4", chunk_rows=self._id_rows)
            if self.n_events:
                self.remarks["events without pixel number among others; -1 written"] += self.n_events
                for done in range(0, self.n_events, self._id_rows):
                    self._ids.append(np.full(min(self._id_rows, self.n_events - done), -1, np.int32))
        self._ids.append(batch.event_id)

    def finish(self) -> None:
        """Write what is still in memory."""
        for column in self.columns:
            column.finish()
        self.group.create_dataset("total_counts", data=np.uint64(self.n_events))
