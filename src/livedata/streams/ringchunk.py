"""Chunks of the event ring: the events of one stream, packed one behind the other, with what they belong to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from .batch import EventBatch, Int32Array, Int64Array, Messages, select_messages
from .extent import merge_ranges
from .join import join_events
from .ringmemory import Memory
from .spans import Spans

_T = TypeVar("_T", bound=np.generic)

PART_EVENTS = 1 << 18
"""Small parts are joined up to so many events: handed over alone, each would cost more than counting it."""
PART_MESSAGES = 1 << 13
LOOSE_PARTS = 32
ENTRY_BYTES, MESSAGE_BYTES = 12, 28
PART_BYTES = 1600
"""What Python takes for the objects of one part."""


@dataclass(frozen=True, slots=True, eq=False)
class Kind:
    """Which arrays the events of a chunk have."""

    has_ids: bool
    has_weights: bool

    @property
    def event_bytes(self) -> int:
        """Bytes of one event."""
        return 4 + 4 * self.has_ids + 2 * self.has_weights


def kind_of(batches: Sequence[EventBatch]) -> Kind | None:
    """Return the kind that all batches with events have; None where they differ."""
    kinds = {(b.event_id is not None, b.event_weight is not None) for b in batches if b.n_events}
    if len(kinds) > 1:
        return None
    return Kind(*kinds.pop()) if kinds else Kind(False, False)


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """Whole messages that came together. Places count from the part's first entry and event."""

    first: int
    """Place of its first event in the chunk."""
    n_events: int
    times: Int64Array
    index: Int32Array
    columns: Mapping[str, NDArray[np.generic]]
    partition: Int32Array
    offset: Int64Array
    timestamp_ms: Int64Array
    first_entry: Int32Array
    first_event: Int32Array
    covered: Spans

    @property
    def nbytes(self) -> int:
        """Bytes beside the events."""
        columns = sum(column.nbytes for column in self.columns.values())
        return PART_BYTES + ENTRY_BYTES * len(self.times) + MESSAGE_BYTES * len(self.offset) + columns


def beside_events(batches: Sequence[EventBatch]) -> int:
    """Return the bytes that some batches take beside their events, at most."""
    columns = sum(column.nbytes for batch in batches for column in batch.columns.values()) * len(batches)
    entries, messages = sum(b.n_entries for b in batches), sum(len(b.messages) for b in batches)
    return PART_BYTES + ENTRY_BYTES * entries + MESSAGE_BYTES * messages + columns


class Chunk:
    """Memory for the events of one stream, filled once from its beginning. Guarded by the ring's lock."""

    def __init__(self, kind: Kind, memory: Memory) -> None:
        self.kind = kind
        self.memory: Memory | None = memory
        self.capacity = len(memory.array) // kind.event_bytes
        self.n_events = 0
        self.parts: list[Part] = []
        self.sequence = 0
        """Rises with everything that is added to the ring."""
        self._parts_bytes = 0
        self._given_back = 0
        self._size = len(memory.array)
        self._loose = 0

    @property
    def nbytes(self) -> int:
        """Bytes that it takes."""
        return self._size - self._given_back + self._parts_bytes

    def has_room(self, kind: Kind, n_events: int) -> bool:
        """Whether so many events more can go in."""
        if not n_events:
            return True
        alike = kind.has_ids == self.kind.has_ids and kind.has_weights == self.kind.has_weights
        return alike and self.n_events + n_events <= self.capacity

    def append(self, topic: str, batches: Sequence[EventBatch], covered: Spans) -> None:
        """Copy the batches of one step behind what is there."""
        first = at = self.n_events
        toa, ids, weights = self._columns()
        for batch in batches:
            stop = at + batch.n_events
            toa[at:stop] = batch.event_time_offset
            if ids is not None and batch.event_id is not None:
                ids[at:stop] = batch.event_id
            if weights is not None and batch.event_weight is not None:
                weights[at:stop] = batch.event_weight
            at = stop
        self.n_events = at
        self._add(_part(first, at - first, topic, batches, covered))

    def _add(self, part: Part) -> None:
        self.parts.append(part)
        self._parts_bytes += part.nbytes
        self._loose += 1
        if self._loose > LOOSE_PARTS:
            self.tidy()

    def tidy(self) -> None:
        """Join small parts behind each other."""
        groups: list[list[Part]] = []
        n_events = n_messages = 0
        for part in self.parts:
            n_events, n_messages = n_events + part.n_events, n_messages + len(part.offset)
            if groups and n_events <= PART_EVENTS and n_messages <= PART_MESSAGES:
                groups[-1].append(part)
            else:
                groups.append([part])
                n_events, n_messages = part.n_events, len(part.offset)
        self.parts, self._loose = [_joined(group) for group in groups], 0
        self._parts_bytes = sum(part.nbytes for part in self.parts)

    def seal(self) -> None:
        """Take nothing more: the memory that is left over goes back."""
        if self.memory is None:
            return
        self.tidy()
        cap, n, given = self.capacity, self.n_events, 0
        for start, width in self._places():
            given += self.memory.give_back(start + width * n, start + width * cap)
        self._given_back = given

    def batch(self, part: Part, topic: str, wanted: Spans) -> EventBatch | None:
        """Return the messages of a part whose offsets are wanted, or None without any; arrays are views."""
        keep = np.zeros(len(part.offset), np.bool_)
        for place, ranges in wanted.items():
            mine = part.partition == place.partition
            for first, stop in ranges:
                keep |= mine & (part.offset >= first) & (part.offset < stop)
        if not keep.any():
            return None
        toa, ids, weights = self._columns()
        events = slice(part.first, part.first + part.n_events)
        whole = EventBatch(
            None if ids is None else _read_only(ids[events]),
            _read_only(toa[events]),
            part.times,
            part.index.astype(np.int64),
            Messages(
                topic,
                part.partition,
                part.offset,
                part.timestamp_ms,
                part.first_entry.astype(np.int64),
                part.first_event.astype(np.int64),
            ),
            part.columns,
            None if weights is None else _read_only(weights[events]),
        )
        return select_messages(whole, keep)

    def _places(self) -> list[tuple[int, int]]:
        """Return where each array of events begins, and the bytes of an element."""
        widths = [4, *([4] if self.kind.has_ids else []), *([2] if self.kind.has_weights else [])]
        starts = [sum(widths[:i]) * self.capacity for i in range(len(widths))]
        return list(zip(starts, widths, strict=True))

    def _columns(self) -> tuple[Int32Array, Int32Array | None, NDArray[np.int16] | None]:
        if self.memory is None:
            raise RuntimeError("a chunk that was dropped has no events")
        n, array = self.capacity, self.memory.array
        toa = array[: 4 * n].view(np.int32)
        ids = array[4 * n : 8 * n].view(np.int32) if self.kind.has_ids else None
        at = 8 * n if self.kind.has_ids else 4 * n
        weights = array[at : at + 2 * n].view(np.int16) if self.kind.has_weights else None
        return toa, ids, weights


