"""A connection: one consumer thread that reads the watched topics, splits them and hands batches on.

Every stream begins at the connection's start, whenever somebody begins to watch it: what has passed by then is read
back from the topic while new messages arrive.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable
from fnmatch import fnmatchcase

from ..errors import ArgumentError
from ..transport.protocol import Contact, Partition, Record, Transport, Watermarks
from .appetite import Appetite
from .batch import EventBatch, LogBatch
from .clock import EARLIEST_NS
from .extent import Extent
from .feed import Sink
from .key import StreamKey
from .ledger import StreamLedger, TopicLedger
from .log import LogTimeline
from .runs import RunBook, take_safely
from .split import Splitter
from .start import start_offsets
from .subscription import TopicSubscription
from .survey import KNOWN_TAIL_MESSAGES, LOG_TAIL_MESSAGES, TAIL_MESSAGES, Sighting, sample_tails, tails

MAX_TOPICS = 50
SURVEY_S = 1.0
FULL_WAIT_S = 0.0005
HURRIED_SURVEY_S = 0.1
RESAMPLE_S = 5.0
"""How often the tail of a partition that nobody watches is looked at again."""
HEAVY_SCHEMAS = frozenset({"ev44", "ev42", "ev43", "an44", "ad00", "ADAr", "NDAr", "ar51"})
"""Topics that carry these are fetched only while somebody watches; the others are light and always read."""
RECORD_TIME_MS = 60_000
"""How far record times and data times may differ before record times say nothing about where a span begins."""


class Connection:
    """Topics of one broker, seen as streams.

    Parameters
    ----------
    transport
        The broker. Closed with the connection.
    topics
        A topic name or pattern with ``*`` and ``?``, or several; None takes all (50 at most).
    start
        Where streams begin, as `parse_start` returns it.
    """

    def __init__(
        self,
        transport: Transport,
        *,
        topics: Iterable[str] | None = None,
        start: str | int | dict[Partition, int] = "now",
    ) -> None:
        self.transport = transport
        self.patterns = tuple(topics) if topics is not None else None
        self.runs = RunBook()
        self.logs: dict[StreamKey, LogTimeline] = {}
        self.sightings: dict[StreamKey, Sighting] = {}
        self.start_positions: dict[Partition, int] = {}
        self.changed = threading.Condition()
        self.error: Exception | None = None
        self._start = start
        self._stop = threading.Event()
        self._hurry = threading.Event()
        self._wake = threading.Event()
        self._lock = threading.RLock()
        self._splitter = Splitter(self._wants, tap=self._tap)
        self._appetite = Appetite()
        self._position: dict[Partition, int] = {}
        self._assigned: set[Partition] = set()
        self._pinned_topics: set[str] = set()
        self._light_topics: set[str] = set()
        self._subscriptions: list[TopicSubscription] = []
        self._sampled: dict[Partition, int] = {}
        self._sampled_at: dict[Partition, float] = {}
        self._searched: set[Partition] = set()
        self._surveys = 0
        self._take_topics(first=True)
        self._consumer = transport.consumer()
        self._threads = [
            threading.Thread(target=self._consume, name="livedata-consumer", daemon=True),
            threading.Thread(target=self._survey_loop, name="livedata-survey", daemon=True),
        ]
        for thread in self._threads:
            thread.start()

    # What is there

    @property
    def contact(self) -> Contact:
        """Whether the broker answers."""
        return self._consumer.contact

    @property
    def is_closed(self) -> bool:
        """Whether the connection was closed."""
        return self._stop.is_set()

    @property
    def ledgers(self) -> dict[StreamKey, StreamLedger]:
        """Ledgers of the streams that were read."""
        return dict(self._splitter.ledgers)

    @property
    def topic_ledgers(self) -> dict[str, TopicLedger]:
        """Ledgers of the topics that were read."""
        return dict(self._splitter.topics)

    def keys(self) -> list[StreamKey]:
        """Return all streams known by now."""
        with self._lock:
            return sorted({*self.sightings, *self._splitter.ledgers})

    def partitions(self, topic: str) -> list[Partition]:
        """Return the known partitions of a topic."""
        with self._lock:
            return [p for p in self.start_positions if p.topic == topic]

    def topics(self) -> list[str]:
        """Return the topics of this connection that exist by now."""
        with self._lock:
            return sorted({p.topic for p in self.start_positions})

    def is_watched(self, key: StreamKey) -> bool:
        """Whether the stream's messages are being decoded."""
        return any(p.topic == key.topic for p in tuple(self._assigned)) and self._wants(key)

    def wait_for(self, found: Callable[[], bool], timeout_s: float) -> bool:
        """Wait until `found` is true or the survey has looked everywhere and the time is over."""
        deadline = time.monotonic() + timeout_s
        self._hurry.set()
        try:
            while not found():
                left = deadline - time.monotonic()
                if left <= 0 or self._stop.is_set():
                    return found()
                with self.changed:
                    self.changed.wait(min(left, 0.1))
            return True
        finally:
            self._hurry.clear()

    def wait_for_survey(self, timeout_s: float) -> bool:
        """Wait until every topic was looked at once."""
        return self.wait_for(lambda: self._surveys > 0, timeout_s)

    # Handing over

    def subscribe(self, key: StreamKey, sink: Sink, extent: Extent | None = None) -> TopicSubscription:
        """Hand the stream's batches of an extent to a sink; see `Feed.subscribe`."""
        subscription = TopicSubscription(self.transport, key, sink, extent)
        if extent is not None and extent.offsets is not None:
            subscription.read_back({p: r for p, r in extent.offsets.items() if p.topic == key.topic})
            return subscription
        begin = self._begin(key, extent)
        with self._lock:  # the consumer thread hands on under this lock: positions stand still
            join = {p: max(begin.get(p, 0), self._position[p]) for p in self.partitions(key.topic)}
            self._subscriptions.append(subscription)
            ledger = self._splitter.ledgers.get(key)
            newest = ledger.newest_ns if ledger else None
        self._wake.set()
        back = {p: (begin.get(p, 0), position) for p, position in join.items()}
        if extent is not None and extent.stop_ns is not None:
            subscription.take_live(newest)
        subscription.read_back(back)
        return subscription

    def watch(self, topic: str) -> None:
        """Read a topic whether or not a view watches one of its streams."""
        with self._lock:
            self._pinned_topics.add(topic)
        self._wake.set()

    def log(self, key: StreamKey) -> LogTimeline:
        """Return the timeline of a log; it fills while its topic is read."""
        with self._lock:
            return self.logs.setdefault(key, LogTimeline())

    def close(self) -> None:
        """End the threads and give up the broker; returns at once."""
        if self._stop.is_set():
            return
        self._stop.set()
        self._wake.set()
        with self._lock:
            subscriptions, self._subscriptions = self._subscriptions, []
        for subscription in subscriptions:
            subscription.close()
        me = threading.current_thread()
        for thread in self._threads:
            if thread is not me:
                thread.join(timeout=1.0)
        self._consumer.close()
        self.transport.close()

    def _begin(self, key: StreamKey, extent: Extent | None) -> dict[Partition, int]:
        """Where a span begins in each partition of the stream's topic."""
        partitions = self.partitions(key.topic)
        if extent is None or extent.start_ns is None:
            with self._lock:
                return {p: self.start_positions[p] for p in partitions}
        ledger, sighting = self._splitter.ledgers.get(key), self.sightings.get(key)
        newest = (
            ledger.newest_ns if ledger and ledger.newest_ns is not None else sighting.newest_ns if sighting else None
        )
        record_times_tell = newest is not None and abs(newest // 1_000_000 - time.time() * 1000) < RECORD_TIME_MS
        if record_times_tell and extent.start_ns > EARLIEST_NS:
            return self.transport.offsets_at(partitions, extent.start_ns // 1_000_000 - RECORD_TIME_MS)
        # A replay: record times are those of the replay, so only reading tells. Begin where the topic begins.
        return {p: mark.low for p, mark in self.transport.watermarks(partitions).items()}

    def _wants(self, key: StreamKey) -> bool:
        return key.family == "log" or any(s.key == key and not s.is_closed for s in self._subscriptions)

    def _tap(self, schema: str, record: Record) -> None:
        take_safely(self.runs, schema, record)

    # The consumer thread

    def _consume(self) -> None:
        try:
            while not self._stop.is_set():
                self._follow_watched()
                if not self._assigned:
                    self._wake.wait(0.1)
                    self._wake.clear()
                    continue
                while any(s.sink.is_full and not s.is_closed for s in self._subscriptions) and not self._stop.is_set():
                    self._stop.wait(FULL_WAIT_S)  # the topic keeps what nobody can take yet
                records = self._consumer.fetch(0.1, max_records=self._appetite.max_records)
                self._appetite.note(records)
                with self._lock:
                    self._hand_on(records)
        except Exception as error:  # noqa: BLE001 - shown by everything that hangs on this connection
            self.error = error
            for subscription in self._subscriptions:
                subscription.sink.failed(error)

    def _follow_watched(self) -> None:
        """Read exactly the partitions of watched and light topics."""
        with self._lock:
            self._subscriptions = [s for s in self._subscriptions if not s.is_closed]
            topics = {s.key.topic for s in self._subscriptions} | self._pinned_topics | self._light_topics
            wanted = {p for p in self._position if p.topic in topics}
            if wanted != self._assigned:
                self._consumer.assign({p: self._position[p] for p in wanted})
                self._assigned = wanted

    def _hand_on(self, records: list[Record]) -> None:
        """Split what came and hand it to its sinks; called under the lock."""
        if not records:
            return
        steps: dict[Partition, tuple[int, int]] = {}
        fresh: list[Record] = []
        for record in records:
            p = Partition(record.topic, record.partition)
            position = self._position.get(p)
            if position is None:
                continue
            if record.offset < position:
                if not self._has_restarted(p, position):
                    continue  # fetched before the assignment changed
                position = self._position[p] = record.offset
            if record.offset > position:
                self._note_gap(p, position, record.offset)
            first = steps[p][0] if p in steps else position
            steps[p] = (first, record.offset + 1)
            self._position[p] = record.offset + 1
            fresh.append(record)
        n_known = len(self._splitter.ledgers)
        batches = self._splitter.split(fresh)
        for key, batch in batches:
            if isinstance(batch, LogBatch):
                self.log(key).accept(batch)
        for subscription in self._subscriptions:
            if subscription.is_closed:
                continue
            for key, batch in batches:
                if key == subscription.key and isinstance(batch, EventBatch):
                    subscription.sink.accept(batch)
            mine = {p: step for p, step in steps.items() if p.topic == subscription.key.topic}
            if mine:
                subscription.sink.covered(mine)
                ledger = self._splitter.ledgers.get(subscription.key)
                subscription.take_live(ledger.newest_ns if ledger else None)
        if len(self._splitter.ledgers) != n_known:
            with self.changed:
                self.changed.notify_all()

    def _has_restarted(self, p: Partition, position: int) -> bool:
        """Whether the partition is a new, shorter log under the old name."""
        try:
            restarted = self.transport.watermarks([p], timeout_s=2.0)[p].high < position
        except (OSError, KeyError):
            return False
        if restarted:
            for key, ledger in self._splitter.ledgers.items():
                if key.topic == p.topic:
                    ledger.remarks["the topic began anew"] += 1
        return restarted

    def _note_gap(self, p: Partition, position: int, offset: int) -> None:
        """Tell messages that expired before they were read from offsets that never held one."""
        try:
            low = self.transport.watermarks([p], timeout_s=2.0)[p].low
        except (OSError, KeyError):
            low = offset
        lost = max(0, min(low, offset) - position)
        topic = self._splitter.topics[p.topic]
        topic.lost += lost
        topic.skipped += offset - position - lost
        if lost:
            for key, ledger in self._splitter.ledgers.items():
                if key.topic == p.topic:
                    ledger.lost += lost
            for subscription in self._subscriptions:
                if subscription.key.topic == p.topic:
                    subscription.sink.lost(lost)

    # The survey thread

    def _matches(self, topic: str) -> bool:
        return self.patterns is None or any(fnmatchcase(topic, pattern) for pattern in self.patterns)

    def _take_topics(self, *, first: bool = False) -> None:
        """Take up topics and partitions that are new; what appears after the start is read from its beginning."""
        found = {topic: n for topic, n in self.transport.topics(timeout_s=5.0).items() if self._matches(topic)}
        if first and self.patterns is None and len(found) > MAX_TOPICS:
            some = ", ".join(sorted(found)[:5])
            raise ArgumentError(
                f"{len(found)} topics at {self.transport.url} (such as {some}); name those you want: topics='SANS2D_*'"
            )
        new = [
            Partition(topic, i)
            for topic, n in found.items()
            for i in range(n)
            if Partition(topic, i) not in self._position
        ]
        if not new:
            return
        follow = first or isinstance(self._start, int) or self._start == "earliest"
        offsets = start_offsets(self.transport, new, self._start if follow else "earliest")
        with self._lock:
            for p in new:
                self.start_positions[p] = self._position[p] = offsets[p]

    def _survey_loop(self) -> None:
        while not self._stop.is_set():
            try:
                self._take_topics()
                self._survey()
            except OSError:
                pass  # the broker is away: `contact` shows it, and the next round tries again
            except Exception as error:  # noqa: BLE001 - a fault of ours: shown, while reading goes on
                self.error = error
            self._surveys += 1
            with self.changed:
                self.changed.notify_all()
            end = time.monotonic() + SURVEY_S
            while time.monotonic() < end and not self._stop.is_set():
                if self._hurry.is_set() and time.monotonic() > end - SURVEY_S + HURRIED_SURVEY_S:
                    break
                self._stop.wait(0.05)

    def _survey(self) -> None:
        """Look at the tails of partitions that moved and are not being read anyway."""
        now, hurried = time.monotonic(), self._hurry.is_set()
        with self._lock:
            idle = [
                p
                for p in self._position
                if p not in self._assigned and (hurried or now - self._sampled_at.get(p, -1e9) > RESAMPLE_S)
            ]
        if not idle:
            return
        marks = self.transport.watermarks(idle, timeout_s=2.0)
        moved = {p: m for p, m in marks.items() if m.high > m.low and self._sampled.get(p) != m.high}
        if not moved:
            return
        known = {p: m for p, m in moved.items() if p in self._sampled}
        ranges = tails(moved, TAIL_MESSAGES) | tails(known, KNOWN_TAIL_MESSAGES)
        sample = sample_tails(self.transport, ranges, stop=self._stop, runs=self.runs)
        for p, mark in moved.items():
            self._sampled[p], self._sampled_at[p] = mark.high, now
        with self._lock:
            for sighting in sample.sightings:
                self.sightings[sighting.key] = sighting
        light = {t for t, schemas in sample.schemas.items() if not schemas & HEAVY_SCHEMAS}
        self._search_last_values({p: m for p, m in moved.items() if p.topic in light})
        with self._lock:
            self._light_topics |= light
        self._wake.set()

    def _search_last_values(self, marks: dict[Partition, Watermarks]) -> None:
        """Find the last sample of each log, and the run we are in, from before the start."""
        ranges = {
            p: (max(m.low, self.start_positions[p] - LOG_TAIL_MESSAGES), self.start_positions[p])
            for p, m in marks.items()
            if p not in self._searched and self.start_positions[p] > m.low
        }
        self._searched.update(marks)
        if not ranges:
            return
        sample = sample_tails(self.transport, ranges, stop=self._stop, runs=self.runs, timeout_s=5.0)
        newest: dict[StreamKey, LogBatch] = {}
        for key, batch in sample.logs:
            last = int(batch.time.argmax())
            held = newest.get(key)
            if held is None or batch.time[last] >= held.time[0]:
                newest[key] = _one_sample(batch, last)
        with self._lock:
            for sighting in sample.sightings:
                self.sightings.setdefault(sighting.key, sighting)
        for key, batch in newest.items():
            self.log(key).accept(batch)


def _one_sample(batch: LogBatch, i: int) -> LogBatch:
    """Return one sample of a batch as a batch."""
    m = batch.messages
    part = slice(i, i + 1)
    places = m.first_entry[:1] * 0
    messages = type(m)(m.topic, m.partition[part], m.offset[part], m.timestamp_ms[part], places, places)
    return LogBatch(batch.time[part], batch.value[part], messages)
