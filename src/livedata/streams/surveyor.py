"""The thread that finds out what is there: new topics, the streams in them, and what each log said last."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from fnmatch import fnmatchcase

from ..errors import ArgumentError
from ..transport.protocol import Partition, Transport, Watermarks
from .arrivals import EVENT_SCHEMAS
from .batch import Facet, LogBatch
from .key import StreamKey
from .start import start_offsets
from .survey import (
    DEEP_TAIL_MESSAGES,
    KNOWN_TAIL_MESSAGES,
    LOG_TAIL_MESSAGES,
    TAIL_MESSAGES,
    last_sample,
    sample_tails,
    tails,
)
from .topicbook import TopicBook

MAX_TOPICS = 50
SURVEY_S = 1.0
HURRIED_SURVEY_S = 0.1
RESAMPLE_S = 5.0
"""How often the tail of a partition that nobody watches is looked at again."""
HEAVY_SCHEMAS = frozenset({*EVENT_SCHEMAS, "ad00", "ADAr", "NDAr", "ar51", "dat2", "pu00"})
"""Topics that carry these are fetched only while somebody watches; the others are light and always read."""


class Surveyor:
    """Keeps a topic book up to date, in a thread of its own.

    Parameters
    ----------
    transport
        The broker.
    book
        What is found goes here.
    patterns
        Names or patterns of topics; None takes all.
    start
        Where partitions begin, as `parse_start` returns it.
    stop
        Ends the thread.
    found
        Called when topics may have to be read that were not known before.
    """

    def __init__(
        self,
        transport: Transport,
        book: TopicBook,
        *,
        patterns: Sequence[str] | None,
        start: str | int | dict[Partition, int],
        stop: threading.Event,
        found: Callable[[], None],
    ) -> None:
        self.n_rounds = 0
        """How often everything was looked at."""
        self.error: Exception | None = None
        self._transport = transport
        self._book = book
        self._patterns = patterns
        self._start = start
        self._stop = stop
        self._found = found
        self._hurry = threading.Event()
        self._sampled: dict[Partition, tuple[int, float]] = {}
        self._searched: set[Partition] = set()
        self._searched_deep: set[Partition] = set()
        self._take_topics(first=True)
        self.thread = threading.Thread(target=self._run, name="livedata-survey", daemon=True)

    def wait_for(self, found: Callable[[], bool], timeout_s: float) -> bool:
        """Look around more often until `found` is true or the time is over; return whether it is true."""
        deadline = time.monotonic() + timeout_s
        self._hurry.set()
        try:
            while not found():
                left = deadline - time.monotonic()
                if left <= 0 or self._stop.is_set():
                    return found()
                with self._book.changed:
                    self._book.changed.wait(min(left, 0.1))
            return True
        finally:
            self._hurry.clear()

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                self._take_topics()
                self._survey()
                if self._hurry.is_set() and self.n_rounds:
                    self._search_deep()
            except OSError:
                pass  # the broker is away: its contact shows it, and the next round tries again
            except Exception as error:  # noqa: BLE001 - a fault of ours: shown, while reading goes on
                self.error = error
            self.n_rounds += 1
            self._book.announce()
            began = time.monotonic()
            while not self._stop.wait(0.05):
                elapsed = time.monotonic() - began
                if elapsed > SURVEY_S or (self._hurry.is_set() and elapsed > HURRIED_SURVEY_S):
                    break

    def _take_topics(self, *, first: bool = False) -> None:
        """Take up topics and partitions that are new; what appears after the start is read from its beginning."""
        found = {topic: n for topic, n in self._transport.topics(timeout_s=5.0).items() if self._matches(topic)}
        if first and self._patterns is None and len(found) > MAX_TOPICS:
            some = ", ".join(sorted(found)[:5])
            raise ArgumentError(
                f"{len(found)} topics at {self._transport.url} (such as {some}); name those you want: topics='SANS2D_*'"
            )
        book = self._book
        there = [Partition(topic, i) for topic, n in found.items() for i in range(n)]
        new = [p for p in there if p not in book.position]
        if not new:
            return
        follow = first or isinstance(self._start, int) or self._start == "earliest"
        offsets = start_offsets(self._transport, new, self._start if follow else "earliest")
        with book.lock:
            for p in new:
                book.start[p] = book.position[p] = offsets[p]

    def _matches(self, topic: str) -> bool:
        return self._patterns is None or any(fnmatchcase(topic, pattern) for pattern in self._patterns)

    def _idle(self) -> list[Partition]:
        """Partitions that are not being read."""
        with self._book.lock:
            return [p for p in self._book.position if p not in self._book.assigned]

    def _survey(self) -> None:
        """Look at the tails of idle partitions that moved."""
        now, hurried = time.monotonic(), self._hurry.is_set()
        due = [p for p in self._idle() if hurried or now - self._sampled.get(p, (0, -1e9))[1] > RESAMPLE_S]
        if not due:
            return
        marks = self._transport.watermarks(due, timeout_s=2.0)
        moved = {p: m for p, m in marks.items() if m.high > m.low and self._sampled.get(p, (-1, 0.0))[0] != m.high}
        if not moved:
            return
        known = {p: m for p, m in moved.items() if p in self._sampled}
        ranges = tails(moved, TAIL_MESSAGES) | tails(known, KNOWN_TAIL_MESSAGES)
        sample = sample_tails(self._transport, ranges, stop=self._stop, tap=self._book.take)
        self._sampled.update({p: (mark.high, now) for p, mark in moved.items()})
        self._book.sight(sample.sightings)
        light = {topic for topic, schemas in sample.schemas.items() if not schemas & HEAVY_SCHEMAS}
        self._search_last_values({p: m for p, m in moved.items() if p.topic in light})
        with self._book.lock:
            self._book.light |= light
        self._found()

    def _search_deep(self) -> None:
        """Look further back, once: somebody waits for a stream whose last message is not among the last few."""
        deep = [p for p in self._idle() if p not in self._searched_deep]
        if not deep:
            return
        marks = self._transport.watermarks(deep, timeout_s=2.0)
        self._searched_deep.update(deep)
        sample = sample_tails(self._transport, tails(marks, DEEP_TAIL_MESSAGES), stop=self._stop, tap=self._book.take)
        self._book.sight([s for s in sample.sightings if s.key not in self._book.sightings])

    def _search_last_values(self, marks: dict[Partition, Watermarks]) -> None:
        """Find the last sample of each log, and the run we are in, from before the start."""
        begin = self._book.start
        ranges = {
            p: (max(m.low, begin[p] - LOG_TAIL_MESSAGES), begin[p])
            for p, m in marks.items()
            if p not in self._searched and begin[p] > m.low
        }
        self._searched.update(marks)
        if not ranges:
            return
        sample = sample_tails(self._transport, ranges, stop=self._stop, tap=self._book.take, timeout_s=5.0)
        newest: dict[tuple[StreamKey, Facet], LogBatch] = {}
        for key, batch in sample.logs:
            last = last_sample(batch)
            before = newest.get((key, batch.facet))
            if before is None or last.time[0] >= before.time[0]:
                newest[key, batch.facet] = last
        self._book.sight([s for s in sample.sightings if s.key not in self._book.sightings])
        for (key, _), batch in newest.items():
            self._book.log(key).accept(batch)
