"""What a view must have counted, worked out from the account: one payload at a time, without threads or streams.

Every payload is counted once by a fold of its own; a view's result is the sum over the messages that belong to it.
Which these are is decided here, from times, samples and runs, by numpy alone.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from livedata.reduce.anchored import LEEWAY_NS
from livedata.reduce.axis import Axis, bins
from livedata.reduce.condition import Compare
from livedata.reduce.description import Description
from livedata.reduce.fold.judge import Judge
from livedata.reduce.making import make_fold
from livedata.reduce.result.ledger import FATES
from livedata.reduce.result.snapshot import Snapshot
from livedata.reduce.setting import Setting
from livedata.reduce.window import EVERYTHING
from livedata.streams.extent import Extent, merge_ranges

from .account import Account, Int64, Sent
from .payloads import Payload

EVERY_EVENT = bins(-(2**31), 2**31, n=1).named("toa", unit="ns")
LOGS = ("temperature", "mode")


@dataclass(frozen=True, slots=True, eq=False)
class Expected:
    """Counts and fates."""

    values: Int64
    fates: dict[str, int]


class Truth:
    """The truth about one description of one stream."""

    def __init__(self, description: Description, setting: Setting, pool: list[Payload], account: Account) -> None:
        self.description = description
        self.account = account
        self.stream = setting.name
        self.log_axis = _log_axis(description)
        numbers = [i for i, name in enumerate(account.streams) if name == setting.name]
        self._first = numbers[0]
        found = [_alone(description, setting, pool[i]) for i in numbers]
        self._values = [values for values, _ in found]
        self._fates = np.array([fates for _, fates in found], np.int64)
        """Shape (payload, fate)."""

    @property
    def follows_logs(self) -> bool:
        """Whether entries can change their fate after they were counted, or leave the view."""
        kind = self.description.window.kind
        return bool(self.description.filters) or self.log_axis is not None or kind != "all"

    def n_sent(self, snapshot: Snapshot, extent: Extent | None) -> int:
        """Return how many events were sent in the offsets that a snapshot covers, and in the view's span of time."""
        sent = self._cut(self.account.sent(self.stream, snapshot.coverage.offsets), extent)
        return int((self._sizes()[sent.payload - self._first]).sum())

    def expected(self, snapshot: Snapshot, extent: Extent | None) -> Expected:
        """Return what must be in a snapshot that covers what it covers."""
        sent = self._cut(self.account.sent(self.stream, snapshot.coverage.offsets), extent)
        sent = self._window(sent)
        kept = self._keeps(sent)
        fates = dict.fromkeys(FATES, 0)
        fates["filtered"] = int(self._sizes()[sent.payload[~kept] - self._first].sum())
        sent = Sent(sent.payload[kept], sent.time[kept])
        told = self._fates[sent.payload - self._first].sum(axis=0, dtype=np.int64)
        for name, n in zip(FATES, told.tolist(), strict=True):
            fates[name] += n
        if self.description.every_ns:
            return Expected(self._series(sent, snapshot), fates)
        if self.log_axis is not None:
            return self._along_log(sent, self.log_axis, fates)
        return Expected(self._sum(sent), fates)

    # Which messages belong to it

    def _cut(self, sent: Sent, extent: Extent | None) -> Sent:
        if extent is None:
            return sent
        keep = np.ones(len(sent.time), bool)
        if extent.start_ns is not None:
            keep &= sent.time >= extent.start_ns
        if extent.stop_ns is not None:
            keep &= sent.time < extent.stop_ns
        return Sent(sent.payload[keep], sent.time[keep])

    def _window(self, sent: Sent) -> Sent:
        window = self.description.window
        if window.kind == "all" or not len(sent.time):
            return sent
        newest = int(sent.time.max())
        if window.kind == "seconds":
            return self._cut(sent, Extent(newest - window.length_ns + 1))
        if window.kind == "pulses":
            return self._cut(sent, Extent(int(np.unique(sent.time)[-window.n :][0])))
        if window.kind == "run":
            runs = self.account.runs
            begun = [run for run in runs if run.start_ns + LEEWAY_NS <= newest]
            begun = begun or [run for run in runs if run.start_ns <= newest]
            return self._cut(sent, begun[-1].extent if begun else None)
        times, values = self.account.samples(window.log)
        known = int(np.searchsorted(times, newest, "right"))
        if not known:
            return sent
        steps = np.flatnonzero(values[1:known] != values[: known - 1])
        return self._cut(sent, Extent(int(times[steps[-1] + 1] if len(steps) else times[0])))

    def _keeps(self, sent: Sent) -> NDArray[np.bool_]:
        kept = np.ones(len(sent.time), bool)
        for condition in self.description.filters:
            assert isinstance(condition, Compare)
            assert isinstance(condition.value, float | int)
            value = self._value(condition.quantity, sent.time)
            with np.errstate(invalid="ignore"):
                kept &= {"<": np.less, ">=": np.greater_equal}[condition.how](value, condition.value)
        return kept

    def _value(self, log: str, at: Int64) -> NDArray[np.float64]:
        """The last sample at or before some times; NaN before the first."""
        times, values = self.account.samples(log)
        return np.concatenate(([np.nan], values))[np.searchsorted(times, at, "right")]

    # What they come to

    def _sizes(self) -> Int64:
        return np.asarray(self._fates.sum(axis=1))

    def _sum(self, sent: Sent) -> Int64:
        n = np.bincount(sent.payload - self._first, minlength=len(self._values))
        return sum((k * values for k, values in zip(n.tolist(), self._values, strict=True)), 0 * self._values[0])

    def _series(self, sent: Sent, snapshot: Snapshot) -> Int64:
        if not len(snapshot.axes):  # before the first batch, a series does not know its slots
            return np.zeros((), np.int64)
        edges = np.asarray(snapshot.axes[0].edges)
        n = np.array([int(values.sum()) for values in self._values], np.int64)[sent.payload - self._first]
        found = np.zeros(len(edges) - 1, np.int64)
        np.add.at(found, np.clip(np.searchsorted(edges, sent.time, "right") - 1, 0, len(found) - 1), n)
        return found

    def _along_log(self, sent: Sent, axis: Axis, fates: dict[str, int]) -> Expected:
        edges = np.asarray(axis.edges)
        value = self._value(axis.name, sent.time)
        parts = [self._sum(_of(sent, (value >= low) & (value < high))) for low, high in pairwise(edges)]
        failures = {"nan": np.isnan(value), "underflow": value < edges[0], "overflow": value >= edges[-1]}
        for fate, failed in failures.items():
            n = int(self._sum(_of(sent, failed)).sum())
            fates[fate] += n
            fates["binned"] -= n
        values = np.stack(parts, axis=-1)
        return Expected(values if len(self.description.axes) > 1 or self.description.projection else values[0], fates)


def _of(sent: Sent, chosen: NDArray[np.bool_]) -> Sent:
    return Sent(sent.payload[chosen], sent.time[chosen])


def _log_axis(description: Description) -> Axis | None:
    """Return the last axis, if it is a log."""
    last = description.axes[-1] if description.axes else None
    return last if last is not None and last.name in LOGS else None


def _alone(description: Description, setting: Setting, payload: Payload) -> tuple[Int64, list[int]]:
    """Count one payload, whatever logs and windows say."""
    axes = tuple(axis for axis in description.axes if axis.name not in LOGS)
    if not axes and (description.projection is None or description.is_summed) and not description.every_ns:
        axes = (EVERY_EVENT,)
    bare = replace(description, axes=axes, filters=(), window=EVERYTHING, normalise=())
    fold = make_fold(bare, setting)
    fold.add(payload.batch, Judge())
    counted = fold.counted()
    return np.array(counted.values, np.int64), [getattr(counted.ledger, name) for name in FATES]


def covered(snapshot: Snapshot) -> int:
    """Return the number of messages that a snapshot covers."""
    return sum(b - a for ranges in snapshot.coverage.offsets.values() for a, b in merge_ranges(ranges))
