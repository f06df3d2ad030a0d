"""Histograms as text: comments with JSON, a header with names and units, one row for each bin."""

from __future__ import annotations

import csv
import io
import json
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ...errors import FileError
from .record import Record
from .unitname import product as product_of_units

if TYPE_CHECKING:
    from ..axis import Axis
    from .histogram import Histogram

FIRST_LINE = "# livedata histogram"
JSON = "# json: "


def write(path: Path, histogram: Histogram, record: Record) -> None:
    """Write a new file: edges (or category) along each axis, value, error, and variance where values are weighted."""
    ledger: Any = getattr(histogram, "ledger", None)
    columns = [histogram.array, histogram.errors()]
    names = [_named("value", histogram.unit), _named("error", histogram.unit)]
    if record.variances is not None:
        columns.append(record.variances)
        names.append(_named("variance", product_of_units(histogram.unit, histogram.unit)))
    bins = product(*(_bins(axis) for axis in histogram.axes))
    numbers = zip(*(column.reshape(-1).tolist() for column in columns), strict=True)
    with path.open("w", encoding="utf-8", newline="") as file:
        file.write(f"{FIRST_LINE}\n")
        if ledger is not None:
            file.write(f"# events: {', '.join(f'{n} {fate}' for fate, n in ledger.to_dict().items())}\n")
        file.write(f"{JSON}{json.dumps(record.told)}\n")
        rows = csv.writer(file, lineterminator="\n")
        rows.writerow([*(name for axis in histogram.axes for name in _headings(axis)), *names])
        rows.writerows(
            [*(part for bin in place for part in bin), *row] for place, row in zip(bins, numbers, strict=True)
        )


def read(path: Path) -> Record:
    """Read what `write` wrote.

    Raises
    ------
    FileError
        If it is another table.
    """
    with path.open(encoding="utf-8", newline="") as file:
        first = file.readline()
        told: dict[str, Any] | None = None
        line = file.readline()
        while line.startswith("#"):
            if line.startswith(JSON):
                told = json.loads(line.removeprefix(JSON))
            line = file.readline()
        if not first.startswith(FIRST_LINE) or told is None:
            raise FileError(f"{path} does not begin as a saved histogram; expected {FIRST_LINE!r} and a line of JSON")
        text = line + file.read()
    if not text.endswith("\n"):
        raise FileError(f"{path} ends in the middle of a line; was it cut short?")
    headings, *rows = csv.reader(io.StringIO(text, newline=""))
    shape = tuple(axis["n"] for axis in told["axes"])
    at = len(headings) - (2 if told["variances_dtype"] is None else 3)
    try:
        if any(len(row) != len(headings) for row in rows):
            raise ValueError
        values = _column(rows, at, told["dtype"]).reshape(shape)
        kind = told["variances_dtype"]
        variances = None if kind is None else _column(rows, at + 2, kind).reshape(shape)
    except ValueError:
        raise FileError(f"{path} has {len(rows)} rows that do not fill the shape {shape}; was it cut short?") from None
    return Record(told, values, variances)


def _bins(axis: Axis) -> list[tuple[Any, ...]]:
    """Return the bins as they stand in a row."""
    return [(c,) for c in axis.categories] if axis.categories is not None else [tuple(b) for b in _pairs(axis).tolist()]


def _pairs(axis: Axis) -> NDArray[np.float64]:
    edges = axis.edges
    return np.stack([edges[:-1], edges[1:]], axis=1)


def _headings(axis: Axis) -> tuple[str, ...]:
    if axis.categories is not None:
        return (axis.name,)
    return _named(f"{axis.name}_low", axis.unit), _named(f"{axis.name}_high", axis.unit)


def _named(name: str, unit: str | None) -> str:
    return f"{name} [{unit}]" if unit else name


def _column(rows: list[list[str]], at: int, dtype: str) -> NDArray[Any]:
    return np.array([row[at] for row in rows], dtype=np.str_).astype(dtype)
