"""Dense folds: every bin has a counter. The fastest loop for the description is chosen once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...streams.batch import Batch, EventBatch, entry_sizes, select_entries
from ..description import Description
from ..physics.frames import entry_shift
from ..result.ledger import Ledger
from . import loops, sums
from .cells import Cells
from .counted import Counted
from .fates import FIRST_AXIS
from .judge import Judge
from .plan import Plan
from .reading import Beside, Reading, own_reading

BLOCK = 1 << 14
"""Events that the general way takes at a time: what it writes down stays in the cache."""
SHORT = 1 << 12
"""Runs of events that are shorter than this on average are not counted one by one."""
_NO_SHIFT = np.zeros(0)
_NO_PIXELS = np.zeros(0, np.int32)

Int32 = NDArray[np.int32]
Run = Callable[[Int32 | None, Int32, NDArray[np.uint32], np.uint32], None]
"""Counts events (numbers, times of arrival) in the cells of one plane."""


class DenseFold:
    """A `Fold` of events with a counter for each bin, and for each way to fail."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.axes = plan.axes
        self.first_ns: int | None = None
        self.last_ns: int | None = None
        self.n_seen = 0
        self.cells = Cells(plan.n_planes, plan.stage.n_rows, plan.width)
        self.cuts: dict[Description, Reading] = {}
        """How parts of it are read, for descriptions that it serves."""
        self._n_filtered = 0
        self._n_unmapped = 0
        self._n_late = 0
        self._reading: Reading | None = None
        self._ledger: Ledger | None = None
        self._fast = _fast_run(plan, self.cells)
        self._by_replica = plan.stage.n_replicas > 1
        self._is_shifted = any(c.is_shifted for c in (*plan.columns, *plan.spans))
        self._on_pixels = any(c.formula is not None for c in (*plan.columns, *plan.spans))
        self._buffers: list[NDArray[Any]] = []

    # What the engine calls

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
        """Fates that are in no cell."""
        return Beside(self.n_seen, self._n_filtered, self._n_unmapped, self._n_late)

    @property
    def reading(self) -> Reading:
        """How the cells make the result."""
        if self._reading is None:
            self._reading = own_reading(self.plan)
        return self._reading

    @property
    def ledger(self) -> Ledger:
        """Fates of all events."""
        if self._ledger is None:
            self._ledger = self.reading.ledger(self.cells, self.beside)
        return self._ledger

    def counted(self) -> Counted:
        """Return everything."""
        return self.reading.counted(self.cells, self.beside)

    def picture(self) -> Counted:
        """Return one or two leading dimensions, the others summed."""
        return self.reading.picture(self.cells, self.beside)

    def fork(self) -> DenseFold:
        """Return an empty fold of the same plan, to count with in another thread."""
        return DenseFold(self.plan)

    def merge(self, other: DenseFold) -> None:
        """Add what a forked fold has counted."""
        self.cells.merge(other.cells)
        self.n_seen += other.n_seen
        self._n_filtered += other._n_filtered
        self._n_unmapped += other._n_unmapped
        self._n_late += other._n_late
        for name, choose in (("first_ns", min), ("last_ns", max)):
            held = [ns for ns in (getattr(self, name), getattr(other, name)) if ns is not None]
            setattr(self, name, choose(held) if held else None)
        self._ledger = None

    # Entries

    def _count(self, batch: EventBatch, judge: Judge, sign: int) -> None:
        self._ledger = None
        n = batch.n_events
        if "late" in batch.columns:
            self._n_late += sign * int(entry_sizes(batch)[batch.columns["late"].astype(bool)].sum())
        if n == 0:
            return
        self.n_seen += sign * n
        if judge.is_trivial and not self.plan.entry:
            self._count_run(batch, 0, n, 0, sign)
            return
        planes = self._planes(batch, judge)
        starts, stops, found = (np.empty(len(planes), np.int64) for _ in range(3))
        n_runs = sums.find_runs(planes, batch.event_index, n, starts, stops, found)
        kept = int((stops[:n_runs] - starts[:n_runs]).sum())
        self._n_filtered += sign * (n - kept)
        if n_runs * SHORT <= kept or n_runs <= 4:
            for k in range(n_runs):
                self._count_run(batch, int(starts[k]), int(stops[k]), int(found[k]), sign)
            return
        keep = planes >= 0
        part = select_entries(batch, keep)
        if self.plan.entry:
            self._count_run(part, 0, part.n_events, planes[keep], sign)
        else:
            self._count_run(part, 0, part.n_events, 0, sign)

    def _planes(self, batch: EventBatch, judge: Judge) -> NDArray[np.int64]:
        """Return the plane of each entry, negative where it is filtered."""
        planes = np.zeros(batch.n_entries, np.int64)
        if self.plan.entry:
            axes = self.plan.description.axes
            for i, width, places in zip(self.plan.entry, self.plan.plane_widths, judge.places(batch), strict=True):
                flows = axes[i].n + (FIRST_AXIS - places.astype(np.int64)) % 3
                # The judge's order of ways to fail is nan, below, above; that of places is below, above, nan.
                failed = np.where(flows == axes[i].n, axes[i].n + 2, flows - 1)
                planes = planes * width + np.where(places >= 0, places, failed)
        if judge.conditions:
            planes[~judge.keeps(batch)] = -1
        return planes

    # Events

    def _count_run(self, batch: EventBatch, start: int, stop: int, plane: int | NDArray[np.int64], sign: int) -> None:
        """Count events that lie in one plane, or in the plane of their entry."""
        n = stop - start
        ids, toa, weights = batch.event_id, batch.event_time_offset, batch.event_weight
        if n != batch.n_events:
            ids, toa = None if ids is None else ids[start:stop], toa[start:stop]
            weights = None if weights is None else weights[start:stop]
        if ids is None and self.plan.needs_ids:
            self._n_unmapped += sign * n
            return
        self.cells.expect(n, sign)
        one = np.uint32(1) if sign > 0 else np.uint32(2**32 - 1)
        has_ids = ids is not None or not self.plan.stage.needs_ids
        if self._fast is not None and weights is None and has_ids and isinstance(plane, int):
            self._fast(None if ids is None else _ready(ids), _ready(toa), self.cells.plane(plane), one)
            return
        self._count_blocks(batch, start, ids, toa, weights, plane, sign, one)

    def _count_blocks(
        self,
        batch: EventBatch,
        start: int,
        ids: Int32 | None,
        toa: Int32,
        weights: NDArray[np.int16] | None,
        plane: int | NDArray[np.int64],
        sign: int,
        one: np.uint32,
    ) -> None:
        """Count whatever there is, block by block."""
        plan, cells = self.plan, self.cells
        stage, width = plan.stage, plan.width
        toa = _ready(toa)
        ids = None if ids is None else _ready(ids)
        if weights is not None:
            cells.need_weights()
            weights = np.require(weights, np.int16, ("C", "A"))
        index = np.require(batch.event_index, np.int64, ("C", "A"))
        times = np.require(batch.event_time_zero, np.int64, ("C", "A"))
        shifts = entry_shift(times, plan.description.flight) if self._is_shifted else None
        counts = cells.plane(plane) if isinstance(plane, int) else cells.counts
        offset = plane * stage.n_rows * width if isinstance(plane, int) else 0
        columns, sums_of_rows = cells.columns, cells.rows
        all_rows, all_columns, places, pixels, values, shift = self._room(min(BLOCK, len(toa)))
        for begin in range(0, len(toa), BLOCK):
            part = slice(begin, begin + BLOCK)
            x = toa[part]
            n = len(x)
            numbers = None if ids is None else ids[part]
            rows, joined = all_rows[:n], all_columns[:n]
            if not stage.needs_ids:
                rows[:] = 0
            elif numbers is None:
                rows[:] = stage.row_without
            else:
                stage.write_rows(numbers, rows)
                if self._by_replica:
                    stride = len(stage.table) // stage.n_replicas
                    loops.find_replicas(numbers, x, times, index, start + begin, stage.n_replicas, stride, rows)
                    loops.look_up(stage.table, rows)
            where = _NO_PIXELS
            if self._on_pixels and stage.layout is not None:
                if numbers is None:
                    pixels[:n] = stage.layout.size
                else:
                    stage.write_pixels(numbers, pixels[:n])
                where = pixels[:n].view(np.int32)
            moved = _NO_SHIFT
            if shifts is not None:
                moved = shift[:n]
                loops.spread_values(shifts, index, start + begin, moved)
            joined[:] = 0
            for column in plan.columns:
                column.write(numbers, x, where, moved, values[:n], places[:n])
                loops.join_columns(places[:n], column.width, joined)
            for span in plan.spans:
                span.write(numbers, x, where, moved, values[:n], places[:n])
                loops.drop_columns(places[:n], plan.outside, joined)
            if not isinstance(plane, int):
                loops.spread_planes(plane, index, start + begin, stage.n_rows, rows)
            loops.tally_pairs(rows, joined, width, counts, columns, sums_of_rows, one)
            if weights is not None:
                assert cells.excess is not None
                assert cells.squares is not None
                held = (cells.excess[offset:], cells.squares[offset:])
                loops.add_weights(rows, joined, width, weights[part], sign, *held)

    def _room(self, n: int) -> list[NDArray[Any]]:
        if not self._buffers or len(self._buffers[0]) < n:
            kinds = (np.uint32, np.uint32, np.uint32, np.uint32, np.float64, np.float64)
            self._buffers = [np.empty(n, kind) for kind in kinds]
        return self._buffers


