"""Everything that has passed, from wherever it still is: memory, the topic, or a file that stands in for the topic."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from weakref import WeakKeyDictionary

from ..transport.protocol import Partition, Record, Transport
from .archive import Archives
from .batch import Batch, EventBatch
from .extent import Ranges
from .feed import Expired
from .history import reading
from .key import StreamKey
from .ring import EventRing
from .spans import Spans, below, shared, size, together, without
from .split import Splitter
from .timeindex import TimeIndex

PREROLL_MESSAGES = 256
"""So far before a stretch the metadata of its first frame are looked for, on topics that have any."""
FRAME_METADATA = b"pu00"

Stopped = Callable[[], bool]


@dataclass(frozen=True, slots=True)
class Passed:
    """A step of what lies behind: its batches, and the offsets that it completes."""

    batches: list[Batch]
    covered: Mapping[Partition, Ranges]
    lost: int = 0
    """Messages of these offsets that are nowhere any more."""


class _Queue:
    """Streams of one topic that want to be read back for one sink."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.keys: set[StreamKey] = set()


class Past:
    """Reads what has passed of one connection. Safe to use from any thread."""

    def __init__(self, transport: Transport, ring: EventRing, archives: Archives) -> None:
        self.transport = transport
        self.ring = ring
        self.archives = archives
        self.times = TimeIndex()
        self.framed: set[str] = set()
        """Topics on which frames are described by metadata of their own."""
        self._lock = threading.Lock()
        self._queues: WeakKeyDictionary[object, dict[str, _Queue]] = WeakKeyDictionary()

    @contextmanager
    def turn(self, key: StreamKey, group: object | None, stopped: Stopped) -> Iterator[bool]:
        """Let streams of one topic that one sink takes together be read back one after the other.

        Who comes first keeps in memory what it finds of the others, as far as there is room. Yields whether nobody was
        before.
        """
        if group is None:
            yield True
            return
        with self._lock:
            queue = self._queues.setdefault(group, {}).setdefault(key.topic, _Queue())
            queue.keys.add(key)
        is_first = has_turn = queue.lock.acquire(blocking=False)
        try:
            while not has_turn and not stopped():
                has_turn = queue.lock.acquire(timeout=0.05)
            yield is_first
        finally:
            with self._lock:
                queue.keys.discard(key)
            if has_turn:
                queue.lock.release()

    def _sisters(self, key: StreamKey, group: object | None) -> frozenset[StreamKey]:
        """Return the other streams that wait for their turn."""
        with self._lock:
            queue = None if group is None else self._queues.get(group, {}).get(key.topic)
            return frozenset() if queue is None else frozenset(queue.keys - {key})

    def held(self, key: StreamKey, wanted: Spans) -> dict[Partition, Ranges]:
        """Return which of some offsets are in memory."""
        return shared(wanted, self.ring.held(key))

    def from_memory(self, key: StreamKey, wanted: Spans) -> Iterator[Passed]:
        """Yield what is in memory; what is dropped before its turn is left out."""
        for held in self.ring.read(key, wanted):
            yield Passed([] if held.batch is None else [held.batch], held.covered)

    def from_elsewhere(
        self, key: StreamKey, wanted: Spans, *, stopped: Stopped, group: object | None = None
    ) -> Iterator[Passed]:
        """Yield what is not in memory: from the topic, else from an archive; the rest is told as lost.

        Parameters
        ----------
        key, wanted
            The stream, and the offsets.
        stopped
            Asked at every step; true ends the reading.
        group
            As in `turn`.

        Raises
        ------
        LiveDataError
            If the topic or an archive cannot be read.
        """
        gone = below(wanted, self._lows(wanted))
        there = without(wanted, gone)
        for step, expired in self._from_topic(key, there, stopped, group):
            gone = together(gone, expired)
            if step.covered:
                yield step
        if stopped():
            return
        for archive, mine in self.archives.split(key, gone):
            for batch, covered in archive.batches(key, mine):
                if stopped():
                    return
                gone = without(gone, covered)
                yield Passed([] if batch is None else [batch], covered)
        if gone:
            yield Passed([], gone, size(gone))

    def reread(
        self, key: StreamKey, wanted: Spans, start_ns: int | None = None, stop_ns: int | None = None
    ) -> Iterator[EventBatch]:
        """Yield the events of some offsets once more; see `Feed.reread`."""
        left = {p: ranges for p, ranges in wanted.items() if ranges and p.topic == key.topic}
        for held in self.ring.read(key, left, start_ns, stop_ns):
            left = without(left, held.covered)
            if held.batch is not None:
                yield held.batch
        left = without(left, self.times.outside(key, start_ns, stop_ns))
        if not left:
            return
        for step in self.from_elsewhere(key, left, stopped=lambda: False):
            if step.lost:
                raise Expired(
                    f"{step.lost:,} messages of topic {key.topic!r} that were read before have expired: they are in no "
                    "memory, and no file that was recorded from them is known; name one with live.archive(path)",
                    step.covered,
                )
            for batch in step.batches:
                if isinstance(batch, EventBatch) and _has_entries(batch, start_ns, stop_ns):
                    yield batch

    def _lows(self, wanted: Spans) -> dict[Partition, int]:
        """Low watermarks; none while the broker is away: reading then waits for it."""
        if not wanted:
            return {}
        try:
            return {p: mark.low for p, mark in self.transport.watermarks(list(wanted), timeout_s=2.0).items()}
        except OSError:
            return {}

    def _from_topic(
        self, key: StreamKey, wanted: Spans, stopped: Stopped, group: object | None
    ) -> Iterator[tuple[Passed, dict[Partition, Ranges]]]:
        """Read stretch by stretch, the first of each partition at the same time, and so on."""
        for ranges in _rounds(wanted):
            decoded: set[StreamKey] = {key}
            splitter = Splitter(wants=decoded.__contains__)
            early = self._with_preroll(ranges)
            for read in reading(self.transport, early, stopped=stopped):
                decoded.intersection_update({key})
                decoded.update(self._sisters(key, group))
                found: dict[StreamKey, list[Batch]] = {}
                for one, batch in splitter.split(_in_turn(read.records, ranges)):
                    found.setdefault(one, []).append(batch)
                expired = _behind(ranges, read.expired)
                covered = without(_behind(ranges, read.steps), expired)
                for one in decoded:
                    if one.family == "events":
                        events = [batch for batch in found.get(one, ()) if isinstance(batch, EventBatch)]
                        self.times.note(one, events, covered)
                        self.ring.add_past(one, events, covered)
                yield Passed(found.get(key, []), covered), expired
            if splitter.topics[key.topic].noted["pu00"]:
                self.framed.add(key.topic)
            if stopped():
                return

    def _with_preroll(self, ranges: Mapping[Partition, tuple[int, int]]) -> dict[Partition, tuple[int, int]]:
        return {
            p: (max(0, first - PREROLL_MESSAGES) if p.topic in self.framed else first, stop)
            for p, (first, stop) in ranges.items()
        }


def _in_turn(records: list[Record], ranges: Mapping[Partition, tuple[int, int]]) -> list[Record]:
    """Leave out what lies before a stretch, but for what says something of the frame at its beginning."""
    return [
        r for r in records if r.offset >= ranges[Partition(r.topic, r.partition)][0] or r.value[4:8] == FRAME_METADATA
    ]


def _rounds(spans: Spans) -> Iterator[dict[Partition, tuple[int, int]]]:
    for i in range(max(map(len, spans.values()), default=0)):
        yield {p: ranges[i] for p, ranges in spans.items() if i < len(ranges)}


def _has_entries(batch: EventBatch, start_ns: int | None, stop_ns: int | None) -> bool:
    if not batch.n_entries:
        return False
    late = stop_ns is not None and int(batch.event_time_zero.min()) >= stop_ns
    return not late and not (start_ns is not None and int(batch.event_time_zero.max()) < start_ns)


def _behind(
    ranges: Mapping[Partition, tuple[int, int]], steps: Mapping[Partition, tuple[int, int]]
) -> dict[Partition, Ranges]:
    """Cut off what lies before a stretch."""
    return {p: ((max(first, ranges[p][0]), stop),) for p, (first, stop) in steps.items() if stop > ranges[p][0]}
