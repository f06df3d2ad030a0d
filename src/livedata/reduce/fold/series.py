"""Time series: how many events count in each slot of data time, with their fates."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...errors import ArgumentError
from ...streams.batch import EventBatch
from ..axis import Axes, Axis
from ..description import Description
from ..result.ledger import Ledger
from ..setting import Setting
from .cells import Cells
from .counted import Counted
from .dense import DenseFold
from .entries import EventFold, Planes
from .judge import Judge
from .plan import Plan, make_plan

FIRST_SLOTS = 64
DENSE_SLOTS = 100_000
"""Up to so many slots the result has all from the first to the last; beyond, gaps are one wide bin each."""


class SeriesFold(DenseFold):
    """A `Fold` with a plane for each slot that had events: slot k is ``k every <= event_time_zero < (k + 1) every``.

    Its result has one axis, ``time`` in ns since 1970.
    """

    def __init__(self, plan: Plan, every_ns: int) -> None:
        super().__init__(plan)
        self.every_ns = every_ns
        self._slots: dict[int, int] = {}
        self.cells = Cells(FIRST_SLOTS, plan.stage.n_rows, plan.width)

    def slots(self) -> tuple[NDArray[np.int64], Counted]:
        """Return when the slots that had events begin (ns since 1970, rising), and their counts, shape (slot,)."""
        numbers = np.fromiter(self._slots, np.int64, len(self._slots))
        row = int(np.flatnonzero(self.plan.stage.codes >= 0)[0])
        values = self._of_slots([part[:, row, 0] for part in self.cells.parts()])
        offered = self._of_slots([part.sum(axis=(1, 2), dtype=np.int64) for part in self.cells.parts()])
        order = np.argsort(numbers)
        order = order[offered[order] != 0]
        squares = None
        if self.cells.excess is not None and self.cells.squares is not None:
            shape = self.cells.shape
            squares = (values + self._of_slots([self.cells.squares.reshape(shape)[:, row, 0]]))[order]
            values = values + self._of_slots([self.cells.excess.reshape(shape)[:, row, 0]])
        starts = numbers[order] * self.every_ns
        return starts, Counted(self._axes(starts), values[order], squares, self.ledger)

    def counted(self) -> Counted:
        """Return the series with its gaps filled: zeros, or where it spans very long, one bin for each gap."""
        starts, found = self.slots()
        axis = found.axes[0]
        if axis.is_regular:
            first = starts[0] if len(starts) else int(axis.exact[0])
            places = (starts - first) // self.every_ns
        else:
            places = np.searchsorted(np.array([int(e) for e in axis.exact]), starts)
        filled = [_spread(a, places, axis.n) for a in (found.values, found.squares)]
        assert filled[0] is not None
        return Counted(found.axes, filled[0], filled[1], found.ledger)

    def picture(self) -> Counted:
        """Return the series: it has one dimension only."""
        return self.counted()

    def fork(self) -> SeriesFold:
        """Return an empty fold of the same plan, to count with in another thread."""
        return SeriesFold(self.plan, self.every_ns)

    def merge(self, other: EventFold) -> None:
        """Add what a forked fold has counted."""
        assert isinstance(other, SeriesFold)
        EventFold.merge(self, other)
        places = self._places(np.fromiter(other._slots, np.int64, len(other._slots)))
        self.cells.merge(other.cells.rearranged(places, self.cells.shape[0]))

    def _planes(self, batch: EventBatch, judge: Judge) -> Planes | None:
        planes = super()._planes(batch, judge)
        found = self._places(batch.event_time_zero // self.every_ns)
        return found if planes is None else np.where(planes < 0, planes, found)

    def _places(self, slots: NDArray[np.int64]) -> Planes:
        """Return the planes of some slots, making room for new ones."""
        held = self._slots
        if len(slots) == 1:
            return np.array([self._place(int(slots[0]))])
        distinct, inverse = np.unique(slots, return_inverse=True)
        planes = np.fromiter((self._place(slot) for slot in distinct.tolist()), np.int64, len(distinct))
        assert len(held) <= self.cells.shape[0]
        return planes[inverse]

    def _place(self, slot: int) -> int:
        place = self._slots.setdefault(slot, len(self._slots))
        if place >= self.cells.shape[0]:
            self.cells = self.cells.rearranged(np.arange(self.cells.shape[0]), 2 * self.cells.shape[0])
        return place

    def _fates(self) -> Ledger:
        _, n_rows, width = self.cells.shape
        together = Cells(1, n_rows, width)
        together.total = sum(part.sum(axis=0, dtype=np.int64) for part in self.cells.parts()).ravel()
        return self.reading.ledger(together, self.beside)

    def _of_slots(self, parts: list[Any]) -> NDArray[np.int64]:
        total: NDArray[np.int64] = sum(part[: len(self._slots)].astype(np.int64) for part in parts)
        return total

    def _axes(self, starts: NDArray[np.int64]) -> Axes:
        every = self.every_ns
        if not len(starts):
            first = (self.first_ns or 0) // every * every
            return Axes((Axis((Fraction(first), Fraction(first + every)), 1, "ns", "time"),))
        first, stop = int(starts[0]), int(starts[-1]) + every
        n = (stop - first) // every
        if n <= max(DENSE_SLOTS, 2 * len(starts)):
            return Axes((Axis((Fraction(first), Fraction(stop)), n, "ns", "time"),))
        limits = np.union1d(starts, starts + every)
        return Axes((Axis(tuple(Fraction(int(t)) for t in limits), len(limits) - 1, "ns", "time"),))


def make_series(description: Description, setting: Setting, every_ns: int) -> SeriesFold:
    """Compile a description without axes into a time series.

    Raises
    ------
    ArgumentError
        If slots are not at least 1 ns wide, or there are axes.
    """
    if every_ns < 1:
        raise ArgumentError(f"slots of {every_ns} ns; expected at least 1 ns")
    if description.axes:
        names = ", ".join(axis.name for axis in description.axes)
        raise ArgumentError(f"a series has one axis, time; it cannot have {names} as well (time is an axis, too)")
    bare = replace(description, every_ns=0, is_summed=description.projection is not None)
    return SeriesFold(make_plan(bare, setting), every_ns)


def _spread(
    values: NDArray[np.int64] | NDArray[np.float64] | None, places: NDArray[np.int64], n: int
) -> NDArray[np.int64] | None:
    if values is None:
        return None
    out = np.zeros(n, np.int64)
    out[places] = values
    out.flags.writeable = False
    return out
