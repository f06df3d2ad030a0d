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

from ..streams.batch import ArrayBatch, ArraySet, EventBatch, Facet, Int32Array, Int64Array, LogBatch
from ..streams.key import Family
from .frame import Frame, frames_of

LAST_NS = 4_102_444_800 * 10**9
"""Year 2100: a time beyond it is not waited for."""
MAX_EVENTS = 10_000_000
"""Most events in one message: 80 MB, below what brokers take."""
NOTE_OF_FACET: dict[Facet, str] = {"alarm": "message", "connection": "service_id"}
"""Column of a facet's batches that travels with each sample."""
MERGE_NS = 10**9
"""Entries that share a message are at most this far apart."""


@dataclass(frozen=True, slots=True)
class EventItem:
    """Content of one ev44 message, or an44 where events have weights."""

    key_ns: int
    """Its place in time."""
    stream: str
    event_time_zero: Int64Array
    event_index: Int64Array
    event_time_offset: Int32Array
    event_id: Int32Array | None
    event_weight: NDArray[np.int16] | None = None
    frame: Frame | None = None
    """Period, vetoes and charge of the one entry; None where no stream of the file tells any."""


Sample = np.number[Any] | NDArray[np.number[Any]] | str | tuple[str, ...] | int | None


@dataclass(frozen=True, slots=True)
class LogItem:
    """Content of one message about a process variable."""

    key_ns: int
    stream: str
    time_ns: int
    value: Sample
    """A number, a row of numbers, a text or a row of texts; of the facets, see `livedata.streams.batch.Facet`."""
    facet: Facet = "value"
    note: str | None = None
    """An alarm's message; who saw a connection."""
    is_moment: bool = False
    """The value is the sample's own time: a chopper's top dead centre."""


@dataclass(frozen=True, slots=True)
class ArrayItem:
    """Content of one message with a frame or a set of arrays."""

    key_ns: int
    stream: str
    time_ns: int
    family: Family
    content: ArraySet


Item = EventItem | LogItem | ArrayItem
BatchT = TypeVar("BatchT", EventBatch, LogBatch, ArrayBatch)


def is_plausible(time_ns: int) -> bool:
    """Whether a time can be ordered by and waited for."""
    return 0 <= time_ns < LAST_NS


def event_items(
    stream: str, batches: Iterable[EventBatch], message_size: int | None, *, with_frames: bool = False
) -> Iterator[EventItem]:
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
    with_frames
        Say what is known of each entry's frame, be it nothing; entries are never put together then.
    """
    limit = min(message_size or MAX_EVENTS, MAX_EVENTS)
    key = 0
    for batch in batches:
        times = batch.event_time_zero.tolist()
        frames = frames_of(batch) if with_frames else None
        bounds = [*batch.event_index.tolist(), batch.n_events]
        first = 0
        while first < len(times):
            stop = first + 1
            if message_size is not None and frames is None:
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
                    None if batch.event_weight is None else batch.event_weight[begin:end],
                    None if frames is None else frames[first],
                )
            first = stop


def log_items(stream: str, batches: Iterable[LogBatch]) -> Iterator[LogItem]:
    """Cut the batches of one facet of a log into samples."""
    key = 0
    for batch in batches:
        column = NOTE_OF_FACET.get(batch.facet)
        notes = batch.columns.get(column) if column else None
        is_moment = np.may_share_memory(batch.time, batch.value)
        for row, (time_ns, value) in enumerate(zip(batch.time.tolist(), _samples(batch), strict=True)):
            if is_plausible(time_ns):
                key = max(key, time_ns)
            note = None if notes is None or notes[row] is None else str(notes[row])
            yield LogItem(key, stream, time_ns, value, batch.facet, note, is_moment)


def _samples(batch: LogBatch) -> Iterable[Sample]:
    """Return the values as messages can carry them."""
    values: Any = batch.value
    kind = values.dtype.kind
    if batch.facet in ("alarm", "connection"):
        return [int(value) for value in values]
    if kind == "b":
        # No schema has booleans.
        return values.astype(np.uint8)  # type: ignore[no-any-return]
    if kind in "iuf":
        return values  # type: ignore[no-any-return]
    if values.ndim > 1:
        return [tuple(map(str, row)) for row in values]
    return [None if value is None else str(value) for value in values]


def array_items(stream: str, family: Family, batches: Iterable[ArrayBatch]) -> Iterator[ArrayItem]:
    """Cut a stream's batches into frames or sets."""
    key = 0
    for batch in batches:
        for time_ns, content in zip(batch.time.tolist(), batch.sets, strict=True):
            if is_plausible(time_ns):
                key = max(key, time_ns)
            yield ArrayItem(key, stream, time_ns, family, content)


def first_time(batch: EventBatch | LogBatch | ArrayBatch) -> int | None:
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
