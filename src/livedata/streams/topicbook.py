"""What a connection knows of its topics; shared by its threads under one lock."""

from __future__ import annotations

import threading

from ..errors import DecodeError
from ..transport.protocol import Partition, Record
from .key import StreamKey
from .log import LogTimeline
from .runs import RunBook
from .survey import Sighting
from .vetoes import VetoBook


class TopicBook:
    """Partitions with their positions, streams that were sighted, logs and runs.

    ``lock`` is held while positions change; ``changed`` is notified when there is something new to find.
    """

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.changed = threading.Condition()
        self.start: dict[Partition, int] = {}
        """Where each partition begins for this connection."""
        self.position: dict[Partition, int] = {}
        """Offset that the consumer thread will hand on next."""
        self.assigned: set[Partition] = set()
        """Partitions that the consumer thread reads."""
        self.light: set[str] = set()
        """Topics that are always read, because they carry nothing heavy."""
        self.sightings: dict[StreamKey, Sighting] = {}
        self.logs: dict[StreamKey, LogTimeline] = {}
        self.runs = RunBook()
        self.vetoes = VetoBook()

    def partitions(self, topic: str) -> list[Partition]:
        """Return the known partitions of a topic."""
        with self.lock:
            return [p for p in self.start if p.topic == topic]

    def topics(self) -> list[str]:
        """Return the topics that exist by now."""
        with self.lock:
            return sorted({p.topic for p in self.start})

    def log(self, key: StreamKey) -> LogTimeline:
        """Return the timeline of a log, a new one if there is none."""
        with self.lock:
            return self.logs.setdefault(key, LogTimeline())

    def take(self, schema: str, record: Record) -> None:
        """Take note of a message that belongs to no stream; never raises, since it comes from a reading loop."""
        try:
            if schema == "vc00":
                self.vetoes.take(record)
            else:
                self.runs.take(schema, record)
        except (DecodeError, OverflowError):
            return

    def sight(self, sightings: list[Sighting]) -> None:
        """Take note of streams that were seen."""
        with self.lock:
            self.sightings.update({sighting.key: sighting for sighting in sightings})

    def announce(self) -> None:
        """Wake whoever waits for something new."""
        with self.changed:
            self.changed.notify_all()
