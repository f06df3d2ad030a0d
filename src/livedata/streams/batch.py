"""Batches: what arrived at once on one stream, as plain arrays with the place of every message they came from.

A batch may hold one large message (its arrays are then views on the message) or many small ones. Reducers and
writers see only batches; they never know whether a topic or a file gave them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Int32Array = NDArray[np.int32]
Int64Array = NDArray[np.int64]
BoolArray = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class Messages:
    """The messages of a batch, one row each; all arrays have shape (message,).

    ``(topic, partition, offset)`` is a message's identity. ``first_entry`` and ``first_event`` say where its
    content begins in the batch; it ends where the next one's begins. For a log they count samples alike.
    """

    topic: str
    partition: Int32Array
    offset: Int64Array
    timestamp_ms: Int64Array
    """Record time, ms since 1970; -1 when unknown."""
    first_entry: Int64Array
    first_event: Int64Array

    def __len__(self) -> int:
        return len(self.offset)


@dataclass(frozen=True, slots=True, eq=False)
class EventBatch:
    """Events of one stream. Names are those of NXevent_data.

    Arrays must not be written to: they may be views on a message.
    """

    event_id: Int32Array | None
    """Pixel of each event, shape (event,); None when the stream has a single pixel (a monitor)."""
    event_time_offset: Int32Array
    """Time of arrival after the entry's reference time, ns, shape (event,)."""
    event_time_zero: Int64Array
    """Reference time of each entry, ns since 1970 UTC, shape (entry,). Neither unique nor sorted."""
    event_index: Int64Array
    """First event of each entry, shape (entry,), not decreasing; an entry ends where the next begins, the last at
    the end of the events. ``event_index[0]`` is 0 when there are entries."""
    messages: Messages
    columns: Mapping[str, NDArray[np.generic]] = field(default_factory=dict)
    """Further per-entry values, each of shape (entry,); see `ABSENT_IN_COLUMN`."""
    event_weight: NDArray[np.int16] | None = None
    """Weight of each event, shape (event,); None where every event counts once."""

    @property
    def n_events(self) -> int:
        """Number of events."""
        return len(self.event_time_offset)

    @property
    def n_entries(self) -> int:
        """Number of entries: one reference time in one message."""
        return len(self.event_time_zero)

    @property
    def nbytes(self) -> int:
        """Bytes held by the event and entry arrays."""
        ids = 0 if self.event_id is None else self.event_id.nbytes
        return ids + self.event_time_offset.nbytes + self.event_time_zero.nbytes + self.event_index.nbytes


Facet = Literal["value", "alarm", "connection", "unit"]
"""What is said of a process variable. ``value``: its samples. ``alarm``: severity (int16; OK 0, MINOR 1, MAJOR 2,
INVALID 3), with a column ``message`` (texts). ``connection``: status (int16, as `ep01` counts), with a column
``service_id`` (texts). ``unit``: texts, None where the variable has no unit at all."""


@dataclass(frozen=True, slots=True, eq=False)
class LogBatch:
    """Samples of one facet of one log."""

    time: Int64Array
    """ns since 1970 UTC, shape (sample,)."""
    value: NDArray[np.generic]
    """Of the wire's dtype, shape (sample, ...); texts as `str` in an array of dtype object."""
    messages: Messages
    facet: Facet = "value"
    columns: Mapping[str, NDArray[np.generic]] = field(default_factory=dict)
    """Further values of each sample, each of shape (sample,)."""

    @property
    def n_samples(self) -> int:
        """Number of samples."""
        return len(self.time)

    @property
    def nbytes(self) -> int:
        """Bytes held by the arrays."""
        return self.time.nbytes + self.value.nbytes


@dataclass(frozen=True, slots=True, eq=False)
class Variable:
    """One named array with the names of its dimensions."""

    values: NDArray[np.generic]
    dims: tuple[str, ...]
    """One name for each dimension of `values`."""
    unit: str | None = None
    label: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class ArraySet:
    """Named arrays that belong together: a histogram with its edges, an image with its attributes."""

    variables: Mapping[str, Variable]
    """``signal`` is the main array, ``errors`` its standard deviation; the others are coordinates. A coordinate has the
    signal's length along its dimension (points) or one more (edges)."""
    attributes: Mapping[str, object] = field(default_factory=dict)
    """Numbers and texts beside the arrays."""
    offset: tuple[int, ...] = ()
    """Where the signal begins in the whole, for one that is sent in parts; empty when it is whole."""
    whole: tuple[int, ...] = ()
    """Shape of the whole, for a signal that is sent in parts; empty when it is whole."""


