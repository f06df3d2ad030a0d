"""Several streams of events as one: the banks of a detector, with pixel numbers translated to joint ones.

Parts may lie on one topic or on several, or in one file. What a reader is told about offsets holds for all parts: a
range is covered when each part on that topic has handed over its share of it.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import reduce

import numpy as np
from numpy.typing import NDArray

from ..transport.protocol import Partition
from .batch import Batch, EventBatch, Int32Array
from .extent import Extent, Ranges
from .feed import Expired, Feed, Lag, Progress, Sink, Subscription
from .spans import Spans, shared, together, without

UNKNOWN = -1
"""Joint number of pixels that are in no bank's layout; no layout holds it."""
MAX_TABLE = 1 << 26


@dataclass(frozen=True, slots=True, eq=False)
class IdMap:
    """How the pixel numbers of one bank become joint ones. Made by `id_map` and `single_pixel`."""

    first: int = 0
    table: Int32Array | None = None
    """Joint number of ``first + i``, `UNKNOWN` for none, shape (number,)."""
    known: tuple[Int32Array, Int32Array] | None = None
    """Own numbers in rising order with their joint ones, where they are too far apart for a table."""
    single: int = UNKNOWN
    """Joint number of events without a pixel number."""

    def translate(self, ids: Int32Array | None, n_events: int) -> Int32Array:
        """Return joint pixel numbers, int32, shape (event,)."""
        if ids is None:
            return np.full(n_events, self.single, np.int32)
        if self.table is not None:
            offset = ids.astype(np.int64) - self.first
            inside = (offset >= 0) & (offset < len(self.table))
            return np.where(inside, self.table[np.where(inside, offset, 0)], np.int32(UNKNOWN))
        if self.known is not None:
            own, joint = self.known
            at = np.minimum(np.searchsorted(own, ids), len(own) - 1)
            return np.where(own[at] == ids, joint[at], np.int32(UNKNOWN))
        return np.full(len(ids), UNKNOWN, np.int32)


