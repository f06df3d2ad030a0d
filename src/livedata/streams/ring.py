"""The event ring: the newest events of all watched streams of a connection, in memory, each held once for all views.

It knows exactly which messages it stands for, by offset, those of other streams in between included: what lies inside
is handed over from memory, the rest has to be read back from elsewhere.
"""

from __future__ import annotations

import sys
import threading
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from .batch import EventBatch
from .extent import Partition, Ranges, merge_ranges
from .key import StreamKey
from .ringchunk import Chunk, Kind, Part, beside_events, kind_of
from .ringmemory import Memory
from .spans import Spans, shared, size, without

CHUNK_BYTES = 16 << 20
FIRST_CHUNK_BYTES = 1 << 16
"""Size of a stream's first chunk; each next one is twice as large, up to `CHUNK_BYTES`."""
SPARE_CHUNKS = 2
SHARE = 16
"""All streams together should have so many chunks each, before the oldest goes."""


@dataclass(frozen=True, slots=True)
class RingSpan:
    """What the ring holds of one stream."""

    offsets: Mapping[Partition, Ranges] = field(default_factory=dict)
    first_ns: int | None = None
    """Earliest `event_time_zero` held."""
    last_ns: int | None = None
    """Latest `event_time_zero` held."""
    messages: int = 0
    events: int = 0
    nbytes: int = 0


@dataclass(frozen=True, slots=True)
class Held:
    """Messages from memory: offsets, and the batch that holds what of the stream lies in them."""

    batch: EventBatch | None
    covered: Mapping[Partition, Ranges]


class _Lane:
    """Chunks of one stream: what came live, and what was read back behind it."""

    __slots__ = ("live", "next_bytes", "past")

    def __init__(self) -> None:
        self.live: deque[Chunk] = deque()
        self.past: deque[Chunk] = deque()
        self.next_bytes = FIRST_CHUNK_BYTES

    def chunks(self) -> list[Chunk]:
        return [*self.past, *self.live]


