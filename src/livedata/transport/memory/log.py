"""The in-process log: topics, waiting readers and writers, and a retention that never passes a recorder."""

from __future__ import annotations

import threading
import time
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import count
from typing import Protocol
from weakref import WeakSet

from ...errors import TransportError
from ..message import check_topic
from ..protocol import Headers, Partition, Record, Watermarks
from .shelf import Shelf, message_cost

STEP_S = 0.2
"""Longest wait in one piece, so that an interrupt is seen and a recorder that was garbage-collected no longer holds."""


@dataclass(frozen=True, slots=True)
class Retention:
    """What a log holds and what it has given up."""

    limit_bytes: int
    kept_bytes: int
    dropped_messages: int
    dropped_bytes: int
    n_waits: int
    """How often a producer had to wait for a recorder."""
    waited_s: float


class Holder(Protocol):
    """A reader whose positions retention must not pass. Read under the log's lock."""

    @property
    def held(self) -> Mapping[Partition, int]:
        """Offset of the next message to read of each partition."""
        ...


class MemoryLog:
    """Topics of one ``memory://`` name. Safe to use from any thread."""

    def __init__(self, name: str, limit_bytes: int) -> None:
        self.name = name
        lock = threading.Lock()
        self._arrived = threading.Condition(lock)
        self._freed = threading.Condition(lock)
        self._lock = lock
        self._shelves: dict[Partition, Shelf] = {}
        self._sizes: dict[str, int] = {}
        self._holders: WeakSet[Holder] = WeakSet()
        self._arrivals = count()
        self._next_partition = count()
        self._limit = limit_bytes
        self._kept = 0
        self._dropped_messages = 0
        self._dropped_bytes = 0
        self._n_waits = 0
        self._waited_s = 0.0
        self._readers = 0
        self._writers = 0

    @property
    def retention(self) -> Retention:
        """What is held and what was given up."""
        with self._lock:
            return Retention(
                self._limit, self._kept, self._dropped_messages, self._dropped_bytes, self._n_waits, self._waited_s
            )

    def limit(self, limit_bytes: int) -> None:
        """Change the bound; what is over it goes with the next message."""
        with self._lock:
            self._limit = limit_bytes
            self._freed.notify_all()

    def topics(self) -> dict[str, int]:
        """Topic names with their number of partitions."""
        with self._lock:
            return dict(self._sizes)

    def create_topic(self, topic: str, partitions: int) -> None:
        """Create a topic unless it is there."""
        with self._lock:
            self._create(topic, partitions)

    def append(
        self,
        topic: str,
        partition: int | None,
        key: bytes | None,
        value: bytes,
        headers: Headers,
        timestamp_ms: int,
        is_closed: Callable[[], bool],
    ) -> tuple[Record, float]:
        """Add a message, once there is room for it; return its record and the seconds waited for a recorder."""
        cost = message_cost(key, value, headers)
        waited_s = 0.0
        with self._lock:
            shelf = self._shelf_for(topic, partition, key)
            if not self._make_room(cost):
                waited_s = self._wait_for_room(cost, is_closed)
            record = shelf.append(next(self._arrivals), timestamp_ms, key, value, headers)
            self._kept += cost
            if self._readers:
                self._arrived.notify_all()
        return record, waited_s

    def read(
        self,
        positions: dict[Partition, int],
        order: list[Partition],
        max_records: int,
        timeout_s: float,
        is_closed: Callable[[], bool],
    ) -> list[Record]:
        """Take what is there from `positions` on, waiting for the first record; move the positions behind it.

        `order` names the partitions to read; each gets its fair share of `max_records`.
        """
        deadline = time.monotonic() + timeout_s
        with self._lock:
            while True:
                records = self._take(positions, order, max_records)
                left_s = deadline - time.monotonic()
                if records or left_s <= 0 or is_closed():
                    break
                self._readers += 1
                try:
                    self._arrived.wait(min(left_s, STEP_S))
                finally:
                    self._readers -= 1
            if records and self._writers:
                self._freed.notify_all()
        return records

    def watermarks(self, partition: Partition) -> Watermarks:
        """Low and high watermark."""
        with self._lock:
            return self._shelf(partition).watermarks

    def offset_at(self, partition: Partition, timestamp_ms: int) -> int:
        """First offset whose record time is at or after a time, else the high watermark. Times need not be sorted."""
        with self._lock:
            shelf = self._shelf(partition)
            records, high = shelf.all_records(), shelf.high
        return next((r.offset for r in records if r.timestamp_ms >= timestamp_ms), high)

    def hold(self, holder: Holder) -> None:
        """Never drop what this reader has not read, for as long as it lives or until `release`."""
        with self._lock:
            self._holders.add(holder)

    def release(self, holder: Holder) -> None:
        """Let go of what a reader held."""
        with self._lock:
            self._holders.discard(holder)
            self._freed.notify_all()

    def wake(self, change: Callable[[], None]) -> None:
        """Make a change under the log's lock and let all who wait look again."""
        with self._lock:
            change()
            self._arrived.notify_all()
            self._freed.notify_all()

    def _create(self, topic: str, partitions: int) -> None:
        if topic not in self._sizes:
            check_topic(topic)
            self._sizes[topic] = partitions
            for number in range(partitions):
                self._shelves[Partition(topic, number)] = Shelf(topic, number)

    def _shelf(self, partition: Partition) -> Shelf:
        shelf = self._shelves.get(partition)
        if shelf is None:
            raise TransportError(unknown_partition(f"memory://{self.name}", partition, self._sizes.get(partition[0])))
        return shelf

    def _shelf_for(self, topic: str, partition: int | None, key: bytes | None) -> Shelf:
        if topic not in self._sizes:
            self._create(topic, 1)
        if partition is None:
            size = self._sizes[topic]
            # The same choice as librdkafka's default partitioner: an empty key counts as none.
            partition = (zlib.crc32(key) if key else next(self._next_partition)) % size
        return self._shelf(Partition(topic, partition))

    def _take(self, positions: dict[Partition, int], order: list[Partition], max_records: int) -> list[Record]:
        taken: list[Record] = []
        for i, partition in enumerate(order):
            shelf = self._shelves.get(partition)
            if shelf is None:
                continue
            room = max_records - len(taken)
            records = shelf.read(positions[partition], max(room // (len(order) - i), min(room, 1)))
            if records:
                positions[partition] = records[-1].offset + 1
                taken += records
        return taken

    def _make_room(self, cost: int) -> bool:
        """Drop the oldest records until there is room; False when a recorder has not read them yet."""
        if self._kept + cost <= self._limit:
            return True
        floors: dict[Partition, int] = {}
        for holder in self._holders:
            for partition, position in holder.held.items():
                floors[partition] = min(floors.get(partition, position), position)
        while self._kept and self._kept + cost > self._limit:
            oldest: Shelf | None = None
            first = -1
            for partition, shelf in self._shelves.items():
                arrival = shelf.oldest_arrival
                if arrival is None or (oldest is not None and arrival > first):
                    continue
                if shelf.low < floors.get(partition, shelf.low + 1):
                    oldest, first = shelf, arrival
            if oldest is None:
                return False
            freed = oldest.drop_oldest()
            self._kept -= freed
            self._dropped_messages += 1
            self._dropped_bytes += freed
        return True

    def _wait_for_room(self, cost: int, is_closed: Callable[[], bool]) -> float:
        start = time.monotonic()
        self._n_waits += 1
        self._writers += 1
        try:
            while not self._make_room(cost):
                if is_closed():
                    raise TransportError(
                        f"memory://{self.name}: the producer was closed while it waited for a recorder to read"
                    )
                self._freed.wait(STEP_S)
        finally:
            self._writers -= 1
            self._waited_s += time.monotonic() - start
        return time.monotonic() - start


def unknown_partition(url: str, partition: Partition, size: int | None) -> str:
    """Say that a topic or partition does not exist."""
    topic, number = partition
    if size is None:
        return f"{url} has no topic {topic!r}; create it or check the name"
    return f"topic {topic!r} at {url} has {size} partition(s), 0 to {size - 1}; there is no partition {number}"
