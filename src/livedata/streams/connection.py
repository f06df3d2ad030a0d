"""A connection: one consumer thread that reads the watched topics, splits them and hands batches on.

Every stream begins at the connection's start, whenever somebody begins to watch it: what has passed by then is read
back from the topic while new messages arrive.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Iterable, Mapping

from ..transport.protocol import Contact, Partition, Record, Transport
from .appetite import Appetite
from .archive import Archive, Archives
from .backlog import Backlog
from .batch import Batch, EventBatch, LogBatch
from .clock import EARLIEST_NS
from .extent import Extent, Ranges
from .feed import Sink
from .gathering import Gathering
from .key import StreamKey
from .ledger import StreamLedger, TopicLedger
from .past import Past
from .patience import Patience
from .ring import EventRing
from .ringmemory import parse_memory
from .spans import shared, size, without
from .split import Splitter
from .subscription import TopicSubscription
from .surveyor import Surveyor
from .topicbook import TopicBook
from .turns import Turn, Turns

HOLD_S = 0.005
UNREAD_S = 1.0
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
    memory
        How much the newest events may take in memory, in bytes or as ``"2 GB"``; None takes a quarter of what is free,
        2 GB at most.
    """

    def __init__(
        self,
        transport: Transport,
        *,
        topics: Iterable[str] | None = None,
        start: str | int | dict[Partition, int] = "now",
        memory: int | str | None = None,
    ) -> None:
        self.transport = transport
        self.ring = EventRing(parse_memory(memory))
        self.archives = Archives()
        self.past = Past(transport, self.ring, self.archives)
        self.patterns = tuple(topics) if topics is not None else None
        self.book = TopicBook()
        self.error: Exception | None = None
        self._stop = threading.Event()
        self._wake = threading.Event()
        self._splitter = Splitter(self._wants, tap=self.book.take)
        self._appetite = Appetite()
        self._pinned_topics: set[str] = set()
        self._gathering = Gathering()
        self._subscriptions: list[TopicSubscription] = []
        self._finite: list[TopicSubscription] = []
        self._watched: frozenset[StreamKey] = frozenset()
        """Streams that somebody watched when the records at hand came; each of these is decoded in all of them."""
        self._backlog = Backlog(transport, self.book.position)
        self._turns = Turns(transport, self.book.position, self._splitter)
        self._paused: set[Partition] = set()
        self._unheld: set[str] = set()
        """Topics that nobody takes at once, and of which the ring does not hold what came."""
        self._patience = Patience()
        self._ends: dict[str, tuple[float, dict[Partition, int]]] = {}
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
        watched = key.family == "log" or any(s.key == key and not s.is_closed for s in tuple(self._subscriptions))
        return watched and any(p.topic == key.topic for p in tuple(self.book.assigned))

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

    def subscribe(
        self,
        key: StreamKey,
        sink: Sink,
        extent: Extent | None = None,
        after: Mapping[Partition, int] | None = None,
    ) -> TopicSubscription:
        """Hand the stream's batches of an extent to a sink; see `Feed.subscribe`."""
        subscription = TopicSubscription(self.past, self, key, sink, extent)
        if extent is not None and extent.offsets is not None:
            with self.book.lock:
                self._finite = [s for s in self._finite if not s.is_closed] + [subscription]
            subscription.read_back({p: r for p, r in extent.offsets.items() if p.topic == key.topic})
            return subscription
        begin = self._begin(key, extent)
        begin |= {p: max(offset, begin.get(p, 0)) for p, offset in (after or {}).items() if p.topic == key.topic}
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

    def add_archive(self, archive: Archive) -> None:
        """Let a recorded file stand in for what has expired on its topics."""
        self.archives.add(archive)

    # What subscriptions ask

    @property
    def lock(self) -> threading.RLock:
        """Held while positions change and messages are handed on."""
        return self.book.lock

    def newest_ns(self, key: StreamKey) -> int | None:
        """Return the stream's clock: the latest believable time that was read."""
        ledger = self._splitter.ledgers.get(key)
        return ledger.newest_ns if ledger else None

    def unread(self, topic: str) -> int:
        """Return how many messages of a topic are there and have not been read, as the broker said within a second."""
        asked, ends = self._ends.get(topic, (-UNREAD_S, {}))
        if time.monotonic() - asked > UNREAD_S and not self.contact.is_lost and not self.is_closed:
            with contextlib.suppress(OSError):
                marks = self.transport.watermarks(self.book.partitions(topic), timeout_s=0.5)
                ends = {p: mark.high for p, mark in marks.items()}
                self._ends[topic] = (time.monotonic(), ends)
        return sum(max(0, end - self.book.position.get(p, end)) for p, end in ends.items())

    def skip_unread(self, topic: str) -> None:
        """Go to the end of a topic, if nobody takes what comes; what was left out lies behind for all then."""
        with self.book.lock:
            mine = [s for s in self._subscriptions if s.key.topic == topic and not s.is_closed]
            if any(s.is_attached for s in mine) or topic in self._pinned_topics | self.book.light:
                return
            position = self.book.position
            try:
                marks = self.transport.watermarks(self.book.partitions(topic), timeout_s=2.0)
            except OSError:
                return
            skipped: dict[Partition, Ranges] = {}
            for p, mark in marks.items():
                if position[p] < mark.high:
                    skipped[p] = ((position[p], mark.high),)
                    position[p] = mark.high
            for s in mine:
                s.leave_behind(skipped)
            if skipped:
                self.book.assigned = set()  # so that they are read from their new positions

    # Handing over

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
            subscriptions = self._subscriptions + self._finite
            self._subscriptions, self._finite = [], []
        for subscription in subscriptions:
            subscription.close()
        me = threading.current_thread()
        for thread in (self._thread, self._surveyor.thread):
            if thread is not me:
                thread.join(timeout=1.0)
        deadline = time.monotonic() + 1.0
        for subscription in subscriptions:
            subscription.join(deadline - time.monotonic())
        self.ring.clear()
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
        return key.family == "log" or key in self._watched

    # The consumer thread

    def _consume(self) -> None:
        try:
            while not self._stop.is_set():
                self._follow_watched()
                if not self.book.assigned:
                    self._wake.wait(HOLD_S)
                    self._wake.clear()
                    continue
                if self._hold_topics():
                    self._wake.wait(HOLD_S)
                    self._wake.clear()
                    continue
                self._patience.wait_for(self._subscriptions, self._stop)
                most = self._appetite.max_records
                records = self._consumer.fetch(0.1, max_records=most)
                self._appetite.note(records)
                with self.book.lock:
                    self._hand_on(records, most)
                    given = [s for s in self._subscriptions if s.is_attached]
                for subscription in given:
                    if not subscription.is_closed:
                        self._let_work(subscription)
                del records  # so that the next messages come to lie where these are, which is in the cache
        except Exception as error:  # noqa: BLE001 - shown by everything that hangs on this connection
            self.error = error
            for subscription in self._subscriptions:
                subscription.sink.failed(error)

    def _let_work(self, subscription: TopicSubscription) -> None:
        """Have a sink work in this thread; one that takes long at it works in a thread of its own from now on."""
        began = time.monotonic()
        subscription.sink.work()
        if self._patience.is_too_slow(subscription, time.monotonic() - began):
            with self.book.lock:
                subscription.fall_behind()

    def _hold_topics(self) -> bool:
        """Let the broker keep what nobody can take; return whether there is nothing else to read."""
        with self.book.lock:
            topics: dict[str, list[TopicSubscription]] = {}
            for s in self._subscriptions:
                if not s.is_closed:
                    topics.setdefault(s.key.topic, []).append(s)
            always = self._pinned_topics | self.book.light
            held = {
                topic
                for topic, mine in topics.items()
                if topic not in always and (any(s.is_waited_for for s in mine) or self._is_hopeless(topic, mine))
            }
            self._unheld &= {topic for topic, mine in topics.items() if not any(s.is_attached for s in mine)}
            paused = {p for p in self.book.assigned if p.topic in held}
            if paused != self._paused:
                self._consumer.resume(self._paused - paused)
                self._consumer.pause(paused - self._paused)
                self._paused = paused
            return bool(paused) and paused == self.book.assigned

    def _is_hopeless(self, topic: str, subscriptions: list[TopicSubscription]) -> bool:
        """Whether all who watch a topic are behind, and reading on would push out what they still need."""
        if any(s.is_attached or not s.left for s in subscriptions):
            return False
        if topic in self._unheld or any(s.key.family != "events" for s in subscriptions):
            return True
        victim = self.ring.next_to_go()
        return victim is not None and any(s.key == victim[0] and shared(s.left, victim[1]) for s in subscriptions)

    def _follow_watched(self) -> None:
        """Read exactly the partitions of watched and light topics; see `Gathering` for those that are new."""
        with self.book.lock:
            self._subscriptions = [s for s in self._subscriptions if not s.is_closed]
            always = self._pinned_topics | self.book.light
            watched: dict[str, frozenset[int]] = {}
            for s in self._subscriptions:
                if s.key.topic not in always:
                    watched[s.key.topic] = watched.get(s.key.topic, frozenset()) | {id(s)}
            being_read = {p.topic for p in self.book.assigned}
            topics = self._gathering.ready(watched, being_read, time.monotonic()) | always
            wanted = {p for p in self.book.position if p.topic in topics}
            if wanted != self.book.assigned:
                self._consumer.assign({p: self.book.position[p] for p in wanted})
                self.book.assigned = wanted
                self._paused = set()

    def _hand_on(self, records: list[Record], most: int) -> None:
        """Split what came, keep it and hand it to its sinks; called under the lock."""
        if not records:
            return
        subscriptions = [s for s in self._subscriptions if not s.is_closed]
        self._watched = frozenset(s.key for s in subscriptions)
        turn = self._turns.take(records)
        self._note_faults(turn, subscriptions)
        n_known = len(self._splitter.ledgers)
        batches: dict[StreamKey, list[Batch]] = {}
        for key, batch in self._splitter.split(turn.records):
            batches.setdefault(key, []).append(batch)
            if isinstance(batch, LogBatch):
                self.book.log(key).accept(batch)
        passed = without({p: (step,) for p, step in turn.steps.items()}, turn.lost)
        deep = {topic for topic in {p.topic for p in passed} if self._backlog.is_deep(topic, len(records), most)}
        for key in self._watched:
            mine = {p: ranges for p, ranges in passed.items() if p.topic == key.topic}
            if not mine:
                continue
            events = [batch for batch in batches.get(key, ()) if isinstance(batch, EventBatch)]
            if key.family == "events":
                self.past.times.note(key, events, mine)
                if key.topic in deep or not self.ring.add(key, events, mine):
                    self._unheld.add(key.topic)
            ledger = self._splitter.ledgers.get(key)
            for subscription in subscriptions:
                if subscription.key == key:
                    subscription.hand(batches.get(key, ()), mine)
                    subscription.take_live(ledger.newest_ns if ledger else None)
        if len(self._splitter.ledgers) != n_known:
            self.book.announce()

    def _note_faults(self, turn: Turn, subscriptions: list[TopicSubscription]) -> None:
        for p in turn.restarted:
            self.ring.forget(p.topic)
            self.past.times.forget(p.topic)
        for subscription in subscriptions:
            for p in turn.restarted:
                if p.topic == subscription.key.topic:
                    subscription.forget(p)
            lost = size({p: ranges for p, ranges in turn.lost.items() if p.topic == subscription.key.topic})
            if lost:
                subscription.sink.lost(lost)
