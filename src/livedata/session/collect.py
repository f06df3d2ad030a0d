"""Collecting the events of a span, for people who want them as they are."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import TYPE_CHECKING

from ..errors import ArgumentError
from ..reduce.counting import cut
from ..streams.batch import Batch, EventBatch
from ..streams.extent import Extent, Partition
from ..streams.feed import Feed

if TYPE_CHECKING:
    from ..reduce.result.eventtable import EventTable

STEP_S = 0.1


class Collector:
    """Keeps the batches of a span. A `Sink`."""

    def __init__(self, extent: Extent) -> None:
        self.extent = extent
        self.batches: list[EventBatch] = []
        self.error: Exception | None = None
        self.done = threading.Event()
        self.n_lost = 0
        self.is_full = False

    def accept(self, batch: Batch) -> None:
        """Keep one batch."""
        if isinstance(batch, EventBatch):
            self.batches.append(cut(batch, self.extent))

    def work(self) -> None:
        """Do nothing: what was accepted is kept."""

    def covered(self, offsets: Mapping[Partition, tuple[int, int]]) -> None:
        """Need no offsets."""

    def lost(self, n_messages: int) -> None:
        """Count messages that had expired."""
        self.n_lost += n_messages

    def skipped(self, n_messages: int, n_events: int | None = None) -> None:
        """Count messages that were skipped."""
        self.n_lost += n_messages

    def finished(self) -> None:
        """Nothing follows."""
        self.done.set()

    def failed(self, error: Exception) -> None:
        """Nothing follows because of this error."""
        self.error = error
        self.done.set()


def collect(feed: Feed, extent: Extent, name: str) -> EventTable:
    """Return all events of a span that has an end; waits until they are there, and can be interrupted.

    Raises
    ------
    ArgumentError
        If the span has no end.
    """
    from ..reduce.result.eventtable import collect_events

    if not feed.is_finite and extent.stop_ns is None and not extent.is_closed:
        raise ArgumentError(f"the events of {name!r} have no end yet; give a stop, a run or a recording")
    collector = Collector(extent)
    subscription = feed.subscribe(collector, extent)
    try:
        while not collector.done.wait(STEP_S):
            pass
    finally:
        subscription.close()
    if collector.error is not None:
        raise collector.error
    return collect_events(collector.batches)
