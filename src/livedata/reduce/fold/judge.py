"""Judging entries: which of them count, and in which bins of the axes that lie on entries, by logs and columns.

Whatever depends on logs or on the time alone is worked out beforehand as a step function of time, so that judging an
entry is one search in the moments at which the outcome changes, however many samples the logs have.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...errors import ArgumentError
from ...streams.batch import ABSENT_IN_COLUMN, EventBatch
from ...streams.log import MAX_SAMPLES, NO_SAMPLES, LogData
from ..axis import Axis
from ..condition import Both, Compare, Condition, Not, quantities_of
from ..description import Description
from ..quantity import ENTRY_COLUMNS, is_of_entries, kind_of, unknown
from ..setting import Setting
from .fates import NAN, axis_fate
from .places import Placer, Places, placer
from .steps import EVER, Steps, combined, differing, merged, steps_of_samples
from .truth import TRUE, UNKNOWN, Kind, Test, Truth, comparison_of, kind_of_values, truth, truth_in_time

_KINDS: Mapping[str, Kind] = {"period": "integers", "veto": "integers", "charge": "numbers", "time": "integers"}
_NEVER_KNOWN = Steps(np.zeros(0, np.int64), np.full(1, UNKNOWN, np.int8))


@dataclass(frozen=True, slots=True, eq=False)
class _OnColumn:
    """A comparison with a column of entries."""

    name: str
    test: Test

    def outcome(self, batch: EventBatch) -> Truth:
        column = batch.columns.get(self.name)
        if column is None:
            return np.full(batch.n_entries, UNKNOWN, np.int8)
        return truth(self.test, column, ABSENT_IN_COLUMN[self.name])


@dataclass(frozen=True, slots=True, eq=False)
class _InTime:
    """A condition that only depends on when."""

    steps: Steps

    def outcome(self, batch: EventBatch) -> Truth:
        return self.steps.at(batch.event_time_zero)


@dataclass(frozen=True, slots=True, eq=False)
class _Joined:
    """Two conditions of which one looks at columns."""

    a: _Node
    b: _Node
    how: Callable[[Truth, Truth], Truth]

    def outcome(self, batch: EventBatch) -> Truth:
        return self.how(self.a.outcome(batch), self.b.outcome(batch))


@dataclass(frozen=True, slots=True, eq=False)
class _Inverse:
    """The opposite of a condition that looks at columns."""

    a: _Node

    def outcome(self, batch: EventBatch) -> Truth:
        return np.int8(TRUE) - self.a.outcome(batch)


_Node = _OnColumn | _InTime | _Joined | _Inverse


@dataclass(frozen=True, slots=True, eq=False)
class _Placed:
    """An axis on entries: a step function of time, or what finds the places of a column."""

    axis: Axis
    number: int
    steps: Steps | None
    find: Placer | None

    def places(self, batch: EventBatch) -> Places:
        if self.steps is not None:
            return self.steps.at(batch.event_time_zero)
        assert self.find is not None
        if self.axis.name == "time":
            return self.find(batch.event_time_zero)
        column = batch.columns.get(self.axis.name)
        if column is None:
            return np.full(batch.n_entries, axis_fate(self.number, NAN), np.int32)
        return self.find(column)


@dataclass(frozen=True, slots=True, eq=False)
class Judge:
    """Conditions and entry axes together with the log samples known at one moment.

    Of a log counts the last sample at or before an entry's time; of several with one time, the last in the order of the
    timeline. Before its first sample, and where a value is NaN or a column says nothing, a comparison is neither true
    nor false: the entry does not count, and on an axis its events are ``nan``.

    Raises
    ------
    ArgumentError
        If a condition or an axis does not fit what it lies on. When it is not strict: such a comparison is never true,
        such an axis ``nan``, and `remarks` tell it.
    """

    conditions: tuple[Condition, ...] = ()
    axes: tuple[Axis, ...] = ()
    """Axes of the description that lie on entries (columns, time, logs), in its order."""
    logs: Mapping[str, LogData] = field(default_factory=dict)
    """Samples of each log by name; one that is not there has none."""
    units: Mapping[str, str | None] = field(default_factory=dict)
    """Own unit of each log."""
    numbers: tuple[int, ...] | None = None
    """Number of each of `axes` among all axes of the description, for the codes of `fates`; None: 0, 1, 2, …"""
    is_strict: bool = True
    """Whether what does not fit is an error. For a log that changes its kind or unit while a view runs it is not."""
    remarks: tuple[str, ...] = field(init=False, default=())
    """What does not fit."""
    _in_time: Steps | None = field(init=False, repr=False, default=None)
    _others: tuple[_Node, ...] = field(init=False, repr=False, default=())
    _placed: tuple[_Placed, ...] = field(init=False, repr=False, default=())

    def __post_init__(self) -> None:
        remarks: list[str] = []
        parts = [self._prepared(part, remarks) for c in self.conditions for part in _parts(c)]
        in_time: Steps | None = None
        for part in parts:
            if isinstance(part, _InTime):
                in_time = part.steps if in_time is None else combined(in_time, part.steps, np.minimum)
        if in_time is not None:
            # What is unknown does not count: the two need not be told apart any more.
            changes = in_time.values == TRUE
            in_time = steps_of_samples(in_time.times, changes[1:], bool(changes[0]))
        numbers = self.numbers or tuple(range(len(self.axes)))
        placed = tuple(self._placed_on(axis, i, remarks) for axis, i in zip(self.axes, numbers, strict=True))
        object.__setattr__(self, "_in_time", in_time)
        object.__setattr__(self, "_others", tuple(part for part in parts if not isinstance(part, _InTime)))
        object.__setattr__(self, "_placed", placed)
        object.__setattr__(self, "remarks", tuple(dict.fromkeys(remarks)))

    @property
    def is_trivial(self) -> bool:
        """Whether every entry counts, and nothing else is asked."""
        return not self.conditions and not self.axes

    def keeps(self, batch: EventBatch) -> NDArray[np.bool_]:
        """Return which entries fulfil all conditions, shape (entry,)."""
        keep: NDArray[np.bool_] | None = None
        if self._in_time is not None:
            keep = self._in_time.at(batch.event_time_zero)
        for part in self._others:
            more = part.outcome(batch) == TRUE
            keep = more if keep is None else keep & more
        return np.ones(batch.n_entries, bool) if keep is None else keep

    def places(self, batch: EventBatch) -> list[NDArray[np.int32]]:
        """Return for each entry axis the bin of each entry, shape (entry,), or a negative code of `fates`."""
        return [one.places(batch) for one in self._placed]

    def in_time(self) -> list[Steps]:
        """Return all that depends on when, always in the same order for the same conditions and axes."""
        found = [] if self._in_time is None else [self._in_time]
        for part in self._others:
            _collect(part, found)
        return found + [one.steps for one in self._placed if one.steps is not None]

    def _prepared(self, condition: Condition, remarks: list[str]) -> _Node:
        if isinstance(condition, Compare):
            return self._compared(condition, remarks)
        if isinstance(condition, Not):
            a = self._prepared(condition.a, remarks)
            if isinstance(a, _InTime):
                return _InTime(Steps(a.steps.times, np.int8(TRUE) - a.steps.values))
            return _Inverse(a)
        how = np.minimum if isinstance(condition, Both) else np.maximum
        a, b = self._prepared(condition.a, remarks), self._prepared(condition.b, remarks)
        if isinstance(a, _InTime) and isinstance(b, _InTime):
            return _InTime(combined(a.steps, b.steps, how))
        return _Joined(a, b, how)

    def _compared(self, compare: Compare, remarks: list[str]) -> _Node:
        name = compare.quantity
        if name == "time":
            return _InTime(truth_in_time(compare))
        if name in ENTRY_COLUMNS:
            return _OnColumn(name, comparison_of(compare, _KINDS[name], ENTRY_COLUMNS[name]))
        data = self.logs.get(name, NO_SAMPLES)
        if not len(data):
            return _InTime(_NEVER_KNOWN)
        try:
            values = _single(name, data)
            outcome = truth(comparison_of(compare, kind_of_values(values), self.units.get(name)), values)
        except ArgumentError as error:
            self._refuse(error, remarks)
            return _InTime(_NEVER_KNOWN)
        return _InTime(steps_of_samples(data.time, outcome, UNKNOWN))

    def _placed_on(self, axis: Axis, number: int, remarks: list[str]) -> _Placed:
        name, nan = axis.name, axis_fate(number, NAN)
        if name in ENTRY_COLUMNS:
            absent = ABSENT_IN_COLUMN.get(name)
            return _Placed(axis, number, None, placer(axis, number, _KINDS[name], ENTRY_COLUMNS[name], absent))
        data = self.logs.get(name, NO_SAMPLES)
        unplaced = _Placed(axis, number, Steps(np.zeros(0, np.int64), np.full(1, nan, np.int32)), None)
        if not len(data):
            return unplaced
        try:
            values = _single(name, data)
            places = placer(axis, number, kind_of_values(values), self.units.get(name))(values)
        except ArgumentError as error:
            self._refuse(error, remarks)
            return unplaced
        return _Placed(axis, number, steps_of_samples(data.time, places, nan), None)

    def _refuse(self, error: ArgumentError, remarks: list[str]) -> None:
        if self.is_strict:
            raise error
        remarks.append(str(error))


def changed_spans(old: Judge, new: Judge) -> list[tuple[int, int]]:
    """Return the spans of time ``start <= t < stop`` (ns) in which the two may judge an entry differently.

    Parameters
    ----------
    old, new
        Judges of the same description, with other samples of the same logs.

    Returns
    -------
    :
        Sorted, not touching each other; the end of an open span is ``2**63 - 1``. Samples that change no outcome (a
        temperature that stays below the limit) give no span. Cheap where samples were only added at the end.
    """
    before, after = old.in_time(), new.in_time()
    if len(before) != len(after):
        return [(-EVER, EVER)]
    spans = merged(span for a, b in zip(before, after, strict=True) for span in differing(a, b))
    # A timeline forgets its oldest samples: entries judged by them stay as they were judged.
    forgotten = [
        int(data.time[0])
        for name, data in new.logs.items()
        if len(data) >= MAX_SAMPLES and len(known := old.logs.get(name, NO_SAMPLES)) and known.time[0] < data.time[0]
    ]
    if not forgotten:
        return spans
    return [(max(start, *forgotten), stop) for start, stop in spans if stop > max(forgotten)]


def make_judge(description: Description, setting: Setting, *, is_strict: bool = True) -> Judge:
    """Return the judge of a description by what logs say now.

    Raises
    ------
    ArgumentError
        If a log is not there (the message names the near misses), is of arrays, or its values or unit do not fit. When
        not strict, see `Judge`.
    """
    entry_axes = [(i, axis) for i, axis in enumerate(description.axes) if is_of_entries(axis.name)]
    names = [name for condition in description.filters for name in quantities_of(condition)]
    names += [axis.name for _, axis in entry_axes]
    logs: dict[str, LogData] = {}
    for name in dict.fromkeys(names):
        if name in ENTRY_COLUMNS:
            continue
        if kind_of(name) != "log":
            raise ArgumentError(
                f"{name!r} is a quantity of events; a filter needs a log or a column of entries. Use a region: "
                f".region(ld.span({name}=(low, high)))"
            )
        timeline = setting.log(name)
        if timeline is None:
            raise ArgumentError(unknown(name, setting.logs()))
        logs[name] = timeline.data
    return Judge(
        conditions=description.filters,
        axes=tuple(axis for _, axis in entry_axes),
        logs=logs,
        units={name: setting.log_unit(name) for name in logs},
        numbers=tuple(i for i, _ in entry_axes),
        is_strict=is_strict,
    )


def _parts(condition: Condition) -> list[Condition]:
    """Take apart what must all be true."""
    return [*_parts(condition.a), *_parts(condition.b)] if isinstance(condition, Both) else [condition]


def _collect(node: _Node, found: list[Steps]) -> None:
    if isinstance(node, _InTime):
        found.append(node.steps)
    elif isinstance(node, _Joined):
        _collect(node.a, found)
        _collect(node.b, found)
    elif isinstance(node, _Inverse):
        _collect(node.a, found)


def _single(name: str, data: LogData) -> NDArray[Any]:
    """Return one value for each sample."""
    values = data.value
    if values.ndim > 1:
        if values[0].size != 1:
            raise ArgumentError(
                f"log {name!r} holds arrays of shape {values.shape[1:]}; filters and axes need one value at a time"
            )
        return values.reshape(len(values))
    return values
