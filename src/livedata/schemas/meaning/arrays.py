"""`da00`: named arrays with dimension names."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from ..message import Message
from . import Meaning, Values
from .payload import NOTHING, NUMBERS, TEXT, Payload, lengths, quoted, random_array

_ARRAY = Payload("data", "data_type", (NOTHING, *NUMBERS, TEXT), shape="shape", axes="axes")


def _remarks(message: Message) -> Iterator[str]:
    seen: set[str] = set()
    for i, variable in enumerate(message.data):
        for remark in _ARRAY.remarks(variable):
            yield f"data[{i}] ({quoted(variable.name)}): {remark}"
        if variable.name in seen:
            yield f"data[{i}] has the name {quoted(variable.name)} of an earlier one; expected a name of its own"
        seen.add(variable.name)
    signal = next((v for v in message.data if v.name == "signal"), None)
    if signal is not None and _has_dimensions(signal):
        yield from _beside(signal, message.data)


def _has_dimensions(variable: Message) -> bool:
    data: Any = variable.data
    return isinstance(data, np.ndarray) and len(variable.axes) == data.ndim and data.shape == lengths(variable.shape)


def _beside(signal: Message, variables: tuple[Message, ...]) -> Iterator[str]:
    """Compare the other arrays with the main one: errors have its shape, coordinates its lengths or one more."""
    known = dict(zip(signal.axes, signal.data.shape, strict=True))
    for i, variable in enumerate(variables):
        if variable is signal or not _has_dimensions(variable):
            continue
        shape = variable.data.shape
        if variable.name == "errors" and shape != signal.data.shape:
            yield f"data[{i}] ('errors') has shape {shape}, the signal {signal.data.shape}; expected the same"
        elif len(known.keys() & set(variable.axes)) == len(variable.axes):
            for axis, length in zip(variable.axes, shape, strict=True):
                if length not in (known[axis], known[axis] + 1):
                    yield (
                        f"data[{i}] ({quoted(variable.name)}) has length {length} along {quoted(axis)}, "
                        f"the signal {known[axis]}; expected as many points or one edge more"
                    )


def _example(values: Values, rng: np.random.Generator | None) -> None:
    if "data" not in values:
        values["data"] = (
            np.arange(6.0).reshape(2, 3) if rng is None else random_array(rng, int(rng.integers(0, 4)), NUMBERS)
        )
    n = 0 if isinstance(values["data"], str) else np.ndim(values["data"])
    values.setdefault("axes", tuple("zyx"[-n:] if n <= 3 else map(str, range(n))) if n else ())
    values.setdefault("data_type", None)
    values.setdefault("shape", None)


def _example_root(values: Values, rng: np.random.Generator | None) -> None:
    n = 1 if rng is None else int(rng.integers(0, 4))
    values.setdefault("data", tuple({"name": "signal" if n == 1 else f"variable {i}"} for i in range(n)))


MEANING = Meaning(
    shape={"da00_Variable": _ARRAY.to_array},
    flatten={"da00_Variable": _ARRAY.to_bytes},
    derived={"da00_Variable": ("data_type", "shape")},
    check=_remarks,
    example={"da00_DataArray": _example_root, "da00_Variable": _example},
)
