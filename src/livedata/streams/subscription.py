"""Handing one stream to one sink: what lies behind is read back from the topic, what comes is handed on.

The two parts meet at an offset in each partition, so no message is handed over twice or missed; they run at the same
time, because the order of entries does not matter to what takes them.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping

from ..transport.protocol import Partition, Record, Transport
from .extent import Extent
from .feed import Progress, Sink
from .history import read_ranges
from .key import StreamKey
from .split import Splitter

LEEWAY_NS = 2_000_000_000
"""How far a stream's clock must have passed the end of a span before the span counts as over."""

Steps = Mapping[Partition, tuple[int, int]]


class TopicSubscription:
    """One hand-over from topics to a sink. Made by a connection."""

    def __init__(self, transport: Transport, key: StreamKey, sink: Sink, extent: Extent | None) -> None:
        self.key = key
        self.sink = sink
        self.extent = extent
        self.follows_live = extent is None or extent.offsets is None
        self._transport = transport
        self._stop = threading.Event()
        self._history_done = threading.Event()
        self._handing = threading.Lock()
        self._done = self._total = 0
        self._live_over = False

    @property
    def is_closed(self) -> bool:
        """Whether nothing will be handed over any more."""
        return self._stop.is_set()

    @property
    def progress(self) -> Progress:
        """Messages read back so far; total 0 once there is nothing left to catch up with."""
        if self._history_done.is_set():
            return Progress(self._done, 0)
        return Progress(self._done, self._total)

    def close(self) -> None:
        """Stop handing over."""
        self._stop.set()

    def read_back(self, ranges: Steps) -> None:
        """Read what lies behind in a thread of its own."""
        self._total = sum(max(0, stop - start) for start, stop in ranges.values())
        if not self._total:
            self._history_finished(0)
            return
        threading.Thread(
            target=self._read, args=(dict(ranges),), name=f"livedata-history-{self.key.source}", daemon=True
        ).start()

    def forget_past(self) -> None:
        """Hand over nothing more of what lies behind; after this call nothing of it is on its way."""
        with self._handing:
            self._history_done.set()

    def take_live(self, newest_ns: int | None) -> None:
        """Take note of the stream's clock: a span of time that has passed is over."""
        extent = self.extent
        if extent is not None and extent.stop_ns is not None and newest_ns is not None:
            self._live_over = self._live_over or newest_ns >= extent.stop_ns + LEEWAY_NS
            self._finish_if_over()

    def _finish_if_over(self) -> None:
        ended = self._live_over or not self.follows_live
        if ended and self._history_done.is_set() and not self._stop.is_set():
            self._stop.set()
            self.sink.finished()

    def _read(self, ranges: dict[Partition, tuple[int, int]]) -> None:
        splitter = Splitter(wants=lambda key: key == self.key)

        def ended() -> bool:
            return self._stop.is_set() or self._history_done.is_set()

        def take(records: list[Record], steps: dict[Partition, tuple[int, int]]) -> None:
            while self.sink.is_full and not self._stop.is_set():
                self._stop.wait(0.0005)
            with self._handing:
                if ended():
                    return
                for _, batch in splitter.split(records):
                    self.sink.accept(batch)
                self.sink.covered(steps)
            self.sink.work()
            self._done += sum(last - first for first, last in steps.values())

        try:
            lost = read_ranges(self._transport, ranges, take, stopped=ended)
        except Exception as error:  # noqa: BLE001 - whatever ended the reading is the view's to show
            self._stop.set()
            self.sink.failed(error)
            return
        if not ended():
            self._history_finished(lost)

    def _history_finished(self, lost: int) -> None:
        if lost:
            self.sink.lost(lost)
        self._history_done.set()
        self._finish_if_over()
