"""One stream of events on its way into an NXevent_data group."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import numpy as np

from ..streams.batch import ABSENT_IN_COLUMN, EventBatch
from ..streams.key import StreamKey
from .column import Column, chunk_rows
from .entrycolumns import ENTRY_COLUMNS
from .messagegroup import MESSAGE_BYTES, MessageTable
from .moment import EPOCH
from .section import Section


class EventGroup:
    """Writes event batches of one stream. Names, types and attributes are those that NeXus readers agree on."""

    kind = "events"

    n_samples = n_unrepresentable = 0
    facets: Mapping[str, int] = MappingProxyType({})

    def __init__(self, group: Any, messages: Any, key: StreamKey, first: EventBatch, *, n_expected: int) -> None:
        self.key = key
        self.group = group
        self.n_events = self.n_entries = 0
        self.first_ns: int | None = None
        self.last_ns: int | None = None
        self.remarks: Counter[str] = Counter()
        rows = chunk_rows(n_expected, 4, smallest_bytes=64 << 10)
        entry_rows = chunk_rows(n_expected * max(first.n_entries, 1) // max(first.n_events, 1), 8)
        self._id_rows = rows
        self._entry_rows = entry_rows
        self._ids: Column | None = None
        self._weights: Column | None = None
        self._entry_columns: dict[str, Column] = {}
        self._offset = Column(group, "event_time_offset", "<i4", chunk_rows=rows)
        self._zero = Column(group, "event_time_zero", "<u8", chunk_rows=entry_rows)
        self._index = Column(group, "event_index", "<u8", chunk_rows=entry_rows)
        self._offset.dataset.attrs["units"] = "ns"
        self._zero.dataset.attrs["units"] = "ns"
        # Exactly one date: a second one (as `start`) makes readers ignore both.
        self._zero.dataset.attrs["offset"] = EPOCH
        self.messages = MessageTable(messages, "value", chunk_rows(n_expected // 1000, MESSAGE_BYTES))

    @property
    def columns(self) -> list[Column]:
        """All datasets of the stream, those of its messages last."""
        return [*self._event_columns, *self._per_entry, self.messages.column]

    @property
    def _event_columns(self) -> list[Column]:
        return [c for c in (self._offset, self._ids, self._weights) if c is not None]

    @property
    def _per_entry(self) -> list[Column]:
        return [self._zero, self._index, *list(self._entry_columns.values())]

    @property
    def n_messages(self) -> int:
        """Messages appended."""
        return self.messages.n_messages

    @property
    def sections(self) -> list[Section]:
        """What must be found in the file."""
        rows = {c.path: self.n_events for c in self._event_columns}
        rows |= {c.path: self.n_entries for c in self._per_entry}
        messages = self.messages
        return [Section(str(self.group.name), messages.path, rows, messages.n_messages, dict(messages.last_offset))]

    @property
    def nbytes(self) -> int:
        """Bytes appended."""
        return sum(c.nbytes for c in self.columns)

    def append(self, batch: EventBatch) -> None:
        """Add a batch behind what is there."""
        self._append_ids(batch)
        self._append_weights(batch)
        self._append_columns(batch)
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
                self._ids.fill(batch.n_events, -1)
            return
        if not batch.n_events:
            return
        if self._ids is None:
            self._ids = Column(self.group, "event_id", "<i4", chunk_rows=self._id_rows)
            if self.n_events:
                self.remarks["events without pixel number among others; -1 written"] += self.n_events
                self._ids.fill(self.n_events, -1)
        self._ids.append(batch.event_id)

    def _append_weights(self, batch: EventBatch) -> None:
        """Add weights; there is a dataset for them from the first weighted batch on, with 1 for the events before."""
        if batch.event_weight is None:
            if self._weights is not None:
                self._weights.fill(batch.n_events, 1)
            return
        if self._weights is None:
            self._weights = Column(self.group, "event_weight", "<i2", chunk_rows=self._id_rows)
            self._weights.fill(self.n_events, 1)
        self._weights.append(batch.event_weight)

    def _append_columns(self, batch: EventBatch) -> None:
        """Add what is known of each entry; a dataset is made when the first is known, with unknown for those before."""
        for name, (dataset, dtype, unit) in ENTRY_COLUMNS.items():
            values, column = batch.columns.get(name), self._entry_columns.get(name)
            if values is None:
                if column is not None:
                    column.fill(batch.n_entries, ABSENT_IN_COLUMN[name])
                continue
            if column is None:
                column = self._entry_columns[name] = Column(self.group, dataset, dtype, chunk_rows=self._entry_rows)
                if unit:
                    column.dataset.attrs["units"] = unit
                column.fill(self.n_entries, ABSENT_IN_COLUMN[name])
            column.append(values.astype(column.dtype, copy=False))

    def finish(self) -> None:
        """Write what is still in memory."""
        for column in self.columns:
            column.finish()
        self.group.create_dataset("total_counts", data=np.uint64(self.n_events))
