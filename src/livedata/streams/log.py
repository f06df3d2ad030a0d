"""The timeline of one log: all samples seen, ordered by data time, ties by offset."""

from __future__ import annotations

import threading
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .batch import Int64Array, LogBatch

MAX_SAMPLES = 1_000_000
"""Oldest samples beyond this number are forgotten."""


@dataclass(frozen=True, slots=True, eq=False)
class LogData:
    """Samples of a log in order of time; arrays of shape (sample,) and (sample, ...)."""

    time: Int64Array
    value: NDArray[np.generic]

    def __len__(self) -> int:
        return len(self.time)


class LogTimeline:
    """Collects the samples of one log from any thread. A sample that comes twice (same place) is kept once."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._batches: list[LogBatch] = []
        self._data: LogData | None = None
        self.n_other_shape = 0
        """Samples of another dtype family or shape than the first, which one array cannot hold."""

    def accept(self, batch: LogBatch) -> None:
        """Add samples."""
        with self._lock:
            self._batches.append(batch)
            self._data = None

    @property
    def data(self) -> LogData:
        """All samples, ordered by data time, ties by partition and offset."""
        with self._lock:
            if self._data is None:
                self._data = self._sorted()
            return self._data

    def _sorted(self) -> LogData:
        if not self._batches:
            return LogData(np.zeros(0, np.int64), np.zeros(0))
        shape = self._batches[0].value.shape[1:]
        numeric = self._batches[0].value.dtype.kind in "iufb"
        fit = [b for b in self._batches if b.value.shape[1:] == shape and (b.value.dtype.kind in "iufb") == numeric]
        self.n_other_shape = sum(b.n_samples for b in self._batches) - sum(b.n_samples for b in fit)
        time = np.concatenate([b.time for b in fit])
        value = np.concatenate([b.value for b in fit])
        partition = np.concatenate([b.messages.partition for b in fit])
        offset = np.concatenate([b.messages.offset for b in fit])
        topic = np.concatenate([np.repeat(b.messages.topic, b.n_samples) for b in fit])
        order = np.lexsort((offset, partition, topic, time))
        if len(order) > 1:
            a, b = order[1:], order[:-1]
            twice = (offset[a] == offset[b]) & (partition[a] == partition[b]) & (time[a] == time[b]) & (offset[a] >= 0)
            order = order[np.concatenate(([True], ~twice))]
        order = order[-MAX_SAMPLES:]
        return LogData(time[order], value[order])
