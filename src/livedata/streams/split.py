"""Records in, batches out: sort messages by stream, decode them, join small ones.

Odd bytes never raise here: they are counted in the ledger of their stream, or of their topic when nobody can say
whose they were.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Sequence

import numpy as np

from ..errors import DecodeError
from ..schemas import Message, decode, identify, source_of
from ..transport.protocol import Record
from .arrays import array_set
from .batch import ArrayBatch, Batch, EventBatch
from .bulkevents import BULK_MEAN_BYTES, BULK_SCHEMA, Noted, event_batches_in_bulk
from .bulkevents import BULK_MESSAGES as BULK_EVENT_MESSAGES
from .bulklogs import BULK_MESSAGES, BULK_SCHEMAS, log_batches_in_bulk
from .events import event_batch
from .join import join_events
from .key import FAMILY_OF_SCHEMA, Family, StreamKey
from .late import LateMarker
from .ledger import StreamLedger, TopicLedger
from .logs import log_batches
from .places import one_message
from .pulsebook import PulseBook
from .samples import Samples, samples

JOIN_BYTES = 1 << 18
"""Messages above this size become batches of their own and are never copied."""
KEPT_ERRORS = 5

RecordTap = Callable[[str, Record], None]

_KINDS = {schema.encode("ascii"): (schema, family) for schema, family in FAMILY_OF_SCHEMA.items()}
_FRAME_METADATA = b"pu00"


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
        self._late = LateMarker()
        self._pulses = PulseBook()

    def split(self, records: Sequence[Record]) -> list[tuple[StreamKey, Batch]]:
        """Decode records and return their content by stream, in the order of arrival within each stream."""
        events: dict[tuple[str, str], list[Noted]] = {}
        logs: dict[tuple[str, str], list[Record]] = {}
        arrays: list[tuple[str, Record]] = []
        for record in records:
            tag = record.value[4:8]
            kind = _KINDS.get(tag)
            if kind is None:
                self._take_other(tag, record)
                continue
            schema, family = kind
            if family == "log":
                same = logs.get((schema, record.topic))
                if same is None:
                    same = logs[schema, record.topic] = []
                same.append(record)
            elif family == "events":
                events.setdefault((schema, record.topic), []).append((record, self._pulses.latest(record)))
            else:
                arrays.append((schema, record))
        for topic, n in Counter(record.topic for record in records).items():
            self.topics[topic].messages += n
        batches: list[tuple[StreamKey, Batch]] = []
        for (schema, topic), noted in events.items():
            batches += self._split_events(schema, topic, noted)
        for (schema, topic), same in logs.items():
            batches += self._split_logs(schema, topic, same)
        for schema, record in arrays:
            batches += self._split_arrays(schema, record)
        for key in {key for key, _ in batches}:
            self.ledgers[key].note_rate()
        return batches

    # Messages of no stream

    def _take_other(self, tag: bytes, record: Record) -> None:
        try:
            if tag == _FRAME_METADATA:
                self._pulses.take(record)
                self.topics[record.topic].noted["pu00"] += 1
                return
            schema = identify(record.value)
        except DecodeError as error:
            self._refuse(record, None, error)
            return
        self.topics[record.topic].unwanted[schema] += 1
        if self._tap is not None:
            self._tap(schema, record)

    def _refuse(self, record: Record, key: StreamKey | None, error: DecodeError) -> None:
        """Count an unsound message. A stream is made by its first sound message: garbage cannot invent names."""
        topic = self.topics[record.topic]
        ledger = self.ledgers.get(key) if key is not None else None
        if ledger is None:
            topic.malformed += 1
        else:
            ledger.malformed += 1
            ledger.remarks["unsound message"] += 1
        if len(topic.samples) < KEPT_ERRORS:
            topic.samples.append(f"{record.topic}[{record.partition}] offset {record.offset}: {error}")

    def _ledger(self, key: StreamKey, schema: str) -> StreamLedger:
        ledger = self.ledgers.get(key)
        if ledger is None:
            ledger = self.ledgers[key] = StreamLedger()
        ledger.schemas[schema] += 1
        return ledger

    def _is_unwanted(self, key: StreamKey, schema: str, record: Record) -> bool:
        if self._wants is None or self._wants(key):
            return False
        ledger = self._ledger(key, schema)
        ledger.unwanted += 1
        ledger.last_record_ms = record.timestamp_ms
        return True

    def _decoded(self, schema: str, family: Family, record: Record) -> tuple[StreamKey, Message] | None:
        """Decode a message of a stream; None, and counted, if nobody wants the stream or the message is unsound."""
        key: StreamKey | None = None
        try:
            key = StreamKey(record.topic, source_of(record.value), family)
            return None if self._is_unwanted(key, schema, record) else (key, decode(record.value))
        except DecodeError as error:
            self._refuse(record, key, error)
            return None

    # Events

    def _split_events(self, schema: str, topic: str, noted: list[Noted]) -> list[tuple[StreamKey, Batch]]:
        """Make batches of events: big messages alone, small ones of a stream joined."""
        if schema == BULK_SCHEMA and _are_many_and_small(noted):
            joined = event_batches_in_bulk(topic, noted, self._wants, self.ledgers)
            if joined is not None:
                return [(key, self._late.mark(key, batch, newest)) for key, batch, newest in joined]
        read: dict[StreamKey, list[EventBatch]] = {}
        for record, note in noted:
            told = self._decoded(schema, "events", record)
            if told is None:
                continue
            key, message = told
            found = event_batch(schema, record, message, note, self._ledger(key, schema))
            if found is not None:
                batch, newest = found
                read.setdefault(key, []).append(self._late.mark(key, batch, newest))
        return [(key, batch) for key, parts in read.items() for batch in _join_small(parts)]

    # Process variables

    def _split_logs(self, schema: str, topic: str, records: list[Record]) -> list[tuple[StreamKey, Batch]]:
        """Make batches of samples: many messages of one schema together, few or odd ones each alone."""
        batches: list[tuple[StreamKey, Batch]] = []
        if len(records) >= BULK_MESSAGES and schema in BULK_SCHEMAS:
            found, records = log_batches_in_bulk(schema, topic, records, self._wants, self.ledgers)
            batches += found
        alone: dict[StreamKey, list[tuple[Record, list[Samples]]]] = {}
        for record in records:
            told = self._decoded(schema, "log", record)
            if told is None:
                continue
            key, message = told
            alone.setdefault(key, []).append((record, samples(schema, message)))
            self._ledger(key, schema)
        batches += [(key, b) for key, read in alone.items() for b in log_batches(read, self.ledgers[key])]
        return batches

    # Frames and named arrays

    def _split_arrays(self, schema: str, record: Record) -> list[tuple[StreamKey, Batch]]:
        told = self._decoded(schema, FAMILY_OF_SCHEMA[schema], record)
        if told is None:
            return []
        key, message = told
        found = array_set(schema, message)
        ledger = self._ledger(key, schema)
        ledger.last_record_ms = record.timestamp_ms
        if found is None:
            ledger.malformed += 1
            ledger.remarks["arrays that contradict their shapes"] += 1
            return []
        ledger.decoded += 1
        ledger.samples += 1
        ledger.nbytes += len(record.value)
        time = np.array([found.time], np.int64)
        ledger.note_times(time, record.timestamp_ms)
        return [(key, ArrayBatch(time, (found.set,), one_message(record)))]


def _are_many_and_small(noted: list[Noted]) -> bool:
    if len(noted) < BULK_EVENT_MESSAGES:
        return False
    return sum(len(record.value) for record, _ in noted) < len(noted) * BULK_MEAN_BYTES


def _join_small(parts: Sequence[EventBatch]) -> list[EventBatch]:
    """Join small batches of one stream in their order of arrival; big ones stay alone."""
    batches: list[EventBatch] = []
    small: list[EventBatch] = []
    has_ids: bool | None = None  # of the events among the small ones
    for batch in parts:
        mine = batch.event_id is not None if batch.n_events else None
        is_big = batch.nbytes > JOIN_BYTES
        if small and (is_big or (mine is not None and has_ids is not None and mine != has_ids)):
            batches.append(join_events(small))
            small, has_ids = [], None
        if is_big:
            batches.append(batch)
        else:
            small.append(batch)
            has_ids = has_ids if mine is None else mine
    return [*batches, join_events(small)] if small else batches
