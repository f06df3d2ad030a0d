"""Python and NumPy values made exactly into what the wire holds, or refused."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sized
from typing import Any, cast

import numpy as np

from ..errors import EncodeError
from .layout import Kind
from .rows import Rows

_INSTEAD = {
    "b": "give array.astype('uint8')",
    "f": "give array.astype('float32') or 'float64'",
    "c": "give .real and .imag as two arrays",
    "M": "give array.astype('datetime64[ns]').astype('int64')",
    "m": "give array.astype('timedelta64[ns]').astype('int64')",
    "U": "give one text, a str",
    "S": "give one text, a str",
}


def instead(dtype: np.dtype[Any]) -> str:
    """Return what to give in place of numbers of a dtype that has no place on the wire."""
    return _INSTEAD.get(dtype.kind, "give an array of numbers")


def length(values: Any) -> int:
    """Return the number of elements of a list; 0 for one that is not there, and for what is none."""
    return len(values) if isinstance(values, Sized) else 0


def exact_array(value: Any, dtype: np.dtype[Any], *, schema: str, path: str) -> np.ndarray[Any, Any]:
    """Return a value as a contiguous one-dimensional array of a dtype.

    Parameters
    ----------
    value
        An array or sequence of numbers, shape (n,). Integers of any width are taken if all of them fit; floats are
        rounded to a narrower float, never to an integer.
    dtype
        The wire's dtype.
    schema, path
        For the error.

    Raises
    ------
    EncodeError
        If the values cannot be represented.
    """
    if type(value) is np.ndarray and value.dtype == dtype and value.ndim == 1 and value.flags.c_contiguous:
        return value
    try:
        array = np.asarray(value)
    except (ValueError, TypeError, OverflowError) as error:
        raise EncodeError(f"not an array of numbers: {error}", schema=schema, path=path) from None
    if array.ndim != 1:
        raise EncodeError(f"an array of shape {array.shape}, expected one dimension", schema=schema, path=path)
    if array.size == 0:
        return np.zeros(0, dtype)
    problem = _misfit(array, dtype)
    if problem:
        raise EncodeError(problem, schema=schema, path=path)
    with np.errstate(over="ignore"):
        return np.ascontiguousarray(array, dtype)


def _misfit(array: np.ndarray[Any, Any], dtype: np.dtype[Any]) -> str:
    """Return why an array that is not empty cannot be of a dtype; an empty text when it can."""
    kind, wanted = array.dtype.kind, dtype.kind
    if kind in "iu" and wanted in "iu":
        limits = np.iinfo(dtype)
        low, high = int(array.min()), int(array.max())
        if low >= limits.min and high <= limits.max:
            return ""
        return f"{low if low < limits.min else high} is not {dtype}, which goes from {limits.min} to {limits.max}"
    if kind == "f" and wanted == "f":
        finite = np.abs(array[np.isfinite(array)])
        if finite.size == 0 or finite.max() <= np.finfo(dtype).max:
            return ""
        return f"{finite.max()} is larger than any {dtype}"
    if kind in "iu" and wanted == "f" and dtype.itemsize == 8:
        return ""
    if array.dtype == dtype:
        return ""
    rounded = f"round them and give array.astype('{dtype}')" if kind == "f" and wanted in "iu" else instead(array.dtype)
    return f"{array.dtype} values, expected {dtype}; {rounded}"


def member_value(kinds: Mapping[Kind, int], value: object, *, schema: str, path: str) -> tuple[int, object]:
    """Return the code of the union member of exactly a value's type, and the value made ready for it.

    Parameters
    ----------
    kinds
        Code of each kind of value.
    value
        A NumPy scalar or array, a Python number (`int` is int64, or uint64 beyond it; `float` float64), a text, or a
        sequence of texts or numbers.

    Raises
    ------
    EncodeError
        If no member has this type.
    """
    kind, ready = _kind(value)
    code = kinds.get(kind)
    if code is None:
        known = ", ".join(_in_words(known) for known in kinds)
        raise EncodeError(
            f"no kind of value for {value!r:.60}, {_in_words(kind)}; expected {known}", schema=schema, path=path
        )
    return code, ready


def _in_words(kind: Kind) -> str:
    n_dimensions, code = kind
    name = code if code in ("text", "object") else np.dtype(code).name
    if n_dimensions < 2:
        return f"{name} array" if n_dimensions else name
    return f"{n_dimensions}-dimensional {name} array"


def _kind(value: object) -> tuple[Kind, object]:
    if isinstance(value, str):
        return (0, "text"), value
    # A message holds texts in a tuple, even when there are none of them, and numbers in an array.
    may_be_texts = isinstance(value, tuple | Rows) or (isinstance(value, list) and value)
    if may_be_texts and all(isinstance(v, str) for v in cast(Iterable[Any], value)):
        return (1, "text"), tuple(cast(Iterable[Any], value))
    try:
        array = np.asarray(value)
    except (ValueError, TypeError, OverflowError):
        return (0, "object"), None
    if array.dtype.byteorder == ">":
        array = array.astype(array.dtype.newbyteorder("<"))
    code = "object" if array.dtype.kind == "O" else array.dtype.str
    return (array.ndim, code), array if array.ndim else array.item()
