"""Making folds: from a description in its setting to something that counts."""

from __future__ import annotations

import math

from ..description import Description
from ..setting import Setting
from . import kernels
from .cells import Cells
from .counted import Fold
from .dense import DenseFold
from .memory import check_fits
from .plan import make_plan
from .series import make_series
from .sparse import SparseFold


def make_fold(description: Description, setting: Setting) -> Fold:
    """Compile a description into a fold. The counting loops load here, which may take a moment.

    Parameters
    ----------
    description
        What to count. Its axes may lie on integers of events, coordinates, entry columns and logs.
    setting
        Layout, geometry and logs of the stream.

    Raises
    ------
    ArgumentError
        If the counters would not fit in memory (before anything is allocated), something that the description needs is
        not known, or units do not fit.
    """
    if description.every_ns:
        return make_series(description, setting, description.every_ns)
    if not description.sparse:  # asked before, because tables of bins can be large as well
        bins = tuple(axis.n for axis in description.axes)
        check_fits(4 * math.prod(bins), bins)
    plan = make_plan(description, setting)
    if description.sparse:
        return SparseFold(plan)
    check_fits(Cells.bytes_needed(plan.n_planes, plan.stage.n_rows, plan.width), plan.shape)
    return DenseFold(plan)


def warm_up() -> None:
    """Load everything that folds need, so that the first view need not wait for it; runs well in the background."""
    kernels.warm_up()
