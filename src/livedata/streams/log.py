"""The timeline of one process variable: all samples seen of each of its facets, ordered by data time."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from .batch import Facet, Int64Array, LogBatch

MAX_SAMPLES = 1_000_000
"""Oldest samples of a facet beyond this number are forgotten."""
MAX_KINDS = 64
"""Shapes of values that are told apart; of more, the samples that come later are left out."""
PENDING_BATCHES = 256
"""So many batches may wait before they are put in order; more cost memory, fewer time."""


@dataclass(frozen=True, slots=True, eq=False)
class LogData:
    """Samples of one facet in order of time; arrays of shape (sample,) and (sample, ...)."""

    time: Int64Array
    """ns since 1970 UTC."""
    value: NDArray[np.generic]
    columns: Mapping[str, NDArray[np.generic]] = field(default_factory=dict)
    """What an alarm (``message``) or a connection (``service_id``) says beside its code; texts, shape (sample,)."""

    def __len__(self) -> int:
        return len(self.time)


_Kind = tuple[bool, tuple[int, ...]]
"""Whether the values are numbers, and the shape of one."""

NO_SAMPLES = LogData(np.zeros(0, np.int64), np.zeros(0))


class LogTimeline:
    """Collects the samples of one process variable, from any thread.

    A sample that comes twice (same place) is kept once.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._facets: dict[Facet, dict[_Kind, _Samples]] = {}
        self._n_left_out = 0
        self.version = 0
        """Rises with every batch of values or units."""

    def accept(self, batch: LogBatch) -> None:
        """Add samples."""
        kind = (batch.value.dtype.kind in "iufb", batch.value.shape[1:])
        with self._lock:
            kinds = self._facets.setdefault(batch.facet, {})
            samples = kinds.get(kind)
            if samples is None:
                if len(kinds) >= MAX_KINDS:
                    self._n_left_out += batch.n_samples if batch.facet == "value" else 0
                    return
                samples = kinds[kind] = _Samples()
            samples.add(batch)
            self.version += batch.facet in ("value", "unit")

    @property
    def data(self) -> LogData:
        """The values, ordered by data time, ties by partition and offset."""
        return self.facet("value")

    def facet(self, name: Facet) -> LogData:
        """Return what is known of one facet, in the same order; empty when nothing was said.

        Texts and numbers, or arrays of different shapes, do not go into one array: those most samples are of are
        returned, whatever came first.
        """
        with self._lock:
            kinds = self._facets.get(name)
            return NO_SAMPLES if not kinds else kinds[_most(kinds)].data()

    @property
    def n_other_shape(self) -> int:
        """Values of another kind or shape than those of `data`, which one array cannot hold."""
        with self._lock:
            kinds = self._facets.get("value")
            if not kinds:
                return 0
            most = _most(kinds)
            return self._n_left_out + sum(samples.n for kind, samples in kinds.items() if kind != most)

    @property
    def unit(self) -> str | None:
        """The newest unit, None if none was ever told or the variable has none."""
        said = self.facet("unit").value
        unit = said[-1] if len(said) else None
        return None if unit is None else str(unit)


def _most(kinds: dict[_Kind, _Samples]) -> _Kind:
    """Return the kind that most samples are of, among equals numbers before texts and small before large."""
    return min(kinds, key=lambda kind: (-kinds[kind].n, not kind[0], kind[1]))


class _Samples:
    """Samples of one kind in order, and batches that still have to be put in order."""

    def __init__(self) -> None:
        self.n = 0
        self.pending: list[LogBatch] = []
        self.n_pending = 0
        self.sorted = NO_SAMPLES
        self.partition = np.zeros(0, np.int32)
        self.offset = np.zeros(0, np.int64)
        self.place = np.zeros(0, np.int64)
        """Number of a sample inside its message, which may hold many."""

    def add(self, batch: LogBatch) -> None:
        self.n += batch.n_samples
        self.pending.append(batch)
        self.n_pending += batch.n_samples
        # Sorting costs as much as what is there already: wait until that much is new.
        if len(self.pending) >= PENDING_BATCHES and self.n_pending * 4 >= len(self.sorted):
            self.put_in_order()

    def data(self) -> LogData:
        if self.pending:
            self.put_in_order()
        return self.sorted

    def put_in_order(self) -> None:
        old, new = self.sorted, self.pending
        had = bool(len(old))
        time = np.concatenate(([old.time] if had else []) + [b.time for b in new])
        with np.errstate(invalid="ignore"):  # a signalling NaN that is widened
            value = np.concatenate(([old.value] if had else []) + [b.value for b in new])
        partition = np.concatenate([self.partition, *(_per_sample(b, b.messages.partition) for b in new)])
        offset = np.concatenate([self.offset, *(_per_sample(b, b.messages.offset) for b in new)])
        place = np.concatenate([self.place, *(_places(b) for b in new)])
        names = new[0].columns.keys()
        columns = {n: np.concatenate(([old.columns[n]] if had else []) + [b.columns[n] for b in new]) for n in names}
        order = np.lexsort((place, offset, partition, time))
        if len(order) > 1:
            a, b = order[1:], order[:-1]
            twice = (offset[a] == offset[b]) & (partition[a] == partition[b]) & (time[a] == time[b])
            twice &= (place[a] == place[b]) & (offset[a] >= 0)
            order = order[np.concatenate(([True], ~twice))]
        order = order[-MAX_SAMPLES:]
        self.sorted = LogData(time[order], value[order], {name: column[order] for name, column in columns.items()})
        self.partition, self.offset, self.place = partition[order], offset[order], place[order]
        self.pending, self.n_pending = [], 0


def _per_sample(batch: LogBatch, of_message: NDArray[np.generic]) -> NDArray[np.generic]:
    """Return a value of each message for each of its samples."""
    if len(batch.messages) == batch.n_samples:
        return of_message
    if not len(batch.messages):
        return np.full(batch.n_samples, -1, of_message.dtype)
    return np.repeat(of_message, _sizes(batch))


def _places(batch: LogBatch) -> Int64Array:
    if len(batch.messages) in (0, batch.n_samples):
        return np.zeros(batch.n_samples, np.int64)
    return np.arange(batch.n_samples) - np.repeat(batch.messages.first_entry, _sizes(batch))


def _sizes(batch: LogBatch) -> Int64Array:
    return np.diff(batch.messages.first_entry, append=np.int64(batch.n_samples))
