"""Histograms as numpy archives: ``values``, ``variances``, ``edges_<n>`` and the JSON of `record` in ``record``."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ...errors import FileError
from .record import Record

if TYPE_CHECKING:
    from .histogram import Histogram


def write(path: Path, histogram: Histogram, record: Record) -> None:
    """Write a new file."""
    arrays: dict[str, Any] = {f"edges_{i}": axis.edges for i, axis in enumerate(histogram.axes)}
    if record.variances is not None:
        arrays["variances"] = record.variances
    with path.open("wb") as file:  # given a name, numpy would add a suffix to it
        np.savez_compressed(file, values=record.values, record=np.array(json.dumps(record.told)), **arrays)


def read(path: Path) -> Record:
    """Read what `write` wrote.

    Raises
    ------
    FileError
        If it is another archive, or damaged.
    """
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as held:
            return Record(json.loads(str(held["record"])), held["values"], held.get("variances"))
    except (ValueError, KeyError, zipfile.BadZipFile, EOFError) as error:
        raise FileError(f"{path} is no saved histogram: {error}") from None
