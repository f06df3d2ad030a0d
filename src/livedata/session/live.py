"""Streams of a connection."""

from __future__ import annotations

import os
import time
import weakref
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from ..errors import ArgumentError
from ..reduce.physics.geometry import Geometry
from ..reduce.pixels.layout import Layout
from ..reduce.setting import no_geometry
from ..streams.arrayline import ArrayTimeline
from ..streams.connection import Connection
from ..streams.facets import facet_remarks, value_text
from ..streams.key import StreamKey, name_streams
from ..streams.ledger import StreamLedger, TopicLedger
from ..streams.livefeed import LiveFeed, connection_remark
from ..streams.row import StreamRow
from ..streams.runs import Run
from ..streams.vetoes import Vetoes
from .eventstream import EventStream
from .file import streams_of_run
from .framestream import FrameStream, set_summary
from .moving import geometry_now, geometry_of
from .settings import live_setting
from .stream import LogStream, Stream
from .streams import Streams

if TYPE_CHECKING:
    from ..nexus import Recording
    from ..nexus.geometry.teller import GeometryTeller
    from .peek import Peek

DISCOVERY_S = 2.0
LOGS_S = 1.0
"""How long a recording waits for the logs that say where things are."""
USUAL_SCHEMA = {"events": "ev44", "log": "f144"}
"""What a stream that an instrument file promises will come as, before its first message."""


