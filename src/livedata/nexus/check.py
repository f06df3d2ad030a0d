"""Reading a finished file back and comparing it with what its writer counted, before anyone is told of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from ..errors import FileError, RecordingError
from .digest import Digest
from .hdf import reading
from .summary import Written


def check(path: Path, written: Written) -> None:
    """Compare lengths, sums and offsets of everything in the file with the writer's own counters.

    Raises
    ------
    RecordingError
        If anything differs; the message lists what.
    """
    try:
        with reading(path) as file:
            faults = [fault for name in written.columns for fault in _column_faults(file, name, written)]
            for key, group in written.paths.items():
                faults += _stream_faults(file, group, written, key)
    except FileError as error:
        raise RecordingError(f"the file written cannot be read back: {error}; it was left at {path}") from error
    if faults:
        shown = "; ".join(faults[:5]) + (f"; and {len(faults) - 5} more" if len(faults) > 5 else "")
        raise RecordingError(f"the file read back differs from what was written: {shown}; it was left at {path}")


def _column_faults(file: Any, name: str, written: Written) -> list[str]:
    expected = written.columns[name]
    if name not in file:
        return [f"{name} is missing"]
    dataset = file[name]
    if dataset.shape[0] != expected.n_rows:
        return [f"{name} has {dataset.shape[0]} rows, {expected.n_rows} were written"]
    digest = Digest(expected.chunk_rows)
    buffer = np.empty((min(expected.chunk_rows, max(expected.n_rows, 1)), *dataset.shape[1:]), dataset.dtype)
    for first in range(0, expected.n_rows, expected.chunk_rows):
        stop = min(first + expected.chunk_rows, expected.n_rows)
        dataset.read_direct(buffer, np.s_[first:stop], np.s_[: stop - first])
        digest.add(buffer[: stop - first])
    return [] if digest.value == expected.digest else [f"the values of {name} differ"]


def _stream_faults(file: Any, path: str, written: Written, key: Any) -> list[str]:
    """Check what the columns of a stream say about each other."""
    group, counts = file.get(path), written.counts[key]
    if group is None:
        return [f"{path} is missing"]
    table = file[group.attrs["messages"]]
    partition, offset = table["partition"][:], table["offset"][:]
    faults = []
    if len(offset) != counts.messages:
        faults.append(f"{path} has {len(offset)} messages, {counts.messages} were taken")
    for number in np.unique(partition):
        mine = offset[partition == number]
        if number >= 0 and len(np.unique(mine)) != len(mine):
            faults.append(f"{path} has a message of partition {number} twice")
        if int(mine.max()) != written.last_offsets[key].get(int(number)):
            faults.append(f"{path} ends at offset {int(mine.max())} of partition {number}")
    if key.family == "log":
        return faults + _length_fault(group, path, "value", "time", counts.samples)
    faults += _length_fault(group, path, "event_time_zero", "event_index", counts.entries)
    if "event_id" in group:
        faults += _length_fault(group, path, "event_id", "event_time_offset", counts.events)
    index = group["event_index"][:]
    if len(index) and (np.any(index[1:] < index[:-1]) or int(index[-1]) > counts.events):
        faults.append(f"{path}/event_index is not in order")
    return faults


def _length_fault(group: Any, path: str, one: str, other: str, n: int) -> list[str]:
    lengths = group[one].shape[0], group[other].shape[0]
    return [] if lengths == (n, n) else [f"{path} has {lengths[0]} {one} and {lengths[1]} {other}, {n} were taken"]
