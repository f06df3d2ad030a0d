"""The messages that a stream's group was made of, on their way into the file."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..streams.batch import Facet, Messages
from .column import Column
from .provenance import MESSAGE

MESSAGE_BYTES = MESSAGE.itemsize


class MessageTable:
    """One row for each message: its place on the topic, and where its content begins in the group."""

    def __init__(self, group: Any, facet: Facet, chunk_rows: int) -> None:
        self.column = Column(group, facet, MESSAGE, chunk_rows=chunk_rows)
        self.last_offset: dict[int, int] = {}

    @property
    def path(self) -> str:
        """HDF5 path."""
        return self.column.path

    @property
    def n_messages(self) -> int:
        """Messages appended."""
        return self.column.n_rows

    def append(self, messages: Messages, n_entries: int, n_events: int) -> None:
        """Add the messages of a batch whose content begins at the given entry and event of the group."""
        if not len(messages):
            return
        rows = np.empty(len(messages), MESSAGE)
        rows["partition"] = messages.partition
        rows["offset"] = messages.offset
        rows["first_entry"] = messages.first_entry + np.int64(n_entries)
        rows["first_event"] = messages.first_event + np.int64(n_events)
        rows["record_time"] = messages.timestamp_ms
        self.column.append(rows)
        for partition in np.unique(messages.partition) if len(messages) > 1 else messages.partition[:1]:
            mine = messages.offset[messages.partition == partition]
            self.last_offset[int(partition)] = max(int(mine.max()), self.last_offset.get(int(partition), -1))
