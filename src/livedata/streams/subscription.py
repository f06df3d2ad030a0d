"""Handing one stream to one sink: what lies behind is given from memory or read back, what comes is handed on.

The two parts meet at an offset in each partition, so no message is handed over twice or missed; they run at the same
time, because the order of entries does not matter to what takes them. A sink that cannot keep up is treated alike: what
it could not take lies behind, and is given later.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping, Sequence
from typing import Protocol

from ..transport.protocol import Partition
from .batch import Batch, EventBatch
from .clock import newest_plausible
from .extent import Extent, Ranges
from .feed import Lag, Progress, Sink
from .key import StreamKey
from .past import Passed, Past
from .spans import Spans, shared, size, together, without

LEEWAY_NS = 2_000_000_000
"""How far a stream's clock must have passed the end of a span before the span counts as over."""
FULL_WAIT_S = 0.001
JOIN_EVENTS = 1 << 20
"""What is left to give while new messages wait is at most so much."""
IMPATIENT_S = 0.3
"""A round that took longer than this shows a sink that is slow, not one that is about to catch up."""
ROUNDS = 4


class Present(Protocol):
    """What a subscription asks of its connection."""

    @property
    def lock(self) -> threading.RLock:
        """Held while positions change and messages are handed on."""
        ...

    def newest_ns(self, key: StreamKey) -> int | None:
        """Return the stream's clock."""
        ...

    def unread(self, topic: str) -> int:
        """Return how many messages of a topic are known to be there and have not been read."""
        ...

    def skip_unread(self, topic: str) -> None:
        """Go to the end of a topic, if nobody takes what comes; what was left out lies behind for all then."""
        ...


