"""One log on its way into an NXlog group."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..streams.batch import LogBatch, Messages
from ..streams.key import StreamKey
from .column import Column, chunk_rows
from .messagegroup import MessageColumns
from .moment import EPOCH

INEXACT = "values that the log's type cannot hold exactly, not written"
OTHER_SHAPE = "values of another shape than the first, not written"


class LogGroup:
    """Writes the samples of one log. Type and shape are those of the first sample, whatever comes later."""

    kind = "log"

    def __init__(
        self, group: Any, messages: Any, key: StreamKey, first: LogBatch, *, n_expected: int, unit: str | None
    ) -> None:
        self.key = key
        self.group = group
        self.n_events = self.n_entries = self.n_samples = self.n_unrepresentable = 0
        self.first_ns: int | None = None
        self.last_ns: int | None = None
        self.remarks: Counter[str] = Counter()
        item = first.value.shape[1:]
        row_bytes = max(8, first.value.dtype.itemsize * int(np.prod(item)))
        rows = chunk_rows(n_expected, row_bytes)
        self._item = item
        self._dtype = first.value.dtype.newbyteorder("=")
        self._value = Column(group, "value", first.value.dtype.newbyteorder("<"), item=item, chunk_rows=rows)
        self._time = Column(group, "time", "<u8", chunk_rows=rows)
        self._time.dataset.attrs["units"] = "ns"
        self._time.dataset.attrs["start"] = EPOCH
        if unit is not None:
            self._value.dataset.attrs["units"] = unit
        self.messages = MessageColumns(messages, rows)

    @property
    def columns(self) -> list[Column]:
        """All datasets of the log, those of its messages last."""
        return [self._value, self._time, *self.messages.columns]

    @property
    def nbytes(self) -> int:
        """Bytes appended."""
        return sum(c.nbytes for c in self.columns)

    def append(self, batch: LogBatch) -> None:
        """Add samples; those that do not fit the log's type or shape are counted instead."""
        values = np.asarray(batch.value)
        if values.shape[1:] != self._item:
            self._leave_out(len(values), OTHER_SHAPE)
            return
        exact, fits = exactly(values, self._dtype)
        time, messages = batch.time, batch.messages
        if not fits.all():
            self._leave_out(int(np.count_nonzero(~fits)), INEXACT)
            exact, time, messages = exact[fits], time[fits], _kept(messages, fits)
        if not len(time):
            return
        self.messages.append(messages, self.n_samples, self.n_samples)
        self._value.append(exact)
        self._time.append(time.view(np.uint64))
        self.n_samples += len(time)
        low, high = int(time.min()), int(time.max())
        self.first_ns = low if self.first_ns is None else min(low, self.first_ns)
        self.last_ns = high if self.last_ns is None else max(high, self.last_ns)

    def _leave_out(self, n: int, why: str) -> None:
        self.n_unrepresentable += n
        self.remarks[why] += n

    def finish(self) -> None:
        """Write what is still in memory."""
        for column in self.columns:
            column.finish()


def exactly(values: NDArray[Any], dtype: np.dtype[Any]) -> tuple[NDArray[Any], NDArray[np.bool_]]:
    """Convert values to another type, and say of which rows the type holds every value exactly.

    Examples
    --------
    >>> exactly(np.array([1.0, 1.5]), np.dtype("i4"))[1].tolist()
    [True, False]
    """
    if values.dtype == dtype:
        return values, np.ones(len(values), np.bool_)
    with np.errstate(all="ignore"):
        there = values.astype(dtype)
        same = there.astype(values.dtype) == values
        if values.dtype.kind in "iu" and dtype.kind in "iu":
            same &= (there < 0) == (values < 0)
        if values.dtype.kind == "f" and dtype.kind == "f":
            same |= np.isnan(values)
        if values.dtype.kind == "f" and dtype.kind in "iu":
            # What lies beyond an integer's range wraps round and may seem to come back.
            same &= (values >= float(np.iinfo(dtype).min)) & (values < float(np.iinfo(dtype).max) + 1)
        if values.dtype.kind in "iu" and dtype.kind == "f":
            same &= np.abs(there.astype(np.float64)) <= 2.0**62
    return there, same.reshape(len(values), -1).all(axis=1)


def _kept(messages: Messages, fits: NDArray[np.bool_]) -> Messages:
    """Leave out the messages of samples that are left out (each message of a log has one sample)."""
    rows = fits[np.minimum(messages.first_entry, len(fits) - 1)] if len(messages) else np.zeros(0, np.bool_)
    before = np.concatenate(([0], np.cumsum(fits)))
    first = before[messages.first_entry[rows]]
    return Messages(
        messages.topic, messages.partition[rows], messages.offset[rows], messages.timestamp_ms[rows], first, first
    )
