"""The messages that a stream's group was made of, on their way into the file."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np

from ..streams.batch import Messages
from .column import Column
from .provenance import COLUMNS


class MessageColumns:
    """One row for each message: its place on the topic, and where its content begins in the group."""

    def __init__(self, group: Any, chunk_rows: int) -> None:
        made = {name: Column(group, name, f"<{dtype}", chunk_rows=chunk_rows) for name, dtype in COLUMNS.items()}
        made["record_time"].dataset.attrs["units"] = "ms"
        self._columns = made
        self.last_offset: dict[int, int] = {}
        self.remarks: Counter[str] = Counter()

    @property
    def columns(self) -> list[Column]:
        """The datasets."""
        return list(self._columns.values())

    @property
    def n_messages(self) -> int:
        """Messages appended."""
        return self._columns["offset"].n_rows

    def append(self, messages: Messages, n_entries: int, n_events: int) -> None:
        """Add the messages of a batch whose content begins at the given entry and event of the group."""
        if not len(messages):
            return
        self._columns["partition"].append(messages.partition)
        self._columns["offset"].append(messages.offset)
        self._columns["first_entry"].append(messages.first_entry + np.int64(n_entries))
        self._columns["first_event"].append(messages.first_event + np.int64(n_events))
        self._columns["record_time"].append(messages.timestamp_ms)
        for partition in np.unique(messages.partition) if len(messages) > 1 else messages.partition[:1]:
            mine = messages.offset[messages.partition == partition]
            self.last_offset[int(partition)] = max(int(mine.max()), self.last_offset.get(int(partition), -1))
