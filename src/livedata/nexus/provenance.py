"""Where the file says which messages it was made of: names of groups and datasets, and reading them back.

::

    /entry/livedata                NXcollection
    ├── messages/<group>
    │   ├── value                  one row for each message of a stream, in the order written: partition, offset,
    │   │                          first_entry, first_event, record_time (ms since 1970, -1 unknown)
    │   ├── alarm, connection      the same for the messages of these facets of a process variable
    │   └── unit                   the same, and what the messages said: unit_time, unit_text, has_unit
    ├── extent                     one row for each partition: topic, partition, first_offset, stop_offset
    │                              attributes first_time_ns, stop_time_ns (span of the entries)
    └── ledger                     one row for each stream: stream, topic, source, family and the counts of its messages

A stream's group points to its messages by the attribute ``messages``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ..streams.batch import Facet, Int32Array, Int64Array
from ..streams.extent import Extent
from ..transport.protocol import Partition
from .hdf import attribute, text_of

ROOT = "/entry/livedata"
FORMAT = 2
MESSAGE = np.dtype(
    [("partition", "<i4"), ("offset", "<i8"), ("first_entry", "<i8"), ("first_event", "<i8"), ("record_time", "<i8")]
)
"""A row of a table of messages: one dataset, since making and opening many is what takes time in files of many logs."""
LEDGER_COUNTS = (
    "messages",
    "decoded",
    "malformed",
    "unwanted",
    "lost",
    "events",
    "entries",
    "samples",
    "unrepresentable",
)


@dataclass(frozen=True, slots=True)
class MessageTable:
    """The messages of one stream; all arrays have shape (message,)."""

    partition: Int32Array
    offset: Int64Array
    first_entry: Int64Array
    first_event: Int64Array
    timestamp_ms: Int64Array

    def __len__(self) -> int:
        return len(self.offset)


def read_messages(file: Any, group: Any, facet: Facet = "value") -> MessageTable | None:
    """Return the messages that a stream's group (or a facet of it) is made of, or None if the file does not say."""
    path = attribute(group, "messages")
    table = file.get(f"{path}/{facet}") if path else None
    if table is None or table.dtype.names != MESSAGE.names:
        return None
    rows = table[:]
    return MessageTable(
        rows["partition"].astype(np.int32),
        *(rows[name].astype(np.int64) for name in ("offset", "first_entry", "first_event", "record_time")),
    )


def read_extent(file: Any) -> Extent | None:
    """Return the extent that the recorder stored, or None for a file of another program."""
    group = file.get(f"{ROOT}/extent")
    if group is None or "topic" not in group:
        return None
    topics = [text_of(t) for t in group["topic"][:]]
    offsets = {
        Partition(topic, int(partition)): (int(first), int(stop))
        for topic, partition, first, stop in zip(
            topics, group["partition"][:], group["first_offset"][:], group["stop_offset"][:], strict=True
        )
    }
    start, stop = group.attrs.get("first_time_ns"), group.attrs.get("stop_time_ns")
    return Extent(None if start is None else int(start), None if stop is None else int(stop), offsets)


def read_ledgers(file: Any) -> dict[str, dict[str, int]]:
    """Return the counts of messages that the recorder stored, by stream name."""
    group = file.get(f"{ROOT}/ledger")
    if group is None or "stream" not in group:
        return {}
    names = [text_of(n) for n in group["stream"][:]]
    counts = {name: np.asarray(group[name][:]) for name in LEDGER_COUNTS if name in group}
    return {name: {count: int(values[i]) for count, values in counts.items()} for i, name in enumerate(names)}
