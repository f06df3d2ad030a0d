"""Archives: what can stand in for a topic whose messages have expired."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Protocol

from .batch import EventBatch
from .extent import Partition, Ranges
from .key import StreamKey
from .spans import Spans, shared, without


class Archive(Protocol):
    """Messages of topics kept elsewhere: a file that was recorded from them. Used by several threads."""

    def ranges(self, key: StreamKey) -> Spans:
        """Return the offsets that it stands for: whoever reads them misses nothing of the stream."""
        ...

    def batches(self, key: StreamKey, wanted: Spans) -> Iterator[tuple[EventBatch | None, dict[Partition, Ranges]]]:
        """Yield what of the stream lies in these offsets, with the offsets that each batch completes.

        Raises
        ------
        LiveDataError
            If they cannot be read any more.
        """
        ...


class Archives:
    """All archives of a connection. Safe to use from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._archives: tuple[Archive, ...] = ()

    def add(self, archive: Archive) -> None:
        """Let it stand in from now on."""
        with self._lock:
            self._archives = (*self._archives, archive)

    def __len__(self) -> int:
        return len(self._archives)

    def split(self, key: StreamKey, wanted: Spans) -> list[tuple[Archive, dict[Partition, Ranges]]]:
        """Deal offsets out to the archives that hold them, each to one only."""
        parts: list[tuple[Archive, dict[Partition, Ranges]]] = []
        left = dict(wanted)
        for archive in self._archives:
            mine = shared(left, archive.ranges(key))
            if mine:
                parts.append((archive, mine))
                left = without(left, mine)
        return parts
