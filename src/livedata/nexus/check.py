"""Reading a finished file back and comparing it with what its writer counted, before anyone is told of it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import FileError, RecordingError
from .digest import Digest, TextDigest
from .hdf import is_text, reading
from .section import Section
from .summary import ColumnSums, Written


def check(path: Path, written: Written) -> None:
    """Compare lengths, sums and offsets of everything in the file with the writer's own counters.

    Raises
    ------
    RecordingError
        If anything differs; the message lists what.
    """
    try:
        with reading(path) as file:
            faults = [f for path, sums in written.columns.items() for f in _column_faults(file, path, sums)]
            for section in written.sections:
                faults += _section_faults(file, section, written.columns)
    except FileError as error:
        raise RecordingError(f"the file written cannot be read back: {error}; it was left at {path}") from error
    if faults:
        shown = "; ".join(faults[:5]) + (f"; and {len(faults) - 5} more" if len(faults) > 5 else "")
        raise RecordingError(f"the file read back differs from what was written: {shown}; it was left at {path}")


def _column_faults(file: Any, path: str, expected: ColumnSums) -> list[str]:
    dataset = file.get(path)
    if dataset is None:
        return [f"{path} is missing"]
    n_rows = dataset.shape[0]
    if n_rows != expected.n_rows:
        return [f"{path} has {n_rows} rows, {expected.n_rows} were written"]
    found = _text_digest(dataset, expected) if is_text(dataset) else _digest(dataset, expected)
    return [] if found == expected.digest else [f"the values of {path} differ"]


def _digest(dataset: Any, expected: ColumnSums) -> int:
    digest = Digest(expected.chunk_rows)
    buffer = np.empty((min(expected.chunk_rows, max(expected.n_rows, 1)), *dataset.shape[1:]), dataset.dtype)
    for first in range(0, expected.n_rows, expected.chunk_rows):
        stop = min(first + expected.chunk_rows, expected.n_rows)
        if buffer.size:
            dataset.read_direct(buffer, np.s_[first:stop], np.s_[: stop - first])
        digest.add(buffer[: stop - first])
    return digest.value


def _text_digest(dataset: Any, expected: ColumnSums) -> int:
    digest = TextDigest()
    for first in range(0, expected.n_rows, expected.chunk_rows):
        raw = dataset[first : min(first + expected.chunk_rows, expected.n_rows)]
        digest.add(text.decode("utf-8", "replace") for text in raw.ravel().tolist())
    return digest.value


def _section_faults(file: Any, section: Section, columns: Mapping[str, ColumnSums]) -> list[str]:
    """Check what the columns of a stream say about each other, and whose messages they are.

    That each column has as many rows as were appended to it is known by then.
    """
    path = section.path
    table = file.get(section.table)
    if table is None:
        return [f"{section.table} is missing"]
    messages = table[:]
    partition, offset = messages["partition"], messages["offset"]
    faults = []
    if len(offset) != section.n_messages:
        faults.append(f"{path} has {len(offset)} messages, {section.n_messages} were taken")
    for number in np.unique(partition):
        mine = offset[partition == number]
        if number >= 0 and len(np.unique(mine)) != len(mine):
            faults.append(f"{path} has a message of partition {number} twice")
        if int(mine.max()) != section.last_offsets.get(int(number)):
            faults.append(f"{path} ends at offset {int(mine.max())} of partition {number}")
    for name, n in section.rows.items():
        if columns[name].n_rows != n:
            faults.append(f"{name} has {columns[name].n_rows} rows, {n} were taken")
    if f"{path}/event_index" in section.rows:
        index, n_events = file[f"{path}/event_index"][:], section.rows[f"{path}/event_time_offset"]
        if len(index) and (np.any(index[1:] < index[:-1]) or int(index[-1]) > n_events):
            faults.append(f"{path}/event_index is not in order")
    return faults
