"""Judging entries: which of them count, and in which bins of the axes that lie on entries, by logs and columns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from ...streams.batch import EventBatch
from ...streams.log import LogData
from ..axis import Axis
from ..condition import Condition


@dataclass(frozen=True, slots=True, eq=False)
class Judge:
    """Conditions and entry axes together with the log samples known at one moment."""

    conditions: tuple[Condition, ...] = ()
    axes: tuple[Axis, ...] = ()
    """Axes of the description that lie on entries (columns, time, logs), in its order."""
    logs: Mapping[str, LogData] = field(default_factory=dict)
    units: Mapping[str, str | None] = field(default_factory=dict)
    """Own unit of each log."""

    @property
    def is_trivial(self) -> bool:
        """Whether every entry counts, and nothing else is asked."""
        return not self.conditions and not self.axes

    def keeps(self, batch: EventBatch) -> NDArray[np.bool_]:
        """Return which entries fulfil all conditions, shape (entry,)."""
        raise NotImplementedError

    def places(self, batch: EventBatch) -> list[NDArray[np.int32]]:
        """Return for each entry axis the bin of each entry, shape (entry,), or a negative code of `fates`."""
        raise NotImplementedError


def changed_spans(old: Judge, new: Judge) -> list[tuple[int, int]]:
    """Return spans of time ``start <= t < stop`` (ns) in which some log's value in effect differs between the two."""
    raise NotImplementedError