class EventRing:
    """Holds the newest events within a budget. Safe to use from any thread.

    Parameters
    ----------
    budget_bytes
        It never takes more; the oldest is dropped first, whatever its stream. 0 holds nothing.
    chunk_bytes
        Memory is taken, and dropped, in pieces of at most this size; larger messages get a piece of their own.
    """

    def __init__(self, budget_bytes: int, *, chunk_bytes: int = CHUNK_BYTES) -> None:
        self.budget_bytes = budget_bytes
        self.dropped_events = 0
        """Events that were pushed out by newer ones."""
        self.dropped_messages = 0
        self._chunk_bytes = chunk_bytes
        self._lock = threading.Lock()
        self._lanes: dict[StreamKey, _Lane] = {}
        self._nbytes = 0
        self._sequence = 0
        self._spare: list[Memory] = []

    # What is there

    @property
    def nbytes(self) -> int:
        """Bytes taken."""
        with self._lock:
            return self._nbytes

    @property
    def spans(self) -> dict[StreamKey, RingSpan]:
        """What is held of each stream."""
        with self._lock:
            return {key: _span(lane.chunks()) for key, lane in self._lanes.items()}

    def __repr__(self) -> str:
        held = [f"{key.source}: {span.events:,} events{_length(span)}" for key, span in self.spans.items()]
        gone = f", {self.dropped_events:,} events dropped" if self.dropped_events else ""
        size = f"{self.nbytes / 1e6:,.0f} of {self.budget_bytes / 1e6:,.0f} MB"
        return f"<memory {size}{gone}" + "".join(f"\n  {line}" for line in held) + ">"

    def held(self, key: StreamKey) -> dict[Partition, Ranges]:
        """Return the offsets that are held of a stream, those of messages of other streams in between included."""
        with self._lock:
            lane = self._lanes.get(key)
            return _covered(lane.chunks()) if lane is not None else {}

    def holds(self, key: StreamKey, spans: Spans) -> bool:
        """Whether all these offsets are held."""
        return not without(spans, self.held(key))

    def next_to_go(self) -> tuple[StreamKey, dict[Partition, Ranges]] | None:
        """Return what the next events will push out; None while there is room."""
        with self._lock:
            if not self._lanes or self._nbytes + self._chunk_limit() <= self.budget_bytes:
                return None
            victim = self._victim()
            return None if victim is None else (victim[0], _covered([victim[1][0]]))

    # Adding

    def add(self, key: StreamKey, batches: Sequence[EventBatch], covered: Spans) -> bool:
        """Take what came of a stream in one step, with the offsets that the step passed.

        Returns
        -------
        :
            Whether it is held now. It is held whole or not at all.
        """
        return self._put(key, batches, covered, is_live=True)

    def add_past(self, key: StreamKey, batches: Sequence[EventBatch], covered: Spans) -> bool:
        """Take what was read back, where there is room without pushing out anything; see `add`."""
        return self._put(key, batches, covered, is_live=False)

    def forget(self, topic: str) -> None:
        """Drop the streams of a topic: its offsets mean other messages now."""
        with self._lock:
            for key in [key for key in self._lanes if key.topic == topic]:
                for chunk in self._lanes.pop(key).chunks():
                    self._nbytes -= chunk.nbytes
                    chunk.memory = None

    def clear(self) -> None:
        """Give all memory back, and hold nothing any more."""
        with self._lock:
            self.budget_bytes = 0
            for lane in self._lanes.values():
                for chunk in lane.chunks():
                    chunk.memory = None
            self._lanes.clear()
            self._spare.clear()
            self._nbytes = 0

    def _put(self, key: StreamKey, batches: Sequence[EventBatch], covered: Spans, *, is_live: bool) -> bool:
        kind = kind_of(batches)
        n_events = sum(batch.n_events for batch in batches)
        if kind is None or not covered:
            return False
        with self._lock:
            lane = self._lanes.get(key)
            if lane is None:
                lane = self._lanes[key] = _Lane()
            elif shared(covered, _covered(lane.chunks() if not is_live else lane.past)):
                return False  # another view read the same back
            chunks = lane.live if is_live else lane.past
            if not is_live and self._nbytes + beside_events(batches) > self.budget_bytes:
                return False
            chunk = chunks[-1] if chunks else None
            if chunk is None or not chunk.has_room(kind, n_events):
                chunk = self._open(lane, kind, n_events, is_live=is_live)
                if chunk is None:
                    return False
            before = chunk.nbytes
            chunk.append(key.topic, batches, covered)
            self._sequence += 1
            chunk.sequence = self._sequence
            self._nbytes += chunk.nbytes - before
            while self._nbytes > self.budget_bytes:
                self._drop_oldest()
            self._spare.clear()
            return chunk.memory is not None

    def _open(self, lane: _Lane, kind: Kind, n_events: int, *, is_live: bool) -> Chunk | None:
        """Begin a new chunk; None where there is no room for it."""
        chunks = lane.live if is_live else lane.past
        if chunks:
            before = chunks[-1].nbytes
            chunks[-1].seal()
            self._nbytes += chunks[-1].nbytes - before
        need = n_events * kind.event_bytes
        nbytes = max(need, min(lane.next_bytes, self._chunk_limit())) if n_events else 0
        self._spare.clear()
        if nbytes > self.budget_bytes // 2 or not self.budget_bytes:
            return None
        while self._nbytes + nbytes > self.budget_bytes:
            if not is_live or not self._drop_oldest():
                return None
        lane.next_bytes = min(2 * lane.next_bytes, self._chunk_bytes)
        chunk = Chunk(kind, self._memory(nbytes))
        chunks.append(chunk)
        self._nbytes += chunk.nbytes
        return chunk

    # Dropping

    def _victim(self) -> tuple[StreamKey, deque[Chunk]] | None:
        """Return where the oldest chunk lies: read back before live, then by what came into it last."""
        for name in ("past", "live"):
            found = [(key, getattr(lane, name)) for key, lane in self._lanes.items() if getattr(lane, name)]
            if found:
                return min(found, key=lambda item: item[1][0].sequence)
        return None

    def _drop_oldest(self) -> bool:
        victim = self._victim()
        if victim is None:
            return False
        chunk = victim[1].popleft()
        self._nbytes -= chunk.nbytes
        self.dropped_events += chunk.n_events
        self.dropped_messages += sum(len(part.offset) for part in chunk.parts)
        memory, chunk.memory = chunk.memory, None
        if memory is not None:
            self._spare = [*self._spare[1 - SPARE_CHUNKS :], memory]
        return True

    def _chunk_limit(self) -> int:
        """Size of a chunk, so that those that are half empty take a small part of the budget; a power of two."""
        share = self.budget_bytes // (SHARE * len(self._lanes))
        return 1 << max(0, min(self._chunk_bytes, share).bit_length() - 1)

    def _memory(self, nbytes: int) -> Memory:
        """Take memory that was dropped, if nobody looks at it any more, or new one."""
        spare, self._spare = self._spare, []
        for memory in spare:
            # A batch that was handed over refers to the array: its events must stay as they are.
            if len(memory.array) == nbytes and sys.getrefcount(memory.array) <= 2:
                return memory
        return Memory(nbytes)

    # Reading

    def read(
        self, key: StreamKey, wanted: Spans, start_ns: int | None = None, stop_ns: int | None = None
    ) -> Iterator[Held]:
        """Yield what is held of some offsets, oldest first; arrays are views on the ring's memory.

        Parameters
        ----------
        key, wanted
            The stream, and the offsets.
        start_ns, stop_ns
            Messages all of whose entries lie outside this span may come without a batch.
        """
        with self._lock:
            lane = self._lanes.get(key)
            todo = [(chunk, part) for chunk in (lane.chunks() if lane else ()) for part in chunk.parts]
        left = dict(wanted)
        for chunk, part in todo:
            mine = shared(part.covered, left)
            if not mine:
                continue
            with self._lock:
                if chunk.memory is None:
                    continue
                is_outside = _is_outside(part, start_ns, stop_ns)
                batch = None if is_outside else chunk.batch(part, key.topic, mine)
            left = without(left, mine)
            yield Held(batch, mine)

    def count(self, key: StreamKey, wanted: Spans) -> int | None:
        """Return the number of events in some offsets; None if not all of them are held."""
        n, found = 0, 0
        for held in self.read(key, wanted):
            n += size(held.covered)
            found += 0 if held.batch is None else held.batch.n_events
        return found if n == size(wanted) else None


