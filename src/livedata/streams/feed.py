"""Where batches come from, without saying where: one small protocol for live topics, history and files."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Protocol

from ..errors import TransportError
from ..transport.protocol import Partition
from .batch import Batch, EventBatch
from .extent import Extent, Ranges


class Expired(TransportError):
    """Messages that were read before are nowhere any more: neither in memory nor on the topic nor in a file."""

    def __init__(self, message: str, spans: Mapping[Partition, Ranges]) -> None:
        self.spans = spans
        super().__init__(message)


class Sink(Protocol):
    """What takes batches: a view, a log's memory, a recorder. Called from the feed's thread."""

    @property
    def is_full(self) -> bool:
        """Whether the sink would rather wait. It then gets nothing for a while, and later what it missed."""
        ...

    def accept(self, batch: Batch) -> None:
        """Take one batch at once; never raises for odd data."""
        ...

    def work(self) -> None:
        """Do something about what was accepted; called when the feed holds no lock."""
        ...

    def covered(self, offsets: Mapping[Partition, tuple[int, int]]) -> None:
        """Take note that all messages of these offset ranges were handed over or belong to other streams."""
        ...

    def lost(self, n_messages: int) -> None:
        """Take note that messages had expired before they could be read."""
        ...

    def skipped(self, n_messages: int, n_events: int | None) -> None:
        """Take note that messages were left out on request; of how many events, where that is known."""
        ...

    def finished(self) -> None:
        """Nothing will follow: the extent is complete."""
        ...

    def failed(self, error: Exception) -> None:
        """Nothing will follow because of this error."""
        ...


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a feed has come. `total` is 0 for a live feed, which has no end."""

    done: int
    total: int
    unit: str = "messages"


@dataclass(frozen=True, slots=True)
class Lag:
    """How far a sink that could not keep up is behind what has been read."""

    messages: int = 0
    """Messages (of all streams of its topic) that it is still to get; 0 while it keeps up."""
    seconds: float = 0.0
    """Data time between the newest entry that was read and the newest one that it got."""


class Subscription(Protocol):
    """A running hand-over from a feed to a sink."""

    @property
    def progress(self) -> Progress:
        """How far the hand-over has come, catching up included."""
        ...

    @property
    def lag(self) -> Lag:
        """How far the sink is behind because it could not keep up."""
        ...

    def skip_ahead(self) -> None:
        """Leave out what the sink has not got yet, and go on with the present; it is told to the sink as skipped."""
        ...

    def close(self) -> None:
        """Stop handing over; returns at once and may be called twice."""
        ...


class Feed(Protocol):
    """One stream of a connection or a file, ready to be read as often as wanted."""

    @property
    def is_finite(self) -> bool:
        """Whether the stream has ended: a file."""
        ...

    def subscribe(
        self, sink: Sink, extent: Extent | None = None, after: Mapping[Partition, int] | None = None
    ) -> Subscription:
        """Hand every batch of the extent to the sink, each message once, in any order of partitions.

        Without an extent: from the connection's start and on and on, or the whole file. With offsets or a passed
        stop the hand-over ends by itself. Entries outside the extent's times are the sink's to leave out.

        Parameters
        ----------
        after
            Of a live stream, only messages from these offsets on, in the partitions named; the others as above.
        """
        ...

    def reread(
        self, ranges: Mapping[Partition, Ranges], start_ns: int | None = None, stop_ns: int | None = None
    ) -> Iterator[EventBatch]:
        """Return batches once more that were handed over before; blocks while they are read.

        Parameters
        ----------
        ranges
            Offsets of the messages that are wanted: those and no others are returned.
        start_ns, stop_ns
            Only entries in this span of time are needed: batches without any may be left out.

        Raises
        ------
        Expired
            If some of them are nowhere any more: says which. What could be had was returned by then.
        """
        ...
