"""Accumulating batches: 32-bit counters that spill into 64-bit totals, and the ledger beside them."""

from __future__ import annotations

from collections import Counter

import numpy as np
from numpy.typing import NDArray

from ...streams.batch import EventBatch, entry_sizes
from ..result.ledger import Ledger
from . import kernels
from .binning import Binning, Definition, binning

SPILL_AT = 2**32 - 1
"""A 32-bit counter cannot run over before this many events were counted."""
BLOCK = 1 << 16
"""Events counted together where places are written down in between: they stay in the cache."""

_NO_TABLE = np.zeros(0, np.int32)


class Accumulator:
    """Counts of one definition. Folding commutes: neither order nor cut of the batches changes the counts.

    Used under its owner's lock.
    """

    def __init__(self, definition: Definition) -> None:
        self.definition = definition
        self._binnings = [binning(axis) for axis in definition.event_axes]
        n_rows = definition.layout.size if definition.layout else 1
        self._n_columns = 1
        for b in self._binnings:
            self._n_columns *= b.n
        self._is_pairs = (definition.layout is not None) + len(self._binnings) > 1
        if self._is_pairs and definition.layout is None:
            n_rows, self._n_columns = self._binnings[0].n, self._binnings[1].n
        self._counts = np.zeros(n_rows * self._n_columns, np.uint32)
        self._marginal = np.zeros(n_rows if self._is_pairs else 0, np.uint32)
        self._total: NDArray[np.int64] | None = None
        self._marginal_total: NDArray[np.int64] | None = None
        self._since_spill = 0
        self._fates: Counter[str] = Counter()
        self.first_ns: int | None = None
        self.last_ns: int | None = None

    @property
    def ledger(self) -> Ledger:
        """The fates of all events folded so far."""
        return Ledger(**self._fates)

    @property
    def n_seen(self) -> int:
        """Number of events folded so far."""
        return self._fates["seen"]

    def fold(self, batch: EventBatch) -> None:
        """Count one batch."""
        n = batch.n_events
        self._note_times(batch)
        if n == 0:
            return
        if self._since_spill + n > SPILL_AT:
            self._spill()
        self._since_spill += n
        fates = self._fates
        unmapped = under = over = 0
        layout = self.definition.layout
        needs_ids = layout is not None or any(axis.name == "event_id" for axis in self.definition.event_axes)
        if needs_ids and batch.event_id is None:
            unmapped = n
        elif self._is_pairs:
            unmapped, under, over = self._fold_pairs(batch)
        elif layout is not None:
            ids = _field(batch, "event_id")
            if layout.table is None:
                unmapped = kernels.count_pixels(ids, layout.first_id, layout.n_ids, self._counts)
            else:
                unmapped = kernels.count_table(ids, layout.first_id, layout.table, self._counts)
        else:
            b = self._binnings[0]
            x = _field(batch, self.definition.event_axes[0].name)
            if (even := b.even) is not None:
                under, over = kernels.count_even(x, even.first, even.span, even.shift, even.scale, self._counts)
            else:
                under, over = kernels.count_uneven(x, b.thresholds, b.shift, b.guess, self._counts)
        fates["seen"] += n
        fates["unmapped"] += unmapped
        fates["underflow"] += under
        fates["overflow"] += over
        fates["binned"] += n - unmapped - under - over

    def counts(self) -> NDArray[np.int64]:
        """Return all counts as a new read-only array, int64, shape of the definition."""
        return _frozen(self._counts, self._total, self.definition.shape)

    def picture(self) -> tuple[NDArray[np.int64], int]:
        """Return counts of the leading dimensions only, and how many dimensions that are: cheap also for cubes."""
        if not self._is_pairs or self.definition.layout is None:
            return self.counts(), len(self.definition.shape)
        shape = self.definition.layout.shape
        return _frozen(self._marginal, self._marginal_total, shape), len(shape)

    def _note_times(self, batch: EventBatch) -> None:
        """Keep the span of entry times, and remark events that come behind it."""
        times = batch.event_time_zero
        if not len(times):
            return
        # Most batches are one message of one pulse.
        low, high = (int(times[0]),) * 2 if len(times) == 1 else (int(times.min()), int(times.max()))
        if "late" in batch.columns:
            self._fates["late"] += int(entry_sizes(batch)[batch.columns["late"].astype(bool)].sum())
        self.first_ns = low if self.first_ns is None else min(self.first_ns, low)
        self.last_ns = high if self.last_ns is None else max(self.last_ns, high)

    def _fold_pairs(self, batch: EventBatch) -> tuple[int, int, int]:
        layout, last = self.definition.layout, self._binnings[-1]
        names = [axis.name for axis in self.definition.event_axes]
        ids = _field(batch, "event_id") if layout is not None else None
        values = [_field(batch, name) for name in names]
        unmapped = under = over = 0
        rows = np.empty(min(BLOCK, batch.n_events), np.int32)
        columns = np.empty_like(rows)
        for start in range(0, batch.n_events, BLOCK):
            part = slice(start, min(start + BLOCK, batch.n_events))
            n = part.stop - part.start
            if layout is not None and ids is not None:
                table = _NO_TABLE if layout.table is None else layout.table
                kernels.place_pixels(ids[part], layout.first_id, layout.n_ids, table, rows[:n])
            else:
                _place(self._binnings[0], values[0][part], rows[:n])
            _place(last, values[-1][part], columns[:n])
            fates = kernels.count_pairs(rows[:n], columns[:n], self._n_columns, self._counts, self._marginal)
            unmapped, under, over = unmapped + fates[0], under + fates[1], over + fates[2]
        return unmapped, under, over

    def _spill(self) -> None:
        """Empty the 32-bit counters into the 64-bit totals."""
        self._total = self._counts.astype(np.int64) if self._total is None else self._total + self._counts
        self._counts[:] = 0
        if len(self._marginal):
            held = self._marginal_total
            self._marginal_total = self._marginal.astype(np.int64) if held is None else held + self._marginal
            self._marginal[:] = 0
        self._since_spill = 0


def _field(batch: EventBatch, name: str) -> NDArray[np.int32]:
    """Return an event field as the kernels want it: copied only where it is strided or off its alignment."""
    values = batch.event_time_offset if name == "toa" else batch.event_id
    assert values is not None
    is_ready = values.dtype == np.int32 and values.flags.c_contiguous and values.flags.aligned
    return values if is_ready else np.require(values, np.int32, ("C", "A"))


def _place(binning: Binning, values: NDArray[np.int32], places: NDArray[np.int32]) -> None:
    if (even := binning.even) is not None:
        kernels.place_even(values, even.first, even.span, even.shift, even.scale, places)
    else:
        kernels.place_values(values, binning.thresholds, binning.shift, binning.guess, places)


def _frozen(counts: NDArray[np.uint32], total: NDArray[np.int64] | None, shape: tuple[int, ...]) -> NDArray[np.int64]:
    result = counts.astype(np.int64)
    if total is not None:
        result += total
    result = result.reshape(shape)
    result.flags.writeable = False
    return result
