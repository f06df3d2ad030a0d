"""Streams of a finished file."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ..reduce.setting import Source, no_geometry
from ..streams.arrayline import ArrayTimeline
from ..streams.batch import LogBatch
from ..streams.clock import EARLIEST_NS
from ..streams.log import LogTimeline
from ..streams.row import StreamRow
from ..streams.runs import Run
from .eventstream import EventStream
from .framestream import FrameStream
from .settings import file_setting, source_of
from .stream import ArrayStream, LogStream, Stream
from .streams import Streams

if TYPE_CHECKING:
    from ..nexus import NexusFile


class FileStreams(Streams):
    """Streams of a file, the same mapping as a connection's. Made by `open`."""

    def __init__(self, file: NexusFile) -> None:
        self.file = file
        self._layouts = file.layouts()
        self.log: Callable[[str], LogTimeline] = cache(self._log)
        """The timeline of a log, read once."""

    @property
    def where(self) -> str:
        """The path."""
        return os.fspath(self.file.path)

    path = where

    @property
    def runs(self) -> tuple[Run, ...]:
        """The run that the file holds, if it says when it started."""
        start, extent = self.file.start_ns, self.file.extent
        if start is None or start < EARLIEST_NS:
            return ()
        stop = extent.stop_ns if extent is not None else None
        return (Run(self.file.title or self.file.path.stem, start, stop, instrument=self.file.instrument),)

    def table(self) -> list[StreamRow]:
        """Return what the file holds, a row a stream."""
        return [self._row(name) for name in self._names()]

    def _names(self) -> list[str]:
        return list(self.file.streams)

    def _aliases(self) -> Mapping[str, str]:
        return {path: name for name, stream in self.file.streams.items() for path in (stream.path, *stream.aliases)}

    def _make(self, name: str) -> Stream:
        stream = self.file.streams[name]

        def row() -> StreamRow:
            return self._row(name)

        if stream.kind == "events":
            geometry = cache(lambda: self.file.geometry(name))
            setting = file_setting(self, name, layout=self._layouts.get(name), geometry=geometry, run=streams_of_run)
            return EventStream(name, stream.key, row, feed=self.file.feed(name), setting=setting)
        if stream.kind in ("log", "text"):
            return LogStream(name, stream.key, row, timeline=lambda: self.log(name), unit=stream.unit)
        if stream.has_times:
            line = cache(lambda: self._frames(name))
            return FrameStream(
                name, stream.key, row, kind=stream.kind, data=lambda: line().data, feed=self.file.feed(name),
                setting=file_setting(self, name, layout=None, geometry=no_geometry, run=streams_of_run),
            )  # fmt: skip
        return ArrayStream(name, stream.key, row, kind=stream.kind, read=lambda: self._array(name))

    def _log(self, name: str) -> LogTimeline:
        timeline = LogTimeline()
        for facet in self.file.streams[name].facets:
            for batch in self.file.batches(name, facet=facet):
                if isinstance(batch, LogBatch):
                    timeline.accept(batch)
        return timeline

    def _frames(self, name: str) -> ArrayTimeline:
        """Return the newest frames or arrays, as many as fit the memory for one stream."""
        line = ArrayTimeline()
        for batch in self.file.batches(name):
            line.accept(batch)
        return line

    def _array(self, name: str) -> NDArray[Any]:
        content = self.file.read(name)
        return content.value if isinstance(content, LogBatch) else np.asarray(content)

    def _row(self, name: str) -> StreamRow:
        stream = self.file.streams[name]
        return StreamRow(
            name=name,
            kind=stream.kind,
            path=stream.path,
            events=stream.n_events,
            samples=stream.n_points,
            remarks=stream.remarks,
        )


def streams_of_run(path: str) -> Callable[[str], Source]:
    """Return the way to the streams of a file."""
    from ..nexus import open_file

    streams = FileStreams(open_file(path))
    return lambda name: source_of(streams[name])
