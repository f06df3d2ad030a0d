"""What the simulated instrument really sent: counts kept by the producer itself, apart from all that reads them."""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from .beam import PERIOD_NS
from .counts import Counts
from .diffractometer import N_PIXELS, SHAPE

TOA_WIDTH_NS = 1_000
N_TOA = -(-PERIOD_NS // TOA_WIDTH_NS)

CountArray = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class RunTruth:
    """One run: its span in ns (``stop_ns`` None while it lasts), and entries and events with start <= time < stop."""

    name: str
    start_ns: int
    stop_ns: int | None
    streams: Mapping[str, Counts]
    """By stream; a message that feeds two runs is counted in both."""


@dataclass(frozen=True, slots=True)
class Truth:
    """A snapshot of all that was sent so far."""

    streams: Mapping[str, Counts]
    partitions: Mapping[tuple[str, int], Counts]
    """The same by stream and partition."""
    image: CountArray
    """Events of each pixel, int64, shape (256, 256); pixel 1 is ``[0, 0]``."""
    toa: Mapping[str, CountArray]
    """Events by time of arrival in bins of 1 µs from 0, by stream, int64, shape (71429,)."""
    runs: tuple[RunTruth, ...]
    logs: Mapping[str, tuple[NDArray[np.int64], NDArray[np.float64]]]
    """Times (ns since 1970) and values of each log's samples, both shape (sample,)."""
    first_ns: int | None
    """Earliest reference time sent."""
    last_ns: int | None
    """Latest reference time sent."""
    undelivered: int
    """Messages that the broker did not take; not contained in any other number."""

    @property
    def events(self) -> int:
        """Events of all streams."""
        return sum(counts.events for counts in self.streams.values())


@dataclass(frozen=True, slots=True)
class SentEvents:
    """Content of one ev44 message, as far as it is counted."""

    stream: str
    partition: int
    times: tuple[int, ...]
    """Reference time of each entry, ns since 1970."""
    runs: tuple[int | None, ...]
    """Run of each entry."""
    sizes: tuple[int, ...]
    pixel_id: NDArray[np.int32] | None
    toa: NDArray[np.int32]


@dataclass(slots=True)
class _Run:
    name: str
    start_ns: int
    stop_ns: int | None = None
    streams: defaultdict[str, Counts] = field(default_factory=lambda: defaultdict(Counts))


class TruthBook:
    """Adds up what is sent. Written by the producing thread, read by any."""

    def __init__(self, streams: Sequence[str]) -> None:
        self._lock = threading.Lock()
        self._partitions: defaultdict[tuple[str, int], Counts] = defaultdict(Counts)
        self._image = np.zeros(N_PIXELS + 1, np.int64)
        self._toa = {stream: np.zeros(N_TOA, np.int64) for stream in streams}
        self._runs: dict[int, _Run] = {}
        self._logs: defaultdict[str, dict[int, float]] = defaultdict(dict)
        self._undelivered = 0
        self._first_ns: int | None = None
        self._last_ns: int | None = None

    def add_events(self, sent: SentEvents, *, sign: int = 1) -> None:
        """Count a message; with ``sign=-1`` take one back that was not delivered."""
        from .draw import tally

        whole = Counts(sign, sign * len(sent.times), sign * len(sent.toa))
        with self._lock:
            self._partitions[sent.stream, sent.partition] += whole
            tally(sent.toa, TOA_WIDTH_NS, sign, self._toa[sent.stream])
            if sent.pixel_id is not None:
                tally(sent.pixel_id, 1, sign, self._image)
            for run in set(sent.runs) - {None}:
                sizes = [n for r, n in zip(sent.runs, sent.sizes, strict=True) if r == run]
                streams = self._runs[run].streams  # type: ignore[index]
                streams[sent.stream] += Counts(sign, sign * len(sizes), sign * sum(sizes))
            if sign > 0:
                self._first_ns = min(filter(None, (self._first_ns, *sent.times)))
                self._last_ns = max(filter(None, (self._last_ns, *sent.times)))
            else:
                self._undelivered += 1

    def add_sample(self, stream: str, time_ns: int, value: float, *, sign: int = 1) -> None:
        """Count a log's sample, or take it back."""
        with self._lock:
            self._partitions[stream, 0] += Counts(sign, sign, 0)
            if sign > 0:
                self._logs[stream][time_ns] = value
            else:
                self._undelivered += 1
                del self._logs[stream][time_ns]

    def add_unit(self, stream: str, *, sign: int = 1) -> None:
        """Count the message that tells a log's unit, or take it back; it is no sample."""
        with self._lock:
            self._partitions[stream, 0] += Counts(sign, 0, 0)
            self._undelivered += sign < 0

    def start_run(self, number: int, name: str, start_ns: int) -> None:
        """Take note that a run began."""
        with self._lock:
            self._runs[number] = _Run(name, start_ns)

    def stop_run(self, number: int, stop_ns: int) -> None:
        """Take note that a run ended."""
        with self._lock:
            self._runs[number].stop_ns = stop_ns

    def open_run(self) -> int | None:
        """Return the number of the run that was started and not stopped."""
        with self._lock:
            return next((number for number, run in self._runs.items() if run.stop_ns is None), None)

    def add_undelivered(self, n_messages: int) -> None:
        """Count messages without events or samples, or of unknown fate, that the broker did not take."""
        with self._lock:
            self._undelivered += n_messages

    def snapshot(self) -> Truth:
        """Return all numbers as they are now, copied."""
        with self._lock:
            streams: defaultdict[str, Counts] = defaultdict(Counts)
            for (stream, _), counts in self._partitions.items():
                streams[stream] += counts
            return Truth(
                streams=dict(streams),
                partitions=dict(self._partitions),
                image=self._image[1:].reshape(SHAPE).copy(),
                toa={stream: counts.copy() for stream, counts in self._toa.items()},
                runs=tuple(RunTruth(r.name, r.start_ns, r.stop_ns, dict(r.streams)) for r in self._runs.values()),
                logs={
                    stream: (np.array(list(samples), np.int64), np.array(list(samples.values()), np.float64))
                    for stream, samples in self._logs.items()
                },
                first_ns=self._first_ns,
                last_ns=self._last_ns,
                undelivered=self._undelivered,
            )
