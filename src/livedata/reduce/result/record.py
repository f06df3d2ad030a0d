"""Histograms as what a file can hold: arrays, and one JSON object with everything else, edges as exact fractions."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, fields
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ...errors import ArgumentError
from ...streams.extent import Coverage
from ..axis import Axis

if TYPE_CHECKING:
    from .histogram import Histogram

FORMAT = 1
_SNAPSHOT = ("state", "generation", "version", "settled_until", "taken_ns")


@dataclass(frozen=True, slots=True, eq=False)
class Record:
    """What is written to a file, and what is read back from it."""

    told: dict[str, Any]
    """JSON: name, unit, axes, ledger, coverage, …, and under ``about`` what the writer of the file wanted to say."""
    values: NDArray[Any]
    variances: NDArray[Any] | None

    def same_as(self, other: Record) -> bool:
        """Whether both hold the same, to the last bit; NaN equals NaN."""
        return (
            self.told == other.told
            and _identical(self.values, other.values)
            and (self.variances is None) == (other.variances is None)
            and (self.variances is None or other.variances is None or _identical(self.variances, other.variances))
        )


def to_record(histogram: Histogram, about: Mapping[str, Any] | None = None) -> Record:
    """Return what a file holds of a histogram.

    Raises
    ------
    ArgumentError
        If `about` is no JSON.
    """
    snapshot: Any = histogram
    told: dict[str, Any] = {
        "format": FORMAT,
        "name": histogram.name,
        "unit": histogram.unit,
        "dtype": histogram.array.dtype.name,
        "variances_dtype": None if histogram.spread is None else histogram.spread.dtype.name,
        "axes": [axis_to_json(axis) for axis in histogram.axes],
        "span_ns": histogram.span_ns,
        "about": dict(about or {}),
    }
    if hasattr(snapshot, "ledger"):
        told["snapshot"] = {
            **{name: getattr(snapshot, name) for name in _SNAPSHOT},
            "ledger": snapshot.ledger.to_dict(),
            "coverage": _coverage_to_json(snapshot.coverage),
            "remarks": snapshot.remarks,
        }
    try:
        plain = json.loads(json.dumps(told, allow_nan=False))
    except (TypeError, ValueError) as error:
        raise ArgumentError(f"about={about!r:.200} cannot be written as JSON: {error}") from None
    return Record(plain, histogram.array, histogram.spread)


def axis_to_json(axis: Axis) -> dict[str, Any]:
    """Return an axis as JSON, its edges as texts of exact fractions."""
    return {f.name: [str(e) for e in axis.exact] if f.name == "exact" else getattr(axis, f.name) for f in fields(axis)}


def axis_from_json(told: Mapping[str, Any]) -> Axis:
    """Return the axis that `axis_to_json` wrote."""
    given: dict[str, Any] = {name: tuple(value) if isinstance(value, list) else value for name, value in told.items()}
    given["exact"] = tuple(Fraction(e) for e in told["exact"])
    return Axis(**given)


def _coverage_to_json(coverage: Coverage) -> dict[str, Any]:
    offsets = [[p.topic, p.partition, ranges] for p, ranges in coverage.offsets.items()]
    return {
        "offsets": offsets,
        **{name: getattr(coverage, name) for name in ("first_ns", "last_ns", "lost", "pending", "skipped")},
    }


def _identical(a: NDArray[Any], b: NDArray[Any]) -> bool:
    return a.dtype == b.dtype and a.shape == b.shape and np.array_equal(a, b, equal_nan=a.dtype.kind == "f")
