"""Cutting: a view whose result is a part or a sum of what a running fold holds takes it from there.

It gets the same counts and the same ledger as a fold of its own would give: rows of cells are kept for every pixel (and
for every fate), and columns for every way to fail, so that nothing has to be counted twice to be told apart.
"""

from __future__ import annotations

import numpy as np

from ...errors import ArgumentError
from ..description import Description
from ..setting import Setting
from .counted import Counted, Fold
from .dense import DenseFold
from .fates import UNMAPPED
from .pixelstage import PixelStage
from .plan import column_codes, make_plan, plane_codes
from .reading import Reading
from .serving import serves

__all__ = ["cut", "make_reading", "serves"]


def cut(base: Fold, wanted: Description, setting: Setting) -> Counted:
    """Return what a fold of `wanted` would have counted.

    Raises
    ------
    ArgumentError
        If the base does not hold what is wanted: see `serves`.
    """
    if not isinstance(base, DenseFold):
        raise ArgumentError("nothing can be cut out of a fold that does not hold every bin")
    reading = base.cuts.get(wanted)
    if reading is None:
        reading = base.cuts[wanted] = make_reading(base, wanted, setting)
    return reading.counted(base.cells, base.beside)


def make_reading(base: DenseFold, wanted: Description, setting: Setting) -> Reading:
    """Work out once how cells of a base become the result that is wanted; see `cut`."""
    plan, own = base.plan, make_plan(wanted, setting)
    have = plan.description.axes
    column_of = {have[c.number - 1]: k for k, c in enumerate(plan.columns)}
    plane_of = {have[i]: k for k, i in enumerate(plan.entry)}
    try:
        columns = {column_of[wanted.axes[c.number - 1]]: c.number for c in own.columns}
        planes = {plane_of[wanted.axes[i]]: 1 + i for i in own.entry}
    except KeyError as missing:
        raise ArgumentError(f"the base has no {missing.args[0]!r}") from None
    kept_columns, kept_planes = sorted(columns), sorted(planes)
    dims = [("axis", planes[k] - 1) for k in kept_planes]
    dims += [("lead", i) for i in range(own.n_lead)] + [("axis", i) for i in own.static]
    dims += [("axis", columns[k] - 1) for k in kept_columns]
    order = [("lead", i) for i in range(own.n_lead)] + [("axis", i) for i in range(len(wanted.axes))]
    return Reading(
        plan,
        own.axes,
        _codes(plan.stage, own.stage),
        own.stage.shape,
        tuple(kept_columns),
        tuple(kept_planes),
        tuple(dims.index(d) for d in order),
        column_codes(plan, columns),
        plane_codes(plan, planes),
    )


def _codes(base: PixelStage, wanted: PixelStage) -> np.ndarray:
    """Return for each row of the base its place, or fate, in what is wanted."""
    if not wanted.needs_ids:
        if len(wanted.codes) == 1:
            return np.full(base.n_rows, wanted.codes[0])
        raise ArgumentError("the base counts other pixels")
    if not base.needs_ids or (base.first, base.n_ids, base.layout) != (wanted.first, wanted.n_ids, wanted.layout):
        raise ArgumentError("the base counts other pixels")
    rows, own = base.rows_of_numbers(), wanted.rows_of_numbers()
    if len(own) not in (1, len(rows)):
        raise ArgumentError("the base does not spread pixels as is wanted")
    places = np.broadcast_to(wanted.codes[own], rows.shape)
    codes = np.full(base.n_rows, UNMAPPED, np.int64)
    codes[rows] = places
    if not np.array_equal(codes[rows], places):
        raise ArgumentError("the base sums pixels that are to be told apart")
    return codes