@dataclass(frozen=True, slots=True, eq=False)
class ArrayBatch:
    """Frames of a camera, or sets of named arrays (histograms, reduced data)."""

    time: Int64Array
    """ns since 1970 UTC, shape (set,)."""
    sets: tuple[ArraySet, ...]
    messages: Messages

    @property
    def n_samples(self) -> int:
        """Number of sets."""
        return len(self.sets)

    @property
    def nbytes(self) -> int:
        """Bytes held by the arrays."""
        return sum(v.values.nbytes for s in self.sets for v in s.variables.values())


Batch = EventBatch | LogBatch | ArrayBatch

ABSENT_IN_COLUMN: Mapping[str, bool | int | float] = {"late": False, "period": -1, "veto": -1, "charge": float("nan")}
"""Per-entry columns and what stands in them where nothing is known. ``late``: bool, the entry came behind newer ones.
``period``: int64, counted as on the wire. ``veto``: int64, the bits of the vetoes that were active. ``charge``:
float32, protons on target during the frame in µA h."""


def entry_sizes(batch: EventBatch) -> Int64Array:
    """Return the number of events of each entry, shape (entry,)."""
    return np.diff(batch.event_index, append=np.int64(batch.n_events))


def select_entries(batch: EventBatch, keep: BoolArray) -> EventBatch:
    """Return a batch with only the entries where `keep` is true; messages stay, some of them empty then.

    Parameters
    ----------
    batch
        Any batch.
    keep
        Shape (entry,).

    Returns
    -------
    :
        The batch itself if all entries are kept; a view where the kept entries are one run; else a copy.
    """
    if keep.all():
        return batch
    sizes = entry_sizes(batch)
    kept = np.flatnonzero(keep)
    ends = batch.event_index + sizes
    if len(kept) and kept[-1] - kept[0] + 1 == len(kept):
        events: slice | BoolArray = slice(int(batch.event_index[kept[0]]), int(ends[kept[-1]]))
    else:
        events = np.repeat(keep, sizes)
    index = np.concatenate(([0], np.cumsum(sizes[kept])))[:-1] if len(kept) else np.zeros(0, np.int64)
    entries_before = np.concatenate(([0], np.cumsum(keep)))
    events_before = np.concatenate(([0], np.cumsum(np.where(keep, sizes, 0))))
    m = batch.messages
    return EventBatch(
        event_id=None if batch.event_id is None else batch.event_id[events],
        event_time_offset=batch.event_time_offset[events],
        event_time_zero=batch.event_time_zero[kept],
        event_index=index.astype(np.int64),
        messages=Messages(
            m.topic, m.partition, m.offset, m.timestamp_ms, entries_before[m.first_entry], events_before[m.first_entry]
        ),
        columns={name: column[kept] for name, column in batch.columns.items()},
        event_weight=None if batch.event_weight is None else batch.event_weight[events],
    )


def select_messages(batch: EventBatch, keep: BoolArray) -> EventBatch:
    """Return a batch with only the messages where `keep` is true, and what they hold.

    Parameters
    ----------
    batch
        Any batch.
    keep
        Shape (message,).
    """
    if keep.all():
        return batch
    m = batch.messages
    n_entries = np.diff(m.first_entry, append=np.int64(batch.n_entries))
    part = select_entries(batch, np.repeat(keep, n_entries))
    places = part.messages
    messages = Messages(
        m.topic, m.partition[keep], m.offset[keep], m.timestamp_ms[keep], places.first_entry[keep],
        places.first_event[keep],
    )  # fmt: skip
    return replace(part, messages=messages)


def join_messages(parts: Sequence[Messages], n_entries: Sequence[int], n_events: Sequence[int]) -> Messages:
    """Put the messages of several batches of one topic behind each other; sizes are those of the batches."""
    entries = np.concatenate(([0], np.cumsum(n_entries)))[:-1]
    events = np.concatenate(([0], np.cumsum(n_events)))[:-1]
    return Messages(
        topic=parts[0].topic,
        partition=np.concatenate([p.partition for p in parts]),
        offset=np.concatenate([p.offset for p in parts]),
        timestamp_ms=np.concatenate([p.timestamp_ms for p in parts]),
        first_entry=np.concatenate([p.first_entry + n for p, n in zip(parts, entries, strict=True)]),
        first_event=np.concatenate([p.first_event + n for p, n in zip(parts, events, strict=True)]),
    )
