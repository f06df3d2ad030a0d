"""Starting a recording of a connection's topics."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, get_args

import numpy as np

from ..errors import FileError
from ..reduce.physics.geometry import Geometry
from ..reduce.pixels.layout import Layout
from ..streams.batch import EventBatch, Facet, LogBatch, Messages
from ..streams.connection import Connection
from ..streams.extent import Ranges
from ..streams.key import StreamKey
from ..streams.spans import Spans
from ..streams.start import parse_start, start_offsets
from ..transport.protocol import Partition

if TYPE_CHECKING:
    from ..nexus import Recording
    from ..nexus.archive import FileArchive


def start_recording(
    connection: Connection,
    path: str | os.PathLike[str],
    *,
    start: Any,
    layouts: Mapping[StreamKey, Layout],
    geometries: Mapping[StreamKey, Geometry],
    title: str,
) -> Recording:
    """Begin to record; see `LiveStreams.record`."""
    from ..nexus import record

    positions: dict[Partition, int] | None = None
    if start == "connect":
        positions = dict(connection.book.start)
    elif start is not None:
        partitions = [p for topic in connection.book.topics() for p in connection.book.partitions(topic)]
        positions = start_offsets(connection.transport, partitions, parse_start(start))
    recording = record(
        connection.transport,
        path,
        topics=connection.patterns,
        start=positions,
        layouts=layouts,
        geometries=geometries,
        initial=last_values(connection),
        title=title,
    )
    connection.add_archive(OnceFinished(recording))
    return recording


class OnceFinished:
    """A recording as an archive of its topics: it holds nothing until its file is finished."""

    def __init__(self, recording: Recording) -> None:
        self._recording = recording
        self._archive: FileArchive | None = None

    def ranges(self, key: StreamKey) -> Spans:
        """Return the offsets that the file stands for."""
        held = self._opened()
        return held.ranges(key) if held is not None else {}

    def batches(self, key: StreamKey, wanted: Spans) -> Iterator[tuple[EventBatch | None, dict[Partition, Ranges]]]:
        """Read what of a stream lies in some offsets."""
        held = self._opened()
        if held is not None:
            yield from held.batches(key, wanted)

    def _opened(self) -> FileArchive | None:
        if self._archive is None and self._recording.state == "finished":
            from ..nexus.archive import FileArchive

            with contextlib.suppress(FileError):  # moved away, or no file that can stand in
                self._archive = FileArchive(self._recording.path)
        return self._archive


def last_values(connection: Connection) -> dict[StreamKey, list[LogBatch]]:
    """Return the newest sample of every facet of every log: a log has a value, and a unit, before they change."""
    found: dict[StreamKey, list[LogBatch]] = {}
    for key, timeline in tuple(connection.book.logs.items()):
        zero = np.zeros(1, np.int64)
        nowhere = Messages(key.topic, np.full(1, -1, np.int32), zero - 1, zero - 1, zero, zero)
        for facet in get_args(Facet):
            data = timeline.facet(facet)
            if len(data):
                columns = {name: column[-1:] for name, column in data.columns.items()}
                last = LogBatch(data.time[-1:], data.value[-1:], nowhere, facet, columns)
                found.setdefault(key, []).append(last)
    return found
