"""Comparing two results bin for bin."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .ledger import FATES
from .snapshot import Snapshot


@dataclass(frozen=True, slots=True)
class Comparison:
    """Outcome of a comparison: true when everything agrees, and a sentence either way."""

    same: bool
    text: str

    def __bool__(self) -> bool:
        return self.same

    def __repr__(self) -> str:
        return self.text


def compare(a: Snapshot, b: Snapshot) -> Comparison:
    """Compare axes, counts of every bin, and fates of all events (late is a remark, not a fate)."""
    if tuple(a.axes) != tuple(b.axes):
        return Comparison(False, f"axes differ: {list(a.axes)} and {list(b.axes)}")
    unequal = a.array != b.array
    if n := int(np.count_nonzero(unequal)):
        first = tuple(int(i) for i in np.argwhere(unequal)[0])
        return Comparison(
            False,
            f"{n} of {a.array.size} bins differ, the first at {first}: {a.array[first]} and {b.array[first]} counts",
        )
    for fate in ("seen", *FATES):
        x, y = getattr(a.ledger, fate), getattr(b.ledger, fate)
        if x != y:
            return Comparison(False, f"all bins agree, but {fate} events differ: {x} and {y}")
    return Comparison(
        True, f"same in all {a.array.size:,} bins, {a.ledger.seen:,} events seen, {a.ledger.binned:,} binned"
    )
