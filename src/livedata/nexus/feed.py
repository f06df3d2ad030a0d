"""A file's stream as a feed: the same hand-over of batches that a live topic has, and then an end."""

from __future__ import annotations

import atexit
import threading
import weakref
from collections.abc import Callable, Hashable, Iterator, Mapping

from ..errors import FileError, LiveDataError
from ..streams.batch import EventBatch
from ..streams.extent import Extent, Ranges
from ..streams.feed import Lag, Progress, Sink
from ..transport.protocol import Partition
from .pieces import Covered, Piece
from .stream import FileStream

Pieces = Callable[[Extent | None], Iterator[Piece]]
LEAVE_S = 10.0
"""How long the end of the program waits for files that are being read."""

_running: weakref.WeakSet[FileSubscription] = weakref.WeakSet()
_is_leaving = threading.Event()


class FileFeed:
    """One stream of a finished file, read anew by each subscription, in a thread. Made by `NexusFile.feed`."""

    is_finite = True

    def __init__(self, stream: FileStream, pieces: Pieces, whole: Covered, identity: Hashable = None) -> None:
        self.stream = stream
        self.identity = identity
        """Equal for two feeds that hand over the same; None where nothing is known."""
        self._pieces = pieces
        self._whole = whole

    @property
    def topic(self) -> str:
        """What its offsets belong to: the topic it was recorded from, else its own name."""
        return self.stream.key.topic

    @property
    def total(self) -> int:
        """Events, or samples, in all."""
        return self.stream.n_events if self.stream.kind == "events" else self.stream.n_points

    def subscribe(
        self, sink: Sink, extent: Extent | None = None, after: Mapping[Partition, int] | None = None
    ) -> FileSubscription:
        """Begin to hand the stream's batches to the sink; see `livedata.streams.feed.Feed`."""
        unit = "events" if self.stream.kind == "events" else "samples"
        return FileSubscription(
            sink, lambda: self._pieces(extent), Progress(0, self.total, unit), self._covered(extent)
        )

    def reread(
        self, ranges: Mapping[Partition, Ranges], start_ns: int | None = None, stop_ns: int | None = None
    ) -> Iterator[EventBatch]:
        """Read some messages once more; in a file of another program, entries by their number, counted from 0.

        Raises
        ------
        FileError
            If the file cannot be read any more.
        """
        for piece in self.pieces_of(ranges, start_ns, stop_ns):
            if isinstance(piece.batch, EventBatch):
                yield piece.batch

    def pieces_of(
        self, ranges: Mapping[Partition, Ranges], start_ns: int | None = None, stop_ns: int | None = None
    ) -> Iterator[Piece]:
        """Read offset ranges in turn: the first of each partition, then the second, and so on."""
        for i in range(max(map(len, ranges.values()), default=0)):
            offsets = {place: found[i] for place, found in ranges.items() if i < len(found)}
            try:
                yield from self._pieces(Extent(start_ns, stop_ns, offsets))
            except LiveDataError:
                raise
            except Exception as error:
                raise FileError(f"reading stopped: {type(error).__name__}: {error}") from error

    def _covered(self, extent: Extent | None) -> Covered:
        """Offsets that a complete reading stands for."""
        if extent is None or extent.offsets is None:
            return self._whole
        shared: Covered = {}
        for place, (first, stop) in self._whole.items():
            low, high = extent.offsets.get(place, (0, 0))
            if max(first, low) < min(stop, high):
                shared[place] = (max(first, low), min(stop, high))
        return shared

    def __repr__(self) -> str:
        return f"<FileFeed {self.stream.name}>"


class FileSubscription:
    """A running reading. Ends by itself; `close` ends it early."""

    lag = Lag()
    """A file waits for whoever counts it."""

    def __init__(self, sink: Sink, pieces: Callable[[], Iterator[Piece]], progress: Progress, whole: Covered) -> None:
        self._progress = progress
        self._is_closed = threading.Event()
        if _is_leaving.is_set():
            self._is_closed.set()
        self._thread = threading.Thread(
            target=self._run, args=(sink, pieces, whole), name="livedata-file-feed", daemon=True
        )
        _running.add(self)
        self._thread.start()

    @property
    def progress(self) -> Progress:
        """How many events (or samples) were read, of how many."""
        return self._progress

    def skip_ahead(self) -> None:
        """Do nothing: a file has no present to skip to."""

    def close(self) -> None:
        """Stop reading after the present batch; returns at once."""
        self._is_closed.set()

    def join(self, timeout_s: float | None = None) -> bool:
        """Wait for the reading thread; return whether it has ended."""
        self._thread.join(timeout_s)
        return not self._thread.is_alive()

    def _run(self, sink: Sink, pieces: Callable[[], Iterator[Piece]], whole: Covered) -> None:
        if self._is_closed.is_set():
            return
        try:
            for piece in pieces():
                while sink.is_full and not self._is_closed.wait(0.002):
                    pass  # a file can wait for whoever counts it
                if self._is_closed.is_set():
                    return
                if piece.batch is not None:
                    sink.accept(piece.batch)
                if piece.covered:
                    sink.covered(piece.covered)
                sink.work()
                total = max(self._progress.total, self._progress.done + piece.done)
                self._progress = Progress(self._progress.done + piece.done, total, self._progress.unit)
            if self._is_closed.is_set():
                return
            self._progress = Progress(self._progress.total, self._progress.total, self._progress.unit)
            if whole:
                sink.covered(whole)
            sink.finished()
        except LiveDataError as error:
            sink.failed(error)
        except Exception as error:  # noqa: BLE001 - whatever it is, whoever waits for the view must hear of it
            sink.failed(FileError(f"reading stopped: {type(error).__name__}: {error}"))


def whole_range(topic: str, n_entries: int) -> dict[Partition, tuple[int, int]]:
    """Offsets of a stream in a file of another program: its entries, counted from 0."""
    return {Partition(topic, 0): (0, n_entries)}


def _leave() -> None:
    """End all readings before the interpreter ends.

    A thread that it froze inside HDF5 would keep its lock, and whoever lets go of a file then would wait for ever.
    """
    _is_leaving.set()
    readings = list(_running)
    for reading in readings:
        reading.close()
    for reading in readings:
        reading.join(LEAVE_S)


atexit.register(_leave)
