"""The face of an in-process log."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ...errors import ArgumentError
from ..address import Address
from ..protocol import Partition, Watermarks
from .consumer import MemoryConsumer
from .log import Retention
from .producer import MemoryProducer
from .registry import named_log


class MemoryTransport:
    """An in-process log. Made by `livedata.transport.open_transport` from ``memory://NAME``."""

    def __init__(self, address: Address) -> None:
        self.address = address
        self._log = named_log(address.name, address.retention_bytes)

    def __repr__(self) -> str:
        r = self.retention
        return f"<{self.url}: {r.kept_bytes / 1e6:.1f} of {r.limit_bytes / 1e6:.0f} MB, {r.dropped_messages} dropped>"

    @property
    def url(self) -> str:
        """The address."""
        return self.address.url

    @property
    def shared_between_processes(self) -> bool:
        """False: the log lives in this process."""
        return False

    @property
    def retention(self) -> Retention:
        """What the log holds, what it has given up, and how long producers waited for recorders."""
        return self._log.retention

    def topics(self, *, timeout_s: float = 10.0) -> dict[str, int]:
        """Topic names with their number of partitions, without internal ones."""
        return {topic: size for topic, size in self._log.topics().items() if not topic.startswith("__")}

    def create_topic(self, topic: str, *, partitions: int = 1, settings: Mapping[str, str] | None = None) -> None:
        """Create a topic unless it is there; `settings` are Kafka's and mean nothing here."""
        if partitions < 1:
            raise ArgumentError(f"topic {topic!r} needs at least one partition, not {partitions}")
        self._log.create_topic(topic, partitions)

    def watermarks(self, partitions: Sequence[Partition], *, timeout_s: float = 10.0) -> dict[Partition, Watermarks]:
        """Low and high watermark of each partition; `TransportError` if one does not exist."""
        return {Partition(*p): self._log.watermarks(Partition(*p)) for p in partitions}

    def offsets_at(
        self, partitions: Sequence[Partition], timestamp_ms: int, *, timeout_s: float = 10.0
    ) -> dict[Partition, int]:
        """First offset of each partition at or after a record time, else the high watermark."""
        return {Partition(*p): self._log.offset_at(Partition(*p), timestamp_ms) for p in partitions}

    def consumer(self, *, holds_retention: bool = False) -> MemoryConsumer:
        """Return a new consumer."""
        return MemoryConsumer(self._log, holds_retention=holds_retention)

    def producer(self) -> MemoryProducer:
        """Return a new producer."""
        return MemoryProducer(self._log)

    def close(self) -> None:
        """Do nothing: the log stays for who opens the name again; see `forget_log`."""
