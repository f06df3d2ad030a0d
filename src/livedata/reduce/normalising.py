"""Normalising: what a result is divided by when it is published. Both sides are counted apart, exactly."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import ArgumentError
from ..streams.batch import EventBatch, Messages
from ..streams.extent import Extent
from ..streams.feed import Feed
from .axis import bins
from .description import Description, Normalise
from .engine import Engine, Offsets
from .fold.judge import make_judge
from .fold.pulsefold import PulseFold
from .making import make_fold
from .result.snapshot import Snapshot
from .setting import Setting
from .sharing import acquire

EVERY_TIME = bins(-(2**31), 2**31, n=1).named("toa", unit="ns")
"""One bin for every event."""
NOTHING = Messages("", *(np.zeros(0, np.int64) for _ in range(5)))  # type: ignore[arg-type]
HOURS_UNIT = "µA h"


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

    value: NDArray[np.float64]
    """Broadcast against the trailing dimensions of the result."""
    variance: NDArray[np.float64]
    unit: str
    last_ns: int | None
    """Up to where it is known."""


def open_divisor(
    normalise: Normalise,
    description: Description,
    setting: Setting,
    feed: Feed,
    *,
    extent: Extent | None,
    after: Offsets,
    is_finite: bool,
) -> Divisor:
    """Begin to count what a view is to be divided by."""
    bare = replace(description, normalise=())
    span: dict[str, Any] = {"extent": extent, "after": after, "is_finite": is_finite}
    if normalise.by in ("charge", "pulses", "time"):
        counted = Description(filters=bare.filters, window=bare.window)
        engine = acquire(counted, setting, feed, make=lambda *_: PulseFold(), is_shared=False, **span)
        return Divisor(normalise, engine, counted, setting)
    if normalise.by == "region":
        counted = replace(bare, region=normalise.region, is_summed=True)
        return Divisor(normalise, acquire(counted, setting, feed, make=make_fold, **span), counted, setting)
    if normalise.by == "monitor":
        source = _way(setting.stream, setting)(normalise.stream)
        axis = normalise.axis or EVERY_TIME
        counted = Description(axes=(axis,), filters=bare.filters, window=bare.window, flight=bare.flight)
        span["after"] = {}
        engine = acquire(counted, source.setting, source.feed, make=make_fold, **span)
        return Divisor(normalise, engine, counted, source.setting)
    source = _way(setting.run, setting)(normalise.path)(normalise.stream or setting.name)
    engine = acquire(
        bare, source.setting, source.feed, make=make_fold, extent=None, after={}, is_finite=source.feed.is_finite
    )
    return Divisor(normalise, engine, bare, source.setting)


def _way(way: Any, setting: Setting) -> Any:
    if way is None:
        raise ArgumentError(f"{setting.name or 'this stream'} stands alone: there is no other stream to divide by")
    return way


def divide(snapshot: Snapshot, divisors: tuple[Divisor, ...]) -> Snapshot:
    """Return a result divided by what has been counted of its divisors.

    The variance of ``n / d`` is ``var(n) / d² + n² var(d) / d⁴``; NaN where nothing was counted to divide by.
    """
    for divisor in divisors:
        amount = _amount(divisor, snapshot)
        n, n_variance = snapshot.array.astype(np.float64), snapshot.variances().astype(np.float64)
        d = _along(amount.value, divisor, snapshot)
        d_variance = _along(amount.variance, divisor, snapshot)
        with np.errstate(divide="ignore", invalid="ignore"):
            d = np.where(d == 0, np.nan, d)
            quotient = n / d
            variance = n_variance / d**2 + n**2 * d_variance / d**4
        for array in (quotient, variance):
            array.flags.writeable = False
        said = snapshot.remarks
        if not np.any(amount.value):
            said = (*said, f"nothing to divide by: no {divisor.normalise.by} was counted")
        if _is_behind(amount.last_ns, snapshot.coverage.last_ns):
            said = (*said, f"partial: {divisor.normalise.by} is not known up to now")
        unit = f"{snapshot.unit}/{amount.unit}" if amount.unit else ("" if snapshot.unit == "counts" else snapshot.unit)
        snapshot = replace(snapshot, array=quotient, spread=variance, unit=unit, remarks=said)
    return snapshot


def _is_behind(known_ns: int | None, wanted_ns: int | None) -> bool:
    return wanted_ns is not None and (known_ns is None or known_ns < wanted_ns)


def _along(values: NDArray[np.float64], divisor: Divisor, snapshot: Snapshot) -> NDArray[np.float64]:
    """Lay a monitor's spectrum along the axis of its name; everything else along the trailing dimensions."""
    axis = divisor.normalise.axis
    if divisor.normalise.by != "monitor" or axis is None:
        return values
    place = [a.name for a in snapshot.axes].index(axis.name)
    return values.reshape([-1 if i == place else 1 for i in range(len(snapshot.axes))])


def _amount(divisor: Divisor, snapshot: Snapshot) -> Amount:
    by, engine = divisor.normalise.by, divisor.engine
    if by in ("charge", "pulses", "time"):
        return _of_pulses(divisor, snapshot)
    held = engine.snapshot(divisor.description)
    array, variances = held.array.astype(np.float64), held.variances().astype(np.float64)
    if by == "monitor" and divisor.normalise.axis is None:
        array, variances = array.sum(), variances.sum()
    return Amount(np.asarray(array), np.asarray(variances), "", held.coverage.last_ns)


def _of_pulses(divisor: Divisor, snapshot: Snapshot) -> Amount:
    fold = divisor.engine.counting.fold
    nothing = np.zeros(())
    if divisor.normalise.by == "charge" and divisor.normalise.stream:
        charge, unit, last = logged_charge(divisor, snapshot)
        return Amount(np.asarray(charge), nothing, unit, last)
    if not isinstance(fold, PulseFold):
        return Amount(nothing, nothing, "", None)
    if divisor.normalise.by == "charge":
        return Amount(np.asarray(fold.charge), nothing, HOURS_UNIT, fold.last_ns)
    if divisor.normalise.by == "pulses":
        return Amount(np.asarray(float(fold.n_pulses)), nothing, "pulse", fold.last_ns)
    return Amount(np.asarray(duration_s(fold, divisor.setting)), nothing, "s", fold.last_ns)


def duration_s(fold: PulseFold, setting: Setting) -> float:
    """Return for how long pulses that passed the filters were on: their number times the usual time between two."""
    times = fold.times()
    if len(times) < 2:
        return 0.0
    period = float(np.median(np.diff(times))) / 1e9
    return len(times) * period


def logged_charge(divisor: Divisor, snapshot: Snapshot) -> tuple[float, str, int | None]:
    """Return the sum of a charge log over what the result covers and its filters let through, unit, and end."""
    name = divisor.normalise.stream
    timeline = divisor.setting.log(name)
    if timeline is None:
        raise ArgumentError(f"no log {name!r} to take the proton charge from")
    data, coverage = timeline.data, snapshot.coverage
    unit = divisor.setting.log_unit(name) or ""
    if not len(data) or coverage.first_ns is None or coverage.last_ns is None:
        return 0.0, unit, None
    span = (data.time >= coverage.first_ns) & (data.time <= coverage.last_ns)
    times, values = data.time[span], data.value[span].astype(np.float64)
    entries = np.zeros(len(times), np.int64)
    pulses = EventBatch(None, np.zeros(0, np.int32), times, entries, NOTHING)
    keep = make_judge(divisor.description, divisor.setting).keeps(pulses)
    return float(np.sum(values[keep])), unit, int(data.time[-1])
