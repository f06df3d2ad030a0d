"""The setting of a stream: what a connection or a file knows that views of the stream need."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Protocol

from ..errors import ArgumentError
from ..reduce.physics.geometry import Geometry
from ..reduce.pixels.layout import Layout
from ..reduce.setting import Setting, Source
from ..streams.connection import Connection
from ..streams.extent import Extent
from ..streams.key import StreamKey
from ..streams.log import LogTimeline
from ..streams.runs import Run
from .moving import MovingGeometry
from .past import read_logs_of
from .publishing import publish

if TYPE_CHECKING:
    from ..nexus import NexusFile

WayToRun = Callable[[str], Callable[[str], Source]]
"""How a file's path leads to its streams."""
LEEWAY_NS = 2_000_000_000
"""How late log samples usually are at most."""
PATIENCE_S = 2.0
"""How long a log that is not known yet is waited for."""
PRESENT_NS = 60_000_000_000
"""Logs older than this while they arrive are those of a replay: the wall clock says nothing about them."""


class LiveHome(Protocol):
    """What a setting asks of the streams of a connection."""

    _connection: Connection

    @property
    def where(self) -> str:
        """Address or path."""
        ...

    def __getitem__(self, name: str) -> Any: ...

    def _find(self, wanted: str) -> str | None: ...

    def _by_name(self) -> dict[str, StreamKey]: ...


class FileHome(Protocol):
    """What a setting asks of the streams of a file."""

    file: NexusFile
    log: Callable[[str], LogTimeline]

    @property
    def where(self) -> str:
        """Address or path."""
        ...

    @property
    def runs(self) -> tuple[Run, ...]:
        """Runs that the file tells of."""
        ...

    def __getitem__(self, name: str) -> Any: ...

    def _find(self, wanted: str) -> str | None: ...


def live_setting(
    live: LiveHome, name: str, *, layout: Layout | None, geometry: Callable[[], Geometry | None], run: WayToRun
) -> Setting:
    """Return the setting of a stream of a connection."""
    connection = live._connection

    def key_of(log: str) -> StreamKey | None:
        found = live._find(log)
        key = live._by_name().get(found) if found is not None else None
        return key if key is not None and key.family == "log" else None

    def timeline(log: str) -> LogTimeline | None:
        key = key_of(log)
        if key is None:
            return None
        connection.watch(key.topic)
        return connection.book.log(key)

    def await_log(log: str) -> bool:
        return connection.wait_for(lambda: key_of(log) is not None, PATIENCE_S)

    def logs() -> dict[str, str | None]:
        return {log: connection.book.log(key).unit for log, key in live._by_name().items() if key.family == "log"}

    def unit(log: str) -> str | None:
        held = timeline(log)
        return held.unit if held is not None else None

    def settled_ns(log: str) -> int | None:
        key = key_of(log)
        if key is None:
            return None
        newest = [
            ledger.newest_ns
            for other, ledger in connection.ledgers.items()
            if other.topic == key.topic and other.family == "log" and ledger.newest_ns is not None
        ]
        if not newest:
            return 0
        now = time.time_ns()
        is_present = now - max(newest) < PRESENT_NS and not connection.contact.is_lost
        return max(*newest, now - LEEWAY_NS if is_present else 0)

    def prepare(extent: Extent | None, names: frozenset[str]) -> None:
        keys = [key_of(log) for log in names]
        read_logs_of(connection, frozenset(key.topic for key in keys if key is not None), extent)

    return Setting(
        name=name,
        layout=layout,
        geometry=geometry,
        moved_ns=geometry.since_ns if isinstance(geometry, MovingGeometry) else lambda: None,
        log=timeline,
        await_log=await_log,
        log_unit=unit,
        logs=logs,
        settled_ns=settled_ns,
        runs=lambda: connection.book.runs.runs,
        prepare=prepare,
        stream=lambda other: source_of(live[other]),
        run=run,
        publish=lambda view, topic, **how: publish(view, connection.transport, topic, **how),
        where=live.where,
    )


def file_setting(
    streams: FileHome, name: str, *, layout: Layout | None, geometry: Callable[[], Geometry | None], run: WayToRun
) -> Setting:
    """Return the setting of a stream of a file."""

    def timeline(log: str) -> LogTimeline | None:
        found = streams._find(log)
        if found is None or streams.file.streams[found].kind not in ("log", "text"):
            return None
        return streams.log(found)

    def unit(log: str) -> str | None:
        found = streams._find(log)
        return streams.file.streams[found].unit if found is not None else None

    def logs() -> dict[str, str | None]:
        return {log: held.unit for log, held in streams.file.streams.items() if held.kind in ("log", "text")}

    return Setting(
        name=name,
        layout=layout,
        geometry=geometry,
        log=timeline,
        log_unit=unit,
        logs=logs,
        runs=lambda: streams.runs,
        stream=lambda other: source_of(streams[other]),
        run=run,
        publish=lambda view, topic, **how: publish(view, None, topic, **how),
        where=streams.where,
    )


def source_of(stream: object) -> Source:
    """Return the feed and the setting of a stream of events."""
    from .eventstream import EventStream

    if not isinstance(stream, EventStream):
        raise ArgumentError(f"{getattr(stream, 'name', stream)!r} is no stream of events")
    return Source(stream.feed, stream.setting)
