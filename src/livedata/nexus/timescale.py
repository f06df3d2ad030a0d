"""How a dataset's times are meant: by its unit and its date, or by what is usual where they are missing."""

from __future__ import annotations

from typing import Any

import numpy as np

from .hdf import attribute
from .moment import ABSOLUTE, TimeScale, parse_moment, unit_ns


def time_scale(dataset: Any, run_start_ns: int | None) -> TimeScale:
    """Find how a dataset's times are meant, from its unit and its ``offset`` or ``start`` attribute.

    Without a unit, integers beyond 1e15 are ns and everything else is s. Without a start, times that are no absolute
    ones count from the run's start, as ISIS writes them, or from 1970 when that is unknown too.
    """
    remarks: list[str] = []
    unit = attribute(dataset, "units")
    scale = unit_ns(unit) if unit else None
    is_integer = dataset.dtype.kind in "iu"
    is_absolute = is_integer and scale == 1
    if scale is None:
        if unit:
            remarks.append(f"unit {unit!r} of times is unknown")
        values = dataset[:].ravel() if is_integer else np.zeros(0)
        is_absolute = bool(len(values)) and bool(np.median(values) > ABSOLUTE)
        scale = 1 if is_absolute else 10**9
    for name in ("offset", "start"):
        text = attribute(dataset, name)
        if text is None:
            continue
        start = parse_moment(text)
        if start is not None:
            return TimeScale(scale, start, tuple(remarks))
        remarks.append(f"{name} of times is no ISO time")
    if is_absolute or run_start_ns is None:
        return TimeScale(scale, 0, tuple(remarks))
    remarks.append("times taken from the run's start")
    return TimeScale(scale, run_start_ns, tuple(remarks))
