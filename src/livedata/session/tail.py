"""Finding topics by name, and searching them backwards for their last messages."""

from __future__ import annotations

import difflib
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase

from ..errors import ArgumentError, TransportError
from ..streams.history import read_ranges
from ..transport.protocol import Partition, Record, Transport
from .seen import is_wanted

PATIENCE_S = 5.0
"""How long messages are searched for."""
FARTHEST = 20_000
"""Messages that are looked through for those that are wanted."""
_GROWTH = 8


@dataclass(frozen=True, slots=True)
class Tail:
    """The last wanted messages of some topics."""

    records: tuple[Record, ...]
    """Oldest first, by record time."""
    ends: Mapping[Partition, int]
    """Offset behind the last message of each partition when they were looked for."""
    note: str = ""
    """Why there may be more of them; empty when these are the last ones for certain."""


def find_topics(transport: Transport, patterns: Sequence[str] | None) -> list[Partition]:
    """Return the partitions of the topics that match any of the patterns; of all topics for None.

    Raises
    ------
    TransportError
        If a pattern matches no topic; names the near misses.
    """
    there = transport.topics()
    if patterns is None:
        return [Partition(topic, i) for topic in sorted(there) for i in range(there[topic])]
    chosen: set[str] = set()
    for pattern in patterns:
        found = [topic for topic in there if topic == pattern or fnmatchcase(topic, pattern)]
        if not found:
            near = difflib.get_close_matches(pattern, there, n=3, cutoff=0.5)
            hint = (
                f"did you mean {' or '.join(near)}?" if near else f"there are {', '.join(sorted(there)[:8]) or 'none'}"
            )
            raise TransportError(f"no topic {pattern!r} at {transport.url}; {hint}")
        chosen.update(found)
    return [Partition(topic, i) for topic in sorted(chosen) for i in range(there[topic])]


def last_records(
    transport: Transport,
    partitions: Sequence[Partition],
    n: int,
    *,
    schema: str | None = None,
    source: str | None = None,
    patience_s: float = PATIENCE_S,
) -> Tail:
    """Search backwards for the last messages of some partitions, by record time.

    Parameters
    ----------
    transport
        Where the topics are.
    partitions
        Where to look.
    n
        How many, at most.
    schema, source
        As in `is_wanted`.
    patience_s
        Search no longer than this, and through no more than `FARTHEST` messages.
    """
    if not isinstance(n, int) or isinstance(n, bool) or n < 1:
        raise ArgumentError(f"n={n!r}; expected how many messages to show, 1 or more")
    search = _Search(transport, partitions, n, schema, source, time.monotonic() + patience_s)
    # A little of each of many partitions tells which of them hold the newest.
    window = -(-n // max(1, len(partitions)))
    while search.step(window):
        window = min(window * _GROWTH, FARTHEST)
    return Tail(tuple(search.newest()), search.ends, search.note)


@dataclass(slots=True)
class _Search:
    """A walk backwards through partitions, a window of offsets at a time."""

    transport: Transport
    partitions: Sequence[Partition]
    n: int
    schema: str | None
    source: str | None
    deadline: float
    note: str = ""
    looked_at: int = 0
    found: dict[Partition, list[Record]] = field(default_factory=dict)
    oldest_ms: dict[Partition, int] = field(default_factory=dict)
    low: dict[Partition, int] = field(default_factory=dict)
    ends: dict[Partition, int] = field(default_factory=dict)
    begin: dict[Partition, int] = field(default_factory=dict)
    """Offset down to which each partition has been looked through."""

    def __post_init__(self) -> None:
        marks = self.transport.watermarks(self.partitions) if self.partitions else {}
        self.low = {p: mark.low for p, mark in marks.items()}
        self.ends = {p: mark.high for p, mark in marks.items()}
        self.begin = dict(self.ends)

    def newest(self) -> list[Record]:
        """Return the last `n` of what was found, oldest first."""
        every = [record for records in self.found.values() for record in records]
        return sorted(every, key=_order)[-self.n :]

    def step(self, window: int) -> bool:
        """Look through the next window of each partition that may hold more; return whether there is more to do."""
        ranges = {p: (max(self.low[p], self.begin[p] - window), self.begin[p]) for p in self._open()}
        if not ranges:
            return False
        left_s = self.deadline - time.monotonic()
        if left_s <= 0 or self.looked_at >= FARTHEST:
            self.note = f"looked through the last {self.looked_at:,} messages only"
            return False
        reached: dict[Partition, int] = {}

        def take(records: list[Record], steps: dict[Partition, tuple[int, int]]) -> None:
            self._keep(records)
            reached.update({p: last for p, (_, last) in steps.items()})

        read_ranges(self.transport, ranges, take, stopped=lambda: False, timeout_s=left_s)
        cut = [p for p, (_, last) in ranges.items() if reached.get(p, 0) < last]
        if cut:
            self.note = f"{len(cut)} of {len(self.ends)} partitions were not read in time"
            return False
        self.begin.update({p: first for p, (first, _) in ranges.items()})
        return True

    def _keep(self, records: list[Record]) -> None:
        self.looked_at += len(records)
        for record in records:
            p = Partition(record.topic, record.partition)
            self.oldest_ms[p] = min(self.oldest_ms.get(p, record.timestamp_ms), record.timestamp_ms)
            if is_wanted(record.value, self.schema, self.source):
                kept = self.found.setdefault(p, [])
                kept.append(record)
                if len(kept) > self.n:
                    # The oldest goes: messages can be large, and windows wide.
                    kept.remove(min(kept, key=_order))

    def _open(self) -> Iterator[Partition]:
        """Yield the partitions whose unread part may hold one of the last `n`."""
        newest = self.newest()
        bound_ms = newest[0].timestamp_ms if len(newest) == self.n else None
        for p, begin in self.begin.items():
            is_full = len(self.found.get(p, ())) >= self.n
            is_older = bound_ms is not None and self.oldest_ms.get(p, bound_ms + 1) <= bound_ms
            if begin > self.low[p] and not is_full and not is_older:
                yield p


def _order(record: Record) -> tuple[int, str, int, int]:
    return record.timestamp_ms, record.topic, record.partition, record.offset
