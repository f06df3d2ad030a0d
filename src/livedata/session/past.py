"""Logs of the past: what was said of process variables before a connection began, read back when a view needs it."""

from __future__ import annotations

import threading
import weakref

from ..streams.batch import LogBatch
from ..streams.connection import Connection
from ..streams.extent import Extent, Partition
from ..streams.history import read_ranges
from ..streams.split import Splitter
from ..transport.protocol import Record

FARTHEST = 500_000
"""Messages of one partition that are looked through, counted back from the connection's start."""
PATIENCE_S = 60.0

_lock = threading.Lock()
_read: weakref.WeakKeyDictionary[Connection, set[str]] = weakref.WeakKeyDictionary()


def read_logs_of(connection: Connection, topics: frozenset[str], extent: Extent | None) -> None:
    """Read back the logs on some topics if an extent begins before the connection did; once for each topic."""
    if extent is None or (extent.start_ns is None and extent.offsets is None):
        return
    with _lock:
        done = _read.setdefault(connection, set())
        missing = topics - done
        if not missing:
            return
        _read_back(connection, missing)
        done |= missing


def _read_back(connection: Connection, topics: frozenset[str]) -> None:
    book = connection.book
    partitions = [p for topic in topics for p in book.partitions(topic)]
    if not partitions:
        return
    marks = connection.transport.watermarks(partitions)
    with book.lock:
        start = {p: book.start[p] for p in partitions}
    ranges = {p: (max(marks[p].low, start[p] - FARTHEST), start[p]) for p in partitions}
    splitter = Splitter(wants=lambda key: key.family == "log")

    def take(records: list[Record], _steps: dict[Partition, tuple[int, int]]) -> None:
        for key, batch in splitter.split(records):
            if isinstance(batch, LogBatch):
                book.log(key).accept(batch)

    read_ranges(connection.transport, ranges, take, stopped=lambda: connection.is_closed, timeout_s=PATIENCE_S)
