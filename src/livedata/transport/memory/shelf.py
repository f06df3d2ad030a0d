"""One partition of an in-process log: records in a list whose front is given up from time to time."""

from __future__ import annotations

from collections import deque

from ..protocol import Headers, Record, Watermarks

RECORD_COST = 250
"""Bytes counted for each record beside its payload, key and headers: what Python's objects for it take."""

_COMPACT_AFTER = 4096


class Shelf:
    """Records of one partition. Not locked: the log that owns it does that."""

    __slots__ = ("_arrivals", "_head", "_records", "low", "partition", "topic")

    def __init__(self, topic: str, partition: int) -> None:
        self.topic = topic
        self.partition = partition
        self.low = 0
        self._records: list[Record] = []
        self._head = 0
        self._arrivals: deque[int] = deque()

    @property
    def high(self) -> int:
        """Offset that the next record gets."""
        return self.low + len(self._records) - self._head

    @property
    def watermarks(self) -> Watermarks:
        """The span of offsets held now."""
        return Watermarks(self.low, self.high)

    @property
    def oldest_arrival(self) -> int | None:
        """Place of the oldest record in the log's order of arrival, or None without one."""
        return self._arrivals[0] if self._arrivals else None

    def append(self, arrival: int, timestamp_ms: int, key: bytes | None, value: bytes, headers: Headers) -> Record:
        """Add a record at the end."""
        record = Record(self.topic, self.partition, self.high, timestamp_ms, key, value, headers)
        self._records.append(record)
        self._arrivals.append(arrival)
        return record

    def read(self, offset: int, max_records: int) -> list[Record]:
        """Return up to `max_records` records from `offset`, or from the low watermark if that is later."""
        first = self._head + max(offset - self.low, 0)
        return self._records[first : first + max_records]

    def drop_oldest(self) -> int:
        """Give up the oldest record and return what it had cost."""
        cost = record_cost(self._records[self._head])
        self._arrivals.popleft()
        self._records[self._head] = _GONE
        self._head += 1
        self.low += 1
        if self._head > _COMPACT_AFTER and self._head * 2 > len(self._records):
            del self._records[: self._head]
            self._head = 0
        return cost

    def all_records(self) -> list[Record]:
        """Return a copy of the list of records held."""
        return self._records[self._head :]


_GONE = Record("", 0, -1, -1, None, b"", ())


def record_cost(record: Record) -> int:
    """Return the bytes that a record counts for."""
    return message_cost(record.key, record.value, record.headers)


def message_cost(key: bytes | None, value: bytes, headers: Headers) -> int:
    """Return the bytes that a message will count for."""
    cost = RECORD_COST + len(value) + (len(key) if key else 0)
    for name, content in headers:
        cost += len(name) + len(content)
    return cost
