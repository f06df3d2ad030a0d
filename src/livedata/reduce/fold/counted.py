"""What a fold has counted, at one moment."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from ...streams.batch import Batch
from ..axis import Axes
from ..result.ledger import Ledger
from .judge import Judge


@dataclass(frozen=True, slots=True, eq=False)
class Counted:
    """Exact sums, read-only."""

    axes: Axes
    values: NDArray[np.int64] | NDArray[np.float64]
    """Sum of weights, shape as the axes; int64 for events, which count 1 or an integer each."""
    squares: NDArray[np.int64] | NDArray[np.float64] | None
    """Sum of squared weights; None where all weights are 1."""
    ledger: Ledger


class Fold(Protocol):
    """Counts batches. Folding commutes: neither order nor cut of the batches changes the result.

    Used under its owner's lock. What `remove` takes away must have been added before, judged alike.
    """

    axes: Axes
    first_ns: int | None
    """Earliest `event_time_zero` that was added."""
    last_ns: int | None

    def add(self, batch: Batch, judge: Judge) -> None:
        """Count one batch."""
        ...

    def remove(self, batch: Batch, judge: Judge) -> None:
        """Take one batch away again."""
        ...

    @property
    def n_seen(self) -> int:
        """Number of events (or frames) that were added."""
        ...

    @property
    def ledger(self) -> Ledger:
        """Fates of all events, without copying any counts."""
        ...

    def counted(self) -> Counted:
        """Return everything."""
        ...

    def picture(self) -> Counted:
        """Return one or two leading dimensions, the others summed; cheap also for cubes."""
        ...
