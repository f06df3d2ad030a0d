"""Counts per second and counts per unit of an axis: always asked for, never mixed with counts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ...errors import ArgumentError
from .exactaxis import position
from .unitname import product

if TYPE_CHECKING:
    from .histogram import Histogram


def rate(histogram: Histogram, seconds: float | None = None) -> Histogram:
    """Divide by the time that the result stands for.

    Parameters
    ----------
    seconds
        Duration; without it, from the first to the last entry that was counted. Wall-clock time is never used.

    Raises
    ------
    ArgumentError
        If nothing tells the duration, or it is zero: there is no rate then, and no infinite one.
    """
    if seconds is None:
        if histogram.span is None:
            raise ArgumentError("nothing tells how long this was counted; give it: .rate(seconds=60)")
        seconds = (histogram.span[1] - histogram.span[0]) / 1e9
    if not (np.isfinite(seconds) and seconds > 0):
        raise ArgumentError(f"counted over {seconds:g} s, so there is no rate; expected entries of two times at least")
    return histogram.derived(
        array=histogram.array / seconds,
        spread=histogram.variances() / seconds**2,
        unit=product(histogram.unit, "s", -1),
    )


def density(histogram: Histogram, *names: str | int) -> Histogram:
    """Divide by the width of the bins of the named axes, or of all axes that have a unit.

    Raises
    ------
    ArgumentError
        If an axis does not exist or has categories, or none has a unit and none is named.
    """
    axes = histogram.axes
    places = [position(axes, name) for name in names] or [i for i, axis in enumerate(axes) if axis.unit is not None]
    if not places:
        raise ArgumentError("no axis has a unit to be divided by; name one: .density('toa')")
    array, spread, unit = histogram.array, histogram.variances(), histogram.unit
    for place in places:
        axis = axes[place]
        if axis.categories is not None:
            raise ArgumentError(f"{axis.name!r} has categories, which have no width")
        widths = axis.widths.reshape([-1 if i == place else 1 for i in range(len(axes))])
        array, spread = array / widths, spread / widths**2
        unit = product(unit, axis.unit or "", -1)
    return histogram.derived(array=array, spread=spread, unit=unit)
