"""Folds of the descriptions that the service makes, until all folds are built in one place."""

from __future__ import annotations

import numpy as np

from ..reduce.axis import Axes, bins
from ..reduce.description import Description
from ..reduce.fold.accumulate import Accumulator
from ..reduce.fold.binning import Definition
from ..reduce.fold.counted import Counted, Fold
from ..reduce.fold.judge import Judge
from ..reduce.result.ledger import Ledger
from ..reduce.setting import Setting
from ..streams.batch import Batch, EventBatch


class _OldFold:
    def __init__(self, description: Description, setting: Setting) -> None:
        pixels = setting.layout
        shown = pixels if description.projection is not None and not description.is_summed else None
        picture = [bins(0, n, n=n).named(dim) for dim, n in zip(shown.dims, shown.shape, strict=True)] if shown else []
        self.axes = Axes((*picture, *description.axes))
        self._acc = Accumulator(Definition(self.axes, shown))
        self._ids = (pixels.first_id, pixels.n_ids) if pixels is not None and description.is_summed else None
        self._outside = 0

    first_ns = property(lambda self: self._acc.first_ns)
    last_ns = property(lambda self: self._acc.last_ns)
    n_seen = property(lambda self: self._acc.n_seen + self._outside)

    def add(self, batch: Batch, judge: Judge) -> None:
        assert isinstance(batch, EventBatch)
        if self._ids is not None:
            ids = batch.event_id if batch.event_id is not None else np.full(batch.n_events, -1, np.int32)
            keep = (ids >= self._ids[0]) & (ids - np.int64(self._ids[0]) < self._ids[1])
            self._outside += int(np.count_nonzero(~keep))
            batch = EventBatch(
                ids[keep],
                batch.event_time_offset[keep],
                batch.event_time_zero,
                np.zeros_like(batch.event_index),
                batch.messages,
            )
        self._acc.fold(batch)

    def remove(self, batch: Batch, judge: Judge) -> None:
        raise NotImplementedError

    @property
    def ledger(self) -> Ledger:
        known = self._acc.ledger.to_dict()
        known["seen"] += self._outside
        known["unmapped"] += self._outside
        return Ledger(**known)

    def counted(self) -> Counted:
        return Counted(self.axes, self._acc.counts(), None, self.ledger)

    def picture(self) -> Counted:
        return self.counted()


def make_fold(description: Description, setting: Setting) -> Fold:
    return _OldFold(description, setting)
