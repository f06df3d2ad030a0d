"""Values of transformations that are logs: what held at the run's start, and a word where it changed."""

from __future__ import annotations

from typing import Any

import h5py
import numpy as np

from ..timescale import time_scale
from ..transform import Unusable
from .measure import Remark, member, numbers_of

STEADY = 1e-6
"""Changes below this part of the value are noise of a readback."""


def sample_at(log: Any, start_ns: int | None, remark: Remark) -> float:
    """Return a log's value in effect at the run's start: the last sample at or before it, else the first.

    Raises
    ------
    Unusable
        If there is no sample: then nothing is known, and nothing is assumed.
    """
    value, time = member(log, "value"), member(log, "time")
    if not isinstance(value, h5py.Dataset) or not value.size:
        raise Unusable(f"the log {log.name} has no sample yet")
    samples = numbers_of(value)
    samples = samples.reshape(len(samples), -1)[:, 0] if samples.ndim else samples.reshape(1)
    if np.ptp(samples) > STEADY * max(1e-3, float(np.abs(samples).max())):
        remark(f"{log.name} changes from {samples.min():g} to {samples.max():g}; its value at the start is taken")
    if not isinstance(time, h5py.Dataset) or start_ns is None:
        return float(samples[0])
    try:
        times, _ = time_scale(time, start_ns).to_ns(time[:].ravel())
    except (OSError, RuntimeError, TypeError, ValueError):
        return float(samples[0])
    times = times[: len(samples)]
    before = np.flatnonzero(times <= start_ns)
    if len(before):
        return float(samples[before[np.argmax(times[before])]])
    return float(samples[int(np.argmin(times))] if len(times) else samples[0])
