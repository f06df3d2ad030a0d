"""From one description to the next: other bins, another mask, region, filter or window."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from ..errors import ArgumentError
from .axis import Axes, Axis
from .condition import Compare, Condition, as_filters
from .description import Description, Normalise
from .pixels.mask import Mask
from .pixels.region import Combined, Ellipse, PixelList, Polygon, Rectangle, Region, Span
from .prepare import layout_of, screen_of
from .quantity import is_of_entries, kind_of
from .setting import Setting
from .span import nanoseconds
from .window import EVERYTHING, Window

REGIONS = (Rectangle, Ellipse, Polygon, PixelList, Span, Combined)


def rebinned(description: Description, axes: tuple[Axis, ...]) -> Description:
    """Return the description with other bins on axes it has, and with those it has not behind them.

    A monitor that it is divided by bin by bin gets the same bins.
    """
    fresh = {axis.name: axis for axis in axes}
    kept = tuple(fresh.get(axis.name, axis) for axis in description.axes)
    names = {axis.name for axis in kept}
    new = tuple(axis for axis in axes if axis.name not in names)
    divided = tuple(
        replace(one, axis=fresh.get(one.axis.name, one.axis)) if one.axis is not None else one
        for one in description.normalise
    )
    return replace(description, axes=(*kept, *new), normalise=divided)


def filtered(description: Description, conditions: tuple[Condition, ...]) -> Description:
    """Return the description with further conditions, all of which must hold."""
    return replace(description, filters=as_filters((*description.filters, *conditions)))


def in_region(description: Description, region: Region | None) -> Description:
    """Return the description of a region only; inside the present one if there is one."""
    if region is not None and not isinstance(region, REGIONS):
        raise ArgumentError(f"region({region!r}): expected a region such as ld.rectangle(x=(10, 40), y=(5, 60))")
    if region is not None and description.region is not None:
        region = Combined("and", description.region, region)
    return replace(description, region=region)


def masked_by(description: Description, setting: Setting, *masks: Any) -> Description:
    """Return the description without some pixels.

    Parameters
    ----------
    masks
        A `Mask`, a region of the picture, or pixel numbers in any form that `mask` takes.
    """
    return replace(description, masks=(*description.masks, *(_mask(description, setting, m) for m in masks)))


def _mask(description: Description, setting: Setting, given: Any) -> Mask:
    from .pixels.masking import mask, mask_from_region

    if isinstance(given, Mask):
        return given
    if isinstance(given, REGIONS):
        layout = layout_of(description, setting)
        if layout is None:
            raise ArgumentError("a region masks pixels of a picture, and nothing says where the pixels stand")
        return mask_from_region(given, screen_of(description, setting), layout)
    return mask(given)


def as_series(description: Description, every_ns: int) -> Description:
    """Return the description of how many events it bins in each slot of data time.

    The range of its axes becomes part of its region and of its filters: what they would not bin is not counted.
    """
    region, filters = description.region, list(description.filters)
    for axis in description.axes:
        low, high = float(axis.exact[0]), float(axis.exact[-1])
        if is_of_entries(axis.name):
            unit = axis.unit if kind_of(axis.name) == "log" else None
            filters += [Compare(axis.name, ">=", low, unit), Compare(axis.name, "<", high, unit)]
            continue
        span = Span(axis.name, low, high, axis.unit)
        region = span if region is None else Combined("and", region, span)
    return replace(
        description,
        axes=(),
        region=region,
        filters=tuple(filters),
        every_ns=every_ns,
        is_summed=description.projection is not None,
    )


def windowed(
    *, pulses: int | None = None, seconds: float | str | None = None, run: bool = False, log: str | None = None
) -> Window:
    """Return a window from what a person says; nothing at all means everything."""
    chosen = [what for what in (pulses, seconds, run or None, log) if what is not None]
    if not chosen:
        return EVERYTHING
    if len(chosen) > 1:
        raise ArgumentError("a window is of pulses, of seconds, of a run or of a log's step; give one of them")
    if pulses is not None:
        if isinstance(pulses, bool) or not isinstance(pulses, int) or pulses < 1:
            raise ArgumentError(f"pulses={pulses!r}; expected how many, 1 or more")
        return Window("pulses", n=pulses)
    if seconds is not None:
        return Window("seconds", length_ns=nanoseconds(seconds, "seconds"))
    return Window("run") if run else Window("log", log=str(log))


def normalisations(
    axes: Axes,
    *,
    monitor: Any,
    along: str | None,
    charge: Any,
    time: bool,
    pulses: bool,
    region: Region | None,
    run: Any,
) -> tuple[Normalise, ...]:  # fmt: skip
    """Return what a result is to be divided by from what a person says; see `View.normalise`."""
    parts: list[Normalise] = []
    if monitor is not None:
        axis = None if along is None else axes[along]
        parts.append(Normalise("monitor", stream=getattr(monitor, "name", monitor), axis=axis))
    if charge is not None and charge is not False:
        parts.append(Normalise("charge", stream="" if charge is True else getattr(charge, "name", charge)))
    parts += [Normalise(by) for by, is_wanted in (("time", time), ("pulses", pulses)) if is_wanted]
    if region is not None:
        parts.append(Normalise("region", region=region))
    if run is not None:
        parts.append(Normalise("run", path=str(getattr(run, "path", run))))
    if not parts:
        raise ArgumentError("divided by what? give monitor=, charge=, time=, pulses=, region= or run=")
    return tuple(parts)
