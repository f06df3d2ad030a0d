"""Dense folds: every bin has a counter. The fastest loop for the description is chosen once."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from ...streams.batch import EventBatch
from ..description import Description
from ..result.ledger import Ledger
from . import finding, floatloops, kernels
from .blocks import Blocks, Int32, ready
from .cells import Cells
from .columns import Column
from .counted import Counted
from .entries import EventFold, Planes
from .pixelstage import NO_BYTES
from .plan import Plan
from .reading import Reading, own_reading

ONE, ONE_LESS = np.uint32(1), np.uint32(2**32 - 1)
"""What is added to counters of 32 bits to count up, and down."""
Run = Callable[[Int32 | None, Int32, NDArray[np.uint32], np.uint32], None]
"""Counts events (numbers, times of arrival) in the cells of one plane."""


class DenseFold(EventFold):
    """A `Fold` of events with a counter for each bin, and for each way to fail."""

    def __init__(self, plan: Plan) -> None:
        super().__init__(plan)
        good = plan.columns[0].n if len(plan.columns) == 1 else None
        self.cells = Cells(plan.n_planes, plan.stage.n_rows, plan.width, good)
        self.cuts: dict[Description, Reading] = {}
        """How parts of it are read, for descriptions that it serves."""
        self._reading: Reading | None = None
        self._fast = _fast_run(plan, self.cells)
        self._blocks = Blocks(plan)
        self._joined = np.empty(0, np.uint32)

    @property
    def reading(self) -> Reading:
        """How the cells make the result."""
        if self._reading is None:
            self._reading = own_reading(self.plan)
        return self._reading

    def counted(self) -> Counted:
        """Return everything."""
        return self.reading.counted(self.cells, self.beside)

    def picture(self) -> Counted:
        """Return one or two leading dimensions, the others summed."""
        return self.reading.picture(self.cells, self.beside)

    def fork(self) -> DenseFold:
        """Return an empty fold of the same plan, to count with in another thread."""
        return DenseFold(self.plan)

    def merge(self, other: EventFold) -> None:
        """Add what a forked fold has counted."""
        assert isinstance(other, DenseFold)
        super().merge(other)
        self.cells.merge(other.cells)

    def _fates(self) -> Ledger:
        return self.reading.ledger(self.cells, self.beside)

    def _count_run(self, batch: EventBatch, start: int, stop: int, plane: int | Planes, sign: int) -> None:
        n = stop - start
        self.cells.expect(n, sign)
        one = ONE if sign > 0 else ONE_LESS
        needs_ids = self.plan.stage.needs_ids
        ids, toa = batch.event_id if needs_ids else None, batch.event_time_offset
        has_ids = ids is not None or not needs_ids
        if self._fast is not None and batch.event_weight is None and has_ids and isinstance(plane, int):
            if n != len(toa):
                ids, toa = None if ids is None else ids[start:stop], toa[start:stop]
            self._fast(None if ids is None else ready(ids), ready(toa), self.cells.plane(plane), one)
        else:
            self._count_blocks(batch, start, stop, plane, sign, one)

    def _count_blocks(
        self, batch: EventBatch, start: int, stop: int, plane: int | Planes, sign: int, one: np.uint32
    ) -> None:
        """Count whatever there is, block by block."""
        plan, cells = self.plan, self.cells
        n_rows, width = plan.stage.n_rows, plan.width
        if batch.event_weight is not None:
            cells.need_weights()
        index = np.require(batch.event_index, np.int64, ("C", "A"))
        counts = cells.plane(plane) if isinstance(plane, int) else cells.counts
        offset = plane * n_rows * width if isinstance(plane, int) else 0
        for block in self._blocks.walk(batch, start, stop):
            rows = block.rows
            if len(self._joined) < len(rows):
                self._joined = np.empty(len(rows), np.uint32)
            joined = self._joined[: len(rows)]
            if len(plan.columns) == 1:
                block.write(plan.columns[0], joined)
            else:
                joined[:] = 0
                for column in plan.columns:
                    finding.join_columns(block.places(column), column.width, joined)
            for span in plan.spans:
                finding.drop_columns(block.places(span), plan.outside, joined)
            if not isinstance(plane, int):
                finding.spread_planes(plane, index, block.start, n_rows, rows)
            kernels.tally_pairs(rows, joined, width, cells.n_good, counts, cells.columns, cells.rows, one)
            if block.weights is not None and cells.excess is not None and cells.squares is not None:
                held = cells.excess[offset:], cells.squares[offset:]
                kernels.add_weights(rows, joined, width, block.weights, sign, *held)


def _fast_run(plan: Plan, cells: Cells) -> Run | None:
    """Return the loop made for this kind of description, if there is one."""
    stage = plan.stage
    if plan.spans or stage.n_replicas > 1 or stage.known is not None or len(plan.columns) > 1:
        return None
    table = stage.table
    if not plan.columns:
        if not stage.needs_ids:
            return None
        return lambda ids, toa, counts, one: kernels.count_rows(ids, stage.first, stage.n_ids, table, counts, one)
    column = plan.columns[0]
    whole = column.whole
    is_small = len(stage.few) > 0 and stage.n_rows * plan.width < 2**32 and not len(cells.columns)
    if column.formula is not None:
        return _linear_run(plan, column) if is_small else None
    if whole is None or column.name != "toa":
        return None
    even, width = whole.even, plan.width
    if not stage.needs_ids:
        if even is None:
            rest = whole.thresholds, whole.shift, whole.guess
            return lambda ids, toa, counts, one: kernels.count_uneven(toa, *rest, counts, one)
        bins = even.first, even.span, even.shift, even.scale
        return lambda ids, toa, counts, one: kernels.count_even(toa, *bins, counts, one)
    if even is None:
        return None
    bins = even.first, even.span, even.shift, even.scale
    if is_small:
        few = stage.few
        return lambda ids, toa, counts, one: kernels.count_few(
            ids, stage.first, stage.n_ids, few, toa, *bins, width, counts, one
        )
    return lambda ids, toa, counts, one: kernels.count_cube(
        ids, stage.first, stage.n_ids, table, toa, *bins, width, cells.n_good, counts, cells.columns, cells.rows, one
    )


def _linear_run(plan: Plan, column: Column) -> Run | None:
    """Return the loop for a coordinate that is a factor times the time of arrival; for few rows without sums."""
    stage, floats, formula = plan.stage, column.floats, column.formula
    factors = None if formula is None else formula.factors
    if factors is None or floats is None or not stage.needs_ids or stage.layout is None:
        return None
    by_place = np.append(factors, np.nan)
    of_numbers = by_place[stage.pixel_table] if len(stage.pixel_table) else np.append(factors[: stage.n_ids], np.nan)
    few = stage.few if stage.few[:-1].any() or stage.few[-1] != 1 else NO_BYTES
    bins = floats.numbers
    return lambda ids, toa, counts, one: floatloops.count_linear(
        ids, stage.first, stage.n_ids, few, of_numbers, toa, *bins, plan.width, counts, one
    )