class TopicSubscription:
    """One hand-over from topics to a sink. Made by a connection."""

    def __init__(self, past: Past, present: Present, key: StreamKey, sink: Sink, extent: Extent | None) -> None:
        self.key = key
        self.sink = sink
        self.extent = extent
        self.follows_live = extent is None or extent.offsets is None
        self.is_attached = self.follows_live
        """Whether the sink gets what comes at once; false while it is behind. Guarded by the connection's lock."""
        self.is_waited_for = False
        """Whether the connection should read no further on this topic for a moment, so that the sink can catch up."""
        self.slow = 0
        """Steps on end for which the sink took too long."""
        self._past = past
        self._present = present
        self._group: object | None = getattr(sink, "group", None)
        """What streams that one sink takes together have in common."""
        self._stop = threading.Event()
        self._handing = threading.Lock()
        self._lock = threading.Lock()
        self._left: dict[Partition, Ranges] = {}
        self._round = 0
        """Changes when what is being given must not be given any more."""
        self._worker: threading.Thread | None = None
        self._is_working = False
        self._history_done = False
        self._done = 0
        self._given_ns: int | None = None
        self._live_over = False

    # What it says

    @property
    def is_closed(self) -> bool:
        """Whether nothing will be handed over any more."""
        return self._stop.is_set()

    @property
    def left(self) -> Spans:
        """Offsets that are still to be given."""
        with self._lock:
            return dict(self._left)

    @property
    def progress(self) -> Progress:
        """Messages given of what lies behind so far; total 0 once there is nothing left to catch up with."""
        with self._lock:
            left = size(self._left)
            return Progress(self._done, self._done + left if self._is_working or left else 0)

    @property
    def lag(self) -> Lag:
        """How far the sink is behind because it could not keep up."""
        if self.is_closed or not self.follows_live:
            return Lag()
        if self.is_attached:
            return Lag()
        newest, given = self._present.newest_ns(self.key), self._given_ns
        seconds = max(0.0, (newest - given) / 1e9) if newest is not None and given is not None else 0.0
        return Lag(size(self.left) + self._present.unread(self.key.topic), seconds)

    # What the connection calls, under its lock

    def hand(self, batches: Sequence[Batch], passed: Spans) -> None:
        """Hand over what came, or take note that it was left behind where the sink is full."""
        if self.is_attached and self.sink.is_full:
            self.fall_behind()
        if not self.is_attached:
            self.leave_behind(passed)
            return
        for batch in batches:
            self.sink.accept(batch)
        self._cover(passed)

    def fall_behind(self) -> None:
        """Hand over nothing more at once; what comes is given later."""
        self.is_attached = False
        self._given_ns = self._present.newest_ns(self.key)

    def leave_behind(self, passed: Spans) -> None:
        """Take note of what came and was not handed over."""
        with self._lock:
            self._left = together(self._left, passed)
            self._start()

    def forget(self, p: Partition) -> None:
        """Give nothing more of a partition that began anew: what was left is lost."""
        with self._handing, self._lock:
            lost = self._left.pop(p, ())
            self._round += 1
        if lost:
            self.sink.lost(size({p: lost}))

    def take_live(self, newest_ns: int | None) -> None:
        """Take note of the stream's clock: a span of time that has passed is over."""
        extent = self.extent
        if extent is not None and extent.stop_ns is not None and newest_ns is not None:
            self._live_over = self._live_over or newest_ns >= extent.stop_ns + LEEWAY_NS
            self._finish_if_over()

    def read_back(self, ranges: Mapping[Partition, tuple[int, int]]) -> None:
        """Give what lies behind, in a thread of its own."""
        with self._lock:
            self._left = together(self._left, {p: (r,) for p, r in ranges.items() if r[0] < r[1]})
            if self._left:
                self._start()
                return
            self._history_done = True
        self._finish_if_over()

    # What the view calls

    def close(self) -> None:
        """Stop handing over."""
        self._stop.set()

    def join(self, timeout_s: float) -> None:
        """Wait for the thread that gives what lies behind to end, once closed."""
        worker = self._worker
        if worker is not None and worker is not threading.current_thread():
            worker.join(max(0.0, timeout_s))

    def skip_ahead(self) -> None:
        """Leave out what the sink has not got yet, and tell it how much that was."""
        with self._present.lock:
            if self.follows_live and not self.is_attached:
                self._present.skip_unread(self.key.topic)
            skipped = self._drop_left()
        if skipped:
            self.sink.skipped(size(skipped), self._past.ring.count(self.key, skipped))
        self._finish_if_over()

    def _drop_left(self) -> Spans:
        with self._handing, self._lock:
            skipped, self._left = self._left, {}
            self._round += 1
            self._history_done = True
            self.is_attached = self.follows_live and not self.is_closed
            return skipped

    def _finish_if_over(self) -> None:
        with self._lock:
            ended = self._live_over or not self.follows_live
            is_over = ended and self._history_done and not self._left and not self._stop.is_set()
            if is_over:
                self._stop.set()
        if is_over:
            self.sink.finished()

    # The thread that gives what lies behind

    def _start(self) -> None:
        """Begin to give, if nobody does; called under `_lock`."""
        if not self._is_working and not self._stop.is_set():
            self._is_working = True
            self._worker = threading.Thread(target=self._work, name=f"livedata-history-{self.key.source}", daemon=True)
            self._worker.start()

    def _work(self) -> None:
        try:
            rounds = 0
            while not self._stop.is_set():
                began = time.monotonic()
                self._give_left()
                if self._catch_up():
                    break
                rounds += 1
                # A sink that is quick enough, but never quite there, is waited for.
                self.is_waited_for = rounds >= ROUNDS and time.monotonic() - began < IMPATIENT_S
        except Exception as error:  # noqa: BLE001 - whatever ended the reading is the view's to show
            if not self._stop.is_set():
                self._stop.set()
                self.sink.failed(error)
        finally:
            with self._lock:
                if self._worker is threading.current_thread():  # another one may have begun
                    self._is_working = self.is_waited_for = False
        if not self._stop.is_set():
            self.sink.work()
            self._finish_if_over()

    def _catch_up(self) -> bool:
        """Join the present if nothing is left, or little that is in memory; return whether there is nothing to do."""
        if self.follows_live and self.sink.is_full:
            self._wait_for_room()
        with self._present.lock:
            with self._handing:
                left = self.left
                if left and self.follows_live and not self.sink.is_full:
                    self._give_from_memory(left)
            with self._lock:
                if self._left:
                    return False
                self._history_done = True
                self._is_working = False
                self.is_attached = self.follows_live
                return True

    def _give_from_memory(self, left: Spans) -> None:
        """Give the last little; called under the connection's lock, so that nothing new comes meanwhile."""
        n_events = self._past.ring.count(self.key, left)
        if n_events is None or n_events > JOIN_EVENTS:
            return
        for step in self._past.from_memory(self.key, left):
            self._take(step)

    def _give_left(self) -> None:
        """Give what is left by now: at the same time from memory and from elsewhere."""
        left, this_round = self.left, self._round
        held = self._past.held(self.key, left)
        rest = without(left, held)
        failure: list[Exception] = []

        def is_over() -> bool:
            return self._is_over(this_round)

        def give_rest() -> None:
            try:
                with self._past.turn(self.key, self._group, is_over) as is_first:
                    if not is_first and self._past.held(self.key, rest):
                        return  # by now it is in memory
                    for step in self._past.from_elsewhere(self.key, rest, stopped=is_over, group=self._group):
                        if not self._give(step, this_round):
                            return
            except Exception as error:  # noqa: BLE001 - raised again where the thread is waited for
                failure.append(error)

        reader: threading.Thread | None = None
        if rest and held:
            reader = threading.Thread(target=give_rest, name=f"livedata-readback-{self.key.source}", daemon=True)
            reader.start()
        elif rest:
            give_rest()
        try:
            for step in self._past.from_memory(self.key, held):
                if not self._give(step, this_round):
                    break
        finally:
            if reader is not None:
                reader.join()
        if failure:
            raise failure[0]

    def _is_over(self, this_round: int) -> bool:
        return self._stop.is_set() or self._round != this_round

    def _wait_for_room(self) -> None:
        while self.sink.is_full and not self._stop.wait(FULL_WAIT_S):
            pass

    def _give(self, step: Passed, this_round: int) -> bool:
        """Give one step once the sink takes it; return whether to go on."""
        self._wait_for_room()
        with self._handing:
            if self._is_over(this_round):
                return False
            self._take(step)
        self.sink.work()
        return True

    def _take(self, step: Passed) -> None:
        with self._lock:
            if size(shared(step.covered, self._left)) != size(step.covered):
                raise RuntimeError(f"{step.covered} of {self.key} was to be given twice; left were {self._left}")
            self._left = without(self._left, step.covered)
            self._done += size(step.covered)
        for batch in step.batches:
            self.sink.accept(batch)
            if isinstance(batch, EventBatch):
                newest = newest_plausible(batch.event_time_zero, time.time_ns())
                self._given_ns = newest if newest is not None else self._given_ns
        if step.lost:
            self.sink.lost(step.lost)
        else:
            self._cover(step.covered)

    def _cover(self, passed: Spans) -> None:
        for i in range(max(map(len, passed.values()), default=0)):
            self.sink.covered({p: ranges[i] for p, ranges in passed.items() if i < len(ranges)})
