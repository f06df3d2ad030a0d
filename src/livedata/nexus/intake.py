"""The reading side of a recorder: its own consumer, every message once, up to the offsets at which it was stopped."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase

from ..errors import TransportError
from ..streams.batch import Batch
from ..streams.key import StreamKey
from ..streams.split import Splitter
from ..transport.protocol import Consumer, Partition, Record, Transport

LOOK_S = 2.0
"""How often new topics and partitions are looked for."""
QUIET_S = 6.0
"""After so long without a message from a broker that answers, the offsets still missing hold none."""
STEP_BYTES = 32 << 20
"""Aimed size of one step."""


@dataclass(frozen=True, slots=True)
class Step:
    """What one reading step brought."""

    batches: list[tuple[StreamKey, Batch]]
    covered: dict[Partition, tuple[int, int]]
    lost: int
    nbytes: int


class Intake:
    """Reads topics for a recorder. Used by one thread."""

    def __init__(self, transport: Transport, patterns: tuple[str, ...] | None, start: Mapping[Partition, int]) -> None:
        self._transport = transport
        self._patterns = patterns
        self.positions = dict(start)
        self.start = dict(start)
        self.ends: dict[Partition, int] | None = None
        self.splitter = Splitter()
        self.remarks: Counter[str] = Counter()
        self._consumer: Consumer = transport.consumer(holds_retention=True)
        self._consumer.assign(self.positions)
        self._looked = time.monotonic()
        self._heard = time.monotonic()
        self._asked = 0.0
        self._step_records = 64

    @property
    def lost_since_ns(self) -> int:
        """When the broker was last heard of, while it does not answer; else 0."""
        return self._consumer.contact.lost_since_ns

    @property
    def is_done(self) -> bool:
        """Whether everything up to the end was read."""
        return self.ends is not None and all(self.positions.get(p, 0) >= end for p, end in self.ends.items())

    @property
    def malformed(self) -> int:
        """Messages that were no sound ones."""
        streams = sum(ledger.malformed for ledger in list(self.splitter.ledgers.values()))
        return streams + sum(topic.malformed for topic in list(self.splitter.topics.values()))

    def end_here(self) -> bool:
        """Fix the end at the high watermarks of now; False while the broker does not answer."""
        if self.ends is not None:
            return True
        if time.monotonic() - self._asked < 0.5:
            return False
        self._asked = time.monotonic()
        try:
            self._look_for_new()
            marks = self._transport.watermarks(list(self.positions), timeout_s=2.0)
        except TransportError:
            return False
        self.ends = {
            p: max(marks[p].high, self.positions[p]) if p in marks else self.positions[p] for p in self.positions
        }
        self._heard = time.monotonic()
        return True

    def step(self, timeout_s: float = 0.1) -> Step | None:
        """Read what is there; None when nothing came."""
        if self.ends is None and time.monotonic() - self._looked > LOOK_S:
            try:
                self._look_for_new()
            except TransportError:
                self._looked = time.monotonic()
        if not self.positions:
            time.sleep(timeout_s)
            return None
        records = self._consumer.fetch(timeout_s, max_records=self._step_records)
        if not records:
            return self._quiet()
        self._heard = time.monotonic()
        nbytes = sum(len(r.value) for r in records)
        mean = nbytes // len(records) + 1
        self._step_records = max(4, min(4000, STEP_BYTES // mean))
        return self._taken(records, nbytes)

    def close(self) -> None:
        """Leave the broker."""
        self._consumer.close()

    def _taken(self, records: list[Record], nbytes: int) -> Step:
        """Keep each record once, inside the extent, and count what is missing between them."""
        before = dict(self.positions)
        fresh: list[Record] = []
        gaps: dict[Partition, list[tuple[int, int]]] = {}
        for record in records:
            place = Partition(record.topic, record.partition)
            expected = self.positions.get(place)
            if expected is None:
                continue
            if record.offset < expected:
                self._note_repeated(place)
                continue
            end = None if self.ends is None else self.ends.get(place)
            if end is not None and record.offset >= end:
                self.positions[place] = max(expected, end)
                continue
            if record.offset > expected:
                gaps.setdefault(place, []).append((expected, record.offset))
            self.positions[place] = record.offset + 1
            fresh.append(record)
        lost = self._lost_in(gaps)
        batches = self.splitter.split(fresh)
        covered = {p: (before[p], now) for p, now in self.positions.items() if now > before[p]}
        return Step(batches, covered, lost, nbytes)

    def _note_repeated(self, place: Partition) -> None:
        if self._consumer.positions().get(place, 1 << 62) < self.positions[place] and self.ends is None:
            # The broker lost its log and counts from the beginning: the same offsets would mean other messages.
            self.remarks[f"{place.topic} began anew on the broker: the recording ends where the old log did"] = 1
            self.ends = dict(self.positions)
        else:
            self.remarks["messages that came twice, taken once"] += 1

    def _lost_in(self, gaps: Mapping[Partition, list[tuple[int, int]]]) -> int:
        """Count the messages of gaps that had expired; other holes never held one."""
        if not gaps:
            return 0
        try:
            marks = self._transport.watermarks(list(gaps), timeout_s=2.0)
        except TransportError:
            return 0
        lost = 0
        for place, holes in gaps.items():
            low = marks[place].low if place in marks else 0
            expired = sum(max(0, min(low, stop) - first) for first, stop in holes)
            self.splitter.topics[place.topic].lost += expired
            for key, ledger in self.splitter.ledgers.items():
                if key.topic == place.topic:
                    ledger.lost += expired
            lost += expired
        return lost

    def _quiet(self) -> Step | None:
        """Nothing came: offsets without messages may be all that is left before the end."""
        if self.ends is None or time.monotonic() - self._heard < QUIET_S or self._consumer.contact.is_lost:
            return None
        try:
            marks = self._transport.watermarks(list(self.ends), timeout_s=2.0)
        except TransportError:
            self._heard = time.monotonic()
            return None
        covered, lost = {}, 0
        for place, end in self.ends.items():
            if self.positions[place] < end:
                lost += max(0, min(marks[place].low, end) - self.positions[place])
                covered[place] = (self.positions[place], end)
                self.positions[place] = end
        return Step([], covered, lost, 0)

    def _look_for_new(self) -> None:
        """Take up topics and partitions that have appeared, from their beginning."""
        topics = self._transport.topics(timeout_s=1.0)
        self._looked = time.monotonic()
        appeared = [
            p
            for topic, n in topics.items()
            if matches(topic, self._patterns)
            for i in range(n)
            if (p := Partition(topic, i)) not in self.positions
        ]
        if not appeared:
            return
        marks = self._transport.watermarks(appeared, timeout_s=2.0)
        for place in appeared:
            self.positions[place] = self.start[place] = marks[place].low
        self._consumer.assign(self.positions)


def matches(topic: str, patterns: tuple[str, ...] | None) -> bool:
    """Whether a topic is to be recorded."""
    return patterns is None or any(fnmatchcase(topic, pattern) for pattern in patterns)
