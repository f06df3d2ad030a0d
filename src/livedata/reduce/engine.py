"""The part of a view that works: takes batches from a feed, has them counted, and says what it has.

It never refers to the views that people hold, so that dropped views can end it. Several views may share one.
"""

from __future__ import annotations

import threading
import time
import weakref
from collections.abc import Callable, Hashable, Mapping, Sequence

from ..streams.batch import Batch
from ..streams.extent import Coverage, Partition, Ranges
from ..streams.feed import Feed, Subscription
from ..streams.spans import without
from .counting import Counting, Covered
from .description import Description
from .fold.counted import Counted
from .fold.pool import FEW_CORES, submit
from .fold.serving import serves
from .inbox import Inbox, Item
from .rate import Rate
from .result.ledger import Ledger, ledger_remarks
from .result.snapshot import Snapshot, State
from .taking import taken_from
from .user import User

FULL_BYTES = 4 << 20
"""Bytes waiting to be folded above which the feed should read no further: what waits longer falls out of the cache."""
FULL_BEHIND_BYTES = 32 << 20
"""The same for what lies behind: so much is worth the while of several threads."""
NOTIFY_S = 0.01
"""While batches are waiting, those who wait for a result are woken no more often than this."""
SLOW_S = 0.02
"""What takes longer than this is folded by a thread of its own, so that nobody else waits for it."""
THEN_S = 0.25
"""How often what is to be done behind the counting is done at most."""

Offsets = Mapping[Partition, int]


