"""Reading a stretch of a topic that lies between known offsets."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from ..transport.protocol import Consumer, Partition, Record, Transport
from .appetite import Appetite

Ranges = Mapping[Partition, tuple[int, int]]

IDLE_CHECK_S = 0.5


@dataclass(frozen=True, slots=True)
class Read:
    """What one step of a reading brought."""

    records: list[Record]
    steps: dict[Partition, tuple[int, int]]
    """Offsets that the step covers in each partition."""
    expired: dict[Partition, tuple[int, int]]
    """Those of them that had expired before they could be read."""


def read_ranges(
    transport: Transport,
    ranges: Ranges,
    take: Callable[[list[Record], dict[Partition, tuple[int, int]]], None],
    *,
    stopped: Callable[[], bool],
    timeout_s: float | None = None,
) -> int:
    """Read all messages of the given offset ranges, with a consumer of its own.

    Parameters
    ----------
    transport, ranges, stopped, timeout_s
        As in `reading`.
    take
        Called with the records of one step, and with the offsets that the step covered in each partition.

    Returns
    -------
    :
        Number of messages that had expired before they could be read.
    """
    lost = 0
    for read in reading(transport, ranges, stopped=stopped, timeout_s=timeout_s):
        lost += sum(stop - first for first, stop in read.expired.values())
        take(read.records, read.steps)
    return lost


def reading(
    transport: Transport, ranges: Ranges, *, stopped: Callable[[], bool], timeout_s: float | None = None
) -> Iterator[Read]:
    """Read all messages of the given offset ranges step by step, with a consumer of its own.

    Parameters
    ----------
    transport
        Where the topics are.
    ranges
        First and last offset (excluded) of each partition.
    stopped
        Asked at every step; true ends the reading.
    timeout_s
        Gives up after this time; None waits as long as the broker is away.
    """
    open_ranges = {p: r for p, r in ranges.items() if r[0] < r[1]}
    if not open_ranges:
        return
    deadline = None if timeout_s is None else time.monotonic() + timeout_s
    consumer = transport.consumer()
    appetite = Appetite()
    try:
        position = {p: first for p, (first, _) in open_ranges.items()}
        consumer.assign(position)
        checked = 0.0
        while open_ranges and not stopped() and (deadline is None or time.monotonic() < deadline):
            records = consumer.fetch(0.1, max_records=appetite.max_records)
            appetite.note(records)
            wanted = [
                r
                for r in records
                if (p := Partition(r.topic, r.partition)) in open_ranges and r.offset < open_ranges[p][1]
            ]
            reached = {Partition(r.topic, r.partition): r.offset + 1 for r in records}
            if not records and time.monotonic() - checked > IDLE_CHECK_S:
                # Nothing may follow: the rest of a range can be holes, or have expired.
                checked = time.monotonic()
                reached = _idle_positions(transport, consumer, open_ranges)
            expired = _expired(transport, wanted, position, reached, open_ranges) if records or reached else {}
            steps = {}
            for p, offset in reached.items():
                if p in open_ranges and offset > position[p]:
                    steps[p] = (position[p], min(offset, open_ranges[p][1]))
                    position[p] = offset
            if wanted or steps:
                yield Read(wanted, steps, expired)
            done = [p for p, (_, last) in open_ranges.items() if position[p] >= last]
            for p in done:
                del open_ranges[p]
            if done and open_ranges:
                consumer.pause(done)
    finally:
        consumer.close()


def _idle_positions(transport: Transport, consumer: Consumer, ranges: Ranges) -> dict[Partition, int]:
    """Where each partition stands when nothing comes: at the consumer's position, at least at the low watermark."""
    try:
        marks = transport.watermarks(list(ranges), timeout_s=2.0)
    except OSError:
        return {}
    positions = consumer.positions()
    return {p: max(positions.get(p, 0), mark.low) for p, mark in marks.items()}


def _expired(
    transport: Transport,
    records: list[Record],
    position: Mapping[Partition, int],
    reached: Mapping[Partition, int],
    ranges: Ranges,
) -> dict[Partition, tuple[int, int]]:
    """Return what lies between where we were and what came, below the low watermark."""
    first: dict[Partition, int] = {}
    for r in records:
        first.setdefault(Partition(r.topic, r.partition), r.offset)
    for p in reached:
        first.setdefault(p, reached[p])
    jumped = [p for p, offset in first.items() if p in position and p in ranges and offset > position[p]]
    if not jumped:
        return {}
    try:
        marks = transport.watermarks(jumped, timeout_s=2.0)
    except OSError:
        return {}
    gone = {p: (position[p], min(marks[p].low, first[p], ranges[p][1])) for p in jumped if p in marks}
    return {p: (start, stop) for p, (start, stop) in gone.items() if start < stop}
