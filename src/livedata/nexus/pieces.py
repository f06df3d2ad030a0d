"""Cutting a file's stream into batches: at messages in our own files, at entries in others."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..streams.batch import ArrayBatch, Batch, EventBatch, Facet, Int64Array, LogBatch, Messages, join_messages
from ..streams.extent import Extent
from ..transport.protocol import NO_TIMESTAMP, Partition
from .arraysource import ArraySource
from .provenance import MessageTable
from .samplesource import SampleSource
from .source import EventSource

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
        index, columns = source.event_index[entries] - begin, {n: c[entries] for n, c in source.columns.items()}
        batch = EventBatch(ids, offsets, times, index, messages, columns, source.weights(begin, end))
        yield Piece(batch, end - begin, covered)


def _parts(source: EventSource, units: _Units, topic: str, first: int, stop: int) -> Iterator[Piece]:
    """Cut entries that are too large to hold at once."""
    for unit in range(first, stop):
        begin, end = units.stop_event(unit), units.stop_event(unit + 1)
        messages = units.messages(topic, unit, unit + 1, is_ours=False)
        for part in range(begin, max(end, begin + 1), LARGEST_ENTRY):
            ids, offsets = source.events(part, min(part + LARGEST_ENTRY, end))
            time, columns = (
                source.event_time_zero[unit : unit + 1],
                {n: c[unit : unit + 1] for n, c in source.columns.items()},
            )
            weights = source.weights(part, min(part + LARGEST_ENTRY, end))
            batch = EventBatch(ids, offsets, time, np.zeros(1, np.int64), messages, columns, weights)
            is_last = part + LARGEST_ENTRY >= end
            yield Piece(batch, batch.n_events, units.covered(topic, unit, unit + 1) if is_last else {})


def log_pieces(source: SampleSource, topic: str, extent: Extent | None) -> Iterator[Piece]:
    """Read one facet of a log batch by batch."""
    width = 8 + (source.values(0, 1).nbytes if source.n_samples else 8)
    for samples, covered, messages in _timed_cuts(source.messages, source.time, width, topic, extent):
        size = samples.stop - samples.start
        batch = None if messages is None else _samples(source, samples, messages)
        yield Piece(batch, size, covered)


def array_pieces(source: ArraySource, topic: str, extent: Extent | None) -> Iterator[Piece]:
    """Read frames or sets of arrays batch by batch."""
    for chosen, covered, messages in _timed_cuts(source.messages, source.time, 8 + source.set_bytes, topic, extent):
        batch = None
        if messages is not None:
            batch = ArrayBatch(source.time[chosen], source.sets(chosen.start, chosen.stop), messages)
        yield Piece(batch, chosen.stop - chosen.start, covered)


def _samples(source: SampleSource, chosen: slice, messages: Messages) -> LogBatch:
    first, stop = chosen.start, chosen.stop
    return LogBatch(
        source.time[chosen], source.values(first, stop), messages, source.facet, source.columns(first, stop)
    )


def _timed_cuts(
    table: MessageTable | None, time: Int64Array, width: int, topic: str, extent: Extent | None
) -> Iterator[tuple[slice, Covered, Messages | None]]:
    """Yield (samples, offsets covered, messages) of each batch to be; no messages where all lies outside the extent."""
    n = len(time)
    places = np.arange(n, dtype=np.int64)
    units = _units(table, places, places, n, n)
    chosen = units.selected(topic, extent.offsets if extent else None)
    for first, stop in _cuts(chosen, units.entry * width):
        samples = slice(units.stop_entry(first), units.stop_entry(stop))
        is_outside = _is_outside(time[samples], extent)
        messages = None if is_outside else units.messages(topic, first, stop, is_ours=table is not None)
        yield samples, units.covered(topic, first, stop), messages


def whole_events(source: EventSource, topic: str) -> EventBatch:
    """Read a stream of events into one batch."""
    n = len(source.event_time_zero)
    units = _units(source.messages, np.arange(n, dtype=np.int64), source.event_index, n, source.n_events)
    ids, offsets = source.events(0, source.n_events)
    messages = units.messages(topic, 0, len(units.entry), is_ours=True) if n else no_messages(topic)
    weights = source.weights(0, source.n_events)
    return EventBatch(ids, offsets, source.event_time_zero, source.event_index, messages, dict(source.columns), weights)


def whole_log(sources: Sequence[SampleSource], topic: str) -> LogBatch:
    """Read one facet of a log, of all its parts, into one batch; values of different shapes as an array of objects."""
    batches = [_whole_part(source, topic) for source in sources]
    if len(batches) == 1:
        return batches[0]
    sizes = [b.n_samples for b in batches]
    return LogBatch(
        np.concatenate([b.time for b in batches]),
        _joined([b.value for b in batches]),
        join_messages([b.messages for b in batches], sizes, sizes),
        batches[0].facet,
        {name: np.concatenate([b.columns[name] for b in batches]) for name in batches[0].columns},
    )


def no_samples(facet: Facet, topic: str) -> LogBatch:
    """Return a batch of a facet of which nothing was said."""
    dtype: type = object if facet == "unit" else np.float64 if facet == "value" else np.int16
    return LogBatch(np.zeros(0, np.int64), np.zeros(0, dtype), no_messages(topic), facet)


def _whole_part(source: SampleSource, topic: str) -> LogBatch:
    n = source.n_samples
    places = np.arange(n, dtype=np.int64)
    units = _units(source.messages, places, places, n, n)
    messages = units.messages(topic, 0, len(units.entry), is_ours=True) if n else no_messages(topic)
    return _samples(source, slice(0, n), messages)


def _joined(values: Sequence[NDArray[Any]]) -> NDArray[Any]:
    kinds = {(v.shape[1:], v.dtype.kind == "O") for v in values}
    if len(kinds) == 1:
        return np.concatenate(values)
    mixed = np.empty(sum(map(len, values)), object)
    for i, row in enumerate(row for v in values for row in v):
        mixed[i] = row
    return mixed


def whole_arrays(source: ArraySource, topic: str) -> ArrayBatch:
    """Read all sets of a group into one batch."""
    places = np.arange(source.n_sets, dtype=np.int64)
    units = _units(source.messages, places, places, source.n_sets, source.n_sets)
    messages = units.messages(topic, 0, len(units.entry), is_ours=True) if source.n_sets else no_messages(topic)
    return ArrayBatch(source.time, source.sets(0, source.n_sets), messages)


def join_arrays(batches: Sequence[ArrayBatch]) -> ArrayBatch:
    """Put the sets of a stream's parts behind each other."""
    if len(batches) == 1:
        return batches[0]
    sizes = [b.n_samples for b in batches]
    return ArrayBatch(
        np.concatenate([b.time for b in batches]),
        tuple(found for b in batches for found in b.sets),
        join_messages([b.messages for b in batches], sizes, sizes),
    )


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