class Engine:
    """Counts what a feed hands over. A `Sink`; all methods may be called from any thread."""

    def __init__(self, counting: Counting, *, is_finite: bool, generation: int = 1) -> None:
        self.counting = counting
        self.is_finite = is_finite
        self.changed = threading.Condition()
        self.error: Exception | None = None
        self.version = 0
        self.n_skipped = 0
        self.place: Hashable = None
        """What engines that see the same events have in common."""
        self.after: Offsets = {}
        self.began_s = time.monotonic()
        self.users: weakref.WeakSet[User[Engine]] = weakref.WeakSet()
        """Those who hold it and can go on with another one. Guarded by `changed`."""
        self.then: Callable[[Engine], None] | None = None
        """Called now and then behind the counting, with no lock held."""
        self.subscription: Subscription | None = None
        self._first_generation = generation
        self._folding = threading.Lock()
        self._inbox = Inbox()
        """Guarded by `changed`."""
        self._running = False
        self._lost = 0
        self._ended = False
        self._finished = False
        self._stopped = False
        self._is_slow = False
        self._cached: dict[tuple[Description, bool], Snapshot] = {}
        self._rate = Rate()
        self._notified_s = 0.0
        self._awaited: int | None = None
        self._holders = 0
        self._then_s = 0.0

    def start(self, feed: Feed, after: Offsets) -> None:
        """Begin to take what the feed hands over, from these offsets on where there are any."""
        self.after = after
        self.subscription = feed.subscribe(self, self.counting.extent, after)

    # What the feed calls

    @property
    def waiting_bytes(self) -> int:
        """Bytes that came and are not folded yet."""
        return self._inbox.nbytes

    @property
    def is_full(self) -> bool:
        """Whether so much is waiting to be folded that the feed should wait."""
        limit = FULL_BYTES
        if self.waiting_bytes > limit and self.subscription is not None and self.subscription.progress.total:
            limit = FULL_BEHIND_BYTES
        return self.waiting_bytes > limit

    def accept(self, batch: Batch) -> None:
        """Queue one batch."""
        self._put(batch)

    def covered(self, offsets: Covered) -> None:
        """Queue the note behind the batches that it speaks of."""
        self._put(dict(offsets))

    def lost(self, n_messages: int) -> None:
        """Count messages that had expired."""
        self._lost += n_messages
        self._notify()

    def skipped(self, n_messages: int, n_events: int | None = None) -> None:
        """Count messages that were skipped on request."""
        self.n_skipped += n_messages
        self._notify()

    def work(self) -> None:
        """Have what waits folded, by one thread at a time: by this one where cores are few, else by the pool.

        Where only two cores share the reading and the folding, handing a batch to another thread costs more than
        folding it while it is in the cache. What is slow, or may wait for something, never runs in the feed's thread.
        """
        if self._may_begin():
            if FEW_CORES and self.counting.fold is not None and not self._is_slow and not self.counting.is_stale:
                self._work()
            else:
                submit(self._work)

    def finished(self) -> None:
        """Nothing will follow. What waits is folded by the pool: who says so may hold the feed's lock."""
        self._ended = True
        if self._may_begin():
            submit(self._work)

    def failed(self, error: Exception) -> None:
        """Nothing will follow because of this error."""
        self.error = error
        self.finished()

    # What views call

    @property
    def state(self) -> State:
        """What the engine is doing."""
        if self.error is not None:
            return "failed"
        if self._stopped:
            return "stopped"
        if self._finished:
            return "complete"
        subscription = self.subscription
        if self.is_finite or (subscription is not None and subscription.progress.total):
            return "catching up"
        return "live"

    @property
    def is_over(self) -> bool:
        """Whether the result cannot change any more."""
        return self._stopped or self._finished

    @property
    def generation(self) -> int:
        """Number of the present accumulation."""
        return self._first_generation + self.counting.generation - 1

    @property
    def newest_ns(self) -> int | None:
        """Newest believable entry time counted."""
        return self.counting.newest_ns

    @property
    def n_seen(self) -> int:
        """Number of events folded so far."""
        fold = self.counting.fold
        return fold.n_seen if fold is not None else 0

    @property
    def events_per_s(self) -> float:
        """Events folded per second of wall time, over the last seconds."""
        return self._rate.per_s

    @property
    def is_whole(self) -> bool:
        """Whether nothing of what it stands for was lost or skipped."""
        return not (self._lost or self.counting.lost or self.n_skipped)

    def movable_users(self) -> list[User[Engine]]:
        """Return all who hold it, if all of them can go on with another engine; else none."""
        with self.changed:
            users = list(self.users)
            return users if len(users) == self._holders else []

    def hold(self, user: User[Engine] | None = None) -> None:
        """Take note of one more who uses it; of one who can go on with another engine, if it says who it is."""
        with self.changed:
            self._holders += 1
            if user is not None:
                self.users.add(user)

    def release(self, user: User[Engine] | None = None) -> None:
        """Take note of one who uses it less; without any, the engine stops."""
        with self.changed:
            self._holders -= 1
            if user is not None:
                self.users.discard(user)
            is_last = self._holders <= 0
        if is_last:
            self.stop()

    def stop(self) -> None:
        """Fold nothing more; the last result stays."""
        self._stopped = True
        if self.subscription is not None:
            self.subscription.close()
        self._notify()

    def reached(self) -> dict[Partition, int]:
        """Return the offset behind everything that was handed over so far, by partition."""
        with self._folding, self.changed:
            passed = [(p, ranges[-1][1]) for p, ranges in self.counting.ranges.items() if ranges]
            passed += self._inbox.stops()
        ends = dict(self.after)  # where nothing has come since, it goes on from there
        for p, stop in passed:
            ends[p] = max(stop, ends.get(p, stop))
        return ends

    def move_users(self, other: Engine) -> bool:
        """Have all who use this engine go on with another one, if that has counted all that this one has.

        Returns
        -------
        :
            False where it is behind, or somebody needs this engine: to be tried once more.
        """
        with self._folding:  # nothing is counted or read meanwhile
            users = self.movable_users()
            if not users or not all(serves(other.counting.description, user.description) for user in users):
                return False
            if not other.has_counted(self.counting.ranges):
                return False
            with other.changed:
                other.version = max(other.version, self.version + 1)
            for user in users:
                user.move_to(other)
            return True

    def has_counted(self, ranges: Mapping[Partition, Ranges]) -> bool:
        """Whether all these offsets were counted; False also while it is counting."""
        if not self._folding.acquire(blocking=False):
            return False
        try:
            return not without(ranges, self.counting.ranges)
        finally:
            self._folding.release()

    def ledger(self, wanted: Description | None = None) -> Ledger:
        """Return the fates so far, of this description or of one that can be taken from it."""
        with self._folding:
            return self._taken(wanted, picture=True).ledger if self._serves(wanted) else self.counting.ledger

    def snapshot(self, wanted: Description | None = None, *, picture: bool = False) -> Snapshot:
        """Return what was folded so far; with `picture`, only the dimensions that make a picture."""
        if self.counting.is_stale and not self.is_over:
            self.work()
        state = self.state
        key = (self.counting.description if wanted is None else wanted, picture)
        with self._folding:
            held = self._cached.get(key)
            if held is not None and held.version == self.version and held.state == state:
                return held
            counting = self.counting
            taken = self._taken(wanted, picture=picture)
            fold = counting.fold
            snapshot = Snapshot(
                array=taken.values,
                spread=taken.squares,
                axes=taken.axes,
                ledger=taken.ledger,
                coverage=Coverage(
                    dict(counting.ranges),
                    fold.first_ns if fold is not None else None,
                    fold.last_ns if fold is not None else None,
                    self._lost + counting.lost,
                    self._pending(),
                    self.n_skipped,
                ),
                state=state,
                generation=self.generation,
                version=self.version,
                settled_until=counting.settled_until,
                taken_ns=time.time_ns(),
                remarks=self.remarks_of(taken.ledger),
            )
            if self._holders < 2 or picture:
                self._cached.clear()
            self._cached[key] = snapshot
            return snapshot

    def remarks_of(self, ledger: Ledger) -> tuple[str, ...]:
        """Return what a reader of a result with these fates should know."""
        lost = self._lost + self.counting.lost
        expired = (f"{lost:,} messages had expired",) if lost else ()
        skipped = (f"{self.n_skipped:,} messages skipped on request",) if self.n_skipped else ()
        return (*ledger_remarks(ledger), *self.counting.remarks, *expired, *skipped)

    def await_events(self, n_events: int) -> None:
        """Have waiters woken as soon as so many events were seen, however soon after the last time."""
        self._awaited = n_events if self._awaited is None else min(n_events, self._awaited)

    # Inside

    def _serves(self, wanted: Description | None) -> bool:
        return wanted is not None and wanted != self.counting.description

    def _taken(self, wanted: Description | None, *, picture: bool) -> Counted:
        return taken_from(self.counting, wanted if self._serves(wanted) else None, picture=picture)

    def _pending(self) -> int:
        if self.subscription is None or self.is_over:
            return 0
        progress = self.subscription.progress
        return max(0, progress.total - progress.done)

    def _may_begin(self) -> bool:
        """Whether the caller is the one to work now."""
        with self.changed:
            if self._running or self._finished:
                return False
            self._running = True
            return True

    def _put(self, item: Item) -> None:
        with self.changed:
            if self._stopped:
                return
            self._inbox.put(item)

    def _work(self) -> None:
        """Fold until nothing waits."""
        folded_bytes, is_futile = 0, False
        try:
            while True:
                began = time.monotonic()
                with self._folding:
                    # Asks for logs, whose lock is held where batches are queued: not while `changed` is.
                    is_stale = self.counting.is_stale
                    with self.changed:
                        self._inbox.nbytes -= folded_bytes
                        # A file may note nothing before its end, and must not wait for that.
                        items = self._inbox.take(only_noted=not self.is_finite)
                        if self._stopped or not (items or (is_stale and not is_futile)):
                            self._running = False
                            self._finished = self._ended and not self._stopped
                            break
                    folded_bytes = self._take(items)
                    looked = self.counting.look_again(has_ended=self._ended)
                    is_futile = not (items or looked)
                self._is_slow = time.monotonic() - began > SLOW_S
                self._notify(at_once=False)
        except Exception as error:  # noqa: BLE001 - a fault in folding ends this view, visibly, and no other
            self.error = error
            self._running = False
        self._notify(at_once=self.is_over or self.error is not None)
        if self.then is not None and (now := time.monotonic()) - self._then_s > THEN_S:
            self._then_s = now
            self.then(self)

    def _take(self, items: Sequence[Item]) -> int:
        """Fold batches and take note of what they cover; return their bytes. Called with `_folding` held."""
        batches = [item for item in items if not isinstance(item, Mapping)]
        self.counting.take_all(batches, time.time_ns())
        for item in items:
            if isinstance(item, Mapping):
                self.counting.cover(item)
        if self.counting.fold is not None:
            self._rate.note(self.n_seen)
        return sum(batch.nbytes for batch in batches)

    def _notify(self, *, at_once: bool = True) -> None:
        awaited = self._awaited
        if awaited is not None and self.n_seen >= awaited:
            self._awaited, at_once = None, True
        with self.changed:
            self.version += 1
            now = time.monotonic()
            if at_once or now - self._notified_s > NOTIFY_S:
                self._notified_s = now
                self.changed.notify_all()
