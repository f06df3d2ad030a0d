"""The timeline of frames or named arrays: the newest ones, within a budget of memory."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, replace
from math import prod

import numpy as np

from ..transport.protocol import Partition
from .batch import ArrayBatch, ArraySet, Batch, Int64Array, Variable

BUDGET_BYTES = 64 << 20
"""Memory for one stream's arrays. The newest set is kept whatever its size."""

LARGEST_WHOLE = 4
"""Parts are put together once they are this fraction (one over it) of the whole: its size is only claimed."""

_Place = tuple[int, int, int]


@dataclass(frozen=True, slots=True, eq=False)
class ArrayData:
    """Array sets in order of time."""

    time: Int64Array
    """ns since 1970 UTC, shape (set,)."""
    sets: tuple[ArraySet, ...]

    def __len__(self) -> int:
        return len(self.sets)


class ArrayTimeline:
    """Collects array sets from any thread; a `Sink`. Parts of one histogram are put together.

    Ordered by data time, ties by partition and offset. A message that comes twice is kept once.
    """

    is_full = False

    def __init__(self, budget_bytes: int = BUDGET_BYTES) -> None:
        self._budget = budget_bytes
        self._lock = threading.Lock()
        self._sets: dict[_Place, ArraySet] = {}
        self._nbytes = 0
        self.n_seen = 0
        self.n_dropped = 0
        """Sets that had to make room for newer ones."""
        self.n_lost = 0
        """Messages that had expired before they could be read."""
        self.error: Exception | None = None

    @property
    def data(self) -> ArrayData:
        """What is kept, oldest first."""
        with self._lock:
            places = sorted(self._sets)
            sets = [self._sets[place] for place in places]
        return ArrayData(*_put_together(np.array([place[0] for place in places], np.int64), sets))

    def accept(self, batch: Batch) -> None:
        """Add sets; forget the oldest beyond the budget."""
        if not isinstance(batch, ArrayBatch):
            return
        m = batch.messages
        with self._lock:
            for i, found in enumerate(batch.sets):
                place = (int(batch.time[i]), int(m.partition[i]), int(m.offset[i]))
                if place not in self._sets:
                    self.n_seen += 1
                    self._sets[place] = found
                    self._nbytes += _nbytes(found)
            while self._nbytes > self._budget and len(self._sets) > 1:
                self._nbytes -= _nbytes(self._sets.pop(min(self._sets)))
                self.n_dropped += 1

    def work(self) -> None:
        """Do nothing: what was accepted is there."""

    def covered(self, offsets: Mapping[Partition, tuple[int, int]]) -> None:
        """Take no note: the newest sets say nothing of what lies between."""

    def lost(self, n_messages: int) -> None:
        """Count messages that had expired."""
        self.n_lost += n_messages

    def skipped(self, n_messages: int, n_events: int | None) -> None:
        """Take no note: the newest sets say nothing of what lies between."""

    def finished(self) -> None:
        """Do nothing: what is there stays."""

    def failed(self, error: Exception) -> None:
        """Keep what ended the reading."""
        self.error = error


def _nbytes(found: ArraySet) -> int:
    return sum(v.values.nbytes for v in found.variables.values())


def _put_together(times: Int64Array, sets: list[ArraySet]) -> tuple[Int64Array, tuple[ArraySet, ...]]:
    """Join the parts of histograms that were sent in parts under one time; others stay as they are."""
    if not any(found.whole for found in sets):
        return times, tuple(sets)
    kept: list[int] = []
    joined: list[ArraySet] = []
    at = 0
    while at < len(sets):
        end = at + 1
        while end < len(sets) and sets[at].whole and sets[end].whole == sets[at].whole and times[end] == times[at]:
            end += 1
        parts = sets[at:end]
        whole = _whole(parts) if parts[0].whole else None
        joined += parts if whole is None else [whole]
        kept += range(at, end) if whole is None else [at]
        at = end
    return times[kept], tuple(joined)


def _whole(parts: list[ArraySet]) -> ArraySet | None:
    """Return the histogram that parts belong to; None while they are a small part of it, which need not be true."""
    first = parts[0]
    n_there = sum(part.variables["signal"].values.size for part in parts)
    if prod(first.whole) > LARGEST_WHOLE * n_there:
        return None
    filled: dict[str, Variable] = {}
    for name in ("signal", "errors"):
        if name not in first.variables:
            continue
        values = np.zeros(first.whole, first.variables[name].values.dtype)
        for part in parts:
            if name in part.variables:
                content = part.variables[name].values
                values[tuple(slice(o, o + n) for o, n in zip(part.offset, content.shape, strict=True))] = content
        filled[name] = replace(first.variables[name], values=values)
    return replace(first, variables={**first.variables, **filled}, offset=(), whole=())