def _fast_run(plan: Plan, cells: Cells) -> Run | None:
    """Return the loop made for this kind of description, if there is one."""
    stage = plan.stage
    if plan.spans or stage.n_replicas > 1 or stage.known is not None or len(plan.columns) > 1:
        return None
    table = stage.table
    if not plan.columns:
        if not stage.needs_ids:
            return None
        return lambda ids, toa, counts, one: loops.count_rows(ids, stage.first, stage.n_ids, table, counts, one)
    column = plan.columns[0]
    whole = column.whole
    if whole is None or column.name != "toa":
        return None
    even, width = whole.even, plan.width
    if not stage.needs_ids:
        if even is None:
            rest = whole.thresholds, whole.shift, whole.guess
            return lambda ids, toa, counts, one: loops.count_uneven(toa, *rest, counts, one)
        bins = even.first, even.span, even.shift, even.scale
        return lambda ids, toa, counts, one: loops.count_even(toa, *bins, counts, one)
    if even is None:
        return None
    bins = even.first, even.span, even.shift, even.scale
    if len(stage.few) and stage.n_rows * width < 2**32 and not len(cells.columns):
        few = stage.few
        return lambda ids, toa, counts, one: loops.count_few(
            ids, stage.first, stage.n_ids, few, toa, *bins, width, counts, one
        )
    return lambda ids, toa, counts, one: loops.count_cube(
        ids, stage.first, stage.n_ids, table, toa, *bins, width, counts, cells.columns, cells.rows, one
    )


def _ready(values: Int32) -> Int32:
    """Return values as the loops want them: copied only where they are strided or off their alignment."""
    is_ready = values.dtype == np.int32 and values.flags.c_contiguous and values.flags.aligned
    return values if is_ready else np.require(values, np.int32, ("C", "A"))
