"""Events of an extent as one table, for people's own reduction: flat, by pulse or by pixel, in scipp or pandas."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from ...errors import ArgumentError
from ...lazy import call
from ...streams.batch import ABSENT_IN_COLUMN, EventBatch, Int32Array, Int64Array
from .export import library

if TYPE_CHECKING:
    from ..pixels.layout import Layout

_do = partial(call, __package__)

By = Literal["event", "pulse", "pixel"]


@dataclass(frozen=True, slots=True, eq=False)
class EventTable:
    """All events of a stretch of one stream, in the order in which they came. Names are those of NXevent_data."""

    event_id: Int32Array | None
    """Pixel of each event, shape (event,); None for a stream with a single pixel."""
    event_time_offset: Int32Array
    """Time of arrival after the entry's reference time, ns, shape (event,)."""
    event_time_zero: Int64Array
    """Reference time of each entry, ns since 1970 UTC, shape (entry,)."""
    event_index: Int64Array
    """First event of each entry, shape (entry,)."""
    columns: dict[str, NDArray[np.generic]] = field(default_factory=dict)
    """Further values of each entry, shape (entry,)."""
    event_weight: NDArray[np.int16] | None = None
    """Weight of each event, shape (event,); None where each counts once."""

    @property
    def n_events(self) -> int:
        """Number of events."""
        return len(self.event_time_offset)

    @property
    def n_entries(self) -> int:
        """Number of entries: one reference time in one message."""
        return len(self.event_time_zero)

    def __len__(self) -> int:
        return self.n_events

    def __repr__(self) -> str:
        return f"<EventTable {self.n_events:,} events in {self.n_entries:,} entries>"

    def of_events(self, values: NDArray[Any]) -> NDArray[Any]:
        """Repeat a value of each entry for each of its events, shape (event,)."""
        return np.repeat(values, np.diff(self.event_index, append=np.int64(self.n_events)))

    def to_scipp(self, layout: Layout | None = None, *, by: By | None = None) -> Any:
        """Return a `scipp.DataArray`, binned by pulse or pixel, or flat; see `eventscipp.table_to_scipp`."""
        return _do("eventscipp.table_to_scipp", self, layout, by=by)

    def to_pandas(self) -> Any:
        """Return a `pandas.DataFrame`, one row for each event.

        Columns: ``event_id`` if there are pixels, ``toa`` (ns), ``event_time_zero``, ``weight``, and those per entry.
        """
        pd = library("pandas", "all")
        columns: dict[str, Any] = {} if self.event_id is None else {"event_id": self.event_id}
        columns["toa"] = self.event_time_offset
        columns["event_time_zero"] = self.of_events(self.event_time_zero).view("datetime64[ns]")
        columns["weight"] = np.ones(self.n_events, np.int16) if self.event_weight is None else self.event_weight
        columns.update({name: self.of_events(values) for name, values in self.columns.items()})
        return pd.DataFrame(columns)


def collect_events(batches: Iterable[EventBatch]) -> EventTable:
    """Put batches of one stream behind each other.

    Parameters
    ----------
    batches
        All with pixel numbers or all without. Weights and columns that some lack are filled up with 1 and with what
        stands for nothing known.

    Raises
    ------
    ArgumentError
        If only some of the batches have pixel numbers.
    """
    held = list(batches)
    with_ids = [batch for batch in held if batch.event_id is not None]
    if with_ids and any(batch.event_id is None and batch.n_events for batch in held):
        raise ArgumentError("some events have pixel numbers and some have none; expected those of one stream")
    starts = np.cumsum([0, *(batch.n_events for batch in held)])
    is_weighted = any(batch.event_weight is not None for batch in held)
    names = dict.fromkeys(name for batch in held for name in batch.columns)
    return EventTable(
        event_id=_joined([b.event_id for b in held if b.event_id is not None], np.int32) if with_ids else None,
        event_time_offset=_joined([batch.event_time_offset for batch in held], np.int32),
        event_time_zero=_joined([batch.event_time_zero for batch in held], np.int64),
        event_index=_joined([b.event_index + start for b, start in zip(held, starts, strict=False)], np.int64),
        columns={name: np.concatenate([_column(batch, name) for batch in held]) for name in names},
        event_weight=_joined([_weights(batch) for batch in held], np.int16) if is_weighted else None,
    )


def events_to_scipp(batches: Iterable[EventBatch], layout: Layout | None = None, *, by: By | None = None) -> Any:
    """Return the events of batches of one stream as a `scipp.DataArray`; see `eventscipp.table_to_scipp`."""
    return collect_events(batches).to_scipp(layout, by=by)


def _joined(parts: list[NDArray[Any]], dtype: Any) -> Any:
    return np.concatenate(parts).astype(dtype, copy=False) if parts else np.zeros(0, dtype)


def _column(batch: EventBatch, name: str) -> NDArray[np.generic]:
    if name in batch.columns:
        return batch.columns[name]
    return np.full(batch.n_entries, ABSENT_IN_COLUMN.get(name, -1))


def _weights(batch: EventBatch) -> NDArray[np.int16]:
    return np.ones(batch.n_events, np.int16) if batch.event_weight is None else batch.event_weight
