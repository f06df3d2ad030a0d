"""What a writer has counted: told while recording, stored in the file, and compared with what is read back."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import h5py
import numpy as np

from ..streams.batch import ArrayBatch, Batch, EventBatch, LogBatch
from ..streams.extent import Extent
from ..streams.key import StreamKey
from ..streams.ledger import StreamLedger
from .column import Column
from .naming import storable
from .provenance import LEDGER_COUNTS
from .section import Section, StreamGroup
from .textcolumn import TextColumn


@dataclass(frozen=True, slots=True)
class StreamCounts:
    """What was written of one stream."""

    messages: int = 0
    events: int = 0
    entries: int = 0
    samples: int = 0
    """Values of a log, frames, or sets of arrays."""
    unrepresentable: int = 0
    """Samples that the file could not hold exactly: not in it."""
    facets: Mapping[str, int] = field(default_factory=dict)
    """Samples of alarms, connections and units."""
    remarks: tuple[str, ...] = ()

    @classmethod
    def of(cls, group: StreamGroup) -> StreamCounts:
        """Return the counts of a group so far."""
        return cls(
            messages=group.n_messages,
            events=group.n_events,
            entries=group.n_entries,
            samples=group.n_samples,
            unrepresentable=group.n_unrepresentable,
            facets=dict(group.facets),
            remarks=tuple(f"{text} ({n})" for text, n in list(group.remarks.items())),
        )

    @classmethod
    def of_batches(cls, batches: Sequence[Batch]) -> StreamCounts:
        """Return the counts of batches that are not written yet."""
        events = [b for b in batches if isinstance(b, EventBatch)]
        logs = [b for b in batches if isinstance(b, LogBatch)]
        facets: Counter[str] = Counter()
        for b in logs:
            facets[b.facet] += b.n_samples
        n_values = facets.pop("value", 0)
        return cls(
            messages=sum(len(b.messages) for b in batches),
            events=sum(b.n_events for b in events),
            entries=sum(b.n_entries for b in events),
            samples=n_values + sum(b.n_samples for b in batches if isinstance(b, ArrayBatch)),
            facets=dict(facets),
        )

    def to_dict(self) -> dict[str, Any]:
        """Return plain numbers, ready for JSON."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class ColumnSums:
    """Length and digest of one dataset."""

    n_rows: int
    chunk_rows: int
    digest: int


@dataclass(frozen=True, slots=True)
class Written:
    """What must be found in a file when it is read back."""

    counts: Mapping[StreamKey, StreamCounts]
    columns: Mapping[str, ColumnSums]
    sections: Sequence[Section]
    extent: Extent


def column_sums(column: Column | TextColumn) -> ColumnSums:
    """Return length and digest of a finished column."""
    return ColumnSums(column.n_rows, column.digest.rows, column.digest.value)


def write_extent(parent: Any, extent: Extent) -> None:
    """Store the extent; see `livedata.nexus.provenance`."""
    group = parent.create_group("extent")
    group.attrs["NX_class"] = "NXcollection"
    rows = sorted((extent.offsets or {}).items())
    group.create_dataset("topic", data=[p.topic for p, _ in rows], dtype=h5py.string_dtype())
    group["partition"] = np.array([p.partition for p, _ in rows], np.int32)
    group["first_offset"] = np.array([first for _, (first, _) in rows], np.int64)
    group["stop_offset"] = np.array([stop for _, (_, stop) in rows], np.int64)
    if extent.start_ns is not None:
        group.attrs["first_time_ns"] = np.int64(extent.start_ns)
    if extent.stop_ns is not None:
        group.attrs["stop_time_ns"] = np.int64(min(extent.stop_ns, 2**63 - 1))


def write_ledger(
    parent: Any,
    names: Mapping[StreamKey, str],
    ledgers: Mapping[StreamKey, StreamLedger],
    counts: Mapping[StreamKey, StreamCounts],
) -> None:
    """Store the fates of the messages of each stream; see `livedata.nexus.provenance`."""
    group = parent.create_group("ledger")
    group.attrs["NX_class"] = "NXcollection"
    keys = list(names)
    group.create_dataset("stream", data=[storable(names[k]) for k in keys], dtype=h5py.string_dtype())
    for part in ("topic", "source", "family"):
        group.create_dataset(part, data=[storable(getattr(k, part)) for k in keys], dtype=h5py.string_dtype())
    none, nothing = StreamLedger(), StreamCounts()
    for count in LEDGER_COUNTS:
        stored = [
            counts.get(k, nothing).unrepresentable
            if count == "unrepresentable"
            else getattr(ledgers.get(k, none), count)
            for k in keys
        ]
        group[count] = np.array(stored, np.int64)
