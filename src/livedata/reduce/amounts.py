"""What something that a result is divided by amounts to at one moment: all in all, or slot by slot of a series."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..errors import ArgumentError
from ..streams.batch import EventBatch, Messages
from .axis import Axis
from .description import Description, Normalise
from .engine import Engine
from .fold.judge import make_judge
from .fold.pulsefold import PulseFold
from .result.snapshot import Snapshot
from .setting import Setting

NOTHING = Messages("", *(np.zeros(0, np.int64) for _ in range(5)))  # type: ignore[arg-type]
NO_VALUES = np.zeros(0, np.int64), np.zeros(0)
"""No times, and no values at them."""
HOURS_UNIT = "µA h"
Floats = NDArray[np.float64]
Times = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Divisor:
    """One thing that a result is divided by, being counted."""

    normalise: Normalise
    engine: Engine
    description: Description
    setting: Setting


@dataclass(frozen=True, slots=True, eq=False)
class Amount:
    """What a divisor amounts to at one moment."""

    value: Floats
    """Broadcast against the trailing dimensions of the result."""
    variance: Floats
    unit: str
    last_ns: int | None
    """Up to where it is known."""


def amount_of(divisor: Divisor, snapshot: Snapshot) -> Amount:
    """Return what has been counted of a divisor: for a series in each of its slots, else all in all."""
    by = divisor.normalise.by
    slots = snapshot.axes[0] if divisor.description.every_ns and len(snapshot.axes) else None
    if by == "charge" and divisor.normalise.stream:
        return _of_log(divisor, snapshot, slots)
    if by in ("charge", "pulses", "time"):
        return _of_pulses(divisor, slots)
    held = divisor.engine.snapshot(divisor.description)
    if divisor.description.every_ns and not len(held.axes):  # a series that has not begun
        return _certain(summed(*NO_VALUES, slots), "", None)
    array, variances = held.array.astype(np.float64), held.variances().astype(np.float64)
    if divisor.description.every_ns:
        begins = limits_of(held.axes[0])[:-1]
        array, variances = summed(begins, array, slots), summed(begins, variances, slots)
    elif by == "monitor" and divisor.normalise.axis is None:
        array, variances = array.sum(), variances.sum()
    return Amount(np.asarray(array), np.asarray(variances), "", held.coverage.last_ns)


def limits_of(slots: Axis) -> Times:
    """Return the limits of the slots of a series, ns since 1970, int64, shape (slot + 1,)."""
    if not slots.is_regular:
        return np.array([int(limit) for limit in slots.exact], np.int64)
    first, stop = int(slots.exact[0]), int(slots.exact[1])
    return first + (stop - first) // slots.n * np.arange(slots.n + 1, dtype=np.int64)


def summed(times: Times, values: Floats, slots: Axis | None) -> Floats:
    """Return the sum of values, or of those in each slot, in the order of time."""
    if slots is None:
        return np.asarray(values.sum(), np.float64)
    places = np.searchsorted(limits_of(slots), times, "right") - 1
    is_inside = (places >= 0) & (places < slots.n)
    return np.bincount(places[is_inside], values[is_inside], slots.n).astype(np.float64)


def _of_pulses(divisor: Divisor, slots: Axis | None) -> Amount:
    fold = divisor.engine.counting.fold
    by = divisor.normalise.by
    unit = {"charge": HOURS_UNIT, "pulses": "pulse", "time": "s"}[by]
    if not isinstance(fold, PulseFold):
        return _certain(summed(*NO_VALUES, slots), unit, None)
    if by == "charge" and slots is None:
        return _certain(np.asarray(fold.charge), unit, fold.last_ns)
    times, charges = fold.pulses()
    same = period_s(times) if by == "time" else 1.0
    each = np.nan_to_num(charges) if by == "charge" else np.full(len(times), same)
    return _certain(summed(times, each, slots), unit, fold.last_ns)


def _certain(value: Floats, unit: str, last_ns: int | None) -> Amount:
    return Amount(value, np.zeros_like(value), unit, last_ns)


def period_s(times: Times) -> float:
    """Return the usual time between two pulses in s; 0 where there are not two. Pulses are on for so long each."""
    return float(np.median(np.diff(times))) / 1e9 if len(times) > 1 else 0.0


def _of_log(divisor: Divisor, snapshot: Snapshot, slots: Axis | None) -> Amount:
    """Return the sum of a charge log over what the result covers and its filters let through."""
    name = divisor.normalise.stream
    timeline = divisor.setting.log(name)
    if timeline is None:
        raise ArgumentError(f"no log {name!r} to take the proton charge from")
    data, coverage = timeline.data, snapshot.coverage
    unit = divisor.setting.log_unit(name) or ""
    if not len(data) or coverage.first_ns is None or coverage.last_ns is None:
        return _certain(summed(*NO_VALUES, slots), unit, None)
    span = (data.time >= coverage.first_ns) & (data.time <= coverage.last_ns)
    times, values = data.time[span], data.value[span].astype(np.float64)
    pulses = EventBatch(None, np.zeros(0, np.int32), times, np.zeros(len(times), np.int64), NOTHING)
    keep = make_judge(divisor.description, divisor.setting).keeps(pulses)
    return _certain(summed(times[keep], values[keep], slots), unit, int(data.time[-1]))
