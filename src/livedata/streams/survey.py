"""Looking at the tails of topics: which streams are there, how fast, and what each log said last."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from ..transport.protocol import Partition, Record, Transport
from .batch import LogBatch, Messages
from .history import read_ranges
from .key import StreamKey
from .ledger import StreamLedger
from .split import RecordTap, Splitter

TAIL_MESSAGES = 8
"""Messages read from the end of each partition to find out what it carries."""
KNOWN_TAIL_MESSAGES = 2
"""Messages read from a partition that was looked at before: enough to see its age."""
DEEP_TAIL_MESSAGES = 1000
"""Messages read from each partition when somebody asks for a stream that the tails do not show."""
LOG_TAIL_MESSAGES = 2000
"""Messages read backwards from the start of each log partition to find every log's last value."""


@dataclass(slots=True)
class Sighting:
    """What the survey knows about one stream."""

    key: StreamKey
    schema: str
    rate: float = 0.0
    """Events or samples per second of record time in the sampled tail; 0 when unknown."""
    newest_ns: int | None = None


@dataclass(slots=True)
class Sample:
    """What one look at some partitions found."""

    ledgers: Mapping[StreamKey, StreamLedger]
    schemas: dict[str, set[str]]
    """Schema ids seen, by topic."""
    sightings: list[Sighting]
    logs: list[tuple[StreamKey, LogBatch]]


def sample_tails(
    transport: Transport,
    ranges: Mapping[Partition, tuple[int, int]],
    *,
    stop: threading.Event,
    tap: RecordTap | None = None,
    timeout_s: float = 2.0,
) -> Sample:
    """Read the given offset ranges and say what they hold; messages of no stream go to `tap`."""
    schemas: dict[str, set[str]] = {}

    def take_other(schema: str, record: Record) -> None:
        schemas.setdefault(record.topic, set()).add(schema)
        if tap is not None:
            tap(schema, record)

    splitter = Splitter(tap=take_other)
    logs: list[tuple[StreamKey, LogBatch]] = []
    spans: dict[StreamKey, tuple[int, int]] = {}

    def take(records: list[Record], _steps: dict[Partition, tuple[int, int]]) -> None:
        for key, batch in splitter.split(records):
            times = batch.messages.timestamp_ms
            low, high = spans.get(key, (int(times[0]), int(times[0])))
            spans[key] = (min(low, int(times.min())), max(high, int(times.max())))
            if isinstance(batch, LogBatch):
                logs.append((key, batch))

    read_ranges(transport, ranges, take, stopped=stop.is_set, timeout_s=timeout_s)
    sightings = []
    for key, ledger in splitter.ledgers.items():
        schemas.setdefault(key.topic, set()).update(ledger.schemas)
        low, high = spans.get(key, (0, 0))
        count = ledger.events + ledger.samples
        rate = count / ((high - low) / 1000) if high > low else 0.0
        sightings.append(Sighting(key, ledger.schema, rate, ledger.newest_ns))
    return Sample(splitter.ledgers, schemas, sightings, logs)


def tails(marks: Mapping[Partition, tuple[int, int]], n: int) -> dict[Partition, tuple[int, int]]:
    """Return the last `n` offsets of each partition, given what it holds.

    Examples
    --------
    >>> tails({Partition("t", 0): (5, 100)}, 8)
    {Partition(topic='t', partition=0): (92, 100)}
    """
    return {p: (max(low, high - n), high) for p, (low, high) in marks.items()}


def last_sample(batch: LogBatch) -> LogBatch:
    """Return the newest sample of a batch, as a batch."""
    m, i = batch.messages, int(batch.time.argmax())
    row = int(np.searchsorted(m.first_entry, i, side="right")) - 1
    part, message, places = slice(i, i + 1), slice(row, row + 1), np.zeros(1, np.int64)
    messages = Messages(m.topic, m.partition[message], m.offset[message], m.timestamp_ms[message], places, places)
    columns = {name: column[part] for name, column in batch.columns.items()}
    return LogBatch(batch.time[part], batch.value[part], messages, batch.facet, columns)
