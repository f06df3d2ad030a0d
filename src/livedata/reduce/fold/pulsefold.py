"""Pulses: how many distinct ones passed the filters, and what charge they brought. A `Fold` over entries."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from ...streams.batch import Batch, EventBatch, entry_sizes
from ..axis import Axes
from ..result.ledger import Ledger
from .counted import Counted
from .judge import Judge


class PulseFold:
    """Keeps each distinct pulse time that passed the filters, with its charge and the number of its entries."""

    def __init__(self) -> None:
        self.axes = Axes(())
        self.first_ns: int | None = None
        self.last_ns: int | None = None
        self.n_seen = 0
        self._n_filtered = 0
        self._pulses: dict[int, tuple[int, float]] = {}
        """Number of entries and charge (µA h, NaN where it is not known) of each pulse time (ns since 1970)."""

    def add(self, batch: Batch, judge: Judge) -> None:
        """Take note of a batch's pulses."""
        self._count(batch, judge, 1)

    def remove(self, batch: Batch, judge: Judge) -> None:
        """Take a batch's pulses away again."""
        self._count(batch, judge, -1)

    @property
    def ledger(self) -> Ledger:
        """Fates of the events behind the pulses: filtered, or counted."""
        return Ledger(seen=self.n_seen, filtered=self._n_filtered, binned=self.n_seen - self._n_filtered)

    @property
    def n_pulses(self) -> int:
        """Number of distinct pulses."""
        return len(self._pulses)

    @property
    def charge(self) -> float:
        """Sum of all charges that are known, µA h; the same in whatever order they came."""
        return math.fsum(charge for _, charge in self._pulses.values() if not math.isnan(charge))

    def pulses(self) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """Return when each pulse was, rising, ns since 1970, and its charge, µA h, NaN where it is not known."""
        held = sorted((time, charge) for time, (_, charge) in self._pulses.items())
        return np.array([time for time, _ in held], np.int64), np.array([charge for _, charge in held], np.float64)

    def counted(self) -> Counted:
        """Return the number of pulses."""
        value = np.array(self.n_pulses, np.int64)
        value.flags.writeable = False
        return Counted(self.axes, value, None, self.ledger)

    def picture(self) -> Counted:
        """Return the same as `counted`."""
        return self.counted()

    def _count(self, batch: Batch, judge: Judge, sign: int) -> None:
        if not isinstance(batch, EventBatch) or not batch.n_entries:
            return
        times = batch.event_time_zero
        keep = judge.keeps(batch)
        sizes = entry_sizes(batch)
        self.n_seen += sign * batch.n_events
        self._n_filtered += sign * int(sizes[~keep].sum())
        low, high = int(times.min()), int(times.max())
        self.first_ns = low if self.first_ns is None else min(self.first_ns, low)
        self.last_ns = high if self.last_ns is None else max(self.last_ns, high)
        charges = batch.columns.get("charge")
        known = np.full(len(times), np.nan) if charges is None else charges.astype(np.float64)
        for time, charge in zip(times[keep].tolist(), known[keep].tolist(), strict=True):
            n, before = self._pulses.get(time, (0, math.nan))
            n += sign
            if n:
                # Every entry of a pulse tells the same charge, or none; whatever else comes must not depend on order.
                self._pulses[time] = (n, float(np.fmax(before, charge)))
            else:
                del self._pulses[time]
