"""Reading: from cells to a result and its ledger, for the fold's own description or for one that is a part of it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..axis import Axes
from ..result.ledger import Ledger
from . import sums
from .cells import Cells
from .counted import Counted
from .fates import FIRST_AXIS, MASKED, NAN, OUTSIDE, OVERFLOW, UNDERFLOW, UNMAPPED
from .plan import Plan, column_codes, first_fate, plane_codes

Sums = NDArray[np.int64]
_NAMES = {UNMAPPED: "unmapped", MASKED: "masked", OUTSIDE: "outside"}
_KINDS = {NAN: "nan", UNDERFLOW: "underflow", OVERFLOW: "overflow"}


@dataclass(frozen=True, slots=True)
class Beside:
    """What the ledger knows that is in no cell."""

    seen: int = 0
    filtered: int = 0
    unmapped: int = 0
    late: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class Reading:
    """Which rows, columns and planes make which place of a result, and which fates the others are."""

    plan: Plan
    """Of the fold that is read."""
    axes: Axes
    """Of the result."""
    codes: Sums
    """For each row its place among those of pixels, or a fate."""
    shape: tuple[int, ...]
    """Of the places of pixels."""
    columns: tuple[int, ...]
    """Which of the fold's columns are kept, in their order there."""
    planes: tuple[int, ...]
    """Which of its entry axes are kept."""
    order: tuple[int, ...]
    """Of the dimensions (planes, pixels, columns) in the result."""
    column_codes: Sums
    plane_codes: Sums
    kept: Sums = field(init=False)
    """Rows that have a place, and their places."""
    targets: Sums = field(init=False)
    is_plain: bool = field(init=False)
    """Whether the first rows are the places, in their order."""
    fates: dict[int, Sums] = field(init=False)
    """Rows of each fate."""
    failing: dict[int, Sums] = field(init=False)
    """Columns of each fate."""

    def __post_init__(self) -> None:
        put = object.__setattr__
        put(self, "kept", np.flatnonzero(self.codes >= 0))
        put(self, "targets", self.codes[self.kept])
        n = self.n_targets
        put(self, "is_plain", len(self.kept) == n and np.array_equal(self.codes[:n], np.arange(n)))
        bad = np.flatnonzero(self.codes < 0)
        put(self, "fates", {int(c): bad[self.codes[bad] == c] for c in np.unique(self.codes[bad])})
        lost = np.flatnonzero(self.column_codes < 0)
        put(self, "failing", {int(c): lost[self.column_codes[lost] == c] for c in np.unique(self.column_codes[lost])})

    @property
    def n_targets(self) -> int:
        """Number of places of pixels."""
        return int(np.prod(self.shape, dtype=np.int64))

    # Values

    def counted(self, cells: Cells, beside: Beside) -> Counted:
        """Return the result."""
        by_fate = self._by_fate(cells, beside)
        values = self._counts(cells, by_fate[0])
        squares = None
        if cells.excess is not None and cells.squares is not None:
            squares = _frozen(values + self._values(cells.squares.reshape(cells.shape)))
            values = values + self._values(cells.excess.reshape(cells.shape))
        return Counted(self.axes, _frozen(values), squares, self._ledger(by_fate, beside))

    def picture(self, cells: Cells, beside: Beside) -> Counted:
        """Return the two leading dimensions of the result, the others summed."""
        plan = self.plan
        n_dims = len(self.axes)
        if n_dims <= 2:
            return self.counted(cells, beside)
        if plan.n_lead < 2 or not self.columns:
            whole = self.counted(cells, beside)
            behind = tuple(range(2, n_dims))
            squares = None if whole.squares is None else _frozen(whole.squares.sum(axis=behind))
            return Counted(Axes(tuple(self.axes)[:2]), _frozen(whole.values.sum(axis=behind)), squares, whole.ledger)
        parts = cells.parts()
        values = self._leading(cells.row_sums() if len(cells.rows) else None, parts)
        more = None
        if cells.excess is not None and cells.squares is not None:
            more = _frozen(values + self._leading(None, [cells.squares.reshape(cells.shape)]))
            values = values + self._leading(None, [cells.excess.reshape(cells.shape)])
        return Counted(Axes(tuple(self.axes)[:2]), _frozen(values), more, self.ledger(cells, beside))

    def _leading(self, row_sums: Sums | None, parts: list[Any]) -> Sums:
        """Sum the bins of each row, and rows into the two leading dimensions."""
        is_single = len(self.plan.columns) == 1
        if row_sums is not None:
            by_row = row_sums[0]
        else:
            everything = np.arange(len(self.codes))
            by_row = np.zeros(len(everything), np.int64)
            for plane in np.flatnonzero(self.plane_codes == 0):
                for part in parts:
                    stop = self.plan.columns[0].n if is_single else part.shape[2]
                    sums.add_row_sums(part[plane], everything, everything, 0, stop, by_row)
        if not is_single:
            for plane in np.flatnonzero(self.plane_codes == 0):
                for part in parts:
                    for column in np.flatnonzero(self.column_codes < 0):
                        by_row -= part[plane][:, column]
        out = self._placed(by_row[:, np.newaxis], 1).reshape(self.shape)
        # A sum over no axes would still go through it element by element.
        return np.asarray(out.sum(axis=tuple(range(2, out.ndim)))) if out.ndim > 2 else out

    def _counts(self, cells: Cells, kept: Sums) -> Sums:
        """Return the counts of the result; `kept` is the sum of all rows that have a place, shape (plane, column)."""
        if self.n_targets == cells.shape[0] == len(self.columns) == len(self.plan.columns) == 1:
            values = kept[0, : self.plan.columns[0].n].copy()
            return values.reshape((*self.shape, -1)).transpose(self.order)
        if self.columns or not len(cells.rows):
            counts: Sums = sum(self._values(part) for part in cells.parts())  # type: ignore[assignment]
            return counts
        by_row, failed = cells.row_sums()
        by_row += failed
        if self.plan.spans:
            for part in cells.parts():
                by_row -= part[0, :, self.plan.outside]
        out = self._placed(by_row[:, np.newaxis], 1)
        return np.asarray(out.reshape(self.shape).transpose(self.order), order="C")

    def _placed(self, held: NDArray[Any], width: int) -> Sums:
        """Bring so many columns of an array of rows to the places of the rows, shape (place, column)."""
        if self.is_plain:
            return held[: self.n_targets, :width].astype(np.int64)
        out = np.zeros((self.n_targets, width), np.int64)
        sums.add_rows(held, self.kept, self.targets, out)
        return out

    def _values(self, part: NDArray[Any]) -> Sums:
        """Sum one array, shape (plane, row, column), into the result."""
        plan = self.plan
        widths = plan.widths
        n_kept = [plan.columns[k].n for k in self.columns]
        if not self.columns and plan.outside > 1:
            out = np.zeros((part.shape[0], self.n_targets), np.int64)
            for plane, held in zip(out, part, strict=True):
                sums.add_row_sums(held, self.kept, self.targets, 0, plan.outside, plane)
        elif len(widths) <= 1:
            out = _stacked([self._placed(held, n_kept[0] if n_kept else 1) for held in part])
            out = out if n_kept else out[..., 0]
        else:
            whole = _stacked([self._placed(held, plan.outside) for held in part])
            out = _reduced(whole.reshape((*whole.shape[:2], *widths)), 2, self.columns, [c.n for c in plan.columns])
        axes = plan.description.axes
        out = out.reshape((*plan.plane_widths, *self.shape, *out.shape[2:]))
        out = _reduced(out, 0, self.planes, [axes[i].n for i in plan.entry])
        return np.asarray(out.transpose(self.order), order="C")

    # Fates

    def ledger(self, cells: Cells, beside: Beside) -> Ledger:
        """Return the fates of all events."""
        return self._ledger(self._by_fate(cells, beside), beside)

    def _ledger(self, by_fate: dict[int, Sums], beside: Beside) -> Ledger:
        found: Counter[int] = Counter()
        for code, held in by_fate.items():
            for plane_code, columns in zip(self.plane_codes, held, strict=True):
                first = int(first_fate(np.int64(code), plane_code))  # type: ignore[arg-type]
                failed = 0
                for column_code, places in self.failing.items():
                    n = int(columns[places].sum())
                    found[first if first < 0 and first > column_code else column_code] += n
                    failed += n
                found[first] += int(columns.sum()) - failed
        fates: Counter[str] = Counter(unmapped=beside.unmapped)
        for code, n in found.items():
            fates["binned" if code == 0 else name_of_fate(code)] += n
        return Ledger(seen=beside.seen, filtered=beside.filtered, late=beside.late, **fates)

    def _by_fate(self, cells: Cells, beside: Beside) -> dict[int, Sums]:
        """Return for each fate of rows (0: none) the sum of its rows, shape (plane, column)."""
        groups = {0: self.kept, **self.fates}
        total = self._total(cells, beside)
        largest = max(groups, key=lambda code: len(groups[code])) if total is not None else None
        found = {code: self._sum(cells, rows) for code, rows in groups.items() if code != largest}
        if total is not None and largest is not None:
            found[largest] = total - sum(found.values())
        return found

    def _total(self, cells: Cells, beside: Beside) -> Sums | None:
        """Return the sum of all rows where that is known without looking at them."""
        if len(cells.columns):
            return cells.columns[np.newaxis]
        if cells.shape[0] == cells.shape[2] == 1:
            return np.array([[beside.seen - beside.filtered - beside.unmapped]])
        return None

    def _sum(self, cells: Cells, rows: Sums) -> Sums:
        n_planes, _, width = cells.shape
        out = np.zeros((n_planes, 1, width), np.int64)
        nowhere = np.zeros(len(rows), np.int64)
        for part in cells.parts():
            for plane, held in zip(out, part, strict=True):
                sums.add_rows(held, rows, nowhere, plane)
        return out[:, 0]


