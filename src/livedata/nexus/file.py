"""A NeXus file as a set of streams: what is in it, and batches of any of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from ..errors import ArgumentError, FileError
from ..reduce.physics.geometry import Geometry
from ..reduce.pixels.layout import Layout
from ..streams.batch import ArrayBatch, Batch, EventBatch, Facet, LogBatch
from ..streams.extent import Extent
from .arraysource import ArraySource
from .describe import ORDER, VALUES_ONLY, Description, describe
from .feed import FileFeed, whole_range
from .geometry.chain import ComponentIndex, Newest
from .geometry.component import index_components
from .geometry.find import find_component, geometry_of_stream, layouts_of
from .geometry.read import read_geometry
from .hdf import reading
from .naming import NameIndex
from .pieces import (
    Covered,
    Piece,
    array_pieces,
    event_pieces,
    join_arrays,
    log_pieces,
    no_samples,
    whole_arrays,
    whole_events,
    whole_log,
)
from .samplesource import SampleSource, read_values
from .source import EventSource
from .stream import FileStream


class NexusFile:
    """A finished file. Nothing but shapes is read until asked for, and no handle stays open in between.

    Made by `open_file`.
    """

    def __init__(self, path: Path, description: Description) -> None:
        self.path = path
        self._about = description
        self._index = NameIndex({s.name: (s.path, *s.aliases) for s in description.streams})
        self._streams = {s.name: s for s in description.streams}
        self._index_of_components: ComponentIndex | None = None

    @property
    def streams(self) -> Mapping[str, FileStream]:
        """All streams by name, events first, in the order of their paths."""
        return dict(self._streams)

    @property
    def instrument(self) -> str:
        """Name of the instrument; empty when the file does not say."""
        return self._about.instrument

    @property
    def title(self) -> str:
        """Title of the run."""
        return self._about.title

    @property
    def start_ns(self) -> int | None:
        """Start of the run as the file tells it, ns since 1970 UTC."""
        return self._about.start_ns

    @property
    def extent(self) -> Extent | None:
        """The extent that a recorder of livedata stored; None for files of other programs."""
        return self._about.extent

    @property
    def ledgers(self) -> Mapping[str, Mapping[str, int]]:
        """What became of each stream's messages while recording, by stream name; empty for other programs' files."""
        return self._about.ledgers

    @property
    def remarks(self) -> tuple[str, ...]:
        """What was odd about the file as a whole."""
        return self._about.remarks

    def stream(self, name: str) -> FileStream:
        """Return a stream by its name, another of its names, or an HDF5 path.

        Raises
        ------
        StreamNameError
            If there is none; the message names the near misses.
        """
        return self._streams[self._index.find(name, where=self.path.name)]

    __getitem__ = stream

    def __iter__(self) -> Iterator[str]:
        return iter(self._streams)

    def __len__(self) -> int:
        return len(self._streams)

    def feed(self, name: str) -> FileFeed:
        """Return a stream as a feed; of a process variable, its values first and then its other facets.

        Raises
        ------
        StreamNameError
            If there is no such stream.
        ArgumentError
            If it has no time line: arrays without times are read whole, with `read`.
        FileError
            If the file is not there any more.
        """
        stream = self._batchable(name)
        try:
            about = self.path.stat()
        except OSError as error:
            raise FileError(f"{self.path} is gone ({error.strerror}); open it again where it is now") from None
        identity = (self.path.resolve(), about.st_mtime_ns, about.st_size, stream.name)
        return FileFeed(
            stream, lambda extent: self._pieces(stream, extent, stream.facets), self._whole(stream), identity
        )

    def batches(self, name: str, extent: Extent | None = None, *, facet: Facet = "value") -> Iterator[Batch]:
        """Yield a stream's batches of about 4 MB, cut at entries; those wholly outside the extent are left out.

        Parameters
        ----------
        name
            As in `stream`.
        extent
            What to read; None for all.
        facet
            Of a process variable, what to read: nothing is yielded for one that is not in its `FileStream.facets`.

        Raises
        ------
        FileError
            When the file turns out to be damaged.
        """
        for piece in self._pieces(self._batchable(name), extent, (facet,)):
            if piece.batch is not None:
                yield piece.batch

    def layouts(self) -> dict[str, Layout]:
        """Return the arrangement of pixels of each event stream that has one in the file, by stream name."""
        with reading(self.path) as file:
            return layouts_of(file, self._about.detectors, list(self._streams.values()), self._components(file))

    def geometry(self, name: str, newest: Newest | None = None) -> Geometry | None:
        """Return where the pixels of an event stream are, or where a monitor is, as the file tells it.

        Parameters
        ----------
        name
            As in `stream`; or the name or path of a detector or monitor, whether it has events or not.
        newest
            Where the newest samples of logs come from that say how things are placed, for live data; without, what
            held at the start of the run counts.

        Returns
        -------
        :
            Positions in the order of the layout's places; None if the stream belongs to no detector and no monitor.
            What is broken or missing in the file is None there, and `Geometry.remarks` say why.

        Raises
        ------
        StreamNameError
            If there is nothing of that name.
        """
        where, start_ns = self.path.name, self._about.start_ns
        stream = self._streams.get(name)
        with reading(self.path) as file:
            index = self._components(file)
            if stream is None and (path := find_component(index, name)) is not None:
                return read_geometry(file, path, where=where, index=index, start_ns=start_ns, newest=newest)
        stream = self.stream(name)
        with reading(self.path) as file:
            return geometry_of_stream(
                file,
                stream,
                self._about.detectors,
                list(self._streams.values()),
                where=where,
                index=index,
                start_ns=start_ns,
                newest=newest,
            )

    def read(self, name: str, *, facet: Facet = "value") -> EventBatch | LogBatch | ArrayBatch | NDArray[Any]:
        """Read a stream (of a process variable, one facet) whole, as one batch; arrays without times as they are.

        Values of a log whose type changed are promoted to one that holds them all; where their shape changed, too, they
        come as an array of objects. Mind the size: `stream(name)` tells it.
        """
        stream, start_ns = self.stream(name), self._about.start_ns
        topic = stream.key.topic
        with reading(self.path) as file:
            groups = [file[path] for path in (stream.path, *stream.parts)]
            if not stream.has_times:
                return read_values(groups[0] if stream.remarks != VALUES_ONLY else groups[0]["value"])
            if stream.kind == "events":
                return whole_events(EventSource(file, groups[0], start_ns), topic)
            if stream.kind in ("frames", "arrays"):
                return join_arrays([whole_arrays(ArraySource(file, group, start_ns), topic) for group in groups])
            if facet not in stream.facets:
                return no_samples(facet, topic)
            held = groups if facet == "value" else groups[:1]
            return whole_log([SampleSource(file, group, start_ns, facet) for group in held], topic)

    def _components(self, file: Any) -> ComponentIndex:
        if self._index_of_components is None:
            self._index_of_components = index_components(file)
        return self._index_of_components

    def _batchable(self, name: str) -> FileStream:
        stream = self.stream(name)
        if not stream.is_readable_as_batches:
            raise ArgumentError(
                f"{stream.name!r} is of kind {stream.kind!r} and has no batches; read it whole with .read()"
            )
        return stream

    def _pieces(
        self, stream: FileStream, extent: Extent | None, facets: tuple[Facet, ...] = ("value",)
    ) -> Iterator[Piece]:
        topic, start_ns = stream.key.topic, self._about.start_ns
        with reading(self.path) as file:
            groups = [file[path] for path in (stream.path, *stream.parts)]
            if stream.kind == "events":
                yield from event_pieces(EventSource(file, groups[0], start_ns), topic, extent)
            elif stream.kind in ("frames", "arrays"):
                for group in groups:
                    yield from array_pieces(ArraySource(file, group, start_ns), topic, extent)
            else:
                for facet in facets:
                    for group in groups if facet == "value" else groups[:1] if facet in stream.facets else []:
                        yield from log_pieces(SampleSource(file, group, start_ns, facet), topic, extent)

    def _whole(self, stream: FileStream) -> Covered:
        if self.extent is not None and self.extent.offsets is not None and stream.is_ours:
            return {p: r for p, r in self.extent.offsets.items() if p.topic == stream.key.topic}
        return whole_range(stream.key.topic, stream.n_entries if stream.kind == "events" else stream.n_points)

    def __repr__(self) -> str:
        kinds = [s.kind for s in self._streams.values()]
        parts = [f"{kinds.count(kind)} {kind}" for kind in ORDER if kind in kinds]
        return f"<NexusFile {self.path.name}: {', '.join(parts) or 'no streams'}>"


def open_file(path: str | Path) -> NexusFile:
    """Open a NeXus file: ours, or any with NXevent_data, NXlog or histograms, also where classes are missing.

    Raises
    ------
    FileError
        If the file is missing, not HDF5, or damaged.
    """
    place = Path(path).absolute()
    return NexusFile(place, describe(place))
