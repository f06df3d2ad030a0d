"""Watching one producer in four ways and comparing what each way counts."""

from __future__ import annotations

from dataclasses import dataclass

import h5py
import numpy as np

import livedata as ld
from livedata.streams.batch import EventBatch, entry_sizes


@dataclass(frozen=True, slots=True)
class EventTable:
    """All events of a stream in an order of their own: reference time, offset, id."""

    time_zero: np.ndarray
    offset: np.ndarray
    event_id: np.ndarray
    entries: np.ndarray

    @classmethod
    def of(cls, batch: EventBatch) -> EventTable:
        times = np.repeat(batch.event_time_zero, entry_sizes(batch))
        ids = batch.event_id if batch.event_id is not None else np.zeros(batch.n_events, np.int32)
        order = np.lexsort((ids, batch.event_time_offset, times))
        return cls(times[order], batch.event_time_offset[order], ids[order], np.sort(batch.event_time_zero))

    def shifted_to(self, other: EventTable) -> EventTable:
        """Return the table with all times moved by the constant that makes the first times agree."""
        shift = other.entries[0] - self.entries[0]
        return EventTable(self.time_zero + shift, self.offset, self.event_id, self.entries + shift)

    def same_as(self, other: EventTable) -> bool:
        pairs = ("time_zero", "offset", "event_id")
        return all(np.array_equal(getattr(self, name), getattr(other, name)) for name in pairs)


def as_stored(path, group) -> EventTable:
    """Read an event group with plain h5py and convert it by the definition: floats are µs, rint to ns; ids are bits."""
    with h5py.File(path) as file:
        g = file[group]
        offset, ids = g["event_time_offset"][()], g["event_id"][()]
        zero, index = g["event_time_zero"][()], g["event_index"][()].astype(np.int64)
        start = g["event_time_zero"].attrs.get("offset")
    if offset.dtype.kind == "f":
        offset = np.rint(offset.astype(np.float64) * 1000)
    if zero.dtype.kind == "f":
        begin = np.datetime64(str(start), "ns").astype(np.int64) if start is not None else 0
        zero = np.rint(zero * 1e9).astype(np.int64) + begin
    sizes = np.diff(index, append=len(offset))
    times = np.repeat(zero.astype(np.int64), sizes)
    ids = ids.astype(np.uint32).view(np.int32)
    order = np.lexsort((ids, offset.astype(np.int32), times))
    return EventTable(times[order], offset.astype(np.int32)[order], ids[order], np.sort(zero.astype(np.int64)))


def four_views(make, *, live, again, written, original, n_events, timeout=120):
    """Make the same view in four places and return complete snapshots: live, topic read again, written, original."""
    views = {"live": make(live), "again": make(again)}
    for view in views.values():
        view.wait(events=n_events, timeout=timeout)
    views["written"] = make(written)
    if original is not None:
        views["original"] = make(original)
    return {name: view.snapshot() for name, view in views.items()}


def shift_one_bin(snapshot):
    """Return the snapshot with one count moved to the next bin: a fault that a comparison must find."""
    from dataclasses import replace

    counts = snapshot.array.copy().ravel()
    full = int(np.flatnonzero(counts)[0])
    counts[full] -= 1
    counts[(full + 1) % len(counts)] += 1
    return replace(snapshot, array=counts.reshape(snapshot.array.shape))


def toa_bins():
    """Bins that leave some events of every source out at both ends."""
    return ld.bins(2, 60, n=580, unit="ms")
