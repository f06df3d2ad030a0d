"""Which times lie behind which offsets: so that reading a span of time once more does not mean reading everything."""

from __future__ import annotations

import threading
from bisect import bisect_right, insort
from collections.abc import Sequence
from typing import NamedTuple

from .batch import EventBatch
from .extent import Partition, Ranges, merge_ranges
from .key import StreamKey
from .spans import Spans, without

JOIN_NS = 1_000_000_000
"""Neighbours are told apart no finer than this."""
MOST = 4096
"""Blocks that are kept of each partition; of more, neighbours are joined, however long they are then."""
NEVER = (2**63 - 1, -(2**63))


class _Block(NamedTuple):
    """Offsets, and the first and last time of the entries in them."""

    first: int
    stop: int
    earliest_ns: int
    latest_ns: int


class TimeIndex:
    """Remembers the times of all event messages that were read. Safe to use from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._blocks: dict[StreamKey, dict[Partition, list[_Block]]] = {}
        self._known: dict[StreamKey, dict[Partition, Ranges]] = {}

    def note(self, key: StreamKey, batches: Sequence[EventBatch], covered: Spans) -> None:
        """Take note of what one step brought of a stream, and of all offsets that it passed."""
        times = [batch.event_time_zero for batch in batches if batch.n_entries]
        earliest = min((int(t.min()) for t in times), default=NEVER[0])
        latest = max((int(t.max()) for t in times), default=NEVER[1])
        with self._lock:
            known, blocks = self._known.setdefault(key, {}), self._blocks.setdefault(key, {})
            for p, ranges in without(covered, known).items():
                mine = blocks.setdefault(p, [])
                for first, stop in ranges:
                    _add(mine, _Block(first, stop, earliest, latest))
                known[p] = merge_ranges((*known.get(p, ()), *ranges))

    def outside(self, key: StreamKey, start_ns: int | None, stop_ns: int | None) -> dict[Partition, Ranges]:
        """Return the offsets that are known to hold no entry with ``start_ns <= time < stop_ns``."""
        if start_ns is None and stop_ns is None:
            return {}
        start, stop = NEVER[1] if start_ns is None else start_ns, NEVER[0] if stop_ns is None else stop_ns
        with self._lock:
            blocks = {p: tuple(mine) for p, mine in self._blocks.get(key, {}).items()}
        return {
            p: merge_ranges((b.first, b.stop) for b in mine if b.latest_ns < start or b.earliest_ns >= stop)
            for p, mine in blocks.items()
        }

    def forget(self, topic: str) -> None:
        """Drop what was known of a topic: its offsets mean other messages now."""
        with self._lock:
            for key in [key for key in self._known if key.topic == topic]:
                del self._known[key], self._blocks[key]


def _add(blocks: list[_Block], new: _Block) -> None:
    """Put a block in its place; join it with the one before it where both together are still short."""
    at = bisect_right(blocks, new)
    if at and blocks[at - 1].stop == new.first:
        joint = _joint(blocks[at - 1], new)
        if joint.latest_ns - joint.earliest_ns <= JOIN_NS:
            blocks[at - 1] = joint
            return
    insort(blocks, new)
    if len(blocks) > MOST:
        pairs = zip(blocks[::2], [*blocks[1::2], None], strict=False)
        blocks[:] = [
            block
            for a, b in pairs
            for block in ((a,) if b is None else (_joint(a, b),) if a.stop == b.first else (a, b))
        ]


def _joint(a: _Block, b: _Block) -> _Block:
    return _Block(a.first, b.stop, min(a.earliest_ns, b.earliest_ns), max(a.latest_ns, b.latest_ns))
