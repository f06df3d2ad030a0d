"""Samples of one facet of a process variable on their way into a file: times, values, texts beside them, messages."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..streams.batch import Int64Array, LogBatch, Messages
from .column import Column, chunk_rows
from .facets import FACETS, HAS_UNIT
from .messagegroup import MessageTable
from .moment import EPOCH
from .section import Section
from .textcolumn import TextColumn

FACET_BYTES = 1 << 10
"""Chunks of facets that change rarely."""
REPLACED = "texts with characters that HDF5 cannot hold, replaced"


class SampleTable:
    """Columns of one facet. Type and shape are those it is made with.

    Parameters
    ----------
    group
        The log's NXlog group, or for units the group of their messages.
    messages
        Group for the table of the facet's messages.
    first
        A batch of the facet, for type and shape.
    n_expected
        Samples that a few seconds bring.
    """

    def __init__(self, group: Any, messages: Any, first: LogBatch, *, n_expected: int) -> None:
        names = FACETS[first.facet]
        self.facet = first.facet
        self.group = group
        self.item = first.value.shape[1:]
        self.dtype = first.value.dtype.newbyteorder("=")
        self.n_samples = 0
        self.remarks: Counter[str] = Counter()
        smallest = FACET_BYTES if first.facet != "value" else 8 << 10
        rows = chunk_rows(n_expected, max(8, self.dtype.itemsize * int(np.prod(self.item))), smallest_bytes=smallest)
        self.value: Column | TextColumn
        if self.is_text:
            self.dtype = np.dtype(object)
            self.value = TextColumn(group, names.value, item=self.item, chunk_rows=min(rows, 1024))
        else:
            self.value = Column(group, names.value, self.dtype.newbyteorder("<"), item=self.item, chunk_rows=rows)
        self._time = Column(group, names.time, "<u8", chunk_rows=rows)
        self._time.dataset.attrs["units"] = "ns"
        self._time.dataset.attrs["start"] = EPOCH
        self._texts = {
            column: TextColumn(group, name, chunk_rows=min(rows, 128)) for column, name in names.columns.items()
        }
        self._has_unit = Column(group, HAS_UNIT, "u1", chunk_rows=rows) if first.facet == "unit" else None
        self.messages = MessageTable(messages, first.facet, rows)

    @property
    def is_text(self) -> bool:
        """Whether the values are texts."""
        return self.dtype.kind in "OUS"

    @property
    def columns(self) -> list[Column | TextColumn]:
        """All datasets, those of the messages last."""
        extra = [self._has_unit] if self._has_unit is not None else []
        return [self.value, self._time, *self._texts.values(), *extra, self.messages.column]

    @property
    def section(self) -> Section:
        """What must be found in the file."""
        rows = {c.path: self.n_samples for c in self.columns[:-1]}
        m = self.messages
        return Section(str(self.group.name), m.path, rows, m.n_messages, dict(m.last_offset))

    def take(self, batch: LogBatch) -> LogBatch | None:
        """Add the messages whose samples all fit type and shape; return the others, None when all fit."""
        values = np.asarray(batch.value)
        if values.shape[1:] != self.item or (values.dtype.kind in "OUS") != self.is_text:
            return batch
        if self.is_text:
            self._append(batch, values)
            return None
        exact, fits = exactly(values, self.dtype)
        if fits.all():
            self._append(batch, exact)
            return None
        fits = _whole_messages(batch, fits)
        if fits.any():
            self._append(select_samples(batch, fits), exact[fits])
        return select_samples(batch, ~fits)

    def _append(self, batch: LogBatch, values: NDArray[Any]) -> None:
        n = batch.n_samples
        self.messages.append(batch.messages, self.n_samples, self.n_samples)
        if self._has_unit is not None:
            given = np.array([unit is not None for unit in values.tolist()], np.bool_)
            self._has_unit.append(given.astype(np.uint8))
            values = np.where(given, values, "")
        self.value.append(values)
        self._time.append(batch.time.view(np.uint64))
        for name, column in self._texts.items():
            texts = batch.columns.get(name)
            column.fill(n) if texts is None else column.append(texts)
        for name in batch.columns.keys() - self._texts.keys():
            self.remarks[f"{name} beside {self.facet}s, not written"] += n
        self.n_samples += n
        if replaced := sum(c.n_replaced for c in (self.value, *self._texts.values()) if isinstance(c, TextColumn)):
            self.remarks[REPLACED] = replaced

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
    return there, same.all(axis=tuple(range(1, same.ndim)))


def _whole_messages(batch: LogBatch, fits: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Leave out all samples of a message of which one is left out: a sample's number in its message is its identity."""
    first = batch.messages.first_entry
    sizes = np.diff(first, append=np.int64(len(fits)))
    if not len(first) or int(sizes.max()) <= 1:
        return fits
    n_odd = np.diff(np.concatenate(([0], np.cumsum(~fits)))[np.append(first, len(fits))])
    return np.repeat(n_odd == 0, sizes)


def select_samples(batch: LogBatch, keep: NDArray[np.bool_]) -> LogBatch:
    """Return a batch with only the samples where `keep` is true, and the messages that still have any."""
    m = batch.messages
    before = np.concatenate(([0], np.cumsum(keep))).astype(np.int64)
    first = before[m.first_entry]
    has_any = np.diff(first, append=before[-1]) > 0
    first = first[has_any]
    messages = Messages(m.topic, m.partition[has_any], m.offset[has_any], m.timestamp_ms[has_any], first, first)
    columns = {name: column[keep] for name, column in batch.columns.items()}
    return LogBatch(batch.time[keep], batch.value[keep], messages, batch.facet, columns)


def newest(times: Int64Array) -> int:
    """Return the index of the newest time, of equal ones the last."""
    return len(times) - 1 - int(np.argmax(times[::-1]))
