"""Reading an in-process log."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping

from ..protocol import Contact, Partition, Record
from .log import MemoryLog


class MemoryConsumer:
    """A reader of assigned partitions. Made by `MemoryTransport.consumer`."""

    def __init__(self, log: MemoryLog, *, holds_retention: bool) -> None:
        self._log = log
        self._holds = holds_retention
        self._positions: dict[Partition, int] = {}
        self._paused: set[Partition] = set()
        self._turn = 0
        self._closed = False
        if holds_retention:
            log.hold(self)

    @property
    def held(self) -> Mapping[Partition, int]:
        """The positions that retention must not pass."""
        return self._positions

    @property
    def contact(self) -> Contact:
        """A log in the process always answers."""
        return Contact()

    def assign(self, positions: Mapping[Partition, int]) -> None:
        """Read exactly these partitions; one that does not exist yet is read from when it appears."""
        wanted = {Partition(*partition): max(int(offset), 0) for partition, offset in positions.items()}

        def change() -> None:
            self._positions = wanted
            self._paused = set()

        self._log.wake(change)

    def fetch(self, timeout_s: float, *, max_records: int = 1000) -> list[Record]:
        """Wait for the first message, then take what else is there. A closed consumer gets nothing."""
        order = [p for p in self._positions if p not in self._paused]
        if order:
            # The first in turn gets what the others leave over of their share.
            self._turn = (self._turn + 1) % len(order)
            order = order[self._turn :] + order[: self._turn]
        if self._closed:
            # Without a pause, a loop that has not noticed yet would take a whole core.
            time.sleep(min(timeout_s, 0.1))
            return []
        return self._log.read(self._positions, order, max_records, timeout_s, lambda: self._closed)

    def positions(self) -> dict[Partition, int]:
        """Offset of the next message of each assigned partition."""
        return dict(self._positions)

    def pause(self, partitions: Iterable[Partition]) -> None:
        """Stop reading these partitions; their positions stay, and still hold retention."""
        self._paused.update(p for p in partitions if p in self._positions)

    def resume(self, partitions: Iterable[Partition]) -> None:
        """Go on reading paused partitions."""
        self._paused.difference_update(partitions)

    def close(self) -> None:
        """Let go of what is held; a waiting `fetch` returns empty."""

        def change() -> None:
            self._closed = True

        self._log.wake(change)
        if self._holds:
            self._log.release(self)
