"""Sparse folds: only bins that are not empty are held, as sorted flat numbers with their counts."""

from __future__ import annotations

from collections import Counter

import numpy as np
from numpy.typing import NDArray

from ...errors import ArgumentError
from ...streams.batch import EventBatch
from ..axis import Axes
from ..result.ledger import Ledger
from . import flat
from .blocks import Blocks
from .counted import Counted
from .entries import EventFold, Planes
from .fates import NAN, OUTSIDE, axis_fate
from .memory import check_fits
from .plan import Plan, plane_codes
from .reading import name_of_fate

MERGE_AT = 1 << 20
"""Events after which what waits is merged into what is held."""
N_FATES = 256

Int64 = NDArray[np.int64]


class SparseFold(EventFold):
    """A `Fold` of events that holds the bins that are not empty; costs a sort instead of a counter for each bin."""

    def __init__(self, plan: Plan) -> None:
        super().__init__(plan)
        if np.prod(plan.shape, dtype=object) >= 2**62:
            raise ArgumentError(f"{' × '.join(f'{n:,}' for n in plan.shape)} bins cannot be numbered; use fewer bins")
        self._cells = np.zeros(0, np.int64)
        self._sums = np.zeros((3, 0), np.int64)
        """Counts, sums of weights and of squared weights of each cell."""
        self._waiting: list[tuple[Int64, Int64]] = []
        self._n_waiting = 0
        self._is_weighted = False
        self._tally = np.zeros(N_FATES, np.int64)
        self._n_binned = 0
        self._blocks = Blocks(plan)
        entry, axes = plan.entry, plan.description.axes
        self._plane_bins = tuple(axes[i].n for i in entry)
        self._plane_codes = _numbered(plane_codes(plan, {k: 1 + i for k, i in enumerate(entry)}))

    # Results

    def nonzero(self) -> tuple[tuple[Int64, ...], Int64]:
        """Return indices of the bins that are not empty, an array for each axis, and their values, shape (bin,)."""
        self._merge()
        order = self._order
        shape = tuple(n for n, _ in self._dims)
        indices = np.unravel_index(self._cells, shape) if shape else ()
        values = self._sums[1 if self._is_weighted else 0]
        return tuple(np.asarray(indices[k]) for k in order), values.copy()

    def summed(self, *names: str) -> Counted:
        """Return the result with the named axes summed, dense.

        Raises
        ------
        ArgumentError
            If even that would not fit in memory; the message says how much it needs.
        """
        unknown = set(names) - {axis.name for axis in self.axes}
        if unknown:
            raise ArgumentError(
                f"no axis {', '.join(sorted(unknown))}; there are {', '.join(a.name for a in self.axes)}"
            )
        return self._dense([i for i, axis in enumerate(self.axes) if axis.name not in names])

    def counted(self) -> Counted:
        """Return everything, dense; an error if that does not fit. See `nonzero` and `summed`."""
        return self.summed()

    def picture(self) -> Counted:
        """Return one or two leading dimensions, the others summed."""
        return self._dense(list(range(min(len(self.axes), 2))))

    def fork(self) -> SparseFold:
        """Return an empty fold of the same plan, to count with in another thread."""
        return SparseFold(self.plan)

    def merge(self, other: EventFold) -> None:
        """Add what a forked fold has counted."""
        assert isinstance(other, SparseFold)
        super().merge(other)
        other._merge()
        self._waiting.append((other._cells, other._sums))
        self._n_waiting += len(other._cells)
        self._is_weighted |= other._is_weighted
        self._tally += other._tally
        self._n_binned += other._n_binned

    def _fates(self) -> Ledger:
        fates: Counter[str] = Counter(unmapped=self._n_unmapped)
        for code in np.flatnonzero(self._tally).tolist():
            fates[name_of_fate(-code)] += int(self._tally[code])
        return Ledger(seen=self.n_seen, filtered=self._n_filtered, binned=self._n_binned, late=self._n_late, **fates)

    def _dense(self, kept: list[int]) -> Counted:
        axes = Axes(tuple(self.axes)[i] for i in kept)
        shape = tuple(axis.n for axis in axes)
        size = int(np.prod(shape, dtype=object))
        check_fits(8 * size, shape, sparse_helps=False)
        self._merge()
        dims = tuple(n for n, _ in self._dims)
        indices = np.unravel_index(self._cells, dims) if dims else ()
        flat_cells = np.zeros(len(self._cells), np.int64)
        for i in kept:
            flat_cells = flat_cells * self.axes[i].n + indices[self._order[i]]
        sums = []
        for part in self._sums:
            out = np.zeros(size, np.int64)
            np.add.at(out, flat_cells, part)
            out.flags.writeable = False
            sums.append(out.reshape(shape))
        return Counted(
            axes, sums[1] if self._is_weighted else sums[0], sums[2] if self._is_weighted else None, self.ledger
        )

    # Counting

    @property
    def _dims(self) -> list[tuple[int, str]]:
        """Lengths of the dimensions as cells are numbered: entry axes, pixels, columns."""
        plan, axes = self.plan, self.plan.description.axes
        dims = [(n, "plane") for n in self._plane_bins] + [(n, "pixel") for n in plan.stage.shape]
        return dims + [(axes[c.number - 1].n, "column") for c in plan.columns]

    @property
    def _order(self) -> list[int]:
        """Which of these dimensions each axis of the result is."""
        plan = self.plan
        have = [("axis", i) for i in plan.entry] + [("lead", i) for i in range(plan.n_lead)]
        have += [("axis", i) for i in plan.static] + [("axis", c.number - 1) for c in plan.columns]
        want = [("lead", i) for i in range(plan.n_lead)] + [("axis", i) for i in range(len(plan.description.axes))]
        return [have.index(w) for w in want]

    def _count_run(self, batch: EventBatch, start: int, stop: int, plane: int | Planes, sign: int) -> None:
        plan, stage = self.plan, self.plan.stage
        index = np.require(batch.event_index, np.int64, ("C", "A"))
        n_planes = int(np.prod(self._plane_bins, dtype=np.int64))
        for block in self._blocks.walk(batch, start, stop):
            n = len(block.toa)
            cells, fates = np.zeros(n, np.int64), np.full(n, flat.GOOD, np.int64)
            if plan.entry:
                planes = (
                    np.full(n, plane, np.uint32) if isinstance(plane, int) else _of_events(plane, index, block.start, n)
                )
                flat.join_codes(planes, self._plane_codes, n_planes, cells, fates)
            flat.join_codes(block.rows, stage.codes, stage.size, cells, fates)
            for column in plan.columns:
                flat.join_places(block.places(column), column.n, axis_fate(column.number, NAN), cells, fates)
            for span in plan.spans:
                flat.drop_places(block.places(span), OUTSIDE, fates)
            good = fates == flat.GOOD if block.weights is not None else None
            n_good = flat.sift(cells, fates, sign, self._tally)
            self._n_binned += sign * n_good
            weights = None if block.weights is None else block.weights[good].astype(np.int64)
            self._put(cells[:n_good], weights, sign)

    def _put(self, cells: Int64, weights: Int64 | None, sign: int) -> None:
        if weights is None:
            distinct, counts = np.unique(cells, return_counts=True)
            sums = np.broadcast_to(sign * counts.astype(np.int64), (3, len(distinct)))
        else:
            self._is_weighted = True
            distinct, sums = _together(cells, sign * np.stack([np.ones_like(weights), weights, weights * weights]))
        self._waiting.append((distinct, sums))
        self._n_waiting += len(distinct)
        if self._n_waiting > max(MERGE_AT, len(self._cells)):
            self._merge()

    def _merge(self) -> None:
        """Put what waits into order with what is held; bins that are empty again are dropped."""
        if not self._waiting:
            return
        parts = [(self._cells, self._sums), *self._waiting]
        cells, sums = _together(np.concatenate([c for c, _ in parts]), np.concatenate([s for _, s in parts], axis=1))
        kept = sums.any(axis=0)
        self._cells, self._sums = cells[kept], np.ascontiguousarray(sums[:, kept])
        self._waiting, self._n_waiting = [], 0


def _together(cells: Int64, sums: Int64) -> tuple[Int64, Int64]:
    """Return distinct cells in order, and what belongs to each of them together."""
    order = np.argsort(cells, kind="stable")
    ordered = cells[order]
    first = np.flatnonzero(np.concatenate(([True], ordered[1:] != ordered[:-1]))) if len(ordered) else np.zeros(0, int)
    if not len(first):
        return ordered, sums
    return ordered[first], np.add.reduceat(sums[:, order], first, axis=1)


def _of_events(planes: Planes, index: Int64, start: int, n: int) -> NDArray[np.uint32]:
    """Return the plane of each event from `start` on."""
    return planes[np.searchsorted(index, np.arange(start, start + n), side="right") - 1].astype(np.uint32)


def _numbered(codes: Int64) -> Int64:
    """Return codes of places in which those that have not failed are numbered."""
    good = codes == 0
    return np.where(good, np.cumsum(good) - 1, codes)
