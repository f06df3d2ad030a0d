"""Places of messages: (topic, partition, offset) and record time, as batches carry them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..transport.protocol import Record
from .batch import Int64Array, Messages

_ZERO = np.zeros(1, np.int64)
_ZERO.flags.writeable = False


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
        np.array([r.partition for r in records], np.int32),
        np.array([r.offset for r in records], np.int64),
        np.array([r.timestamp_ms for r in records], np.int64),
        first,
        first,
    )
