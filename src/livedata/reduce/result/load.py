"""Reading saved histograms back."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from ...errors import FileError
from ...streams.extent import Coverage, Partition
from ..axis import Axes
from .histogram import Histogram
from .ledger import Ledger
from .record import FORMAT, Record, axis_from_json
from .save import read_record
from .snapshot import Snapshot


def load_histogram(path: str | Path) -> Histogram:
    """Read a histogram that was saved: equal to what was saved, a snapshot if it was one.

    Raises
    ------
    FileError
        If there is no such file, it holds no histogram of ours, or one of a later version.
    """
    record = read_record(path)
    try:
        return from_record(record)
    except (KeyError, TypeError, ValueError) as error:
        told = record.told.get("format")
        why = f"format {told}, this version knows {FORMAT}" if told != FORMAT else f"{type(error).__name__}: {error}"
        raise FileError(f"{path} cannot be understood ({why})") from None


def from_record(record: Record) -> Histogram:
    """Return the histogram that a record was made of."""
    told = record.told
    axes = Axes(axis_from_json(axis) for axis in told["axes"])
    if record.values.shape != tuple(len(axis) for axis in axes):
        raise ValueError(f"values of shape {record.values.shape} on {len(axes)} axes")
    span = told["span_ns"]
    given: dict[str, Any] = {
        "array": _frozen(record.values),
        "axes": axes,
        "spread": None if record.variances is None else _frozen(record.variances),
        "unit": told["unit"],
        "name": told["name"],
        "span_ns": None if span is None else (span[0], span[1]),
    }
    snapshot = told.get("snapshot")
    if snapshot is None:
        return Histogram(**given)
    coverage = dict(snapshot["coverage"])
    offsets = {
        Partition(topic, partition): tuple((a, b) for a, b in ranges)
        for topic, partition, ranges in coverage.pop("offsets")
    }
    parts = {
        **snapshot,
        "ledger": Ledger(**snapshot["ledger"]),
        "coverage": Coverage(offsets, **coverage),
        "remarks": tuple(snapshot["remarks"]),
    }
    return Snapshot(**given, **parts)


def _frozen(array: Any) -> Any:
    array = np.asarray(array)
    array.flags.writeable = False
    return array
