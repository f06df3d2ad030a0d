"""Cutting a file's stream into batches: at messages in our own files, at entries in others."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..streams.batch import Batch, EventBatch, Int64Array, LogBatch, Messages
from ..streams.extent import Extent
from ..transport.protocol import NO_TIMESTAMP, Partition
from .provenance import MessageTable
from .source import EventSource, LogSource

PIECE_BYTES = 4 << 20
"""Aimed size of a batch."""
LARGEST_ENTRY = 1 << 24
"""Events of an entry that are handed over at once (128 MB). No message holds more; an entry of another program's file
that does is cut, and each part is an entry with the same time: the number of entries is that of the description."""

Covered = dict[Partition, tuple[int, int]]


@dataclass(frozen=True, slots=True)
class Piece:
    """One batch, how far the reading has come with it, and the offsets it covers. The batch is None when skipped."""

    batch: Batch | None
    done: int
    covered: Covered


@dataclass(frozen=True, slots=True)
class _Units:
    """What must not be cut: messages, or entries. Arrays have shape (unit,)."""

    entry: Int64Array
    event: Int64Array
    partition: NDArray[np.int32]
    offset: Int64Array
    timestamp_ms: Int64Array
    n_entries: int
    n_events: int

    def stop_entry(self, unit: int) -> int:
        """First entry after the units before `unit`."""
        return int(self.entry[unit]) if unit < len(self.entry) else self.n_entries

    def stop_event(self, unit: int) -> int:
        """First event after the units before `unit`."""
        return int(self.event[unit]) if unit < len(self.event) else self.n_events

    def selected(self, topic: str, offsets: Mapping[Partition, tuple[int, int]] | None) -> NDArray[np.bool_]:
        """Which units lie inside the offset ranges."""
        if offsets is None:
            return np.ones(len(self.entry), np.bool_)
        chosen = np.zeros(len(self.entry), np.bool_)
        for place, (first, stop) in offsets.items():
            if place.topic == topic:
                chosen |= (self.partition == place.partition) & (self.offset >= first) & (self.offset < stop)
        return chosen

    def covered(self, topic: str, first: int, stop: int) -> Covered:
        """Smallest offset range of each partition that holds the units."""
        partitions, offsets = self.partition[first:stop], self.offset[first:stop]
        return {
            Partition(topic, int(p)): (int(offsets[partitions == p].min()), int(offsets[partitions == p].max()) + 1)
            for p in np.unique(partitions)
        }

    def messages(self, topic: str, first: int, stop: int, *, is_ours: bool) -> Messages:
        """The messages of a piece: each of our own, or one row for a run of another program's entries."""
        rows = slice(first, stop if is_ours else first + 1)
        return Messages(
            topic,
            self.partition[rows],
            self.offset[rows],
            self.timestamp_ms[rows],
            self.entry[rows] - self.entry[first],
            self.event[rows] - self.event[first],
        )


def _units(table: MessageTable | None, entry: Int64Array, event: Int64Array, n_entries: int, n_events: int) -> _Units:
    if table is not None:
        return _Units(
            table.first_entry, table.first_event, table.partition, table.offset, table.timestamp_ms, n_entries, n_events
        )
    n = len(entry)
    places = np.arange(n, dtype=np.int64)
    unknown = np.full(n, NO_TIMESTAMP, np.int64)
    return _Units(entry, event, np.zeros(n, np.int32), places, unknown, n_entries, n_events)


def _cuts(chosen: NDArray[np.bool_], cost: Int64Array) -> list[tuple[int, int]]:
    """Runs of chosen units of about `PIECE_BYTES` each; `cost` is the byte position of each unit."""
    if not len(chosen):
        return []
    cell = cost // PIECE_BYTES
    edges = np.flatnonzero((cell[1:] != cell[:-1]) | (chosen[1:] != chosen[:-1])) + 1
    starts = np.concatenate(([0], edges)).tolist()
    stops = np.concatenate((edges, [len(chosen)])).tolist()
    return [(a, b) for a, b in zip(starts, stops, strict=True) if chosen[a]]


