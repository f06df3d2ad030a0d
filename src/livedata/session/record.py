"""Starting a recording of a connection's topics."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, get_args

import numpy as np

from ..reduce.pixels.layout import Layout
from ..streams.batch import Facet, LogBatch, Messages
from ..streams.connection import Connection
from ..streams.key import StreamKey
from ..streams.start import parse_start, start_offsets
from ..transport.protocol import Partition

if TYPE_CHECKING:
    from ..nexus import Recording


def start_recording(
    connection: Connection, path: str | os.PathLike[str], *, start: Any, layouts: Mapping[StreamKey, Layout], title: str
) -> Recording:
    """Begin to record; see `LiveStreams.record`."""
    from ..nexus import record

    positions: dict[Partition, int] | None = None
    if start == "connect":
        positions = dict(connection.book.start)
    elif start is not None:
        partitions = [p for topic in connection.book.topics() for p in connection.book.partitions(topic)]
        positions = start_offsets(connection.transport, partitions, parse_start(start))
    return record(
        connection.transport,
        path,
        topics=connection.patterns,
        start=positions,
        layouts=layouts,
        initial=last_values(connection),
        title=title,
    )


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
