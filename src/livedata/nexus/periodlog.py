"""The period of each entry in event files of ISIS, which keep it as a log over frames.

``framelog/period_log`` tells the period from its time on, counted from 1; on the wire, and here, periods count from 0.
"""

from __future__ import annotations

from typing import Any

import h5py
import numpy as np

from ..streams.batch import ABSENT_IN_COLUMN, Int64Array
from .timescale import time_scale

PERIOD_LOG = "framelog/period_log"


def read_periods(file: Any, group: Any, times_ns: Int64Array, run_start_ns: int | None) -> Int64Array | None:
    """Return the period of each entry, shape (entry,), -1 where not known; None when the file has no such log.

    Parameters
    ----------
    file, group
        The group of events, somewhere below the entry that holds the log.
    times_ns
        Reference times of the entries, ns since 1970 UTC.
    run_start_ns
        What the log's times count from unless it says so itself.
    """
    log = file.get(f"/{group.name.split('/')[1]}/{PERIOD_LOG}")
    value, time = (log.get("value"), log.get("time")) if isinstance(log, h5py.Group) else (None, None)
    if not (isinstance(value, h5py.Dataset) and isinstance(time, h5py.Dataset) and value.dtype.kind in "iuf"):
        return None
    changes, _ = time_scale(time, run_start_ns).to_ns(time[:].ravel())
    numbers = value[:].ravel()[: len(changes)]
    if not len(numbers):
        return None
    order = np.argsort(changes[: len(numbers)], kind="stable")
    at = np.searchsorted(changes[order], times_ns, side="right") - 1
    periods = numbers[order].astype(np.int64)[np.maximum(at, 0)] - 1
    return np.where((at >= 0) & (periods >= 0), periods, np.int64(ABSENT_IN_COLUMN["period"]))
