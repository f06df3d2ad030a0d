"""Views in service: descriptions of our own, run as a notebook runs them, published as other histograms are."""

from __future__ import annotations

import time
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..errors import ArgumentError
from ..reduce.pixels.layout import Layout, layout
from ..reduce.view import View
from ..session.live import LiveStreams
from ..streams.batch import EventBatch
from ..streams.connection import Connection
from ..streams.key import StreamKey
from ..transport import open_transport
from .brokers import Brokers, Link, check_topics
from .command import Describe
from .entry import ViewEntry
from .reader import LEEWAY_MS
from .result import Dim, Result
from .served import Output, Served
from .span import Span

if TYPE_CHECKING:
    from ..nexus import Instrument

SURVEY_S = 10.0


class ViewCounts:
    """A view as what is published of it.

    Parameters
    ----------
    stop_ms
        Data time at which it ends, ms since 1970; None where it does not. It is over when the stream's clock has passed
        that; or, on a stream that has fallen silent, when the wall clock has and nothing came for a while.
    """

    def __init__(self, view: View, *, stop_ms: int | None = None) -> None:
        self.view = view
        self._stop_ms = stop_ms
        self._seen = 0
        self._changed_s = time.monotonic()

    @property
    def end(self) -> str | None:
        """None while the view goes on; an empty text when it is complete; why it failed."""
        state = self.view.state
        if state == "failed":
            return str(self.view.error)
        return "" if state == "complete" or self._is_silent() else None

    def take(self, batch: EventBatch) -> None:
        """Do nothing: the view has its own feed."""

    def reset(self) -> None:
        """Count anew from now on."""
        self.view.reset()

    def result(self) -> Result:
        """Return the latest snapshot."""
        latest = self.view.latest
        if latest.ledger.seen != self._seen:
            self._seen, self._changed_s = latest.ledger.seen, time.monotonic()
        dims = tuple(Dim(axis.name, axis.edges, axis.unit or "") for axis in latest.axes)
        first, last = latest.span or (None, None)
        return Result(
            dims,
            latest.values(),
            latest.ledger,
            latest.spread,
            first,
            last,
            unit=latest.unit,
            lost=latest.coverage.lost,
        )

    def _is_silent(self) -> bool:
        if self._stop_ms is None or time.time() * 1000 < self._stop_ms + LEEWAY_MS:
            return False
        if self.view.progress.total or self.view.lag:
            return False  # something is still to be read back, or to be counted
        return time.monotonic() - self._changed_s > LEEWAY_MS / 1000


@dataclass(frozen=True, slots=True)
class Watch:
    """Connections and the views on them."""

    streams: tuple[LiveStreams, ...]
    views: tuple[View, ...]

    @property
    def trouble(self) -> str:
        """What is wrong with the connections."""
        states = [streams.state for streams in self.streams]
        return "; ".join(state for state in states if state not in ("connected", "connection closed"))

    def stop(self) -> None:
        """Take no more data; the last results stay."""
        for view in self.views:
            view.stop()

    def join(self, timeout_s: float) -> bool:
        """Leave the brokers."""
        for streams in self.streams:
            streams.close()
        return True


def open_views(
    command: Describe, span: Span, brokers: Brokers, *, source: str, instrument: Instrument | None
) -> tuple[list[Served], Watch]:
    """Open the views of a command; what is sent from now on is counted.

    Times of the span are those of the data here, the stop excluded, as everywhere in `livedata`.

    Raises
    ------
    LiveDataError
        If a broker does not answer, a stream cannot be told, or a description does not fit its stream.
    """
    opened: dict[str, LiveStreams] = {}
    served: list[Served] = []
    views: list[View] = []
    with ExitStack() as undo:
        for entry in command.views:
            link = brokers.link(entry.data_brokers)
            if link.url not in opened:
                mine = [e for e in command.views if brokers.link(e.data_brokers) is link]
                opened[link.url] = _connect(link, mine, command.log_topics or [], span, instrument)
                undo.callback(opened[link.url].close)
            stream = _stream(opened[link.url], entry)
            view = stream.view(entry.value)
            if span.start_ms is not None or span.stop_ms is not None:
                view = view.over(_ns(span.start_ms), _ns(span.stop_ms))
            output = Output(link, entry.topic, "da00", source, entry.id)
            served.append(Served(ViewCounts(view, stop_ms=span.stop_ms), output, span, wanted_source=""))
            views.append(view)
        undo.pop_all()
    return served, Watch(tuple(opened.values()), tuple(views))


def _connect(
    link: Link, entries: list[ViewEntry], log_topics: list[str], span: Span, instrument: Instrument | None
) -> LiveStreams:
    known: dict[str, tuple[StreamKey | None, Layout | None]] = dict(instrument.streams) if instrument else {}
    named = {key for key, _ in known.values()}
    for entry in entries:
        for topic in entry.data_topics:
            key = StreamKey(topic, entry.wanted_source, "events")
            if key.source and key not in named:
                known[f"{topic}/{key.source}"] = (key, None)
    topics = list(dict.fromkeys([*(t for e in entries for t in e.data_topics), *log_topics]))
    check_topics(link.transport, topics)
    begin: Any = "now" if span.begin_ms is None else int(span.begin_ms)
    transport = open_transport(link.address)
    try:
        connection = Connection(transport, topics=topics, start=begin)
    except BaseException:
        transport.close()
        raise
    streams = LiveStreams(connection, known=known, geometries=instrument.geometries if instrument else None)
    if not connection.wait_for_survey(SURVEY_S):
        streams.close()
        raise ArgumentError(f"{link.url} did not tell its topics within {SURVEY_S:.0f} s")
    return streams


def _stream(streams: LiveStreams, entry: ViewEntry) -> Any:
    """Return the one stream of events that an entry means."""
    if len(entry.data_topics) != 1:
        raise ArgumentError(f"a view has one stream; data_topics are {', '.join(entry.data_topics)}")
    topic, source = entry.data_topics[0], entry.wanted_source
    found = [
        stream
        for name in streams
        if (stream := streams[name]).kind == "events"
        and stream.key is not None
        and stream.key.topic == topic
        and source in ("", stream.key.source)
    ]
    if len(found) != 1:
        names = ", ".join(repr(stream.key.source) for stream in found) or "none by now"
        raise ArgumentError(f"topic {topic!r} has these sources of events: {names}; name one as 'source'")
    if entry.layout is None:
        return found[0]
    return found[0].with_layout(layout(tuple(entry.layout.shape), first_id=entry.layout.first_id))


def _ns(ms: int | None) -> int | None:
    return None if ms is None else ms * 1_000_000