def _read_only(array: NDArray[_T]) -> NDArray[_T]:
    array.flags.writeable = False
    return array


def _part(first: int, n_events: int, topic: str, batches: Sequence[EventBatch], covered: Spans) -> Part:
    """Copy what belongs to the events: nothing may refer to the message they came in."""
    if not batches:
        none = np.zeros(0, np.int64)
        few = none.astype(np.int32)
        return Part(first, 0, none, few, {}, few, none, none, few, few, covered)
    b = batches[0] if len(batches) == 1 else join_events([_without_events(b) for b in batches])
    m = b.messages
    starts = np.cumsum([0, *(part.n_events for part in batches)])[:-1]
    index, first_event = b.event_index, m.first_event
    if len(batches) > 1:
        index = index + np.repeat(starts, [part.n_entries for part in batches])
        first_event = first_event + np.repeat(starts, [len(part.messages) for part in batches])
    return Part(
        first,
        n_events,
        b.event_time_zero.copy(),
        index.astype(np.int32),
        {name: column.copy() for name, column in b.columns.items()},
        m.partition.copy(),
        m.offset.copy(),
        m.timestamp_ms.copy(),
        m.first_entry.astype(np.int32),
        first_event.astype(np.int32),
        covered,
    )


def _without_events(batch: EventBatch) -> EventBatch:
    return EventBatch(None, _NO_EVENTS, batch.event_time_zero, batch.event_index, batch.messages, batch.columns, None)


_NO_EVENTS = np.zeros(0, np.int32)


def _joined(parts: list[Part]) -> Part:
    if len(parts) == 1:
        return parts[0]
    columns = join_events([_entries(part) for part in parts]).columns
    entries = np.cumsum([0, *(len(part.times) for part in parts)], dtype=np.int32)
    events = np.cumsum([0, *(part.n_events for part in parts)], dtype=np.int32)
    places = {place for part in parts for place in part.covered}
    return Part(
        parts[0].first,
        int(events[-1]),
        np.concatenate([part.times for part in parts]),
        np.concatenate([part.index + n for part, n in zip(parts, events, strict=False)]),
        columns,
        np.concatenate([part.partition for part in parts]),
        np.concatenate([part.offset for part in parts]),
        np.concatenate([part.timestamp_ms for part in parts]),
        np.concatenate([part.first_entry + n for part, n in zip(parts, entries, strict=False)]),
        np.concatenate([part.first_event + n for part, n in zip(parts, events, strict=False)]),
        {place: merge_ranges(r for part in parts for r in part.covered.get(place, ())) for place in places},
    )


def _entries(part: Part) -> EventBatch:
    none = np.zeros(0, np.int64)
    messages = Messages("", none.astype(np.int32), none, none, none, none)
    return EventBatch(None, _NO_EVENTS, part.times, part.index.astype(np.int64), messages, part.columns)
