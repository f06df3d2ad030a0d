"""What a view takes from a count: its own result, or a part of what another view counts already."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from .axis import Axes
from .counting import Counting
from .description import Description
from .fold.counted import Counted
from .prepare import result_axes
from .result.ledger import Ledger
from .result.snapshot import Snapshot


def taken_from(counting: Counting, wanted: Description | None, *, picture: bool) -> Counted:
    """Return the result of a count, or of the description `wanted`, which its fold serves.

    Parameters
    ----------
    counting
        Used under its owner's lock.
    wanted
        None is the count's own description.
    picture
        Only one or two leading dimensions, the others summed.
    """
    fold = counting.fold
    if fold is None:
        axes = result_axes(wanted or counting.description, counting.setting)
        axes = Axes(tuple(axes)[:2]) if picture else axes
        zeros = np.zeros(tuple(axis.n for axis in axes), np.int64)
        zeros.flags.writeable = False
        return Counted(axes, zeros, None, Ledger())
    if wanted is not None:
        from .fold.cut import cut

        counted = cut(fold, wanted, counting.setting)
        return _leading(counted) if picture and len(counted.axes) > 2 else counted
    return fold.picture() if picture else fold.counted()


def _leading(counted: Counted) -> Counted:
    """Sum all but the first two dimensions."""
    behind = tuple(range(2, len(counted.axes)))
    squares = None if counted.squares is None else counted.squares.sum(axis=behind)
    return Counted(Axes(tuple(counted.axes)[:2]), counted.values.sum(axis=behind), squares, counted.ledger)


def picture_of(snapshot: Snapshot) -> Snapshot:
    """Return a result summed to its first two dimensions; NaN counts as nothing where anything else is there."""
    if len(snapshot.axes) <= 2:
        return snapshot
    behind = tuple(range(2, len(snapshot.axes)))
    axes = Axes(tuple(snapshot.axes)[:2])
    spread = None if snapshot.spread is None else np.nansum(snapshot.spread, axis=behind)
    return replace(snapshot, array=np.nansum(snapshot.array, axis=behind), spread=spread, axes=axes)
