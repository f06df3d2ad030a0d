"""Records in, batches out: decode messages, sort them by stream, join small ones.

Odd bytes never raise here: they are counted in the ledger of their stream, or of their topic when nobody can say
whose they were.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from ..errors import DecodeError
from ..schemas import F144, Ev44, decode_ev44, decode_f144, identify, source_of
from ..transport.protocol import Record
from .batch import Batch, EventBatch, Int32Array, Int64Array, LogBatch, Messages, join_messages
from .clock import newest_plausible
from .key import FAMILY_OF_SCHEMA, StreamKey
from .ledger import StreamLedger, TopicLedger

LATE_NS = 1_000_000_000
"""An entry this far behind a newer one of its partition is marked as late."""
_ZERO = np.zeros(1, np.int64)
_ZERO.flags.writeable = False

JOIN_BYTES = 1 << 18
"""Messages above this size become batches of their own and are never copied."""
KEPT_ERRORS = 5

RecordTap = Callable[[str, Record], None]


class Splitter:
    """Turns records into batches, with a ledger for every stream and topic.

    Used by one thread. Ledgers may be read from others.
    """

    def __init__(self, wants: Callable[[StreamKey], bool] | None = None, *, tap: RecordTap | None = None) -> None:
        """Split for those who want it.

        Parameters
        ----------
        wants
            Whether anybody watches a stream; unwatched ones are counted, not decoded. None: all are wanted.
        tap
            Called with (schema, record) for sound messages that belong to no stream (run starts, heartbeats).
        """
        self.ledgers: dict[StreamKey, StreamLedger] = {}
        self.topics: dict[str, TopicLedger] = defaultdict(TopicLedger)
        self._wants = wants
        self._tap = tap
        self._newest: dict[tuple[StreamKey, int], int] = {}

    def split(self, records: Sequence[Record]) -> list[tuple[StreamKey, Batch]]:
        """Decode records and return their content by stream, in the order of arrival within each stream."""
        events: dict[StreamKey, list[tuple[Record, Ev44]]] = {}
        samples: dict[StreamKey, list[tuple[Record, F144]]] = {}
        touched: set[StreamKey] = set()
        for record in records:
            topic = self.topics[record.topic]
            topic.messages += 1
            ledger: StreamLedger | None = None
            try:
                schema = identify(record.value)
                family = FAMILY_OF_SCHEMA.get(schema)
                if family is None:
                    topic.unwanted[schema] += 1
                    if self._tap is not None:
                        self._tap(schema, record)
                    continue
                key = StreamKey(record.topic, source_of(record.value), family)
                ledger = self.ledgers.get(key)
                if self._wants is not None and not self._wants(key):
                    if ledger is None:
                        ledger = self.ledgers[key] = StreamLedger(schema=schema)
                    ledger.unwanted += 1
                    ledger.last_record_ms = record.timestamp_ms
                    continue
                if family == "events":
                    message = decode_ev44(record.value)
                    events.setdefault(key, []).append((record, message))
                else:
                    sample = decode_f144(record.value)
                    samples.setdefault(key, []).append((record, sample))
                if ledger is None:
                    self.ledgers[key] = StreamLedger(schema=schema)
                touched.add(key)
            except DecodeError as error:
                # A stream is made by its first sound message, so that garbage cannot invent names.
                if ledger is None:
                    topic.malformed += 1
                else:
                    ledger.malformed += 1
                    ledger.remarks["unsound message"] += 1
                if len(topic.samples) < KEPT_ERRORS:
                    topic.samples.append(f"{record.topic}[{record.partition}] offset {record.offset}: {error}")
        batches: list[tuple[StreamKey, Batch]] = []
        for key, messages in events.items():
            batches += [(key, batch) for batch in self._event_batches(key, messages)]
        for key, values in samples.items():
            batches += [(key, batch) for batch in _log_batches(values, self.ledgers[key])]
        for key in touched:
            self.ledgers[key].note_rate()
        return batches

    def _event_batches(self, key: StreamKey, messages: list[tuple[Record, Ev44]]) -> list[EventBatch]:
        """Make batches of one stream's messages: big ones alone, small ones joined."""
        ledger = self.ledgers[key]
        batches: list[EventBatch] = []
        small: list[EventBatch] = []
        for record, message in messages:
            read = _one_event_message(record, message, ledger)
            if read is None:
                continue
            batch = self._mark_late(key, record, *read)
            kinds_differ = bool(small) and (small[0].event_id is None) != (batch.event_id is None)
            if kinds_differ and batch.n_events and small[0].n_events:
                batches.append(join_events(small))
                small = []
            if batch.nbytes > JOIN_BYTES:
                if small:  # messages stay in their order of arrival
                    batches.append(join_events(small))
                    small = []
                batches.append(batch)
            else:
                small.append(batch)
        if small:
            batches.append(join_events(small))
        return batches

    def _mark_late(self, key: StreamKey, record: Record, batch: EventBatch, newest: int | None) -> EventBatch:
        """Mark entries that come behind newer ones of their partition; others have no order to compare with."""
        place = (key, record.partition)
        before = self._newest.get(place)
        if newest is not None and (before is None or newest > before):
            self._newest[place] = newest
        if before is None or (batch.n_entries == 1 and newest is not None and newest >= before - LATE_NS):
            return batch
        late = batch.event_time_zero < before - LATE_NS
        return replace(batch, columns={"late": late}) if late.any() else batch


