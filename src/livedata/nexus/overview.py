"""A first picture for file browsers: the rate of events over the run, as NXdata behind the chain of defaults."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

MAX_BINS = 1000
DAY_NS = 86_400 * 10**9


def add_overview(file: Any, event_groups: Sequence[str]) -> None:
    """Add ``/entry/count_rate`` for the largest event stream; nothing when there are no events.

    Entries more than a day away from the median are left out: one wrong clock must not squeeze all others into a bin.
    """
    groups = [file[path] for path in event_groups]
    group = max(groups, key=lambda g: g["event_time_offset"].shape[0], default=None)
    if group is None or not group["event_time_offset"].shape[0] or not group["event_time_zero"].shape[0]:
        return
    times = group["event_time_zero"][:].view(np.int64)
    sizes = np.diff(group["event_index"][:].astype(np.int64), append=group["event_time_offset"].shape[0])
    middle = int(np.median(times))
    near = (times > middle - DAY_NS) & (times < middle + DAY_NS) if 0 < middle < 2**62 else times == times[0]
    times, sizes = times[near], sizes[near]
    if not len(times):
        return
    start, span = int(times.min()), int(times.max()) - int(times.min()) + 1
    width = max(10**9, -(-span // MAX_BINS))
    counts = np.bincount((times - start) // width, weights=sizes).astype(np.int64)
    data = file["entry"].create_group("count_rate")
    data.attrs["NX_class"] = "NXdata"
    data.attrs["signal"] = "counts"
    data.attrs["axes"] = ["time"]
    data.attrs["made_by"] = "livedata"
    data.attrs["title"] = f"{group.attrs['source']}: events over time"
    signal = data.create_dataset("counts", data=counts)
    signal.attrs["units"] = "counts"
    edges = data.create_dataset("time", data=np.arange(len(counts) + 1) * (width / 1e9))
    edges.attrs["units"] = "s"
    edges.attrs["long_name"] = "time since the first entry (s)"
    file["entry"].attrs["default"] = "count_rate"