class LiveStreams(Streams):
    """Streams arriving now. Made by `connect` and `demo`.

    Every view of a stream begins at the connection's start, whenever it is made: what has passed by then is read back.
    """

    def __init__(
        self,
        connection: Connection,
        *,
        known: Mapping[str, tuple[StreamKey | None, Layout | None]] | None = None,
        geometries: Mapping[str, GeometryTeller] | None = None,
        source: Any = None,
    ) -> None:
        self._connection = connection
        self._geometries = dict(geometries or {})
        self._known = dict(known or {})
        """Streams that need not be discovered, and where their pixels stand, as an instrument file tells."""
        self.source = source
        """What produces the data, when it runs in this process (`demo`)."""
        self._frame_streams: weakref.WeakValueDictionary[StreamKey, FrameStream] = weakref.WeakValueDictionary()
        self._finalizer = weakref.finalize(self, _close, connection, source)

    @property
    def where(self) -> str:
        """The broker's address."""
        return self._connection.transport.url

    url = where

    @property
    def runs(self) -> tuple[Run, ...]:
        """Runs announced by now, oldest first."""
        self._connection.wait_for_survey(DISCOVERY_S)
        return self._connection.book.runs.runs

    @property
    def vetoes(self) -> Vetoes | None:
        """The veto configuration told last, which names the bits of the column ``veto``; None if none was told."""
        self._connection.wait_for_survey(DISCOVERY_S)
        return self._connection.book.vetoes.vetoes

    @property
    def topics(self) -> list[str]:
        """Topics of this connection that exist by now."""
        return self._connection.book.topics()

    @property
    def ledgers(self) -> dict[str, StreamLedger]:
        """What became of the messages of each stream that was read, by stream name."""
        ledgers = self._connection.ledgers
        return {name: ledgers[key] for name, key in self._by_name().items() if key in ledgers}

    @property
    def topic_ledgers(self) -> dict[str, TopicLedger]:
        """Messages of each topic that was read, with those that belong to no stream."""
        return self._connection.topic_ledgers

    def __getitem__(self, name: str) -> Any:
        """Return a stream; one that is not there yet is waited for (2 s), then the error names the near misses."""
        if isinstance(name, str) and self._find(name) is None:
            self._connection.wait_for(lambda: self._find(name) is not None, DISCOVERY_S)
        return super().__getitem__(name)

    def __iter__(self) -> Iterator[str]:
        self._connection.wait_for_survey(DISCOVERY_S)
        return super().__iter__()

    def __len__(self) -> int:
        self._connection.wait_for_survey(DISCOVERY_S)
        return super().__len__()

    def table(self) -> list[StreamRow]:
        """Return what is known of every stream now, a row each."""
        self._connection.wait_for_survey(DISCOVERY_S)
        rows = [self._row(name, key) for name, key in self._by_name().items()]
        for topic, ledger in self.topic_ledgers.items():
            if n := ledger.malformed:
                rows.append(StreamRow(topic, "topic", malformed=n, remarks=("unsound messages of no stream",)))
        return rows

    def panel(self) -> Any:
        """Return the table as a widget that refreshes itself."""
        from ..panels import stream_table

        return stream_table(self)

    def peek(self, topic: str, n: int = 10, *, schema: str | None = None, source: str | None = None) -> Peek:
        """Look into the last messages of a topic; returns when they are found, at the latest after some 5 s.

        Parameters
        ----------
        topic
            Name or pattern (``*``, ``?``) of any topic of the broker, whether this connection reads it or not.
        n
            How many messages, at most.
        schema, source
            Only messages of this schema id; only of this source, a name or pattern.

        Returns
        -------
        :
            Shows itself as a table. Indexed, it gives each message with its place; ``.messages`` are the typed ones.

        Raises
        ------
        TransportError
            If there is no such topic; names the near misses.
        """
        from .peek import peek

        return peek(self._connection.transport, topic, n, schema=schema, source=source)

    @property
    def memory(self) -> Any:
        """What is kept in memory of the streams that are watched, to be counted anew at once; see `connect`."""
        return self._connection.ring

    def archive(self, path: str | os.PathLike[str]) -> None:
        """Let a file that livedata recorded stand in for messages that have expired on their topics.

        Recordings of this connection do so by themselves once they are finished.

        Raises
        ------
        FileError
            If the file cannot be read, or does not say of which messages it was made.
        """
        from ..nexus.archive import FileArchive

        self._connection.add_archive(FileArchive(path))

    def record(self, path: str | os.PathLike[str], *, start: Any = None, title: str = "") -> Recording:
        """Record all streams of this connection into a NeXus file; returns at once.

        What an instrument file tells of pixels, source and sample goes into the file; where it follows logs, as things
        stand now, for which a log that has brought nothing yet is waited for a second.

        Parameters
        ----------
        path
            The file. ``"run_{number}.nxs"`` takes the next free number. Nothing is ever overwritten.
        start
            Where to begin; None is now. Forms as in `connect`; ``"connect"`` takes what this connection began with.
        title
            Title of the entry.

        Raises
        ------
        OutputExists
            If the file is there, or is being recorded.
        """
        from .record import start_recording

        return start_recording(
            self._connection,
            path,
            start=start,
            layouts=self._layouts_by_key(),
            geometries=self._geometries_by_key(),
            title=title,
        )

    def close(self) -> None:
        """Leave the broker, and end the source if there is one; views keep what they have."""
        self._finalizer()

    def __enter__(self) -> LiveStreams:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def state(self) -> str:
        """``connected``, ``closed`` or what is wrong."""
        return connection_remark(self._connection) or "connected"

    def _headline(self) -> str:
        wrong = connection_remark(self._connection)
        return super()._headline() + (f", {wrong}" if wrong else "")

    def _by_name(self) -> dict[str, StreamKey]:
        names = name_streams(self._connection.keys())
        names |= {key: name for name, (key, _) in self._known.items() if key is not None}
        return {name: key for key, name in sorted(names.items(), key=lambda item: (item[0].family, item[1]))}

    def _names(self) -> list[str]:
        return list(self._by_name())

    def _aliases(self) -> Mapping[str, str]:
        return {f"{key.topic}/{key.source}": name for name, key in self._by_name().items()}

    def _make(self, name: str) -> Stream:
        key = self._by_name()[name]

        def row() -> StreamRow:
            return self._row(name, key)

        if key.family == "log":
            self._connection.watch(key.topic)
            timeline = self._connection.book.log(key)
            return LogStream(name, key, row, timeline=lambda: timeline)
        feed = LiveFeed(self._connection, key, owner=self)
        if key.family != "events":
            return self._frame_stream(name, key, row, feed)
        geometry = geometry_of(self._connection, self._teller_of(name, key))
        setting = live_setting(self, name, layout=self._layout_of(name, key), geometry=geometry, run=streams_of_run)
        return EventStream(name, key, row, feed=feed, setting=setting)

    def _frame_stream(self, name: str, key: StreamKey, row: Callable[[], StreamRow], feed: LiveFeed) -> FrameStream:
        """Return the one stream object of a key; its frames are read while somebody holds it."""
        held = self._frame_streams.get(key)
        if held is None:
            line = ArrayTimeline()
            setting = live_setting(self, name, layout=None, geometry=no_geometry, run=streams_of_run)
            held = FrameStream(name, key, row, kind=key.family, data=lambda: line.data, feed=feed, setting=setting)
            weakref.finalize(held, feed.subscribe(line).close)
            self._frame_streams[key] = held
        return held

    def _layout_of(self, name: str, key: StreamKey) -> Layout | None:
        for told, (its_key, held) in self._known.items():
            if held is not None and (its_key == key or (its_key is None and told in (name, key.source))):
                return held
        return None

    def _teller_of(self, name: str, key: StreamKey) -> GeometryTeller | None:
        return next((self._geometries[told] for told in (name, key.source) if told in self._geometries), None)

    def _layouts_by_key(self) -> dict[StreamKey, Layout]:
        found = {key: self._layout_of(name, key) for name, key in self._by_name().items() if key.family == "events"}
        return {key: held for key, held in found.items() if held is not None}

    def _geometries_by_key(self) -> dict[StreamKey, Geometry]:
        tellers = {key: self._teller_of(name, key) for name, key in self._by_name().items() if key.family == "events"}
        found = {key: geometry_now(self._connection, told, LOGS_S) for key, told in tellers.items() if told is not None}
        return {key: held for key, held in found.items() if held is not None}

    def _row(self, name: str, key: StreamKey) -> StreamRow:
        connection, now = self._connection, time.time_ns()
        ledger, sighting = connection.ledgers.get(key), connection.book.sightings.get(key)
        watched = connection.is_watched(key)
        newest = (
            ledger.newest_ns if ledger and ledger.newest_ns is not None else sighting.newest_ns if sighting else None
        )
        remarks = [] if watched else ["not watched"]
        last = ""
        if key.family == "log" and key in connection.book.logs:
            timeline = connection.book.logs[key]
            data = timeline.data
            last = value_text(data, timeline.unit)
            remarks += facet_remarks(timeline)
            newest = int(data.time[-1]) if len(data) else newest
        elif (held := self._frame_streams.get(key)) is not None and (latest := held.latest) is not None:
            last = set_summary(latest)
        if ledger is not None:
            remarks += [f"{text} ({n:,})" if n > 1 else text for text, n in ledger.remarks.items()]
        return StreamRow(
            name=name,
            kind=key.family,
            schema=ledger.schema if ledger else sighting.schema if sighting else USUAL_SCHEMA.get(key.family, ""),
            rate=ledger.rate() if watched and ledger else sighting.rate if sighting else 0.0,
            is_estimate=not watched,
            age_s=None if newest is None else (now - newest) / 1e9,
            messages=ledger.messages if ledger else 0,
            events=ledger.events if ledger else 0,
            samples=ledger.samples if ledger else 0,
            malformed=ledger.malformed if ledger else 0,
            lost=ledger.lost if ledger else 0,
            last=last,
            remarks=tuple(remarks),
        )


def _close(connection: Connection, source: Any) -> None:
    if source is not None:
        source.stop(wait=False)
    connection.close()


def topic_patterns(topics: Any) -> list[str] | None:
    """Return topic patterns as a list: one text, several, or None for all."""
    if topics is None:
        return None
    if isinstance(topics, str):
        return [topics]
    patterns = list(topics)
    if not patterns or not all(isinstance(pattern, str) and pattern for pattern in patterns):
        raise ArgumentError(f"topics={topics!r}; expected a name or pattern such as 'SANS2D_*', or several")
    return patterns
