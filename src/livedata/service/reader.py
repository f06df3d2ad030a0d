"""Reading one topic for the histograms that count it: from pinned offsets, as far as a span of record time reaches."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence

from ..errors import TransportError
from ..streams.appetite import Appetite
from ..streams.batch import EventBatch
from ..streams.split import Splitter
from ..transport import Consumer, Partition, Record, Transport
from .brokers import ASK_S, check_topics
from .served import Flow, Served
from .span import Span

LEEWAY_MS = 5000
"""After this long behind the stop by the wall clock, whatever is on the topic is all that counts."""
DISORDER_MS = 250
"""A message so far behind the stop closes its partition: several producers do not write in perfect order. For a stop
that is long past it is the leeway."""
AHEAD_MS = 10_000
"""Record times further ahead of the wall clock close nothing: that clock is wrong."""
DRAIN_S = 0.5
ASK_AGAIN_S = 2.0
MAX_FAILURES = 10

TOO_OLD = (
    "Cannot find start time in the data, either the supplied time is too old or there is no data available: "
    "the earliest message kept"
)


class Reader:
    """One thread with one consumer. Made, pinned, started and stopped by a run.

    Parameters
    ----------
    schema
        Schema of the messages that count; None takes all events.
    """

    def __init__(
        self, transport: Transport, topic: str, span: Span, schema: str | None, served: Sequence[Served]
    ) -> None:
        self.topic = topic
        self.error = ""
        self._transport = transport
        self._span = span
        self._tag = None if schema is None else schema.encode("ascii")
        self._served = tuple(served)
        self._splitter = Splitter()
        self._appetite = Appetite()
        self._consumer: Consumer | None = None
        self._next: dict[Partition, int] = {}
        """Offset that is due in each partition that is still read."""
        self._lost = self._other_schema = 0
        self._has_begun = False
        self._disorder_ms = DISORDER_MS
        self._ends: dict[Partition, int] = {}
        self._ask_again_s = 0.0
        self._asked_for_stop = False
        self._stopping = threading.Event()
        self._drain_until_s = 0.0
        for each in self._served:
            each.join(self)
        self._thread = threading.Thread(target=self._run, name=f"livedata-serve-{topic}", daemon=True)

    # For the owner

    def pin(self) -> str:
        """Find out where reading begins; return why it cannot, if messages that are meant have expired.

        Raises
        ------
        TransportError
            If the broker does not answer, or has no such topic.
        """
        size = check_topics(self._transport, [self.topic])[self.topic]
        partitions = [Partition(self.topic, i) for i in range(size)]
        marks = self._transport.watermarks(partitions, timeout_s=ASK_S)
        if self._span.from_ms is None:
            self._next = {p: mark.high for p, mark in marks.items()}
            return ""
        if self._is_past_stop():
            self._disorder_ms = LEEWAY_MS  # nobody waits for it
        self._next = self._transport.offsets_at(partitions, self._span.from_ms, timeout_s=ASK_S)
        expired = [p for p, mark in marks.items() if 0 < mark.low == self._next[p] < mark.high]
        if expired and self._span.from_ms == self._span.start_ms:
            p = expired[0]
            return f"{TOO_OLD} of {p.topic!r} partition {p.partition} has offset {marks[p].low} and is later"
        return ""

    @property
    def trouble(self) -> str:
        """What is wrong with the broker of the events, as long as it is read from."""
        consumer = self._consumer
        if consumer is None or not self._thread.is_alive():
            return ""
        contact = consumer.contact
        return f"{self.topic}: {contact.reason or 'the broker does not answer'}" if contact.is_lost else ""

    def start(self) -> None:
        """Begin to read."""
        self._thread.start()

    def give_up(self, reason: str) -> None:
        """Read nothing; the histograms say why."""
        self.error = reason
        for served in self._served:
            served.leave(self, reason)

    def stop(self) -> None:
        """Ask for the end: what is on the topic now is still read, for half a second at most."""
        self._drain_until_s = time.monotonic() + DRAIN_S
        self._stopping.set()

    def join(self, timeout_s: float) -> bool:
        """Wait for the end; return whether it has come."""
        if self._thread.ident is not None:
            self._thread.join(timeout_s)
        return not self._thread.is_alive()

    # The thread

    def _run(self) -> None:
        try:
            consumer = self._consumer = self._transport.consumer()
            try:
                consumer.assign(self._next)
                self._read(consumer)
            finally:
                consumer.close()
        except Exception as error:  # noqa: BLE001 - the histograms tell it, and the heartbeat
            self.error = f"reading {self.topic!r} failed: {error}"
        for served in self._served:
            served.leave(self, self.error)

    def _read(self, consumer: Consumer) -> None:
        failures, n_open = 0, len(self._next)
        while self._next and not all(served.is_over for served in self._served):
            try:
                records = consumer.fetch(0.1, max_records=self._appetite.max_records)
                failures = 0
            except TransportError:
                failures += 1
                if failures >= MAX_FAILURES:
                    raise
                self._stopping.wait(0.5 * failures)
                records = []
            self._appetite.note(records)
            self._take(records)
            if self._stopping.is_set() and time.monotonic() > self._drain_until_s:
                return
            if self._stopping.is_set() or self._is_past_stop():
                self._close_finished_partitions(consumer)
            if len(self._next) < n_open:
                n_open = len(self._next)
                consumer.pause(p for p in consumer.positions() if p not in self._next)

    def _is_past_stop(self) -> bool:
        return self._span.stop_ms is not None and _now_ms() > self._span.stop_ms + LEEWAY_MS

    def _take(self, records: list[Record]) -> None:
        wanted: list[Record] = []
        now_ms = _now_ms()
        for record in records:
            p = Partition(record.topic, record.partition)
            due = self._next.get(p)
            if due is None:
                continue  # closed already
            if record.offset > due:
                self._note_gap(p, due, record.offset)
            self._next[p] = record.offset + 1
            if self._is_behind(record, now_ms):
                del self._next[p]
            elif not self._span.holds(record.timestamp_ms):
                continue
            elif self._tag is not None and record.value[4:8] != self._tag:
                self._other_schema += 1
            else:
                wanted.append(record)
        if wanted:
            self._has_begun = True
            for key, batch in self._splitter.split(wanted):
                if isinstance(batch, EventBatch):
                    for served in self._served:
                        served.take(key.source, batch)
        if records:
            flow = self._flow()
            for served in self._served:
                served.note(self, flow, has_begun=self._has_begun)

    def _is_behind(self, record: Record, now_ms: int) -> bool:
        """Whether a message says that its partition has passed the stop."""
        stop_ms = self._span.stop_ms
        return stop_ms is not None and stop_ms + self._disorder_ms < record.timestamp_ms <= now_ms + AHEAD_MS

    def _flow(self) -> Flow:
        malformed = sum(t.malformed for t in self._splitter.topics.values())
        malformed += sum(s.malformed for s in self._splitter.ledgers.values())
        return Flow(malformed, self._lost, self._other_schema)

    def _note_gap(self, p: Partition, due: int, offset: int) -> None:
        """Tell messages that expired before they were read from offsets that never held one."""
        try:
            low = self._transport.watermarks([p], timeout_s=2.0)[p].low
        except (OSError, KeyError):
            return
        self._lost += max(0, min(low, offset) - due)

    # The end

    def _close_finished_partitions(self, consumer: Consumer) -> None:
        """Close partitions that were read as far as they count."""
        now_s = time.monotonic()
        is_stopping = self._stopping.is_set()
        if now_s >= self._ask_again_s or (is_stopping and not self._asked_for_stop):
            self._asked_for_stop = is_stopping
            self._ends = self._ask_ends(is_stopping)
            self._ask_again_s = now_s + ASK_AGAIN_S
        positions = consumer.positions()
        for p, end in self._ends.items():
            if p in self._next and max(self._next[p], positions.get(p, 0)) >= end:
                del self._next[p]

    def _ask_ends(self, is_stopping: bool) -> dict[Partition, int]:
        """Return where partitions end: as far as they go now, or where the span ends; nothing if nobody answers."""
        open_partitions = list(self._next)
        try:
            if is_stopping or self._span.stop_ms is None:
                marks = self._transport.watermarks(open_partitions, timeout_s=DRAIN_S)
                return {p: mark.high for p, mark in marks.items()}
            return self._transport.offsets_at(
                open_partitions, self._span.stop_ms + self._disorder_ms + 1, timeout_s=ASK_S
            )
        except OSError:
            return {}


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
