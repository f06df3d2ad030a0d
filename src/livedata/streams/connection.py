"""A connection: one consumer thread that reads the watched topics, splits them and hands batches on.

Every stream begins at the connection's start, whenever somebody begins to watch it: what has passed by then is read
back from the topic while new messages arrive.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable

from ..transport.protocol import Contact, Partition, Record, Transport
from .appetite import Appetite
from .batch import LogBatch
from .clock import EARLIEST_NS
from .extent import Extent
from .feed import Sink
from .key import StreamKey
from .ledger import StreamLedger, TopicLedger
from .split import Splitter
from .subscription import TopicSubscription
from .surveyor import Surveyor
from .topicbook import TopicBook

FULL_WAIT_S = 0.0005
GATHER_S = 0.02
"""How long a newly watched topic waits for more views before it is read."""
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
        self.book = TopicBook()
        self.error: Exception | None = None
        self._stop = threading.Event()
        self._wake = threading.Event()
        self._splitter = Splitter(self._wants, tap=self.book.take)
        self._appetite = Appetite()
        self._pinned_topics: set[str] = set()
        self._watched_since: dict[str, float] = {}
        self._subscriptions: list[TopicSubscription] = []
        self._surveyor = Surveyor(
            transport, self.book, patterns=self.patterns, start=start, stop=self._stop, found=self._wake.set
        )
        self._consumer = transport.consumer()
        self._thread = threading.Thread(target=self._consume, name="livedata-consumer", daemon=True)
        self._thread.start()
        self._surveyor.thread.start()

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
        with self.book.lock:
            return sorted({*self.book.sightings, *self._splitter.ledgers})

    def is_watched(self, key: StreamKey) -> bool:
        """Whether the stream's messages are being decoded."""
        return any(p.topic == key.topic for p in tuple(self.book.assigned)) and self._wants(key)

    def wait_for(self, found: Callable[[], bool], timeout_s: float) -> bool:
        """Look around more often until `found` is true or the time is over; return whether it is true."""
        return self._surveyor.wait_for(found, timeout_s)

    def wait_for_survey(self, timeout_s: float) -> bool:
        """Wait until every topic was looked at once."""
        return self._surveyor.wait_for(lambda: self._surveyor.n_rounds > 0, timeout_s)

    @property
    def fault(self) -> Exception | None:
        """A fault of ours that one of the threads met, or None."""
        return self.error or self._surveyor.error

    # Handing over

    def subscribe(self, key: StreamKey, sink: Sink, extent: Extent | None = None) -> TopicSubscription:
        """Hand the stream's batches of an extent to a sink; see `Feed.subscribe`."""
        subscription = TopicSubscription(self.transport, key, sink, extent)
        if extent is not None and extent.offsets is not None:
            subscription.read_back({p: r for p, r in extent.offsets.items() if p.topic == key.topic})
            return subscription
        begin = self._begin(key, extent)
        with self.book.lock:  # the consumer thread hands on under this lock: positions stand still
            join = {p: max(begin.get(p, 0), self.book.position[p]) for p in self.book.partitions(key.topic)}
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
        with self.book.lock:
            self._pinned_topics.add(topic)
        self._wake.set()

    def close(self) -> None:
        """End the threads and give up the broker; returns at once."""
        if self._stop.is_set():
            return
        self._stop.set()
        self._wake.set()
        with self.book.lock:
            subscriptions, self._subscriptions = self._subscriptions, []
        for subscription in subscriptions:
            subscription.close()
        me = threading.current_thread()
        for thread in (self._thread, self._surveyor.thread):
            if thread is not me:
                thread.join(timeout=1.0)
        self._consumer.close()
        self.transport.close()

    def _begin(self, key: StreamKey, extent: Extent | None) -> dict[Partition, int]:
        """Where a span begins in each partition of the stream's topic."""
        partitions = self.book.partitions(key.topic)
        if extent is None or extent.start_ns is None:
            with self.book.lock:
                return {p: self.book.start[p] for p in partitions}
        ledger, sighting = self._splitter.ledgers.get(key), self.book.sightings.get(key)
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

    # The consumer thread

    def _consume(self) -> None:
        try:
            while not self._stop.is_set():
                self._follow_watched()
                if not self.book.assigned:
                    self._wake.wait(GATHER_S)
                    self._wake.clear()
                    continue
                while any(s.sink.is_full and not s.is_closed for s in self._subscriptions) and not self._stop.is_set():
                    self._stop.wait(FULL_WAIT_S)  # the topic keeps what nobody can take yet
                records = self._consumer.fetch(0.1, max_records=self._appetite.max_records)
                self._appetite.note(records)
                with self.book.lock:
                    self._hand_on(records)
                    given = list(self._subscriptions)
                for subscription in given:
                    if not subscription.is_closed:
                        subscription.sink.work()
                del records  # so that the next messages come to lie where these are, which is in the cache
        except Exception as error:  # noqa: BLE001 - shown by everything that hangs on this connection
            self.error = error
            for subscription in self._subscriptions:
                subscription.sink.failed(error)

    def _follow_watched(self) -> None:
        """Read exactly the partitions of watched and light topics.

        A topic that somebody begins to watch is taken up a moment later: a cell often makes several views, and those
        made by then share one reading instead of catching up each on its own.
        """
        with self.book.lock:
            self._subscriptions = [s for s in self._subscriptions if not s.is_closed]
            watched = {s.key.topic for s in self._subscriptions} - self._pinned_topics - self.book.light
            now = time.monotonic()
            self._watched_since = {topic: self._watched_since.get(topic, now) for topic in watched}
            ready = {topic for topic, since in self._watched_since.items() if now - since >= GATHER_S}
            topics = ready | self._pinned_topics | self.book.light
            wanted = {p for p in self.book.position if p.topic in topics}
            if wanted != self.book.assigned:
                self._consumer.assign({p: self.book.position[p] for p in wanted})
                self.book.assigned = wanted

    def _hand_on(self, records: list[Record]) -> None:
        """Split what came and hand it to its sinks; called under the lock."""
        if not records:
            return
        fresh, steps = self._in_turn(records)
        n_known = len(self._splitter.ledgers)
        batches = self._splitter.split(fresh)
        for key, batch in batches:
            if isinstance(batch, LogBatch):
                self.book.log(key).accept(batch)
        for subscription in self._subscriptions:
            if subscription.is_closed:
                continue
            for key, batch in batches:
                if key == subscription.key:
                    subscription.sink.accept(batch)
            mine = {p: step for p, step in steps.items() if p.topic == subscription.key.topic}
            if mine:
                subscription.sink.covered(mine)
                ledger = self._splitter.ledgers.get(subscription.key)
                subscription.take_live(ledger.newest_ns if ledger else None)
        if len(self._splitter.ledgers) != n_known:
            self.book.announce()

    def _in_turn(self, records: list[Record]) -> tuple[list[Record], dict[Partition, tuple[int, int]]]:
        """Move the positions; return the records that were due, and the offsets passed in each partition."""
        positions = self.book.position
        first: dict[Partition, int] = {}
        fresh: list[Record] = []
        run: Partition | None = None
        run_topic, run_partition, due = "", -1, -1
        for record in records:
            topic, partition, offset, _, _, _, _ = record
            # Records of one partition come in long runs without a gap.
            if offset == due and partition == run_partition and topic == run_topic:
                due += 1
                fresh.append(record)
                continue
            if run is not None:
                positions[run] = due
            place = Partition(topic, partition)
            position = positions.get(place)
            if position != offset:
                position = self._skipped_to(place, position, offset)
            if position is None:
                run, due = None, -1
                continue
            first.setdefault(place, position)
            run, due = place, offset + 1
            run_topic, run_partition = place
            fresh.append(record)
        if run is not None:
            positions[run] = due
        return fresh, {p: (position, positions[p]) for p, position in first.items()}

    def _skipped_to(self, p: Partition, position: int | None, offset: int) -> int | None:
        """Return the position from which a record out of turn is taken; None if it is not."""
        if position is None:
            return None
        if offset < position:
            # Fetched before the assignment changed, or the topic was made anew.
            return offset if self._has_restarted(p, position) else None
        self._note_gap(p, position, offset)
        return position

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
