"""Results as messages: `hs00`, `hs01` and `da00`."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..schemas import encode, message_class
from .result import Dim, Result

Info = Mapping[str, Any]


def encode_result(schema: str, result: Result, *, source: str, time_ns: int, info: Info) -> bytes:
    """Return the message of a result.

    Parameters
    ----------
    schema
        ``hs00``, ``hs01`` or ``da00``.
    result
        What was counted.
    source
        Name of who counted.
    time_ns
        The time that the result stands for, ns since 1970.
    info
        What else is said of it; JSON on the wire.
    """
    return _ENCODERS[schema](result, source, time_ns, json.dumps(info, ensure_ascii=False))


def _encode_hs(schema: str, counts: type[np.generic], result: Result, source: str, time_ns: int, info: str) -> bytes:
    parts = _parts(schema)
    dims = tuple(
        parts["DimensionMetaData"](length=dim.n, unit=dim.unit, label=dim.label, bin_boundaries=dim.edges)
        for dim in result.dims
    )
    values = _whole_or_double(result.values, counts)
    errors = None if result.squares is None else np.sqrt(result.squares)
    return encode(
        message_class(schema)(
            source=source,
            timestamp=time_ns,
            dim_metadata=dims,
            current_shape=np.array(values.shape),
            data=values,
            errors=errors,
            info=info,
        )
    )


def _encode_hs00(*content: Any) -> bytes:
    return _encode_hs("hs00", np.uint64, *content)


def _encode_hs01(*content: Any) -> bytes:
    return _encode_hs("hs01", np.int64, *content)


def _encode_da00(result: Result, source: str, time_ns: int, info: str) -> bytes:
    variable = _parts("da00")["da00_Variable"]
    axes = tuple(dim.name for dim in result.dims)
    variables = [variable(name="signal", unit=result.unit, axes=axes, data=np.ascontiguousarray(result.values))]
    if result.squares is not None:
        variables.append(variable(name="errors", unit=result.unit, axes=axes, data=np.sqrt(result.squares)))
    variables += [_edges(variable, dim) for dim in result.dims]
    for name, ns in (("start_time", result.first_ns), ("time", result.last_ns)):
        if ns is not None:
            variables.append(variable(name=name, unit="datetime64[ns]", axes=(), data=np.array(ns, np.int64)))
    variables.append(variable(name="info", axes=(), data=info))
    return encode(message_class("da00")(source_name=source, timestamp=time_ns, data=tuple(variables)))


def _edges(variable: Callable[..., Any], dim: Dim) -> Any:
    return variable(name=dim.name, unit=dim.unit or None, label=dim.label or None, axes=(dim.name,), data=dim.edges)


def _whole_or_double(values: NDArray[Any], counts: type[np.generic]) -> NDArray[Any]:
    """Return counts as the schema writes whole numbers; anything else as double."""
    return (
        values.astype(counts, copy=False)
        if values.dtype.kind in "iu" and (values.size == 0 or values.min() >= 0)
        else values
    )


def _parts(schema: str) -> Mapping[str, Callable[..., Any]]:
    """Return the classes of a schema's tables by their names without namespace."""
    from ..schemas import SCHEMAS

    return {name.rpartition(".")[2]: kind for name, kind in SCHEMAS[schema].classes.items()}


_ENCODERS: Mapping[str, Callable[..., bytes]] = {"hs00": _encode_hs00, "hs01": _encode_hs01, "da00": _encode_da00}
