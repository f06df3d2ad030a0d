"""Putting batches of one stream behind each other."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from .batch import ABSENT_IN_COLUMN, EventBatch, Int32Array, join_messages


def join_events(batches: Sequence[EventBatch]) -> EventBatch:
    """Join batches of one stream behind each other; one alone is returned as it is."""
    if len(batches) == 1:
        return batches[0]
    sizes = [b.n_events for b in batches]
    starts = np.concatenate(([0], np.cumsum(sizes)))[:-1]
    return EventBatch(
        event_id=_join_ids(batches),
        event_time_offset=np.concatenate([b.event_time_offset for b in batches]),
        event_time_zero=np.concatenate([b.event_time_zero for b in batches]),
        event_index=np.concatenate([b.event_index + s for b, s in zip(batches, starts, strict=True)]),
        messages=join_messages([b.messages for b in batches], [b.n_entries for b in batches], sizes),
        columns=_join_columns(batches),
        event_weight=_join_weights(batches),
    )


def _join_ids(batches: Sequence[EventBatch]) -> Int32Array | None:
    with_events = [b.event_id for b in batches if b.n_events]
    ids = [i for i in with_events if i is not None]
    if len(ids) < len(with_events):
        return None
    return np.concatenate(ids) if ids else np.zeros(0, np.int32)


def _join_weights(batches: Sequence[EventBatch]) -> NDArray[np.int16] | None:
    """Join weights; events of a batch without any count once."""
    if all(b.event_weight is None for b in batches):
        return None
    ones = (np.ones(b.n_events, np.int16) for b in batches)
    return np.concatenate([o if b.event_weight is None else b.event_weight for b, o in zip(batches, ones, strict=True)])


def _join_columns(batches: Sequence[EventBatch]) -> dict[str, NDArray[np.generic]]:
    """Join per-entry columns; where a batch lacks one, nothing is known."""
    kinds = {name: column.dtype for b in batches for name, column in b.columns.items()}
    return {
        name: np.concatenate(
            [
                b.columns[name] if name in b.columns else np.full(b.n_entries, ABSENT_IN_COLUMN.get(name, 0), dtype)
                for b in batches
            ]
        )
        for name, dtype in kinds.items()
    }
