"""Histograms as messages that other systems read: `da00`, and `hs00` or `hs01` for older ones."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from ... import schemas
from ...errors import EncodeError
from .unitname import DIMENSIONLESS

if TYPE_CHECKING:
    from ..axis import Axis
    from .histogram import Histogram

EPOCH_UNIT = "datetime64[ns]"
"""How a time, counted in ns since 1970, is told in the unit of a `da00` variable."""


def to_da00(histogram: Histogram, source_name: str, timestamp_ns: int) -> bytes:
    """Encode as `da00`: ``signal``, ``errors``, an array of edges for each axis, ``start_time`` and ``time``.

    Parameters
    ----------
    histogram
        Any histogram. Categories go as int64 points, or, where they are texts, as JSON in ``<axis>_categories``.
    source_name
        Says with the topic which stream it is.
    timestamp_ns
        What the message is dated by, ns since 1970: the start of the generation or the end of the window.

    Returns
    -------
    :
        The message. ``errors`` are standard deviations, float64. ``start_time`` and ``time``, first and last entry
        time, are left out where they are not known, and of a time series, whose axis is ``time``.

    Raises
    ------
    EncodeError
        If two axes, or an axis and another variable, have the same name.

    References
    ----------
    da00, https://github.com/ess-dmsc/streaming-data-types/blob/master/schemas/da00_dataarray.fbs
    """
    make = schemas.SCHEMAS["da00"].classes["livedata.da00.da00_Variable"]
    dims = _dims(histogram)
    unit = None if histogram.unit == DIMENSIONLESS else histogram.unit
    variables = [
        make(name="signal", unit=unit, label=histogram.name or None, axes=dims, data=histogram.array),
        make(name="errors", unit=unit, axes=dims, data=histogram.errors()),
        *(make(**variable) for axis in histogram.axes for variable in _coordinates(axis)),
    ]
    if histogram.span is not None and "time" not in dims:
        variables += [
            make(name=name, unit=EPOCH_UNIT, axes=(), data=np.array(time, np.int64))
            for name, time in zip(("start_time", "time"), histogram.span, strict=True)
        ]
    names = [variable.name for variable in variables]
    if len(set(names)) < len(names):
        raise EncodeError(f"names {', '.join(names)}; expected axes of other names", schema="da00")
    message = schemas.message_class("da00")(source_name=source_name, timestamp=timestamp_ns, data=tuple(variables))
    return schemas.encode(message)


def to_hs00(histogram: Histogram, source_name: str, timestamp_ns: int, *, info: str | None = None) -> bytes:
    """Encode as `hs00`; as `to_hs01`, but for integers, which go as uint64: those with a negative one as float64."""
    return _histogram("hs00", histogram, source_name, timestamp_ns, info)


def to_hs01(histogram: Histogram, source_name: str, timestamp_ns: int, *, info: str | None = None) -> bytes:
    """Encode as `hs01`: counts, errors, and edges with unit and label for each dimension.

    Parameters
    ----------
    histogram
        With one axis at least. Values that are not counts lose their unit: there is no place for it.
    source_name, timestamp_ns
        As in `to_da00`.
    info
        Free text, JSON by convention; without it, the fates of a snapshot's events.

    Raises
    ------
    EncodeError
        If an axis has categories.
    """
    return _histogram("hs01", histogram, source_name, timestamp_ns, info)


def _histogram(
    schema: Literal["hs00", "hs01"], histogram: Histogram, source_name: str, timestamp_ns: int, info: str | None
) -> bytes:
    make = schemas.SCHEMAS[schema].classes[f"livedata.{schema}.DimensionMetaData"]
    if any(axis.categories is not None for axis in histogram.axes) or not histogram.axes:
        raise EncodeError(f"{histogram!r} cannot be sent; expected axes with edges, or use da00", schema=schema)
    dimensions = tuple(
        make(length=axis.n, unit=axis.unit or "", label=axis.name, bin_boundaries=axis.edges) for axis in histogram.axes
    )
    ledger: Any = getattr(histogram, "ledger", None)
    if info is None and ledger is not None:
        info = json.dumps({"ledger": ledger.to_dict()})
    message = schemas.message_class(schema)(
        source=source_name,
        timestamp=timestamp_ns,
        dim_metadata=dimensions,
        data=_unsigned(histogram.array) if schema == "hs00" else histogram.array,
        errors=histogram.errors(),
        info=info,
    )
    return schemas.encode(message)


def _unsigned(values: NDArray[Any]) -> NDArray[Any]:
    """Return values of a kind that `hs00` has."""
    if values.dtype.kind == "f":
        return values
    return values.astype(np.float64 if values.size and values.min() < 0 else np.uint64)


def _dims(histogram: Histogram) -> tuple[str, ...]:
    return tuple(axis.name or f"dim_{i}" for i, axis in enumerate(histogram.axes))


def _coordinates(axis: Axis) -> list[dict[str, Any]]:
    """Return what tells the bins of an axis."""
    told: dict[str, Any] = {"name": axis.name, "unit": axis.unit, "axes": (axis.name,)}
    if axis.categories is None:
        return [{**told, "data": axis.edges}]
    if any(isinstance(c, str) for c in axis.categories):
        return [{"name": f"{axis.name}_categories", "data": json.dumps(axis.categories)}]
    return [{**told, "data": np.array(axis.categories, np.int64)}]
