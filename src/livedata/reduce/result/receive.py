"""Histograms from the arrays that others publish (`da00`, `hs00`, `hs01`) or that a file holds."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ... import schemas
from ...errors import ArgumentError
from ...streams.arrays import ARRAY_SCHEMAS, array_set
from ...streams.batch import ArraySet, Variable
from ..axis import Axes, Axis, bins, categories, edges
from .exactaxis import part
from .histogram import Histogram
from .unitname import DIMENSIONLESS, is_counts

Array = NDArray[Any]
EPOCH_UNITS = {"datetime64[ns]", "ns"}


def from_arrays(found: ArraySet, time_ns: int | None = None, *, name: str = "") -> Histogram:
    """Return the histogram that a set of named arrays is.

    Parameters
    ----------
    found
        With a ``signal``. A coordinate of the signal's dimension gives its edges (one more than bins) or points, whose
        bins then meet half-way. What has other dimensions, or does not fit, is left aside; a dimension without usable
        edges is counted from 0. Descending edges are turned round together with the values. For a part of a larger
        histogram, the edges of that part are taken.
    time_ns
        What the set is dated by; the end of the span where it tells none itself.
    name
        For a signal without a label.

    Returns
    -------
    :
        Integers as int64, everything else as float64. Variances are the squares of ``errors``; without these they are
        the values for counts, and NaN, that is unknown, for anything else.

    Raises
    ------
    ArgumentError
        If there is no signal of numbers, or it has no bins.
    """
    signal = found.variables.get("signal")
    if signal is None or signal.values.dtype.kind not in "iufb":
        known = ", ".join(found.variables) or "nothing"
        raise ArgumentError(f"no array of numbers called 'signal', only {known}; expected a histogram")
    if not signal.values.size:
        raise ArgumentError(f"the signal has the shape {signal.values.shape}; expected one bin at least")
    values = _numbers(signal.values)
    unit = _unit(signal.unit)
    errors = found.variables.get("errors")
    has_errors = errors is not None and errors.values.shape == values.shape and errors.values.dtype.kind in "iuf"
    spread = _variances(values, errors.values if errors is not None and has_errors else None, unit)
    axes, turned = axes_of(found)
    values, spread = np.flip(values, turned), None if spread is None else np.flip(spread, turned)
    span = _span(found, time_ns)
    return Histogram(
        array=_frozen(values),
        axes=axes,
        spread=None if spread is None else _frozen(spread),
        unit=unit,
        name=signal.label or name,
        span_ns=span,
    )


def from_message(payload: bytes) -> Histogram:
    """Return the histogram in a message of any schema of arrays.

    Raises
    ------
    DecodeError
        If it is no sound message.
    ArgumentError
        If it holds no histogram.
    """
    schema = schemas.identify(payload)
    if schema not in ARRAY_SCHEMAS:
        raise ArgumentError(f"a message of schema {schema!r}; expected one of {', '.join(ARRAY_SCHEMAS)}")
    message = schemas.decode(payload)
    dated = array_set(schema, message)
    if dated is None:
        raise ArgumentError(f"the {schema} message contradicts itself; schemas.check(message) tells how")
    return from_arrays(dated.set, dated.time, name=schemas.source_of(payload) or "")


def axes_of(found: ArraySet) -> tuple[Axes, tuple[int, ...]]:
    """Return the axes of a set's signal, and the dimensions that have to be turned round for them."""
    signal = found.variables["signal"]
    there = [_axis(found, dim, i, signal.values.shape[i]) for i, dim in enumerate(signal.dims)]
    return Axes(b.axis for b in there), tuple(i for i, b in enumerate(there) if b.is_turned)


@dataclass(frozen=True, slots=True)
class _Bins:
    axis: Axis
    is_turned: bool = False


def _axis(found: ArraySet, dim: str, at: int, n: int) -> _Bins:
    """Return the bins along one dimension; plain numbers where nothing usable tells them."""
    plain = _Bins(bins(0, max(n, 1), n=max(n, 1)).named(dim))
    labels = found.attributes.get(f"{dim}_categories")
    if isinstance(labels, str):
        return _labelled(labels, dim, n) or plain
    variable = found.variables.get(dim)
    if variable is None or variable.dims != (dim,) or variable.values.dtype.kind not in "iuf":
        return plain
    limits = np.asarray(variable.values, np.float64)
    offset, length = (found.offset[at], found.whole[at]) if found.whole else (0, n)
    if len(limits) == length and len(limits) > 1 and not found.whole:
        middle = (limits[1:] + limits[:-1]) / 2
        limits = np.concatenate(([2 * limits[0] - middle[0]], middle, [2 * limits[-1] - middle[-1]]))
    if len(limits) != length + 1 or not np.isfinite(limits).all():
        return plain
    steps = np.diff(limits)
    is_turned = bool((steps < 0).all())
    if not is_turned and not (steps > 0).all():
        return plain
    unit = variable.unit or None
    axis = _exact(limits[::-1] if is_turned else limits, unit).named(dim)
    if not found.whole:
        return _Bins(axis, is_turned)
    if is_turned:
        offset = length - offset - n
    return _Bins(part(axis, offset, offset + n), is_turned)


def _exact(limits: NDArray[np.float64], unit: str | None) -> Axis:
    """Return even bins where their edges are exactly these doubles, else bins between the edges."""
    even = bins(float(limits[0]), float(limits[-1]), n=len(limits) - 1, unit=unit)
    return even if np.array_equal(even.edges, limits) else edges(limits, unit)


def _labelled(text: str, dim: str, n: int) -> _Bins | None:
    try:
        labels = json.loads(text)
        return _Bins(categories(labels).named(dim)) if len(labels) == n else None
    except (ValueError, TypeError):
        return None


def _numbers(values: Array) -> Array:
    """Return int64 where all values fit into it, else float64; aligned and in the machine's byte order."""
    if values.dtype.kind == "f" or (values.dtype == np.uint64 and values.size and int(values.max()) >= 2**63):
        return np.array(values, np.float64)
    return np.array(values, np.int64)


def _variances(values: Array, errors: Array | None, unit: str) -> Array | None:
    """Return variances; None where they are the values, as far as a rounded square root can tell."""
    if errors is None:
        return None if is_counts(unit) else np.full(values.shape, np.nan)
    with np.errstate(over="ignore"):
        spread = np.square(errors, dtype=np.float64)
    tolerance = 1e-6 if errors.dtype == np.float32 else 1e-14
    is_poisson = is_counts(unit) and np.allclose(spread, values, rtol=tolerance, atol=0, equal_nan=True)
    return None if is_poisson else spread


def _unit(unit: str | None) -> str:
    if not unit or unit in ("one", "1"):
        return DIMENSIONLESS
    return "counts" if is_counts(unit) else unit


def _span(found: ArraySet, time_ns: int | None) -> tuple[int, int] | None:
    start, stop = (_time(found.variables.get(name)) for name in ("start_time", "time"))
    stop = time_ns if stop is None else stop
    return None if start is None or stop is None or stop < start else (start, stop)


def _time(variable: Variable | None) -> int | None:
    if variable is None or variable.values.size != 1 or variable.unit not in EPOCH_UNITS:
        return None
    return int(variable.values.reshape(-1)[0]) if variable.values.dtype.kind in "iu" else None


def _frozen(array: Array) -> Array:
    array = np.ascontiguousarray(array)
    array.flags.writeable = False
    return array
