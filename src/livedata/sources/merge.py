"""Everything in a file in one order: entries and samples of all streams, merged by time.

Within a stream the file's order is kept, so that stragglers stay stragglers; between streams the earlier time goes
first. A time that cannot be (far in the future, before 1970) takes its place behind the entry before it.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from ..streams.batch import EventBatch, Int32Array, Int64Array, LogBatch

LAST_NS = 4_102_444_800 * 10**9
"""Year 2100: a time beyond it is not waited for."""
MAX_EVENTS = 10_000_000
"""Most events in one message: 80 MB, below what brokers take."""
MERGE_NS = 10**9
"""Entries that share a message are at most this far apart."""


@dataclass(frozen=True, slots=True)
class EventItem:
    """Content of one ev44 message."""

    key_ns: int
    """Its place in time."""
    stream: str
    event_time_zero: Int64Array
    event_index: Int64Array
    event_time_offset: Int32Array
    event_id: Int32Array | None


@dataclass(frozen=True, slots=True)
class LogItem:
    """Content of one f144 message."""

    key_ns: int
    stream: str
    time_ns: int
    value: np.number[Any] | NDArray[np.number[Any]]


Item = EventItem | LogItem
BatchT = TypeVar("BatchT", EventBatch, LogBatch)


def is_plausible(time_ns: int) -> bool:
    """Whether a time can be ordered by and waited for."""
    return 0 <= time_ns < LAST_NS


def event_items(stream: str, batches: Iterable[EventBatch], message_size: int | None) -> Iterator[EventItem]:
    """Cut a stream's batches into messages.

    Parameters
    ----------
    stream
        Name of the stream.
    batches
        In the file's order.
    message_size
        Events in a message: entries within a second of each other are put together up to this number, and larger
        entries are cut into several with the same time. None: each entry is a message.
    """
    limit = min(message_size or MAX_EVENTS, MAX_EVENTS)
    key = 0
    for batch in batches:
        times = batch.event_time_zero.tolist()
        bounds = [*batch.event_index.tolist(), batch.n_events]
        first = 0
        while first < len(times):
            stop = first + 1
            if message_size is not None:
                while (
                    stop < len(times)
                    and bounds[stop + 1] - bounds[first] <= limit
                    and abs(times[stop] - times[first]) <= MERGE_NS
                ):
                    stop += 1
            if is_plausible(times[first]):
                key = max(key, times[first])
            for begin in range(bounds[first], max(bounds[stop], bounds[first] + 1), limit):
                end = min(begin + limit, bounds[stop])
                yield EventItem(
                    key,
                    stream,
                    batch.event_time_zero[first:stop],
                    batch.event_index[first:stop] - bounds[first],
                    batch.event_time_offset[begin:end],
                    None if batch.event_id is None else batch.event_id[begin:end],
                )
            first = stop


def log_items(stream: str, batches: Iterable[LogBatch]) -> Iterator[LogItem]:
    """Cut a log's batches into samples."""
    key = 0
    for batch in batches:
        # f144 has no boolean; what is neither number nor boolean was left out before.
        values: Any = batch.value.astype(np.uint8) if batch.value.dtype.kind == "b" else batch.value
        for time_ns, value in zip(batch.time.tolist(), values, strict=True):
            if is_plausible(time_ns):
                key = max(key, time_ns)
            yield LogItem(key, stream, time_ns, value)


def first_time(batch: EventBatch | LogBatch) -> int | None:
    """Return the earliest plausible time of a batch."""
    times = batch.event_time_zero if isinstance(batch, EventBatch) else batch.time
    plausible = times[(times >= 0) & (times < LAST_NS)]
    return int(plausible.min()) if len(plausible) else None


def peek(batches: Iterator[BatchT]) -> tuple[BatchT | None, Iterator[BatchT]]:
    """Return the first batch, and an iterator that begins with it all the same."""
    first = next(batches, None)
    return first, (batches if first is None else chain((first,), batches))


def merged(streams: Iterable[Iterator[Item]]) -> Iterator[Item]:
    """Merge by time; of equal times, the earlier stream's goes first."""
    return heapq.merge(*streams, key=lambda item: item.key_ns)
