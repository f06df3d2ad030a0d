"""Places of messages: (topic, partition, offset) and record time, as batches carry them."""

from __future__ import annotations

from collections.abc import Sequence
from operator import itemgetter

import numpy as np

from ..transport.protocol import Partition, Record
from .batch import Int32Array, Int64Array, Messages
from .spans import Spans

_ZERO = np.zeros(1, np.int64)
_ZERO.flags.writeable = False

_PARTITION, _OFFSET, _RECORD_MS = (itemgetter(Record._fields.index(f)) for f in ("partition", "offset", "timestamp_ms"))


def one_message(record: Record) -> Messages:
    """Return the table of a batch that came in one message."""
    return Messages(
        record.topic,
        np.array([record.partition], np.int32),
        np.array([record.offset], np.int64),
        np.array([record.timestamp_ms], np.int64),
        _ZERO,
        _ZERO,
    )


def messages_of(records: Sequence[Record], first: Int64Array) -> Messages:
    """Return the table of a batch that came in several messages of one topic; `first` is where each begins."""
    return Messages(
        records[0].topic,
        *places_of(records),
        first,
        first,
    )


def places_of(records: Sequence[Record]) -> tuple[Int32Array, Int64Array, Int64Array]:
    """Return partition, offset and record time of each record, at a tenth of a microsecond each."""
    n = len(records)
    return (
        np.fromiter(map(_PARTITION, records), np.int32, n),
        np.fromiter(map(_OFFSET, records), np.int64, n),
        np.fromiter(map(_RECORD_MS, records), np.int64, n),
    )


def all_within(messages: Messages, spans: Spans) -> bool:
    """Whether the offsets of all messages lie in these ranges."""
    topic, partition, offset = messages.topic, messages.partition, messages.offset
    if len(offset) == 1:
        at = int(offset[0])
        return any(first <= at < stop for first, stop in spans.get(Partition(topic, int(partition[0])), ()))
    for number in np.unique(partition).tolist():
        ranges = spans.get(Partition(topic, number), ())
        if not ranges:
            return False
        firsts, stops = np.array(ranges, np.int64).T
        mine = offset[partition == number]
        place = np.searchsorted(firsts, mine, "right") - 1
        if not bool(np.all((place >= 0) & (mine < stops[place]))):
            return False
    return True
