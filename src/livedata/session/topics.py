"""What topics hold and carry: sizes from their offsets, the rest from the last messages of each partition."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from .. import schemas
from ..errors import DecodeError
from ..streams.history import read_ranges
from ..streams.survey import tails
from ..transport.protocol import Partition, Record, Transport, Watermarks

TAIL = 50
"""Messages read from the end of each partition, if there is time."""
MAX_CHUNK_BYTES = 64 * 2**20
"""Bytes asked for at once."""
LATELY_S = 10
"""Rates are those of the last seconds."""
ENOUGH = 5
"""Messages within `LATELY_S` from which on they are counted; else the time between the sampled ones tells."""
IDLE_SPACINGS = 10
"""A topic without a message for so many times the time between its messages is taken to have ended."""
NO_PAYLOAD, UNSOUND = "no payload", "unsound"


@dataclass(slots=True)
class Topic:
    """One topic: how much it holds, and what the sample of it was."""

    name: str
    partitions: int
    messages: int = 0
    """Span of its offsets; less are there on a topic that is compacted or written in transactions."""
    n_sampled: int = 0
    bytes: int | None = None
    """Estimate from the sampled messages: their mean size times `messages`; None where nothing was sampled."""
    rate: float | None = None
    """Messages per second of record time of late; None when nothing has come for long, or there are too few."""
    newest_ms: int | None = None
    """Record time of the newest sampled message, ms since 1970 UTC."""
    schemas: Counter[str] = field(default_factory=Counter)
    """Sampled messages by schema id; `UNSOUND` for what is no message, `NO_PAYLOAD` for empty ones."""
    sources: Counter[str] = field(default_factory=Counter)
    """Sampled messages by source name."""
    problem: str = ""
    """Why a sampled message could not be decoded."""

    @property
    def ranked_sources(self) -> dict[str, int]:
        """The sources, those with most messages first, by name where they have as many."""
        return dict(sorted(self.sources.items(), key=lambda pair: (-pair[1], pair[0])))

    @property
    def remarks(self) -> tuple[str, ...]:
        """What somebody should know who relies on this."""
        said = []
        for id, n in self.schemas.items():
            if id == UNSOUND:
                said.append(f"{n:,} of {self.n_sampled:,} unsound: {self.problem}")
            elif id != NO_PAYLOAD and id not in schemas.SCHEMAS:
                became = schemas.RETIRED.get(id)
                said.append(f"{id!r} is no known schema ({became})" if became else f"{id!r} is no known schema")
        if self.messages and not self.n_sampled:
            said.append("not sampled")
        return tuple(said)


@dataclass(slots=True)
class _Tail:
    """The sampled messages of one partition, without their content."""

    n: int = 0
    n_bytes: int = 0
    oldest_ms: int = 0
    newest_ms: int = 0

    def add(self, record: Record) -> None:
        at = record.timestamp_ms
        self.oldest_ms = min(self.oldest_ms, at) if self.n else at
        self.newest_ms = max(self.newest_ms, at) if self.n else at
        self.n += 1
        self.n_bytes += len(record.value) + len(record.key or b"")


def survey_topics(
    transport: Transport, partitions: Sequence[Partition], *, seconds: float = 5.0, now_ms: int | None = None
) -> list[Topic]:
    """Say what some topics hold, in a bounded time however many and large they are.

    Parameters
    ----------
    transport
        Where the topics are.
    partitions
        All partitions of the topics.
    seconds
        Time for sampling: first the last message of each partition, then `TAIL` of those that have small ones, then
        of the others. What was not reached says so in its remarks.
    now_ms
        The present, ms since 1970; rates of what has ended long before are left out.

    Returns
    -------
    :
        In the order of their names.
    """
    marks = transport.watermarks(partitions) if partitions else {}
    topics: dict[str, Topic] = {}
    for p, mark in sorted(marks.items()):
        topic = topics.setdefault(p.topic, Topic(p.topic, 0))
        topic.partitions += 1
        topic.messages += mark.high - mark.low
    parts = {p: _Tail() for p, mark in marks.items() if mark.high > mark.low}

    def take(records: list[Record], _steps: object) -> None:
        for record in records:
            parts[Partition(record.topic, record.partition)].add(record)
            _note(topics[record.topic], record.value)

    def sample(ranges: Mapping[Partition, tuple[int, int]]) -> None:
        left = deadline - time.monotonic()
        if ranges and left > 0:
            read_ranges(transport, ranges, take, stopped=lambda: False, timeout_s=left)

    now = now_ms if now_ms is not None else time.time_ns() // 10**6
    before = transport.offsets_at(list(parts), now - LATELY_S * 1000) if parts else {}
    deadline = time.monotonic() + seconds
    sample(tails({p: marks[p] for p in parts}, 1))
    for ranges in _chunks(parts, marks):
        sample(ranges)
    for p, tail in parts.items():
        topic, mark = topics[p.topic], marks[p]
        if tail.n:
            topic.bytes = (topic.bytes or 0) + tail.n_bytes * (mark.high - mark.low) // tail.n
            topic.newest_ms = max(topic.newest_ms or 0, tail.newest_ms) if tail.newest_ms > 0 else topic.newest_ms
        rate = _rate(tail, mark.high - before[p], now)
        topic.rate = rate if topic.rate is None else topic.rate + (rate or 0.0)
    return list(topics.values())


def _chunks(
    parts: Mapping[Partition, _Tail], marks: Mapping[Partition, Watermarks]
) -> list[dict[Partition, tuple[int, int]]]:
    """Return what to read beyond the last messages, small ones first, in steps of bounded size."""
    chunks: list[dict[Partition, tuple[int, int]]] = [{}]
    size = 0
    for p in sorted((p for p, tail in parts.items() if tail.n), key=lambda p: parts[p].n_bytes):
        first, last = max(marks[p].low, marks[p].high - TAIL), marks[p].high - 1
        expected = (last - first) * parts[p].n_bytes // parts[p].n
        if size + expected > MAX_CHUNK_BYTES and chunks[-1]:
            chunks.append({})
            size = 0
        chunks[-1][p] = (first, last)
        size += expected
    return chunks


def _note(topic: Topic, value: bytes) -> None:
    topic.n_sampled += 1
    if not value:
        topic.schemas[NO_PAYLOAD] += 1
        return
    try:
        id = schemas.identify(value)
        if id in schemas.SCHEMAS:
            schemas.decode(value)
            if source := schemas.source_of(value):
                topic.sources[source] += 1
    except DecodeError as error:
        id = UNSOUND
        topic.problem = topic.problem or str(error)
    topic.schemas[id] += 1


def _rate(tail: _Tail, n_lately: int, now_ms: int) -> float | None:
    """Return messages per second: counted when many came lately, else from the time between the sampled ones."""
    if n_lately >= ENOUGH:
        return n_lately / LATELY_S
    span_ms = tail.newest_ms - tail.oldest_ms
    if tail.n < 2 or span_ms < 1000 or tail.oldest_ms <= 0:
        return None
    spacing_ms = span_ms / (tail.n - 1)
    return None if now_ms - tail.newest_ms > IDLE_SPACINGS * spacing_ms else 1000 / spacing_ms