def id_map(own: NDArray[np.integer], joint: NDArray[np.integer]) -> IdMap:
    """Map pixel numbers to joint ones, both of shape (pixel,); any other number is unknown."""
    ids = np.asarray(own, np.int64)
    single = int(joint[0]) if len(ids) == 1 else UNKNOWN
    if not len(ids):
        return IdMap()
    first, stop = int(ids.min()), int(ids.max()) + 1
    if stop - first <= max(MAX_TABLE // 64, 16 * len(ids)) and stop - first <= MAX_TABLE:
        table = np.full(stop - first, UNKNOWN, np.int32)
        table[ids - first] = joint
        return IdMap(first, table, single=single)
    order = np.argsort(ids)
    return IdMap(known=(ids[order].astype(np.int32), np.asarray(joint)[order].astype(np.int32)), single=single)


def single_pixel(joint: int) -> IdMap:
    """Map events without pixel numbers to one joint pixel; numbers, if there are any, are unknown."""
    return IdMap(single=joint)


class JoinedFeed:
    """Several feeds of events as one; a `Feed`.

    Parameters
    ----------
    feeds
        Of the parts.
    maps
        How each part's pixel numbers become joint ones.
    """

    def __init__(self, feeds: Sequence[Feed], maps: Sequence[IdMap]) -> None:
        self.parts = tuple(zip(feeds, maps, strict=True))
        self.is_finite = all(feed.is_finite for feed in feeds)

    @property
    def remark(self) -> str:
        """What is wrong with the connection, if anything."""
        said = dict.fromkeys(getattr(feed, "remark", "") for feed, _ in self.parts)
        return "; ".join(text for text in said if text)

    def subscribe(
        self, sink: Sink, extent: Extent | None = None, after: Mapping[Partition, int] | None = None
    ) -> JoinedSubscription:
        """Hand every batch of every part to the sink, each message once; see `Feed.subscribe`."""
        return JoinedSubscription(self, sink, extent, after)

    def reread(
        self, ranges: Mapping[Partition, Ranges], start_ns: int | None = None, stop_ns: int | None = None
    ) -> Iterator[EventBatch]:
        """Return batches of every part once more; see `Feed.reread`."""
        gone: list[Expired] = []
        for feed, ids in self.parts:
            topic = topic_of(feed)
            wanted = {p: r for p, r in ranges.items() if topic is None or p.topic == topic}
            if wanted:
                try:
                    for batch in feed.reread(wanted, start_ns, stop_ns):
                        yield _translated(batch, ids)
                except Expired as expired:
                    gone.append(expired)
        if gone:
            raise Expired(str(gone[0]), reduce(together, (expired.spans for expired in gone)))


def topic_of(feed: Feed) -> str | None:
    """Return the topic that a feed's offsets belong to; None if it does not say."""
    topic = getattr(feed, "topic", None)
    return topic if isinstance(topic, str) else None


def _translated(batch: EventBatch, ids: IdMap) -> EventBatch:
    return replace(batch, event_id=ids.translate(batch.event_id, batch.n_events))


class JoinedSubscription:
    """A running hand-over from all parts. Files are read one after the other, topics all at once."""

    def __init__(
        self, feed: JoinedFeed, sink: Sink, extent: Extent | None, after: Mapping[Partition, int] | None
    ) -> None:
        self.sink, self._extent, self._after = sink, extent, after
        self._lock = threading.Lock()
        self._parts = [_Part(self, part, ids, topic_of(part)) for part, ids in feed.parts]
        self._told: Spans = {}
        self._running: list[Subscription] = []
        self._n_open = len(self._parts)
        self._is_over = False
        self._counted: dict[tuple[str, str | int], int] = {}
        self._waiting = [part for part in self._parts if part.feed.is_finite]
        for part in self._parts:
            if not part.feed.is_finite:
                self._start(part)
        self._next_file()

    @property
    def progress(self) -> Progress:
        """How far all parts have come."""
        with self._lock:
            running = list(self._running)
        held = [one.progress for one in running]
        left = sum(int(getattr(part.feed, "total", 0)) for part in self._waiting)
        if not held:
            return Progress(0, left)
        total = sum(p.total for p in held) + left
        return Progress(sum(p.done for p in held if p.total or not total), total, held[0].unit)

    @property
    def lag(self) -> Lag:
        """How far the sink is behind the part that it is farthest behind of."""
        with self._lock:
            running = list(self._running)
        lags = [one.lag for one in running]
        return Lag(max((g.messages for g in lags), default=0), max((g.seconds for g in lags), default=0.0))

    def skip_ahead(self) -> None:
        """Leave out what the sink has not got yet, in every part."""
        for one in list(self._running):
            one.skip_ahead()

    def close(self) -> None:
        """Stop handing over; returns at once."""
        with self._lock:
            self._is_over, self._waiting = True, []
            running = list(self._running)
        for one in running:
            one.close()

    def _start(self, part: _Part) -> None:
        running = part.feed.subscribe(part, self._extent, self._after)
        with self._lock:
            self._running.append(running)
            is_over = self._is_over
        if is_over:
            running.close()

    def _next_file(self) -> None:
        with self._lock:
            part = self._waiting.pop(0) if self._waiting and not self._is_over else None
        if part is not None:
            self._start(part)

    # What parts say

    def handed(self, part: _Part, batch: Batch) -> None:
        """Hand a part's batch on."""
        with self._lock:
            if self._is_over:
                return
        self.sink.accept(_translated(batch, part.ids) if isinstance(batch, EventBatch) else batch)

    def covered(self, part: _Part, offsets: Mapping[Partition, tuple[int, int]]) -> None:
        """Tell what all parts on a topic have covered by now."""
        with self._lock:
            part.spans = together(part.spans, {p: (step,) for p, step in offsets.items()})
            news: dict[Partition, Ranges] = {}
            for place in offsets:
                agreed: Spans = {place: part.spans.get(place, ())}
                for other in self._parts:
                    if other.topic is None or other.topic == place.topic:
                        agreed = shared(agreed, other.spans)
                news |= without(agreed, self._told)
            self._told = together(self._told, news)
            if self._is_over:
                return
        self._tell(news)

    def _tell(self, news: Spans) -> None:
        for i in range(max(map(len, news.values()), default=0)):
            self.sink.covered({place: ranges[i] for place, ranges in news.items() if i < len(ranges)})

    def counted(self, part: _Part, what: str, n_messages: int) -> int:
        """Return how many lost or skipped messages are new: parts on one topic all tell of the same ones."""
        with self._lock:
            key = (what, part.topic if part.topic is not None else id(part))
            part.counts[what] = part.counts.get(what, 0) + n_messages
            told = self._counted.get(key, 0)
            self._counted[key] = max(part.counts[what], told)
            return self._counted[key] - told

    def finished(self, part: _Part) -> None:
        """Go on with the next file, or end with the last part."""
        with self._lock:
            if part.is_done:
                return
            part.is_done = True
            self._n_open -= 1
            is_last = self._n_open == 0 and not self._is_over
            self._is_over = self._is_over or is_last
            rest: Spans = {}
            for other in self._parts if is_last else ():
                rest = together(rest, other.spans)
            news = without(rest, self._told)
        self._tell(news)
        if is_last:
            self.sink.finished()
        else:
            self._next_file()

    def failed(self, error: Exception) -> None:
        """End everything with the first error."""
        with self._lock:
            if self._is_over:
                return
            self._is_over, self._waiting = True, []
            running = list(self._running)
        for one in running:
            one.close()
        self.sink.failed(error)


class _Part:
    """One part: the sink that its feed hands over to."""

    def __init__(self, whole: JoinedSubscription, feed: Feed, ids: IdMap, topic: str | None) -> None:
        self._whole = whole
        self.feed, self.ids, self.topic = feed, ids, topic
        self.spans: Spans = {}
        self.counts: dict[str, int] = {}
        self.is_done = False

    @property
    def group(self) -> JoinedSubscription:
        """What all parts have in common: they are read back together."""
        return self._whole

    @property
    def is_full(self) -> bool:
        """As the joint sink; so are all methods, whose contract is that of `Sink`."""
        return self._whole.sink.is_full

    def accept(self, batch: Batch) -> None:
        self._whole.handed(self, batch)

    def work(self) -> None:
        self._whole.sink.work()

    def covered(self, offsets: Mapping[Partition, tuple[int, int]]) -> None:
        self._whole.covered(self, offsets)

    def lost(self, n_messages: int) -> None:
        if new := self._whole.counted(self, "lost", n_messages):
            self._whole.sink.lost(new)

    def skipped(self, n_messages: int, n_events: int | None) -> None:
        new = self._whole.counted(self, "skipped", n_messages)
        if new or n_events:
            self._whole.sink.skipped(new, n_events)

    def finished(self) -> None:
        self._whole.finished(self)

    def failed(self, error: Exception) -> None:
        self._whole.failed(error)
