"""Normalising: what a result is divided by when it is published. Both sides are counted apart, exactly."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import ArgumentError
from ..streams.extent import Extent
from ..streams.feed import Feed
from .amounts import Divisor, amount_of
from .axis import bins
from .description import Description, Normalise
from .engine import Offsets
from .fold.pulsefold import PulseFold
from .making import make_fold
from .prepare import result_axes
from .refusing import refuse
from .result.snapshot import Snapshot
from .setting import Setting
from .sharing import acquire

EVERY_TIME = bins(-(2**31), 2**31, n=1).named("toa", unit="ns")
"""One bin for every event."""


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
    """Begin to count what a view is to be divided by.

    Raises
    ------
    ArgumentError
        If it cannot be counted.
    """
    bare = replace(description, normalise=())
    span: dict[str, Any] = {"extent": extent, "after": after, "is_finite": is_finite}
    if normalise.by in ("charge", "pulses", "time"):
        counted = Description(filters=bare.filters, window=bare.window, every_ns=bare.every_ns)
        engine = acquire(counted, setting, feed, make=lambda *_: PulseFold(), is_shared=False, **span)
        return Divisor(normalise, engine, counted, setting)
    if normalise.by == "region":
        counted, source = replace(bare, region=normalise.region, is_summed=True), None
    elif normalise.by == "monitor":
        source = _way(setting.stream, setting)(normalise.stream)
        axes = () if bare.every_ns else (normalise.axis or EVERY_TIME,)
        counted = Description(
            axes=axes, filters=bare.filters, window=bare.window, flight=bare.flight, every_ns=bare.every_ns
        )
        span["after"] = {}
    else:
        source = _way(setting.run, setting)(normalise.path)(normalise.stream or setting.name)
        counted = bare
        span = {"extent": None, "after": {}, "is_finite": source.feed.is_finite}
    if source is not None:
        setting, feed = source.setting, source.feed
    refuse(counted, setting, result_axes(counted, setting))
    return Divisor(normalise, acquire(counted, setting, feed, make=make_fold, **span), counted, setting)


def _way(way: Any, setting: Setting) -> Any:
    if way is None:
        raise ArgumentError(f"{setting.name or 'this stream'} stands alone: there is no other stream to divide by")
    return way


def divide(snapshot: Snapshot, divisors: tuple[Divisor, ...]) -> Snapshot:
    """Return a result divided by what has been counted of its divisors.

    The variance of ``n / d`` is ``var(n) / d² + n² var(d) / d⁴``; NaN where nothing was counted to divide by.
    """
    for divisor in divisors:
        amount = amount_of(divisor, snapshot)
        n, n_variance = snapshot.array.astype(np.float64), snapshot.variances().astype(np.float64)
        d = _along(amount.value, divisor, snapshot)
        d_variance = _along(amount.variance, divisor, snapshot)
        with np.errstate(divide="ignore", invalid="ignore"):
            d = np.where(d == 0, np.nan, d)
            # Of arrays without dimensions numpy makes numbers, which are no arrays.
            quotient = np.asarray(n / d)
            variance = np.asarray(n_variance / d**2 + n**2 * d_variance / d**4)
        for array in (quotient, variance):
            array.flags.writeable = False
        said = snapshot.remarks
        if not np.any(amount.value):
            said = (*said, f"nothing to divide by: no {divisor.normalise.by} was counted")
        if divisor.engine.error is not None:
            said = (*said, f"{divisor.normalise.by} failed: {divisor.engine.error}")
        elif divisor.normalise.by != "run" and _is_behind(amount.last_ns, snapshot.coverage.last_ns):
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
