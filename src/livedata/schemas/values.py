"""Python and NumPy values made exactly into what the wire holds, or refused."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from ..errors import EncodeError
from .layout import Field, Scalar, Text, Type, Vector


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
    if not _fits(array, dtype):
        raise EncodeError(f"{array.dtype} values do not all fit {dtype}", schema=schema, path=path)
    with np.errstate(over="ignore"):
        return np.ascontiguousarray(array, dtype)


def _fits(array: np.ndarray[Any, Any], dtype: np.dtype[Any]) -> bool:
    kind, wanted = array.dtype.kind, dtype.kind
    if kind in "iu" and wanted in "iu":
        limits = np.iinfo(dtype)
        return int(array.min()) >= limits.min and int(array.max()) <= limits.max
    if kind == "f" and wanted == "f":
        finite = np.abs(array[np.isfinite(array)])
        return bool(finite.size == 0 or finite.max() <= np.finfo(dtype).max)
    if kind in "iu" and wanted == "f":
        return bool(dtype.itemsize == 8)
    return bool(array.dtype == dtype)


def member_value(bare: Mapping[int, Field], value: object, *, schema: str, path: str) -> tuple[int, object]:
    """Return the code of the union member of exactly a value's type, and the value made ready for it.

    Parameters
    ----------
    bare
        The single field of each member, by code.
    value
        A NumPy scalar or array, a Python number (`int` is int64, or uint64 beyond it; `float` float64), a text, or a
        sequence of texts or numbers.

    Raises
    ------
    EncodeError
        If no member has this type.
    """
    wanted, ready = _type_key(value)
    for code, field in bare.items():
        if wanted == _field_key(field.type):
            return code, ready
    what = f"{wanted[1]} {wanted[0]}" if wanted[0] else type(value).__name__
    raise EncodeError(f"no kind of value for {what}: {value!r:.60}", schema=schema, path=path)


def _field_key(type_: Type) -> tuple[str, str]:
    inner = type_.of if isinstance(type_, Vector) else type_
    name = "text" if isinstance(inner, Text) else inner.dtype.str if isinstance(inner, Scalar) else ""
    return ("array" if isinstance(type_, Vector) else "scalar", name)


def _type_key(value: object) -> tuple[tuple[str, str], object]:
    if isinstance(value, str):
        return ("scalar", "text"), value
    if isinstance(value, tuple | list) and value and all(isinstance(v, str) for v in value):
        return ("array", "text"), tuple(value)
    try:
        array = np.asarray(value)
    except (ValueError, TypeError, OverflowError):
        return ("", ""), None
    dtype = array.dtype.newbyteorder("<") if array.dtype.byteorder == ">" else array.dtype
    if array.ndim == 0:
        return ("scalar", dtype.str), array.item()
    return ("array" if array.ndim == 1 else f"{array.ndim}-dimensional", dtype.str), array.astype(dtype, copy=False)
