"""What a broker looks like to the rest of livedata: topics, partitions, offsets, times. Bytes stay bytes.

Two implementations stand behind these protocols, ``memory://NAME`` and ``kafka://host:port``; one contract
test suite runs against both.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

Headers = tuple[tuple[str, bytes], ...]

NO_TIMESTAMP = -1
"""Record time of a message that has none."""


class Partition(NamedTuple):
    """One partition of one topic."""

    topic: str
    partition: int


class Record(NamedTuple):
    """One message as it lay on its topic. ``(topic, partition, offset)`` is its identity."""

    topic: str
    partition: int
    offset: int
    timestamp_ms: int
    """Record time in milliseconds since 1970 UTC, set by the producer; `NO_TIMESTAMP` when unknown."""
    key: bytes | None
    value: bytes
    """The payload; empty for a message without one."""
    headers: Headers


class Watermarks(NamedTuple):
    """The span of offsets that a partition holds now: ``low <= offset < high``."""

    low: int
    high: int


@dataclass(frozen=True, slots=True)
class Delivery:
    """What became of a produced message: its place, or the error that ended it."""

    topic: str
    partition: int
    offset: int
    timestamp_ms: int
    error: str = ""


DeliveryCallback = Callable[[Delivery], None]


@dataclass(frozen=True, slots=True)
class Contact:
    """Whether the broker answers.

    ``lost_since_ns`` is 0 while all is well, else the wall-clock time (ns since 1970) of the last sign of life.
    """

    lost_since_ns: int = 0
    reason: str = ""

    @property
    def is_lost(self) -> bool:
        """Whether the broker has been silent for longer than it should."""
        return self.lost_since_ns != 0


class Consumer(Protocol):
    """Reads assigned partitions. Used by one thread at a time, but for `close` and `contact`."""

    @property
    def contact(self) -> Contact:
        """The state of the connection; a lost broker shows within 5 s."""
        ...

    def assign(self, positions: Mapping[Partition, int]) -> None:
        """Read exactly these partitions, each from the given offset. Replaces what was assigned."""
        ...

    def fetch(self, timeout_s: float, *, max_records: int = 1000) -> list[Record]:
        """Wait for the first message at most `timeout_s`, then take what else is there already.

        Offsets of one partition come in rising order. An empty list means that nothing came.
        A position below the low watermark continues at the low watermark: the gap shows in the offsets.
        """
        ...

    def positions(self) -> dict[Partition, int]:
        """Offset of the next message to read of each assigned partition."""
        ...

    def pause(self, partitions: Iterable[Partition]) -> None:
        """Stop reading these partitions; their positions stay."""
        ...

    def resume(self, partitions: Iterable[Partition]) -> None:
        """Go on reading paused partitions where they stopped."""
        ...

    def close(self) -> None:
        """Leave at once, without waiting for the broker. Closing twice does nothing."""
        ...


class Producer(Protocol):
    """Appends messages to topics. May be used from several threads."""

    @property
    def contact(self) -> Contact:
        """The state of the connection."""
        ...

    def produce(
        self,
        topic: str,
        value: bytes,
        *,
        partition: int | None = None,
        key: bytes | None = None,
        timestamp_ms: int | None = None,
        headers: Headers = (),
        on_delivery: DeliveryCallback | None = None,
    ) -> None:
        """Hand over one message; waits while the send queue is full.

        Without a partition, messages of one key go to one partition. Without a time, the record time is now.
        A topic that does not exist is created where the broker allows it.

        Raises
        ------
        TransportError
            If the message is larger than the broker or the client takes (100 MB), or the producer is closed.
        """
        ...

    def flush(self, timeout_s: float) -> int:
        """Wait until all is delivered; return how many messages are still on their way."""
        ...

    def close(self, timeout_s: float = 5.0) -> None:
        """Flush for at most `timeout_s` and leave. Closing twice does nothing."""
        ...


class Transport(Protocol):
    """One broker, or one in-process log."""

    @property
    def url(self) -> str:
        """The address without credentials."""
        ...

    @property
    def shared_between_processes(self) -> bool:
        """Whether another process can reach the same topics through `url`."""
        ...

    def topics(self, *, timeout_s: float = 10.0) -> dict[str, int]:
        """Topic names with their number of partitions; internal topics (leading ``__``) left out.

        Raises
        ------
        BrokerUnreachable
            If nobody answers in time.
        """
        ...

    def create_topic(self, topic: str, *, partitions: int = 1, settings: Mapping[str, str] | None = None) -> None:
        """Create a topic; does nothing if it exists."""
        ...

    def watermarks(self, partitions: Sequence[Partition], *, timeout_s: float = 10.0) -> dict[Partition, Watermarks]:
        """Low and high watermark of each partition, asked from the broker now."""
        ...

    def offsets_at(
        self, partitions: Sequence[Partition], timestamp_ms: int, *, timeout_s: float = 10.0
    ) -> dict[Partition, int]:
        """First offset of each partition recorded at or after `timestamp_ms`; the high watermark if none is."""
        ...

    def consumer(self, *, holds_retention: bool = False) -> Consumer:
        """Return a new consumer.

        Parameters
        ----------
        holds_retention
            For recorders on ``memory://``: retention never passes this consumer's positions; the producer waits
            instead, and the wait is counted. Kafka keeps what it is configured to keep.
        """
        ...

    def producer(self) -> Producer:
        """Return a new producer."""
        ...

    def close(self) -> None:
        """Give up connections; consumers and producers are closed by their owners."""
        ...
