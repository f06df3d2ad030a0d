"""Many small event messages at once: decoded by columns, judged together, and joined into one batch per stream.

One by one such a message costs some 40 µs, together a few.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..schemas.columns import Columns, Vectors, decode_columns
from ..transport.protocol import Record
from .batch import BoolArray, EventBatch, Int32Array, Int64Array, Messages
from .clock import EARLIEST_NS, FUTURE_NS
from .key import StreamKey
from .ledger import StreamLedger
from .places import places_of
from .pulsebook import PulseNote

BULK_SCHEMA = "ev44"
BULK_MESSAGES = 16
"""Fewer messages than this are not worth it."""
BULK_MEAN_BYTES = 1 << 15
"""Larger messages are better left where they are than copied together."""

_NEVER = np.iinfo(np.int64).min

Noted = tuple[Record, PulseNote | None]


class Joined(NamedTuple):
    """The messages of one stream as one batch, with what is needed to mark late entries."""

    key: StreamKey
    batch: EventBatch
    newest: Int64Array
    """Newest believable time of each message, shape (message,); the least int64 where there is none."""


def event_batches_in_bulk(
    topic: str,
    noted: Sequence[Noted],
    wants: Callable[[StreamKey], bool] | None,
    ledgers: dict[StreamKey, StreamLedger],
) -> list[Joined] | None:
    """Make one batch per stream of many small `ev44` messages.

    Parameters
    ----------
    topic, noted
        The messages of one topic, each with what its frame's metadata say.
    wants
        As in `Splitter`.
    ledgers
        Of all streams; counts the messages and makes those of new streams.

    Returns
    -------
    :
        None, and nothing counted, if any of them is odd: they are then to be read one by one.
    """
    columns = decode_columns(BULK_SCHEMA, [record.value for record, _ in noted])
    if not columns.ok.all() or not _are_consistent(columns):
        return None
    return list(_cut(topic, noted, columns, wants, ledgers))


def _are_consistent(columns: Columns) -> bool:
    """Whether no message contradicts itself, as `events.event_batch` judges one."""
    v = columns.vectors
    n_times, n_events, n_ids = v["reference_time"].count, v["time_of_flight"].count, v["pixel_id"].count
    if not (n_times == v["reference_time_index"].count).all() or not ((n_ids == n_events) | (n_ids == 0)).all():
        return False
    if (n_events[n_times == 0] > 0).any():
        return False
    index = v["reference_time_index"].joined()
    row = np.repeat(np.arange(len(n_times)), n_times)
    has_events = n_events[row] > 0
    if not np.isin(index[~has_events], (0, -1)).all():
        return False
    first = np.concatenate(([True], row[1:] != row[:-1])) if len(row) else np.zeros(0, np.bool_)
    falls = np.concatenate(([False], index[1:] < index[:-1])) if len(row) else first
    odd = np.where(first, index != 0, falls) | (index > n_events[row])
    return not (odd & has_events).any()


def _cut(
    topic: str,
    noted: Sequence[Noted],
    columns: Columns,
    wants: Callable[[StreamKey], bool] | None,
    ledgers: dict[StreamKey, StreamLedger],
) -> Iterator[Joined]:
    for source, rows in columns.texts["source_name"].groups():
        key = StreamKey(topic, source or "", "events")
        mine = [noted[i] for i in rows.tolist()]
        ledger = ledgers.get(key)
        if ledger is None:
            ledger = ledgers[key] = StreamLedger()
        ledger.schemas[BULK_SCHEMA] += len(mine)
        ledger.last_record_ms = mine[-1][0].timestamp_ms
        if wants is not None and not wants(key):
            ledger.unwanted += len(mine)
            continue
        for part in _alike(columns.vectors, rows):
            taken = mine if len(part) == len(rows) else [noted[i] for i in part.tolist()]
            yield _joined(key, taken, part, columns, ledger)


def _alike(v: Mapping[str, Vectors], rows: Int64Array) -> list[Int64Array]:
    """Cut the messages of one stream where they begin or cease to have pixel numbers."""
    without = (v["pixel_id"].count[rows] == 0) & (v["time_of_flight"].count[rows] > 0)
    if without.all() or not without.any():
        return [rows]
    return np.split(rows, np.flatnonzero(without[1:] != without[:-1]) + 1)


def _joined(key: StreamKey, noted: list[Noted], rows: Int64Array, columns: Columns, ledger: StreamLedger) -> Joined:
    v = columns.vectors
    n_times, n_events = v["reference_time"].count[rows], v["time_of_flight"].count[rows]
    first_entry = np.cumsum(n_times) - n_times
    first_event = np.cumsum(n_events) - n_events
    partition, offset, record_ms = places_of([record for record, _ in noted])
    times: Int64Array = v["reference_time"].joined(rows)
    row = np.repeat(np.arange(len(rows)), n_times)
    index = v["reference_time_index"].joined(rows).astype(np.int64)
    index = np.where(n_events[row] > 0, index, 0) + first_event[row]
    ids: Int32Array | None = v["pixel_id"].joined(rows)
    total = int(n_events.sum())
    ledger.decoded += len(rows)
    ledger.events += total
    ledger.entries += len(times)
    ledger.nbytes += sum(len(record.value) for record, _ in noted)
    newest = _newest(times, row, first_entry, n_times, record_ms)
    n_odd = int(((newest == _NEVER) & (n_times > 0)).sum())
    latest = int(newest.max())
    ledger.note_newest(None if latest == _NEVER else latest, n_odd)
    batch = EventBatch(
        event_id=ids if ids is not None and (len(ids) or not total) else None,
        event_time_offset=v["time_of_flight"].joined(rows),
        event_time_zero=times,
        event_index=index,
        messages=Messages(key.topic, partition, offset, record_ms, first_entry, first_event),
        columns=_note_columns([note for _, note in noted], times, row, n_times, ledger),
    )
    return Joined(key, batch, newest)


def _newest(
    times: Int64Array, row: Int64Array, first: Int64Array, n_times: Int64Array, record_ms: Int64Array
) -> Int64Array:
    """Return the newest believable time of each message."""
    believable = (times >= EARLIEST_NS) & (times <= record_ms[row] * 1_000_000 + FUTURE_NS)
    newest = np.full(len(n_times), _NEVER)
    some = n_times > 0
    if some.any():
        newest[some] = np.maximum.reduceat(np.where(believable, times, _NEVER), first[some])
    return newest


def _note_columns(
    notes: list[PulseNote | None], times: Int64Array, row: Int64Array, n_times: Int64Array, ledger: StreamLedger
) -> dict[str, NDArray[np.generic]]:
    """Return what the frames' metadata say of each entry; nothing if there are none."""
    if all(note is None for note in notes):
        return {}
    unknown = PulseNote(_NEVER, -1, -1, float("nan"))
    told = [note or unknown for note in notes]
    reference = np.array([note.reference_time for note in told], np.int64)
    known: BoolArray = np.array([note is not None for note in notes])
    n_same = np.bincount(row[times == reference[row]], minlength=len(notes))
    if n := int((known & (n_same == 0) & (n_times > 0)).sum()):
        ledger.remarks["frame metadata (pu00) of another time"] += n
    return {
        "period": np.array([note.period for note in told], np.int64)[row],
        "veto": np.array([note.veto for note in told], np.int64)[row],
        "charge": np.array([note.charge for note in told], np.float32)[row],
    }
