"""The part of a view that works: takes batches from a feed, folds them, and says what it has.

It never refers to the view that people hold, so that a dropped view can end it.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

import numpy as np

from ..streams.batch import Batch, EventBatch, select_entries
from ..streams.clock import newest_plausible
from ..streams.extent import Coverage, Extent, Partition, Ranges, merge_ranges
from ..streams.feed import Subscription
from .axis import Axes
from .fold.binning import Definition
from .fold.pool import FEW_CORES, submit
from .result.ledger import Ledger, ledger_remarks
from .result.snapshot import Snapshot, State

if TYPE_CHECKING:
    from .fold.accumulate import Accumulator

FULL_BYTES = 4 << 20
"""Bytes waiting to be folded above which the feed should read no further: what waits longer falls out of the cache."""
NOTIFY_S = 0.01
"""While batches are waiting, those who wait for a result are woken no more often than this."""

Covered = Mapping[Partition, tuple[int, int]]


class Engine:
    """Folds what a feed hands over. A `Sink`; all methods may be called from any thread."""

    def __init__(self, definition: Definition, extent: Extent | None, *, is_finite: bool) -> None:
        self.definition = definition
        self.extent = extent
        self.is_finite = is_finite
        self.changed = threading.Condition()
        self.error: Exception | None = None
        self.version = 0
        self.generation = 1
        self.waiting_bytes = 0
        self.newest_ns: int | None = None
        self.subscription: Subscription | None = None
        self._folding = threading.Lock()
        self._queue: deque[Batch | Covered] = deque()
        self._running = False
        self._accumulator: Accumulator | None = None
        self._ranges: dict[Partition, Ranges] = {}
        self._lost = 0
        self._ended = False
        self._finished = False
        self._stopped = False
        self._cached: Snapshot | None = None
        self._rates: deque[tuple[float, int]] = deque()
        self._notified_s = 0.0
        self._awaited: int | None = None

    # What the feed calls

    @property
    def is_full(self) -> bool:
        """Whether so much is waiting to be folded that the feed should wait."""
        return self.waiting_bytes > FULL_BYTES

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

    def work(self) -> None:
        """Have what waits folded, by one thread at a time: by this one where cores are few, else by the pool.

        Where only two cores share the reading and the folding, handing a batch to another thread costs more than
        folding it while it is in the cache.
        """
        with self.changed:
            if self._running or self._finished:
                return
            self._running = True
        if FEW_CORES:
            self._work()
        else:
            submit(self._work)

    def finished(self) -> None:
        """Nothing will follow."""
        self._ended = True
        self.work()

    def failed(self, error: Exception) -> None:
        """Nothing will follow because of this error."""
        self.error = error
        self.finished()

    # What the view calls

    @property
    def state(self) -> State:
        """What the view is doing."""
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
    def ledger(self) -> Ledger:
        """The fates so far."""
        with self._folding:
            return self._accumulator.ledger if self._accumulator is not None else Ledger()

    @property
    def remarks(self) -> tuple[str, ...]:
        """What a reader of the result should know."""
        expired = (f"{self._lost:,} messages had expired",) if self._lost else ()
        return (*ledger_remarks(self.ledger), *expired)

    @property
    def events_per_s(self) -> float:
        """Events folded per second of wall time, over the last seconds."""
        rates = tuple(self._rates)
        if len(rates) < 2 or time.monotonic() - rates[-1][0] > 5:
            return 0.0
        return (rates[-1][1] - rates[0][1]) / max(time.monotonic() - rates[0][0], 1e-3)

    def stop(self) -> None:
        """Fold nothing more; the last result stays."""
        self._stopped = True
        if self.subscription is not None:
            self.subscription.close()
        self._notify()

    def reset(self) -> None:
        """Begin a new generation at zero with what comes from now on."""
        if self.subscription is not None:
            self.subscription.forget_past()
        with self._folding:
            with self.changed:
                self._queue.clear()
                self.waiting_bytes = 0
            self._accumulator = None
            self._ranges.clear()
            self._rates.clear()
            self._lost = 0
            self.newest_ns = None
            self.generation += 1
        self._notify()

    def snapshot(self, *, picture: bool = False) -> Snapshot:
        """Return what was folded so far; with `picture`, only the dimensions that make a picture."""
        state, remarks = self.state, self.remarks
        with self._folding:
            held = self._cached
            if held is not None and not picture and held.version == self.version and held.state == state:
                return held
            accumulator, axes = self._accumulator, self.definition.axes
            n_axes = min(len(axes), 2) if picture else len(axes)
            if accumulator is None:
                counts = np.zeros(self.definition.shape[:n_axes], np.int64)
                counts.flags.writeable = False
            elif picture:
                counts, n_axes = accumulator.picture()
            else:
                counts = accumulator.counts()
            pending = 0
            if self.subscription is not None and not self.is_over:
                progress = self.subscription.progress
                pending = max(0, progress.total - progress.done)
            first, last = (accumulator.first_ns, accumulator.last_ns) if accumulator is not None else (None, None)
            snapshot = Snapshot(
                array=counts,
                axes=Axes(tuple(axes)[:n_axes]),
                ledger=accumulator.ledger if accumulator is not None else Ledger(),
                coverage=Coverage(dict(self._ranges), first, last, self._lost, pending),
                state=state,
                generation=self.generation,
                version=self.version,
                settled_until=last,
                taken_ns=time.time_ns(),
                remarks=remarks,
            )
            if not picture:
                self._cached = snapshot
            return snapshot

    # Folding

    def _put(self, item: Batch | Covered) -> None:
        with self.changed:
            if self._stopped:
                return
            self._queue.append(item)
            if not isinstance(item, Mapping):
                self.waiting_bytes += item.nbytes

    def _work(self) -> None:
        """Fold until nothing waits."""
        folded_bytes = 0
        try:
            while True:
                with self._folding:
                    with self.changed:
                        self.waiting_bytes -= folded_bytes
                        items, self._queue = self._queue, deque()
                        if not items or self._stopped:
                            self._running = False
                            self._finished = self._ended and not self._stopped
                            break
                    folded_bytes = self._take(items)
                self._notify(at_once=False)
        except Exception as error:  # noqa: BLE001 - a fault in folding ends this view, visibly, and no other
            self.error = error
            self._running = False
        self._notify(at_once=self.is_over or self.error is not None)

    def await_events(self, n_events: int) -> None:
        """Have waiters woken as soon as so many events were seen, however soon after the last time."""
        self._awaited = n_events if self._awaited is None else min(n_events, self._awaited)

    def _take(self, items: Iterable[Batch | Covered]) -> int:
        """Fold batches and take note of what they cover; return their bytes. Called with `_folding` held."""
        nbytes, now_ns = 0, time.time_ns()
        for item in items:
            if isinstance(item, Mapping):
                for p, step in item.items():
                    self._ranges[p] = merge_ranges((*self._ranges.get(p, ()), step))
                continue
            nbytes += item.nbytes
            if isinstance(item, EventBatch):
                self._fold(cut(item, self.extent), now_ns)
        now, accumulator = time.monotonic(), self._accumulator
        if accumulator is not None and (not self._rates or now - self._rates[-1][0] > 0.1):
            self._rates.append((now, accumulator.ledger.seen))
            while len(self._rates) > 2 and now - self._rates[0][0] > 5:
                self._rates.popleft()
        return nbytes

    def _fold(self, batch: EventBatch, now_ns: int) -> None:
        if self._accumulator is None:
            # The compiled kernels load here, in a thread that reads or folds, so that the cell returns at once.
            from .fold.accumulate import Accumulator

            self._accumulator = Accumulator(self.definition)
        self._accumulator.fold(batch)
        newest = newest_plausible(batch.event_time_zero, now_ns)
        if newest is not None and (self.newest_ns is None or newest > self.newest_ns):
            self.newest_ns = newest

    def _notify(self, *, at_once: bool = True) -> None:
        accumulator, awaited = self._accumulator, self._awaited
        if awaited is not None and accumulator is not None and accumulator.n_seen >= awaited:
            self._awaited, at_once = None, True
        with self.changed:
            self.version += 1
            now = time.monotonic()
            if at_once or now - self._notified_s > NOTIFY_S:
                self._notified_s = now
                self.changed.notify_all()


def cut(batch: EventBatch, extent: Extent | None) -> EventBatch:
    """Return only the entries inside the extent's span of data time, ``start <= event_time_zero < stop``."""
    if extent is None or (extent.start_ns is None and extent.stop_ns is None):
        return batch
    keep = np.ones(batch.n_entries, bool)
    if extent.start_ns is not None:
        keep &= batch.event_time_zero >= extent.start_ns
    if extent.stop_ns is not None:
        keep &= batch.event_time_zero < extent.stop_ns
    return select_entries(batch, keep)