def event_pieces(source: EventSource, topic: str, extent: Extent | None) -> Iterator[Piece]:
    """Read a stream of events batch by batch."""
    n = len(source.event_time_zero)
    units = _units(source.messages, np.arange(n, dtype=np.int64), source.event_index, n, source.n_events)
    chosen = units.selected(topic, extent.offsets if extent else None)
    for first, stop in _cuts(chosen, units.event * 8 + units.entry * 16):
        entries = slice(units.stop_entry(first), units.stop_entry(stop))
        begin, end = units.stop_event(first), units.stop_event(stop)
        covered = units.covered(topic, first, stop)
        times = source.event_time_zero[entries]
        if _is_outside(times, extent):
            yield Piece(None, end - begin, covered)
            continue
        messages = units.messages(topic, first, stop, is_ours=source.messages is not None)
        if end - begin > 2 * LARGEST_ENTRY and source.messages is None:
            yield from _parts(source, units, topic, first, stop)
            continue
        ids, offsets = source.events(begin, end)
        batch = EventBatch(ids, offsets, times, source.event_index[entries] - begin, messages)
        yield Piece(batch, end - begin, covered)


def _parts(source: EventSource, units: _Units, topic: str, first: int, stop: int) -> Iterator[Piece]:
    """Cut entries that are too large to hold at once."""
    for unit in range(first, stop):
        begin, end = units.stop_event(unit), units.stop_event(unit + 1)
        messages = units.messages(topic, unit, unit + 1, is_ours=False)
        for part in range(begin, max(end, begin + 1), LARGEST_ENTRY):
            ids, offsets = source.events(part, min(part + LARGEST_ENTRY, end))
            time = source.event_time_zero[unit : unit + 1]
            batch = EventBatch(ids, offsets, time, np.zeros(1, np.int64), messages)
            is_last = part + LARGEST_ENTRY >= end
            yield Piece(batch, batch.n_events, units.covered(topic, unit, unit + 1) if is_last else {})


def log_pieces(source: LogSource, topic: str, extent: Extent | None) -> Iterator[Piece]:
    """Read a log batch by batch."""
    n = source.n_samples
    places = np.arange(n, dtype=np.int64)
    units = _units(source.messages, places, places, n, n)
    chosen = units.selected(topic, extent.offsets if extent else None)
    width = 8 + (source.values(0, 1).nbytes if n else 8)
    for first, stop in _cuts(chosen, units.entry * width):
        samples = slice(units.stop_entry(first), units.stop_entry(stop))
        covered = units.covered(topic, first, stop)
        size = samples.stop - samples.start
        if _is_outside(source.time[samples], extent):
            yield Piece(None, size, covered)
            continue
        messages = units.messages(topic, first, stop, is_ours=source.messages is not None)
        values = source.values(samples.start, samples.stop)
        yield Piece(LogBatch(source.time[samples], values, messages), size, covered)


def whole_events(source: EventSource, topic: str) -> EventBatch:
    """Read a stream of events into one batch."""
    n = len(source.event_time_zero)
    units = _units(source.messages, np.arange(n, dtype=np.int64), source.event_index, n, source.n_events)
    ids, offsets = source.events(0, source.n_events)
    messages = units.messages(topic, 0, len(units.entry), is_ours=True) if n else no_messages(topic)
    return EventBatch(ids, offsets, source.event_time_zero, source.event_index, messages)


def whole_log(source: LogSource, topic: str) -> LogBatch:
    """Read a log into one batch."""
    n = source.n_samples
    places = np.arange(n, dtype=np.int64)
    units = _units(source.messages, places, places, n, n)
    messages = units.messages(topic, 0, len(units.entry), is_ours=True) if n else no_messages(topic)
    return LogBatch(source.time, source.values(0, n), messages)


def no_messages(topic: str) -> Messages:
    """The messages of an empty batch."""
    none = np.zeros(0, np.int64)
    return Messages(topic, none.astype(np.int32), none, none, none, none)


def _is_outside(times: Int64Array, extent: Extent | None) -> bool:
    """Whether none of the times lies in the extent."""
    if extent is None or not len(times):
        return False
    late = extent.stop_ns is not None and int(times.min()) >= extent.stop_ns
    return late or (extent.start_ns is not None and int(times.max()) < extent.start_ns)
