"""Many messages about process variables at once: decoded by columns, then cut into one batch per stream.

One by one a message costs some 20 µs, together about one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..schemas.columns import Columns, Kind, Texts, decode_columns
from ..transport.protocol import Record
from .batch import Facet, Int64Array, LogBatch, Messages
from .clock import EARLIEST_NS, FUTURE_NS
from .key import StreamKey
from .ledger import StreamLedger
from .places import places_of

BULK_MESSAGES = 32
"""Fewer messages than this are not worth it."""
BULK_SCHEMAS = frozenset({"f144", "al00", "ep01"})
"""Schemas that come in large numbers."""

_NEVER = np.iinfo(np.int64).min
_NOTHING: Mapping[str, NDArray[np.generic]] = {}


class _Part(NamedTuple):
    """What some of the messages say of one facet, in one dtype."""

    facet: Facet
    rows: Int64Array
    value: NDArray[np.generic]
    columns: Mapping[str, NDArray[np.generic]]


def log_batches_in_bulk(
    schema: str,
    topic: str,
    records: Sequence[Record],
    wants: Callable[[StreamKey], bool] | None,
    ledgers: dict[StreamKey, StreamLedger],
) -> tuple[list[tuple[StreamKey, LogBatch]], list[Record]]:
    """Make batches of the samples in many messages of one schema and topic.

    Parameters
    ----------
    schema
        One of `BULK_SCHEMAS`.
    topic, records
        The messages.
    wants
        As in `Splitter`.
    ledgers
        Of all streams; counts the messages that were taken and makes those of new streams.

    Returns
    -------
    :
        The batches, and the records that were not taken: unsound ones, and arrays of unlike lengths.
    """
    values = [record.value for record in records]
    columns = decode_columns(schema, values)
    rest = np.ones(len(records), np.bool_)
    batches: list[tuple[StreamKey, LogBatch]] = []
    table = _Table(schema, topic, records, columns, np.fromiter(map(len, values), np.int64, len(values)))
    for part in _parts(schema, columns):
        rest[part.rows] = False
        batches += table.cut(part, wants, ledgers)
    return batches, [records[i] for i in np.flatnonzero(rest).tolist()]


def _parts(schema: str, columns: Columns) -> Iterator[_Part]:
    if schema == "f144":
        for kind in columns.kinds["value"]:
            values = _rows_of_values(kind)
            if values is not None:
                yield _Part("value", kind.rows, values, _NOTHING)
        return
    rows = np.flatnonzero(columns.ok)
    facet: Facet = "alarm" if schema == "al00" else "connection"
    number, text = ("severity", "message") if schema == "al00" else ("status", "service_id")
    yield _Part(facet, rows, columns.numbers[number][rows], {text: _objects(columns.texts[text], rows)})


def _rows_of_values(kind: Kind) -> NDArray[np.generic] | None:
    """Return the values with a row for each message; None if they are arrays of unlike lengths."""
    if kind.count is None:
        return kind.values
    n = int(kind.count[0])
    return kind.values.reshape(len(kind.rows), n) if (kind.count == n).all() else None


def _objects(texts: Texts, rows: Int64Array) -> NDArray[np.generic]:
    """Return the texts of some rows, empty where they are absent."""
    distinct = np.empty(len(texts.distinct) + 1, object)
    distinct[:] = [*texts.distinct, ""]
    found: NDArray[np.generic] = distinct[texts.which[rows]]
    return found


class _Table:
    """Places, times and names of all the messages, to be cut by stream."""

    def __init__(
        self, schema: str, topic: str, records: Sequence[Record], columns: Columns, nbytes: Int64Array
    ) -> None:
        self.schema, self.topic = schema, topic
        self.names = columns.texts["source_name"]
        self.time = columns.numbers["timestamp"]
        self.partition, self.offset, self.record_ms = places_of(records)
        self.nbytes = nbytes
        self.believable = (self.time >= EARLIEST_NS) & (self.time <= self.record_ms * 1_000_000 + FUTURE_NS)
        self.places = np.arange(len(records), dtype=np.int64)

    def cut(
        self, part: _Part, wants: Callable[[StreamKey], bool] | None, ledgers: dict[StreamKey, StreamLedger]
    ) -> Iterator[tuple[StreamKey, LogBatch]]:
        """Yield one batch for each stream that a part speaks of."""
        if not len(part.rows):
            return
        which = self.names.which[part.rows]
        order = np.argsort(which, kind="stable")
        rows, which, value = part.rows[order], which[order], part.value[order]
        columns = {name: column[order] for name, column in part.columns.items()}
        starts = np.flatnonzero(np.concatenate(([True], which[1:] != which[:-1])))
        time, record_ms = self.time[rows], self.record_ms[rows]
        partition, offset = self.partition[rows], self.offset[rows]
        believable = self.believable[rows]
        newest = np.maximum.reduceat(np.where(believable, time, _NEVER), starts).tolist()
        n_odd = np.add.reduceat(~believable, starts, dtype=np.int64).tolist()
        nbytes = np.add.reduceat(self.nbytes[rows], starts).tolist()
        names = (*self.names.distinct, "")
        bounds = [*starts.tolist(), len(rows)]
        for i, (start, stop) in enumerate(pairwise(bounds)):
            key = StreamKey(self.topic, names[which[start]], "log")
            ledger = ledgers.get(key)
            if ledger is None:
                ledger = ledgers[key] = StreamLedger()
            n = stop - start
            ledger.schemas[self.schema] += n
            ledger.last_record_ms = int(record_ms[stop - 1])
            if wants is not None and not wants(key):
                ledger.unwanted += n
                continue
            ledger.decoded += n
            ledger.samples += n if part.facet == "value" else 0
            ledger.nbytes += nbytes[i]
            ledger.note_newest(newest[i] if n_odd[i] < n else None, n_odd[i])
            here, first = slice(start, stop), self.places[:n]
            messages = Messages(self.topic, partition[here], offset[here], record_ms[here], first, first)
            cut = {name: column[here] for name, column in columns.items()} if columns else _NOTHING
            yield key, LogBatch(time[here], value[here], messages, part.facet, cut)
