"""Comparing two results bin for bin, without any tolerance."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ..axis import Axes
from .comparison import Comparison, Difference
from .exactaxis import axes_difference
from .ledger import FATES

if TYPE_CHECKING:
    from .histogram import Histogram

N_LISTED = 20


def compare(a: Histogram, b: Histogram) -> Comparison:
    """Compare axes, unit, values and variances of every bin and, where both know them, the fates of all events.

    Values are compared exactly, integers with doubles too; NaN equals NaN. Late events are a remark, not a fate.
    """
    if difference := axes_difference(a.axes, b.axes):
        return Comparison(False, f"axes differ: {difference}")
    if a.unit != b.unit:
        return Comparison(False, f"units differ: {a.unit!r} and {b.unit!r}")
    found = _differing(a, b, "values", a.array, b.array)
    if found is None and (a.spread is not None or b.spread is not None):
        found = _differing(a, b, "variances", a.variances(), b.variances())
    if found is not None:
        return found
    ours: Any = getattr(a, "ledger", None)
    theirs: Any = getattr(b, "ledger", None)
    same = f"same in all {a.array.size:,} bins"
    if ours is None or theirs is None:
        return Comparison(True, same)
    for fate in ("seen", *FATES):
        x, y = getattr(ours, fate), getattr(theirs, fate)
        if x != y:
            return Comparison(False, f"all bins agree, but {fate} events differ: {x} and {y}")
    return Comparison(True, f"{same}, {ours.seen:,} events seen, {ours.binned:,} binned")


def _differing(a: Histogram, b: Histogram, what: str, x: NDArray[Any], y: NDArray[Any]) -> Comparison | None:
    unequal = ~_equal(x, y)
    n = int(np.count_nonzero(unequal))
    if not n:
        return None
    places = np.argwhere(unequal)[:N_LISTED].tolist()
    listing = tuple(
        Difference(tuple(i), _place(a.axes, i), what, x[tuple(i)].item(), y[tuple(i)].item()) for i in places
    )
    first = listing[0]
    of = f" {what}" if what != "values" else ""
    return Comparison(
        False,
        f"{n} of {x.size}{of or ' bins'} differ, the first at {first.index}: {first.a} and {first.b} {a.unit}".rstrip(),
        listing,
    )


def _equal(x: NDArray[Any], y: NDArray[Any]) -> NDArray[np.bool_]:
    """Compare exactly; numpy alone would round large integers to compare them with doubles."""
    if x.dtype == y.dtype:
        return np.asarray(np.equal(x, y) | ((x != x) & (y != y)))
    if x.dtype.kind == "f":
        x, y = y, x
    # A double that equals the rounded integer is below 2**63, or is 2**63 itself.
    close = (x.astype(np.float64) == y) & (y < 2.0**63)
    return np.asarray(close & (np.where(close, y, 0).astype(np.int64) == x))


def _place(axes: Axes, index: list[int]) -> str:
    """Say which bin it is."""
    words = []
    for axis, i in zip(axes, index, strict=True):
        if axis.categories is not None:
            words.append(f"{axis.name} {axis.categories[i]!r}")
        else:
            low, high = axis.edges[[i, i + 1]]
            words.append(f"{axis.name} {low:.9g} … {high:.9g}" + (f" {axis.unit}" if axis.unit else ""))
    return ", ".join(words)