def _one_event_message(record: Record, message: Ev44, ledger: StreamLedger) -> tuple[EventBatch, int | None] | None:
    """Return the batch of one ev44 message and its newest believable time; None (counted) if it contradicts itself."""
    offsets = _aligned32(message.time_of_flight)
    ids = _aligned32(message.pixel_id)
    times = np.asarray(message.reference_time, dtype=np.int64)
    index = message.reference_time_index.astype(np.int64)
    n = len(offsets)
    if len(times) == 0 and n and len(index) <= 1:
        # Some simulators leave the reference time out; the record time is the next best, to the millisecond.
        ledger.remarks["no reference time; record time taken"] += 1
        times, index = np.array([record.timestamp_ms * 1_000_000], np.int64), np.zeros(1, np.int64)
    problem = _problem(len(times), index, n, len(ids))
    if problem:
        ledger.malformed += 1
        ledger.remarks[problem] += 1
        ledger.last_record_ms = record.timestamp_ms
        return None
    if n == 0:
        index = np.zeros(len(times), np.int64)  # 0 and -1 both mean "no events" here (a convention of early 2024)
    ledger.decoded += 1
    ledger.events += n
    ledger.entries += len(times)
    ledger.nbytes += len(record.value)
    ledger.last_record_ms = record.timestamp_ms
    if (newest := newest_plausible(times, record.timestamp_ms * 1_000_000)) is None:
        if len(times):
            ledger.remarks["time far from the record time"] += 1
    elif ledger.newest_ns is None or newest > ledger.newest_ns:
        ledger.newest_ns = newest
    batch = EventBatch(
        event_id=ids if len(ids) or not n else None,
        event_time_offset=offsets,
        event_time_zero=times,
        event_index=index,
        messages=Messages(
            record.topic,
            np.array([record.partition], np.int32),
            np.array([record.offset], np.int64),
            np.array([record.timestamp_ms], np.int64),
            _ZERO,
            _ZERO,
        ),
    )
    return batch, newest


def _problem(n_times: int, index: Int64Array, n_events: int, n_ids: int) -> str:
    """Say why an ev44 message contradicts itself, or nothing."""
    if n_ids not in (0, n_events):
        return "as many pixel ids as offsets expected"
    if len(index) != n_times:
        return "one index for each reference time expected"
    if n_events == 0:
        return "" if bool(np.all((index == 0) | (index == -1))) else "index points beyond the events"
    if n_times == 0:
        return "events without a reference time"
    if index[0] != 0:
        return "events before the first reference time"
    if index[-1] > n_events or (n_times > 1 and bool(np.any(index[1:] < index[:-1]))):
        return "index not sorted or beyond the events"
    return ""


def _aligned32(values: Int32Array) -> Int32Array:
    """Return the values themselves unless an encoder placed them off their alignment."""
    return values if values.flags.aligned else values.copy()


def join_events(batches: Sequence[EventBatch]) -> EventBatch:
    """Join batches of one stream behind each other; one alone is returned as it is."""
    if len(batches) == 1:
        return batches[0]
    sizes = [b.n_events for b in batches]
    starts = np.concatenate(([0], np.cumsum(sizes)))[:-1]
    with_ids = [b.event_id for b in batches if b.n_events]
    ids: Int32Array | None
    if any(i is None for i in with_ids):
        ids = None
    else:
        ids = np.concatenate([i for i in with_ids if i is not None]) if with_ids else np.zeros(0, np.int32)
    return EventBatch(
        event_id=ids,
        event_time_offset=np.concatenate([b.event_time_offset for b in batches]),
        event_time_zero=np.concatenate([b.event_time_zero for b in batches]),
        event_index=np.concatenate([b.event_index + s for b, s in zip(batches, starts, strict=True)]),
        messages=join_messages([b.messages for b in batches], [b.n_entries for b in batches], sizes),
        columns=_join_columns(batches),
    )


def _join_columns(batches: Sequence[EventBatch]) -> dict[str, NDArray[np.generic]]:
    """Join per-entry columns; where a batch lacks one, it is zero (or false)."""
    kinds = {name: column.dtype for b in batches for name, column in b.columns.items()}
    return {
        name: np.concatenate([b.columns.get(name, np.zeros(b.n_entries, dtype)) for b in batches])
        for name, dtype in kinds.items()
    }


def _log_batches(values: list[tuple[Record, F144]], ledger: StreamLedger) -> list[LogBatch]:
    """Make batches of one log's samples; samples of another dtype or shape start a new batch."""
    runs: dict[tuple[np.dtype[np.generic], tuple[int, ...]], list[tuple[Record, F144]]] = {}
    for record, message in values:
        value = np.asarray(message.value)
        runs.setdefault((value.dtype, value.shape), []).append((record, message))
        ledger.decoded += 1
        ledger.samples += 1
        ledger.nbytes += len(record.value)
        ledger.last_record_ms = record.timestamp_ms
        time = np.array([message.timestamp], np.int64)
        if (newest := newest_plausible(time, record.timestamp_ms * 1_000_000)) is None:
            ledger.remarks["time far from the record time"] += 1
        elif ledger.newest_ns is None or newest > ledger.newest_ns:
            ledger.newest_ns = newest
    batches = []
    for run in runs.values():
        places = np.arange(len(run), dtype=np.int64)
        batches.append(
            LogBatch(
                time=np.array([m.timestamp for _, m in run], np.int64),
                value=np.stack([np.asarray(m.value) for _, m in run]),
                messages=Messages(
                    run[0][0].topic,
                    np.array([r.partition for r, _ in run], np.int32),
                    np.array([r.offset for r, _ in run], np.int64),
                    np.array([r.timestamp_ms for r, _ in run], np.int64),
                    places,
                    places,
                ),
            )
        )
    return batches
