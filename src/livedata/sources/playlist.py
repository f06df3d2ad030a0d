"""What of a file is replayed and what is not, and its streams opened for one pass."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from typing import TYPE_CHECKING

import numpy as np

from ..streams.batch import ArrayBatch, Batch, EventBatch, Facet, LogBatch
from ..streams.key import Family
from .counts import NotSent
from .frame import has_frames
from .merge import BatchT, EventItem, Item, array_items, event_items, first_time, log_items, peek

if TYPE_CHECKING:
    from ..nexus import FileStream, NexusFile

INT32 = np.iinfo(np.int32)


class Playlist:
    """The streams of one file in the order of their names, events first."""

    def __init__(self, file: NexusFile, message_size: int | None) -> None:
        self._file = file
        self._message_size = message_size
        self._open: list[Iterator[Batch]] = []
        streams = list(file.streams.values())
        self.not_sent = tuple(row for stream in streams for row in _left_behind(stream))
        self._events = [s.name for s in streams if s.kind == "events"]
        logs = [s for s in streams if s.kind in ("log", "text") and _fits(s)]
        self._logs = {s.name: s.facets for s in logs}
        self.units = {s.name: s.unit for s in logs if "unit" not in s.facets}
        """Unit of each log, None where the file names none; without those whose units are told at their times."""
        self.arrays: dict[str, Family] = {s.name: s.key.family for s in streams if _is_of_arrays(s)}
        """Streams of frames and of sets of arrays."""
        self.has_frames = False
        """Whether any stream of events tells periods, vetoes or charges; known once opened."""
        n_events = sum(s.n_events for s in streams if s.kind == "events")
        self.unit = "events" if n_events else "samples"
        self.total = n_events or sum(s.n_points for s in streams if s.name in self._logs or s.name in self.arrays)
        # Offsets in ns as int32 were never converted: for them the ends of the range are as good as any value.
        self._converted = {s.name for s in streams if s.dtype != "int32"}

    def open(self) -> tuple[list[Iterator[Item]], int]:
        """Return the streams' items, and the earliest time of the events: the moment that becomes now.

        Raises
        ------
        FileError
            If the file cannot be read.
        """
        streams: list[Iterator[Item]] = []
        starts: list[int | None] = []
        opened = {name: peek(self._batches(name, EventBatch)) for name in self._events}
        self.has_frames = any(first is not None and has_frames(first) for first, _ in opened.values())
        for name, (first, batches) in opened.items():
            starts.append(first_time(first) if first is not None else None)
            streams.append(event_items(name, batches, self._message_size, with_frames=self.has_frames))
        is_without_events = all(start is None for start in starts)
        for name, facets in self._logs.items():
            for facet in facets:
                sample, samples = peek(self._batches(name, LogBatch, facet))
                if is_without_events and facet == "value":
                    starts.append(first_time(sample) if sample is not None else None)
                streams.append(log_items(name, samples))
        for name, family in self.arrays.items():
            batch, batches_of_sets = peek(self._batches(name, ArrayBatch))
            if is_without_events:
                starts.append(first_time(batch) if batch is not None else None)
            streams.append(array_items(name, family, batches_of_sets))
        return streams, min((start for start in starts if start is not None), default=0)

    def close(self) -> None:
        """Close what a pass has opened."""
        for batches in self._open:
            if isinstance(batches, Generator):
                batches.close()
        self._open.clear()

    def clamped(self, item: EventItem) -> int:
        """Count offsets that did not fit int32 ns in a message: they stand at the ends of the range."""
        toa = item.event_time_offset
        if item.stream not in self._converted or not len(toa):
            return 0
        if toa.max() < INT32.max and toa.min() > INT32.min:
            return 0
        return int(np.count_nonzero((toa == INT32.max) | (toa == INT32.min)))

    def _batches(self, name: str, kind: type[BatchT], facet: Facet = "value") -> Iterator[BatchT]:
        batches = self._file.batches(name, facet=facet)
        self._open.append(batches)
        return (batch for batch in batches if isinstance(batch, kind))


def _fits(stream: FileStream) -> bool:
    """Whether messages can carry the samples: numbers or texts, or rows of them."""
    if stream.kind == "text":
        return len(stream.shape) == 1 or (len(stream.shape) == 2 and stream.shape[1] > 0)
    return np.dtype(stream.dtype).kind in "iufb" and np.dtype(stream.dtype).itemsize <= 8 and len(stream.shape) <= 2


def _is_of_arrays(stream: FileStream) -> bool:
    return stream.kind in ("frames", "arrays") and stream.has_times


def _left_behind(stream: FileStream) -> Iterator[NotSent]:
    if stream.kind == "arrays" and not _is_of_arrays(stream):
        yield NotSent(stream.name, "an array without times", stream.n_points)
    elif stream.kind in ("log", "text") and not _fits(stream):
        what = "texts" if stream.kind == "text" else f"values of {stream.dtype}"
        yield NotSent(stream.name, f"{what} in shape {stream.shape[1:]}", stream.n_points)
