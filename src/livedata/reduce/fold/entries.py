"""The part of a fold that looks at entries: which of them count, and in which plane; runs of them go on as slices."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...streams.batch import Batch, EventBatch, entry_sizes
from ..result.ledger import Ledger
from . import sums
from .counted import Counted
from .fates import FIRST_AXIS
from .judge import Judge
from .plan import Plan
from .reading import Beside

SHORT = 1 << 12
"""Runs of events that are shorter than this on average are put together first."""

TOGETHER = 1 << 16
"""So many of them at a time: what was copied is then still in the cache when it is counted."""

Planes = NDArray[np.int64]


class EventFold(ABC):
    """A `Fold` of events; what is to be done with the events of a plane is up to those derived from it."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.axes = plan.axes
        self.first_ns: int | None = None
        self.last_ns: int | None = None
        self.n_seen = 0
        self._n_filtered = 0
        self._n_unmapped = 0
        self._n_late = 0
        self._ledger: Ledger | None = None
        self._room: dict[str, NDArray[Any]] = {}

    def add(self, batch: Batch, judge: Judge) -> None:
        """Count one batch."""
        if not isinstance(batch, EventBatch):
            return
        times = batch.event_time_zero
        if len(times):
            # Most batches are one message of one pulse.
            low, high = (int(times[0]),) * 2 if len(times) == 1 else (int(times.min()), int(times.max()))
            self.first_ns = low if self.first_ns is None else min(self.first_ns, low)
            self.last_ns = high if self.last_ns is None else max(self.last_ns, high)
        self._count(batch, judge, 1)

    def remove(self, batch: Batch, judge: Judge) -> None:
        """Take one batch away again."""
        if isinstance(batch, EventBatch):
            self._count(batch, judge, -1)

    @property
    def beside(self) -> Beside:
        """Fates that no cell tells."""
        return Beside(self.n_seen, self._n_filtered, self._n_unmapped, self._n_late)

    @property
    def ledger(self) -> Ledger:
        """Fates of all events."""
        if self._ledger is None:
            self._ledger = self._fates()
        return self._ledger

    @abstractmethod
    def counted(self) -> Counted:
        """Return everything."""

    @abstractmethod
    def picture(self) -> Counted:
        """Return one or two leading dimensions, the others summed."""

    @abstractmethod
    def fork(self) -> EventFold:
        """Return an empty fold of the same plan, to count with in another thread."""

    def merge(self, other: EventFold) -> None:
        """Add what a forked fold has counted."""
        self.n_seen += other.n_seen
        self._n_filtered += other._n_filtered
        self._n_unmapped += other._n_unmapped
        self._n_late += other._n_late
        firsts = [ns for ns in (self.first_ns, other.first_ns) if ns is not None]
        lasts = [ns for ns in (self.last_ns, other.last_ns) if ns is not None]
        self.first_ns, self.last_ns = min(firsts, default=None), max(lasts, default=None)
        self._ledger = None

    @abstractmethod
    def _fates(self) -> Ledger:
        """Work out the ledger."""

    @abstractmethod
    def _count_run(self, batch: EventBatch, start: int, stop: int, plane: int | Planes, sign: int) -> None:
        """Count events that lie in one plane, or in the plane of their entry."""

    def _planes(self, batch: EventBatch, judge: Judge) -> Planes | None:
        """Return the plane of each entry, negative where it is filtered; None where all lie in the first."""
        if judge.is_trivial and not self.plan.entry:
            return None
        planes = np.zeros(batch.n_entries, np.int64)
        if self.plan.entry:
            axes = self.plan.description.axes
            for i, width, places in zip(self.plan.entry, self.plan.plane_widths, judge.places(batch), strict=True):
                n = axes[i].n
                kind = (FIRST_AXIS - places.astype(np.int64)) % 3
                # The order of ways to fail is: undefined, below, above; that of places: below, above, undefined.
                planes = planes * width + np.where(places >= 0, places, np.where(kind == 0, n + 2, n + kind - 1))
        if judge.conditions:
            planes[~judge.keeps(batch)] = -1
        return planes

    def _count(self, batch: EventBatch, judge: Judge, sign: int) -> None:
        self._ledger = None
        n = batch.n_events
        if "late" in batch.columns:
            self._n_late += sign * int(entry_sizes(batch)[batch.columns["late"].astype(bool)].sum())
        if n == 0:
            return
        self.n_seen += sign * n
        planes = self._planes(batch, judge)
        if planes is None:
            self._count_known(batch, 0, n, 0, sign)
            return
        starts, stops, found = (np.empty(len(planes), np.int64) for _ in range(3))
        index = np.require(batch.event_index, np.int64, ("C", "A"))
        n_runs = sums.find_runs(planes, index, n, starts, stops, found)
        kept = int((stops[:n_runs] - starts[:n_runs]).sum())
        self._n_filtered += sign * (n - kept)
        if n_runs * SHORT <= kept or n_runs <= 4:
            for k in range(n_runs):
                self._count_known(batch, int(starts[k]), int(stops[k]), int(found[k]), sign)
            return
        self._count_together(batch, planes, sign)

    def _count_together(self, batch: EventBatch, planes: Planes, sign: int) -> None:
        """Count entries that are kept, short runs that they are, after copying many of them behind each other."""
        sizes = entry_sizes(batch)
        kept = np.flatnonzero((planes >= 0) & (sizes > 0))
        starts, sizes, planes = batch.event_index[kept].astype(np.int64), sizes[kept], planes[kept]
        ends = np.cumsum(sizes)
        n = int(ends[-1])
        cuts = np.unique(np.append(np.searchsorted(ends, np.arange(TOGETHER, n, TOGETHER)), len(kept)))
        held = {name: np.require(a, requirements=("C", "A")) for name, a in _events_of(batch).items()}
        begin = 0
        for cut in cuts[cuts > 0].tolist():
            of = slice(begin, cut)
            before = int(ends[begin] - sizes[begin])
            copies = {}
            for name, values in held.items():
                copies[name] = self._room_for(name, int(ends[cut - 1]) - before, values.dtype)
                sums.copy_runs(values, starts[of], starts[of] + sizes[of], copies[name])
            part = EventBatch(
                copies.get("event_id"),
                copies["event_time_offset"],
                batch.event_time_zero[kept[of]],
                ends[of] - sizes[of] - before,
                batch.messages,
                event_weight=copies.get("event_weight"),
            )
            is_one = (planes[of] == planes[begin]).all()
            self._count_known(part, 0, part.n_events, int(planes[begin]) if is_one else planes[of], sign)
            begin = cut

    def _room_for(self, name: str, n: int, dtype: np.dtype[Any]) -> NDArray[Any]:
        held = self._room.get(name)
        if held is None or len(held) < n:
            held = self._room[name] = np.empty(max(n, TOGETHER), dtype)
        return held[:n]

    def _count_known(self, batch: EventBatch, start: int, stop: int, plane: int | Planes, sign: int) -> None:
        """Count events, unless pixel numbers are asked for and there are none."""
        if batch.event_id is None and self.plan.needs_ids:
            self._n_unmapped += sign * (stop - start)
        else:
            self._count_run(batch, start, stop, plane, sign)


def _events_of(batch: EventBatch) -> dict[str, NDArray[Any]]:
    """Return what a batch tells of each event."""
    held = {
        "event_id": batch.event_id,
        "event_time_offset": batch.event_time_offset,
        "event_weight": batch.event_weight,
    }
    return {name: values for name, values in held.items() if values is not None}
