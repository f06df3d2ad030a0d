"""`hs01`, `hs00`: histograms, whole or in slices."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from ...errors import EncodeError
from ..message import Message
from . import Charge, Meaning, Values
from .payload import as_array, brief, fits, lengths, quoted, random_array

_ARRAYS = ("data", "errors")


def _shape(values: Values, charge: Charge) -> None:
    """Give counts and errors the shape told for both; what has another number of elements stays one-dimensional."""
    shape = lengths(values["current_shape"])
    for name in _ARRAYS:
        array = values[name]
        if array is not None and shape is not None and fits(shape, array.size, array.itemsize):
            values[name] = array.reshape(shape)


def _flatten(values: Values, strict: bool) -> None:
    for name in _ARRAYS:
        if values[name] is not None:
            values[name] = as_array(values[name], name)
    if values["current_shape"] is None:
        if values["data"] is None:
            raise EncodeError("current_shape is None, and there is no data that tells it")
        values["current_shape"] = values["data"].shape
    told = lengths(values["current_shape"])
    for name in _ARRAYS:
        array = values[name]
        if array is None:
            continue
        if strict and array.shape != told:
            raise EncodeError(f"{name} has shape {array.shape}, but current_shape is {brief(values['current_shape'])}")
        values[name] = np.ascontiguousarray(array).reshape(-1)


def _remarks(message: Message) -> Iterator[str]:
    told = message.current_shape
    shape = lengths(told)
    if shape is None:
        yield f"current_shape is {brief(told)}; expected a few lengths, none negative"
        return
    for name in _ARRAYS:
        array = getattr(message, name)
        if array is not None and array.shape != shape:
            yield f"{name} holds {array.size} numbers; expected the product of current_shape {brief(told)}"
    if message.data is None:
        yield "data is absent; expected counts"
    if message.dim_metadata and len(message.dim_metadata) != len(shape):
        yield f"{len(message.dim_metadata)} dim_metadata for {len(shape)} dimensions; expected as many"
        return
    starts = message.offset.tolist() if len(message.offset) == len(shape) else [0] * len(shape)
    for i, dimension in enumerate(message.dim_metadata):
        yield from _remarks_on(f"dim_metadata[{i}] ({quoted(dimension.label)})", dimension, starts[i], shape[i])


def _remarks_on(where: str, dimension: Message, start: int, length: int) -> Iterator[str]:
    edges: Any = dimension.bin_boundaries
    if start < 0 or start + length > dimension.length:
        yield f"{where} has {dimension.length} bins, but this part is {start} to {start + length}; expected inside"
    if edges is None:
        return
    if edges.size != dimension.length + 1:
        yield f"{where} has {dimension.length} bins and {edges.size} boundaries; expected one more than bins"
    if edges.size > 1 and not (edges[1:] > edges[:-1]).all():
        yield f"{where} has boundaries that do not increase"


def _example(values: Values, rng: np.random.Generator | None) -> None:
    if "data" not in values:
        n = 1 if rng is None else int(rng.integers(1, 4))
        values["data"] = np.arange(3.0) if rng is None else random_array(rng, n, ("float32", "float64"))
    shape = np.shape(values["data"])
    labels = "zyx"[-len(shape) :] if len(shape) <= 3 else map(str, range(len(shape)))
    if "dim_metadata" not in values:
        dimensions = zip(shape, labels, strict=True) if shape else ()
        values["dim_metadata"] = tuple({"length": length, "label": label} for length, label in dimensions)
    values.setdefault("errors", None)
    values.setdefault("offset", ())
    values.setdefault("current_shape", None)


def _example_dimension(values: Values, rng: np.random.Generator | None) -> None:
    values.setdefault("length", 3)
    values.setdefault("bin_boundaries", np.arange(values["length"] + 1.0))


MEANING = Meaning(
    shape={"EventHistogram": _shape},
    flatten={"EventHistogram": _flatten},
    derived={"EventHistogram": ("current_shape",)},
    check=_remarks,
    example={"EventHistogram": _example, "DimensionMetaData": _example_dimension},
)
