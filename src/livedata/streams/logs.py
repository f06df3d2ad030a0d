"""Samples become batches: one by one, or many messages of one schema together."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..transport.protocol import Record
from .batch import Facet, LogBatch
from .ledger import StreamLedger
from .places import messages_of
from .samples import Samples


def log_batches(read: Sequence[tuple[Record, list[Samples]]], ledger: StreamLedger) -> list[LogBatch]:
    """Make batches of what messages of one stream say; another facet, dtype or shape begins a new batch.

    Parameters
    ----------
    read
        Each message with its samples; none where it contradicts itself.
    ledger
        The stream's; counts the messages.
    """
    runs: dict[tuple[Facet, np.dtype[np.generic], tuple[int, ...]], list[tuple[Record, Samples]]] = {}
    for record, said in read:
        ledger.last_record_ms = record.timestamp_ms
        if not said:
            ledger.malformed += 1
            ledger.remarks["values and times that do not fit together"] += 1
            continue
        ledger.decoded += 1
        ledger.nbytes += len(record.value)
        for one in said:
            ledger.samples += len(one.time) if one.facet == "value" else 0
            ledger.note_times(one.time, record.timestamp_ms)
            runs.setdefault((one.facet, one.value.dtype, one.value.shape[1:]), []).append((record, one))
    return [_joined(run, facet) for (facet, _, _), run in runs.items()]


def _joined(run: list[tuple[Record, Samples]], facet: Facet) -> LogBatch:
    sizes = [len(said.time) for _, said in run]
    first = np.cumsum([0, *sizes[:-1]], dtype=np.int64)
    parts = [said for _, said in run]
    return LogBatch(
        time=np.concatenate([said.time for said in parts]),
        value=np.concatenate([said.value for said in parts]),
        messages=messages_of([record for record, _ in run], first),
        facet=facet,
        columns={name: np.concatenate([said.columns[name] for said in parts]) for name in parts[0].columns},
    )
