"""Counting one description: which entries belong to it, how logs judge them, and judging again when a log comes late.

No threads and no locks: whoever owns it takes care that one thread at a time uses it.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping, Sequence

import numpy as np

from ..streams.batch import ArrayBatch, Batch, EventBatch, LogBatch, Messages, select_entries
from ..streams.clock import newest_plausible
from ..streams.extent import Extent, Partition, Ranges, merge_ranges
from ..streams.feed import Expired, Feed
from ..streams.places import all_within
from ..streams.spans import size, without
from .anchored import Anchor
from .description import Description
from .fold.counted import Fold
from .fold.framefold import FrameFold
from .fold.judge import Judge, changed_spans
from .moving import Moving
from .prepare import log_names, uses_geometry
from .result.ledger import Ledger
from .setting import Setting

Covered = Mapping[Partition, tuple[int, int]]
MANY_EVENTS = 2_000_000
"""From so many on, several threads share the counting."""
N_THREADS = os.cpu_count() or 1
INT64 = np.iinfo(np.int64)
MakeFold = Callable[[Description, Setting], Fold]


class Counting:
    """The fold of one description over one extent of a feed, with everything that decides what it folds.

    Parameters
    ----------
    make
        Makes the fold; called when the first batch comes, because it loads and compiles.
    """

    def __init__(
        self,
        description: Description,
        setting: Setting,
        feed: Feed,
        extent: Extent | None,
        make: MakeFold,
    ) -> None:
        self.description = description
        self.setting = setting
        self.extent = extent
        self.fold: Fold | None = None
        self.newest_ns: int | None = None
        self.ranges: dict[Partition, Ranges] = {}
        """Offsets of all messages that were counted, or belong to others."""
        self.lost = 0
        """Messages that had been counted, and had expired when they were to be counted anew."""
        self.generation = 1
        self._uncovered: list[Messages] = []
        """Of batches that were taken, and perhaps not noted as covered yet."""
        self._n_judged_before = 0
        self._has_begun = False
        self.feed = feed
        self._make = make
        self._judge = Judge()
        self._versions: dict[str, int] = {}
        kind = description.window.kind
        self._moving = Moving(description.window) if kind in ("pulses", "seconds") else None
        has_geometry = uses_geometry(description)
        self._anchor = (
            Anchor(description.window, setting, has_geometry=has_geometry)
            if kind in ("run", "log") or has_geometry
            else None
        )
        self._may_look_again = bool(self._anchor or self._moving or log_names(description))

    @property
    def ledger(self) -> Ledger:
        """The fates so far."""
        return self.fold.ledger if self.fold is not None else Ledger()

    @property
    def is_stale(self) -> bool:
        """Whether logs, or runs, have told something since entries were judged."""
        if self.fold is None:
            return False
        return self._logs_moved() or (self._anchor is not None and self._anchor.would_move(self.newest_ns))

    @property
    def settled_until(self) -> int | None:
        """Data time before which no entry is expected to change its fate."""
        last = self.fold.last_ns if self.fold is not None else None
        known = [ns for name in self._judge.logs if (ns := self.setting.settled_ns(name)) is not None]
        return last if last is None or not known else min(last, *known)

    @property
    def remarks(self) -> tuple[str, ...]:
        """What of the description does not fit what the logs say, and what could not be judged again."""
        n = self._n_judged_before
        late = "judged before a late log sample, or the end of their run, was known"
        kept = (f"{n:,} expired messages {late}",) if n else ()
        return (*self._judge.remarks, *kept)

    def prepare(self) -> None:
        """Make the fold; may take a moment, and may wait until logs are known."""
        if self.fold is None:
            self.setting.prepare(self.extent, log_names(self.description))
            self.fold = self._make(self.description, self.setting)
            self._judge = self._present_judge()

    def take_all(self, batches: Sequence[Batch], now_ns: int) -> None:
        """Count what belongs to the description of several batches; of very many events, with several threads."""
        events = [batch for batch in batches if isinstance(batch, EventBatch)]
        if self._may_look_again:
            self._uncovered += [batch.messages for batch in events]
        if events:
            self.prepare()
            for one in events:  # what comes behind a run's end tells that the next one has begun
                self._newer(cut(one, self.extent).event_time_zero, now_ns)
            self._begin()
        if self._moving is not None or sum(batch.n_events for batch in events) < MANY_EVENTS:
            for batch in batches:
                self.take(batch, now_ns)
            return
        from .fold.many import fold_many

        assert self.fold is not None
        fold_many(self.fold, [self._admit(batch) for batch in events], self._judge, N_THREADS)

    def take(self, batch: Batch, now_ns: int) -> None:
        """Count what belongs to the description of one batch; `take_all` has looked how new it is."""
        self.prepare()
        assert self.fold is not None
        if isinstance(batch, LogBatch):
            return
        if isinstance(batch, ArrayBatch):
            self._take_frames(batch, now_ns)
            return
        batch = self._admit(batch)
        moving = self._moving
        if moving is None:
            self.fold.add(batch, self._judge)
            return
        batch = moving.believable(batch, now_ns)
        moved = moving.follow(batch, now_ns)
        batch = moving.inside(batch)
        self.fold.add(batch, self._judge)
        moving.hold(batch)
        if moved and (gone := moving.leaving()) is not None:
            for one in gone:
                self.fold.remove(one, self._judge)
            self.fold.first_ns = moving.start_ns

    def cover(self, offsets: Covered) -> None:
        """Take note of offsets behind which everything was taken."""
        for p, (first, stop) in offsets.items():
            self.ranges[p] = merge_ranges((*self.ranges.get(p, ()), (first, stop)))

    def look_again(self, *, has_ended: bool = False) -> bool:
        """Judge again what a log sample that came late concerns; return whether anything was looked at.

        Nothing is looked at while something is not covered: it would not be read again.

        Parameters
        ----------
        has_ended
            Whether nothing will follow: then all is covered.
        """
        if self.fold is None:
            return False
        self._uncovered = [messages for messages in self._uncovered if not all_within(messages, self.ranges)]
        if self._uncovered and not has_ended:
            return False
        if self._moving is not None and self._moving.is_too_large and (has_ended or not self.feed.is_finite):
            self._drop_behind(self._moving)
        before = self._anchor.extent if self._anchor is not None else None
        if self._anchor is not None and self._anchor.moves(self.newest_ns):
            after = self._anchor.extent
            if before is not None and after is not None and before.start_ns == after.start_ns:
                self._move_end(before, after)
            else:
                self._begin_anew()
            return True
        if not self._logs_moved():
            return False
        old, new = self._judge, self._present_judge()
        self._judge = new
        first, last = self.fold.first_ns, self.fold.last_ns
        if first is None or last is None:
            return True
        if self._moving is not None and self._moving.start_ns is not None:
            first = max(first, self._moving.start_ns)
        for start, stop in changed_spans(old, new):
            if start <= last and stop > first:
                try:
                    self._judge_again(old, new, max(start, first), min(stop, last + 1))
                except Expired as gone:  # what nobody has any more stays as it was judged
                    self._n_judged_before += size(gone.spans)
        return True

    # How entries come to count

    def _take_frames(self, batch: ArrayBatch, now_ns: int) -> None:
        """Fold frames; when their shape changes, begin anew with the new one."""
        batch = cut_frames(batch, self.extent)
        self._newer(batch.time, now_ns)
        fold = self.fold
        assert isinstance(fold, FrameFold)
        fold.add(batch, self._judge)
        if fold.other_axes is not None:
            self.fold = FrameFold(fold.mode, fold.other_axes)
            self.fold.add(batch, self._judge)
            self.generation += 1

    def _admit(self, batch: EventBatch) -> EventBatch:
        """Return the entries that belong to the extent, to the offsets and to the window's run."""
        batch = cut(batch, self.extent)
        return batch if self._anchor is None else cut(batch, self._anchor.extent)

    def _newer(self, times: np.ndarray, now_ns: int) -> None:
        newest = newest_plausible(times, now_ns)
        if newest is not None and (self.newest_ns is None or newest > self.newest_ns):
            self.newest_ns = newest

    def _present_judge(self) -> Judge:
        from .fold.judge import make_judge

        self._versions = {name: self._version(name) for name in log_names(self.description)}
        return make_judge(self.description, self.setting, is_strict=False)

    def _version(self, name: str) -> int:
        timeline = self.setting.log(name)
        return timeline.version if timeline is not None else 0

    def _logs_moved(self) -> bool:
        return any(self._version(name) != version for name, version in self._versions.items())

    def _reread(self, start_ns: int | None, stop_ns: int | None) -> Iterable[EventBatch]:
        """Return once more what was counted of a span of time, entry by entry."""
        for batch in self.feed.reread(self.ranges, start_ns, stop_ns):
            yield cut(self._admit(batch), Extent(start_ns, stop_ns))

    def _judge_again(self, old: Judge, new: Judge, start_ns: int, stop_ns: int) -> None:
        assert self.fold is not None
        for batch in self._reread(start_ns, stop_ns):
            differs = old.keeps(batch) != new.keeps(batch)
            for before, after in zip(old.places(batch), new.places(batch), strict=True):
                differs |= before != after
            if differs.any():
                part = select_entries(batch, differs)
                self.fold.remove(part, old)
                self.fold.add(part, new)

    def _drop_behind(self, moving: Moving) -> None:
        """Take away what has left a window that is too large to be held: it is read once more."""
        assert self.fold is not None
        first, start = self.fold.first_ns, moving.start_ns
        if first is None or start is None or first >= start:
            return
        for batch in self._reread(first, start):
            self.fold.remove(batch, self._judge)
        self.fold.first_ns = start

    def _begin(self) -> None:
        """Before anything is taken, go to the run or log step that is known by now: nothing need be read again."""
        if self._anchor is not None and not self._has_begun:
            self._anchor.moves(self.newest_ns)
        self._has_begun = True

    def _move_end(self, before: Extent, after: Extent) -> None:
        """Take away what was counted behind the end of the run, now that it is told; or add what belongs to it."""
        assert self.fold is not None
        old = INT64.max if before.stop_ns is None else before.stop_ns
        new = INT64.max if after.stop_ns is None else after.stop_ns
        change = self.fold.remove if new < old else self.fold.add
        between = Extent(min(old, new), max(old, new))
        try:
            for batch in self.feed.reread(self.ranges, between.start_ns, between.stop_ns):
                change(cut(cut(batch, self.extent), between), self._judge)
        except Expired as gone:  # what nobody has any more stays as it was judged
            self._n_judged_before += size(gone.spans)
        if self.fold.last_ns is not None:
            self.fold.last_ns = min(self.fold.last_ns, new - 1)

    def _begin_anew(self) -> None:
        """Count from zero what belongs to the new run or log step."""
        self.fold = self._make(self.description, self.setting)
        self._judge = self._present_judge()
        self.generation += 1
        extent = self._anchor.extent if self._anchor is not None else None
        try:
            for batch in self._reread(extent.start_ns if extent else None, extent.stop_ns if extent else None):
                self.fold.add(batch, self._judge)
        except Expired as gone:  # at the far end of what the topic keeps: the result does not stand for it any more
            self.ranges = without(self.ranges, gone.spans)
            self.lost += size(gone.spans)


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


def cut_frames(batch: ArrayBatch, extent: Extent | None) -> ArrayBatch:
    """Return only the frames inside the extent's span of data time."""
    if extent is None or (extent.start_ns is None and extent.stop_ns is None):
        return batch
    low = extent.start_ns if extent.start_ns is not None else INT64.min
    high = extent.stop_ns if extent.stop_ns is not None else INT64.max
    kept = np.flatnonzero((batch.time >= low) & (batch.time < high))
    m = batch.messages
    at = np.arange(len(kept))
    messages = Messages(m.topic, m.partition[kept], m.offset[kept], m.timestamp_ms[kept], at, at)
    return ArrayBatch(batch.time[kept], tuple(batch.sets[i] for i in kept), messages)
