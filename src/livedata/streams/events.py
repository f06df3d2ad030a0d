"""Event messages become batches: checked, dated, with what is known of their frame."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..transport.protocol import Record
from .arrivals import Arrivals, arrivals
from .batch import EventBatch, Int64Array
from .ledger import StreamLedger
from .places import one_message
from .pulsebook import PulseNote, note_columns

_NEVER = np.iinfo(np.int64).min


def event_batch(
    schema: str, record: Record, message: Any, note: PulseNote | None, ledger: StreamLedger
) -> tuple[EventBatch, Int64Array] | None:
    """Return the batch of one event message and its newest believable time; None (counted) if it contradicts itself.

    The time has shape (1,), and is the least int64 where none can be believed.

    Parameters
    ----------
    schema
        One of `arrivals.EVENT_SCHEMAS`.
    record, message
        The message as it lay on its topic, and decoded.
    note
        What the partition's latest frame metadata say.
    ledger
        The stream's; counts the message.
    """
    found = arrivals(schema, message)
    times, index, n = found.times, found.index, len(found.offsets)
    if len(times) == 0 and n and len(index) <= 1:
        # Some simulators leave the reference time out; the record time is the next best, to the millisecond.
        ledger.remarks["no reference time; record time taken"] += 1
        times, index = np.array([record.timestamp_ms * 1_000_000], np.int64), np.zeros(1, np.int64)
    problem = _problem(found, times, index)
    if problem:
        ledger.malformed += 1
        ledger.remarks[problem] += 1
        ledger.last_record_ms = record.timestamp_ms
        return None
    if n == 0:
        index = np.zeros(len(times), np.int64)  # 0 and -1 both mean "no events" here (a convention of early 2024)
    if found.remark:
        ledger.remarks[found.remark] += 1
    ledger.decoded += 1
    ledger.events += n
    ledger.entries += len(times)
    ledger.nbytes += len(record.value)
    ledger.last_record_ms = record.timestamp_ms
    newest = ledger.note_times(times, record.timestamp_ms)
    batch = EventBatch(
        event_id=found.ids if len(found.ids) or not n else None,
        event_time_offset=found.offsets,
        event_time_zero=times,
        event_index=index,
        messages=one_message(record),
        columns=_columns(found, times, note, ledger),
        event_weight=found.weights,
    )
    return batch, np.array([_NEVER if newest is None else newest], np.int64)


def _columns(
    found: Arrivals, times: Int64Array, note: PulseNote | None, ledger: StreamLedger
) -> Mapping[str, NDArray[np.generic]]:
    """Return what is known of the entries: from the message itself, else from the frame metadata before it."""
    if found.columns and len(times) == 1:
        return found.columns
    if note is not None and len(times) and note.reference_time not in times:
        ledger.remarks["frame metadata (pu00) of another time"] += 1
    return note_columns(note, len(times))


def _problem(found: Arrivals, times: Int64Array, index: Int64Array) -> str:
    """Say why a message contradicts itself, or nothing."""
    n_events, n_times = len(found.offsets), len(times)
    if len(found.ids) not in (0, n_events):
        return "as many pixel ids as offsets expected"
    if found.weights is not None and len(found.weights) != n_events:
        return "as many weights as offsets expected"
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
