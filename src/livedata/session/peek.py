"""The last messages of a topic, looked into: as a table, and as typed messages."""

from __future__ import annotations

import difflib
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from html import escape
from typing import overload

from .. import schemas
from ..errors import ArgumentError, TransportError
from ..schemas.html import message_html
from ..schemas.wording import clean
from ..streams.history import read_ranges
from ..transport.protocol import Partition, Record, Transport
from .seen import Seen, is_wanted, look

PATIENCE_S = 5.0
"""How long messages are searched for."""
FARTHEST = 20_000
"""Messages that are looked through for those that are wanted."""
_GROWTH = 8
_HTML_BUDGET = 150_000
_HEAD = ("time", "topic", "partition/offset", "schema", "source", "what it says")
_TABLE = "border-collapse:collapse;font-size:13px;font-variant-numeric:tabular-nums;color:inherit"
_CAPTION = "text-align:left;caption-side:top;color:inherit;padding-bottom:4px"
_CELL = "text-align:left;vertical-align:top;padding:2px 10px;border-bottom:1px solid #8886"
# A date may stand above its time, and a long name be broken: what a message says needs the room.
_WIDTHS = (
    "",
    "",
    "white-space:nowrap",
    "white-space:nowrap",
    "overflow-wrap:anywhere;min-width:7em",
    "overflow-wrap:anywhere;min-width:24em",
)


@dataclass(frozen=True, slots=True)
class Tail:
    """The last wanted messages of some topics."""

    records: tuple[Record, ...]
    """Oldest first, by record time."""
    ends: Mapping[Partition, int]
    """Offset behind the last message of each partition when they were looked for."""
    note: str = ""
    """Why there may be more of them; empty when these are the last ones for certain."""


@dataclass(frozen=True, slots=True, eq=False)
class Peek(Sequence[Seen]):
    """The last messages of a topic. Shows itself as a table; get one from ``live.peek(topic)``."""

    seen: tuple[Seen, ...]
    """Oldest first, by record time."""
    title: str = ""
    note: str = ""
    """Why there may be more of them."""

    @property
    def messages(self) -> list[schemas.Message]:
        """The typed messages; those that could not be decoded are left out."""
        return [seen.message for seen in self.seen if seen.message is not None]

    @overload
    def __getitem__(self, index: int) -> Seen: ...
    @overload
    def __getitem__(self, index: slice) -> Peek: ...
    def __getitem__(self, index: int | slice) -> Seen | Peek:
        if isinstance(index, slice):
            return Peek(self.seen[index], self.title, self.note)
        return self.seen[index]

    def __len__(self) -> int:
        return len(self.seen)

    def __repr__(self) -> str:
        lines = [lined(seen) for seen in self.seen]
        widths = [max((len(line[i]) for line in lines), default=0) for i in range(len(_HEAD) - 1)]
        texts = ["  ".join([*map(str.ljust, line, widths), line[-1]]) for line in lines]
        said = [
            text + (f"  ! {seen.warnings}" if seen.remarks else "") for text, seen in zip(texts, self.seen, strict=True)
        ]
        return "\n".join([f"<{self._headline()}>", *said])

    def _headline(self) -> str:
        count = f"{len(self)} message{'' if len(self) == 1 else 's'}"
        return f"{clean(self.title, 200)}: {count if self.seen else 'no messages'}" + (
            f"; {self.note}" if self.note else ""
        )

    def _repr_html_(self) -> str:
        left = _HTML_BUDGET
        rows = []
        for seen in self.seen:
            rows.append(_row_html(seen, max(left, 0)))
            left -= len(rows[-1])
        head = "".join(f'<th scope="col" style="{_CELL}">{name.replace("/", "/<wbr>")}</th>' for name in _HEAD)
        caption = f'<caption style="{_CAPTION}"><b>{escape(self._headline())}</b></caption>'
        body = f"<thead><tr>{head}</tr></thead><tbody>{''.join(rows)}</tbody>" if rows else ""
        return f'<table class="livedata-peek" style="{_TABLE}">{caption}{body}</table>'


def lined(seen: Seen) -> tuple[str, ...]:
    """Return time, topic, place, schema, source and summary of a message, all printable."""
    topic, schema = clean(seen.record.topic, 249), clean(seen.schema)
    return seen.time, topic, seen.place, schema, clean(seen.source, 80), seen.summary


def _row_html(seen: Seen, budget: int) -> str:
    *cells, said = (escape(text) for text in lined(seen))
    if seen.message is None:
        said = f"<b>▲ {said}</b>"
    elif budget:
        inner = message_html(seen.message, budget=min(budget, 15_000), is_explained=False)
        said = f'<details><summary style="cursor:pointer">{said}</summary>{inner}</details>'
    odd = f"<div>▲ {escape(seen.warnings)}</div>" if seen.remarks else ""
    row = zip([*cells, said + odd], _WIDTHS, strict=True)
    return "<tr>" + "".join(f'<td style="{_CELL};{width}">{cell}</td>' for cell, width in row) + "</tr>"


def peek(
    transport: Transport, topic: str, n: int = 10, *, schema: str | None = None, source: str | None = None
) -> Peek:
    """Return the last messages of a topic, looked into.

    Parameters
    ----------
    transport
        Where the topic is.
    topic
        Name or pattern (``*``, ``?``).
    n
        How many, at most.
    schema, source
        Only messages of this schema id, of this source (or pattern).

    Raises
    ------
    TransportError
        If there is no such topic; names the near misses.
    """
    tail = last_records(transport, find_topics(transport, [topic]), n, schema=schema, source=source)
    wanted = [text for text in (schema, source) if text]
    return Peek(tuple(look(record) for record in tail.records), " ".join([topic, *wanted]), tail.note)


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
