"""The exact account of everything that was sent: what any view of any part of it must come to."""

from __future__ import annotations

import threading
from array import array
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from livedata.streams.extent import Ranges
from livedata.streams.runs import Run
from livedata.transport.protocol import Partition

UNSOUND = -1
"""Instead of the number of a payload: a message that no stream can use."""

Int64 = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Sent:
    """Sound messages of one stream, one row each."""

    payload: Int64
    """Number of the payload, shape (message,)."""
    time: Int64
    """Its reference time, ns since 1970, shape (message,)."""


class Account:
    """Written by the source, read by the checks. Safe to use from any thread.

    Parameters
    ----------
    streams
        The stream of each payload, by its number.
    """

    def __init__(self, topic: str, n_partitions: int, streams: list[str]) -> None:
        self.topic = topic
        self.streams = streams
        self._lock = threading.Lock()
        self._payloads = [array("b") for _ in range(n_partitions)]
        self._times = [array("q") for _ in range(n_partitions)]
        self._samples: dict[str, tuple[array[int], array[float]]] = {}
        self._runs: list[Run] = []
        self.n_unsound = 0

    def note(self, partition: int, payload: int, time_ns: int) -> int:
        """Take note of a message that is about to be sent; return the offset that it will get."""
        with self._lock:
            self._payloads[partition].append(payload)
            self._times[partition].append(time_ns)
            self.n_unsound += payload == UNSOUND
            return len(self._times[partition]) - 1

    def note_sample(self, log: str, time_ns: int, value: float) -> None:
        """Take note of a log sample; its time need not be the latest."""
        with self._lock:
            times, values = self._samples.setdefault(log, (array("q"), array("d")))
            times.append(time_ns)
            values.append(value)

    def note_run(self, run: Run) -> None:
        """Take note of a run that began, or of the end of the latest."""
        with self._lock:
            if self._runs and self._runs[-1].name == run.name:
                self._runs.pop()
            self._runs.append(run)

    @property
    def ends(self) -> dict[Partition, int]:
        """The offset behind the last message of each partition."""
        with self._lock:
            return {Partition(self.topic, i): len(times) for i, times in enumerate(self._times)}

    @property
    def runs(self) -> list[Run]:
        """Runs that were announced, oldest first."""
        with self._lock:
            return list(self._runs)

    def sent(self, stream: str, spans: Mapping[Partition, Ranges]) -> Sent:
        """Return the sound messages of a stream in some offsets."""
        payloads, times = [np.zeros(0, np.int64)], [np.zeros(0, np.int64)]
        for place, ranges in spans.items():
            with self._lock:
                of_all = np.array(self._payloads[place.partition], np.int64)
                times_of_all = np.array(self._times[place.partition], np.int64)
            for first, stop in ranges:
                if stop > len(of_all):
                    raise AssertionError(f"{place} covers offsets up to {stop}; only {len(of_all)} were sent")
                payloads.append(of_all[first:stop])
                times.append(times_of_all[first:stop])
        payload, time = np.concatenate(payloads), np.concatenate(times)
        mine = np.array([name == stream for name in self.streams] + [False])[payload]  # the last one is UNSOUND
        return Sent(payload[mine], time[mine])

    def samples(self, log: str) -> tuple[Int64, NDArray[np.float64]]:
        """Return times and values of a log, ordered by time."""
        with self._lock:
            times, values = self._samples.get(log, (array("q"), array("d")))
            found = np.array(times, np.int64), np.array(values, np.float64)
        order = np.argsort(found[0], kind="stable")
        return found[0][order], found[1][order]