def name_of_fate(code: int) -> str:
    """Return the name of a fate in the ledger.

    Examples
    --------
    >>> name_of_fate(-2), name_of_fate(-5), name_of_fate(-10)
    ('unmapped', 'nan', 'overflow')
    """
    return _NAMES.get(code) or _KINDS[(FIRST_AXIS - code) % 3]


def own_reading(plan: Plan) -> Reading:
    """Return how a fold is read for its own description."""
    n_entry, n_lead = len(plan.entry), plan.n_lead
    columns, planes = range(len(plan.columns)), range(n_entry)
    # Dimensions as they are read: entry axes, the picture, axes on pixels, columns.
    have = [("axis", i) for i in plan.entry]
    have += [("lead", i) for i in range(n_lead)] + [("axis", i) for i in plan.static]
    have += [("axis", c.number - 1) for c in plan.columns]
    want = [("lead", i) for i in range(n_lead)] + [("axis", i) for i in range(len(plan.description.axes))]
    return Reading(
        plan,
        plan.axes,
        plan.stage.codes,
        plan.stage.shape,
        tuple(columns),
        tuple(planes),
        tuple(have.index(w) for w in want),
        column_codes(plan, {k: plan.columns[k].number for k in columns}),
        plane_codes(plan, {k: 1 + plan.entry[k] for k in planes}),
    )


def _reduced(array: Sums, first: int, kept: tuple[int, ...], bins: list[int]) -> Sums:
    """Leave away the failures of dimensions that are kept, and sum those that are not, failures included."""
    for k in reversed(range(len(bins))):
        where = first + k
        array = array[(slice(None),) * where + (slice(bins[k]),)] if k in kept else array.sum(axis=where)
    return array


def _stacked(planes: list[Sums]) -> Sums:
    return planes[0][np.newaxis] if len(planes) == 1 else np.stack(planes)


def _frozen(array: Sums) -> Sums:
    array = np.asarray(array)
    array.flags.writeable = False
    return array
