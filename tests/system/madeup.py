"""Runs made up from messages, with an account of what they hold that is kept apart from all that reads them."""

from __future__ import annotations

import zlib
from collections import defaultdict
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

N_PARTITIONS = 3
UNKNOWN = -1


class Entry(NamedTuple):
    """One reference time in one message, and what is to be known of its frame."""

    time: int
    n_events: int
    toa_sum: int
    id_sum: int
    period: int = UNKNOWN
    veto: int = UNKNOWN
    charge: float | None = None


class Message(NamedTuple):
    """One message to be sent."""

    topic: str
    """Behind the prefix."""
    value: bytes
    key: bytes | None = None
    partition: int | None = None
    time_ms: int | None = None
    source: str = ""
    entry: Entry | None = None
    """Of an event message."""


@dataclass
class Variable:
    """All that is said of one process variable; times in ns."""

    time: list = field(default_factory=list)
    value: list = field(default_factory=list)
    unit: str | None = None
    alarms: list = field(default_factory=list)
    """(time, severity, message)."""
    connections: list = field(default_factory=list)
    """(time, status, service)."""


@dataclass
class MadeUpRun:
    """Messages in the order of sending, and what they say."""

    topics: dict[str, int]
    """Partitions by topic."""
    messages: list[Message] = field(default_factory=list)
    variables: defaultdict[str, Variable] = field(default_factory=lambda: defaultdict(Variable))

    @property
    def entries(self):
        """All entries by source."""
        return self.entries_in(self.messages)

    @staticmethod
    def entries_in(messages):
        """Return the entries of some of the messages, by source."""
        entries = defaultdict(list)
        for m in messages:
            if m.entry is not None:
                entries[m.source].append(m.entry)
        return entries

    def make_topics(self, transport, prefix):
        for topic, n in self.topics.items():
            transport.create_topic(f"{prefix}_{topic}", partitions=n)

    def send(self, transport, prefix, messages=None):
        """Send messages (all of them if none are given) and wait until they are delivered."""
        producer = transport.producer()
        failures = []
        for m in self.messages if messages is None else messages:
            producer.produce(
                f"{prefix}_{m.topic}",
                m.value,
                key=m.key,
                partition=m.partition,
                timestamp_ms=m.time_ms,
                on_delivery=lambda d: failures.append(d.error) if d.error else None,
            )
        while producer.flush(1.0):
            pass
        producer.close()
        assert not failures


def partition_of(key: bytes) -> int:
    """Return the partition that Kafka's client chooses for a key by default."""
    return zlib.crc32(key) % N_PARTITIONS


def interleaved(frames, rng) -> list[Message]:
    """Put the messages of many frames in one order: each partition's frames one after the other, partitions at random.

    Frames of one partition come a little out of the order of time, too.
    """
    places = np.argsort(np.arange(len(frames)) + rng.uniform(0, 4, len(frames)), kind="stable")
    queues = defaultdict(list)
    for place in places:
        for message in frames[place]:
            queues[partition_of(message.key)].append(message)
    order = rng.permutation(np.repeat(list(queues), [len(queue) for queue in queues.values()]))
    heads = {partition: iter(queue) for partition, queue in queues.items()}
    return [next(heads[partition]) for partition in order]


class Collector:
    """A sink that keeps everything, and counts each entry on its own."""

    is_full = False

    def __init__(self):
        self.batches = []
        self.is_finished = False
        self.error = None

    def accept(self, batch):
        self.batches.append(batch)

    def work(self):
        pass

    def covered(self, offsets):
        pass

    def lost(self, n_messages):
        raise AssertionError(f"{n_messages} messages lost")

    def finished(self):
        self.is_finished = True

    def failed(self, error):
        self.error = error

    @property
    def n_entries(self):
        return sum(batch.n_entries for batch in list(self.batches))

    def entries(self):
        return in_order(entry for batch in self.batches for entry in entries_of(batch))


def in_order(entries):
    """Sort entries by all that is known of them."""
    return sorted(entries, key=lambda e: (*e[:6], e.charge is not None, e.charge or 0.0))


def entries_of(batch):
    """Return the entries of a batch with what its columns say of them."""
    bounds = [*batch.event_index.tolist(), batch.n_events]
    columns = batch.columns
    found = []
    for i, time in enumerate(batch.event_time_zero.tolist()):
        events = slice(bounds[i], bounds[i + 1])
        charge = float(columns["charge"][i]) if "charge" in columns else float("nan")
        found.append(
            Entry(
                time,
                bounds[i + 1] - bounds[i],
                int(batch.event_time_offset[events].astype(np.int64).sum()),
                0 if batch.event_id is None else int(batch.event_id[events].astype(np.int64).sum()),
                int(columns["period"][i]) if "period" in columns else UNKNOWN,
                int(columns["veto"][i]) if "veto" in columns else UNKNOWN,
                None if np.isnan(charge) else charge,
            )
        )
    return found