def _is_outside(part: Part, start_ns: int | None, stop_ns: int | None) -> bool:
    if not len(part.times) or (start_ns is None and stop_ns is None):
        return False
    late = stop_ns is not None and int(part.times.min()) >= stop_ns
    return late or (start_ns is not None and int(part.times.max()) < start_ns)


def _covered(chunks: Sequence[Chunk] | deque[Chunk]) -> dict[Partition, Ranges]:
    ranges: dict[Partition, list[tuple[int, int]]] = {}
    for chunk in chunks:
        for part in chunk.parts:
            for place, found in part.covered.items():
                ranges.setdefault(place, []).extend(found)
    return {place: merge_ranges(found) for place, found in ranges.items()}


def _length(span: RingSpan) -> str:
    if span.first_ns is None or span.last_ns is None:
        return ""
    return f" of {(span.last_ns - span.first_ns) / 1e9:,.1f} s"


def _span(chunks: Sequence[Chunk]) -> RingSpan:
    parts = [part for chunk in chunks for part in chunk.parts]
    timed = [part.times for part in parts if len(part.times)]
    return RingSpan(
        _covered(chunks),
        min((int(times.min()) for times in timed), default=None),
        max((int(times.max()) for times in timed), default=None),
        sum(len(part.offset) for part in parts),
        sum(chunk.n_events for chunk in chunks),
        sum(chunk.nbytes for chunk in chunks),
    )
