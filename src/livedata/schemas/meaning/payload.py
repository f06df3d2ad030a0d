"""Arrays as `da00` and the image schemas carry them: raw bytes, type and shape on the wire, one value in a message."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence, Sized
from dataclasses import dataclass
from typing import Any

import numpy as np

from ...errors import EncodeError
from ..message import Message
from ..values import instead, length
from . import Charge, Values

NUMBERS = ("int8", "uint8", "int16", "uint16", "int32", "uint32", "int64", "uint64", "float32", "float64")
TEXT = "c_string"
NOTHING = "none"
MAX_DIMENSIONS = 32
"""NumPy before 2.0 allows no more."""

_NAMES = {np.dtype(name).newbyteorder("<").str: name for name in NUMBERS}


@dataclass(frozen=True, slots=True)
class Payload:
    """Names of the fields that belong together, and what the type codes stand for.

    What a message holds is, for numbers, a read-only view on the message's bytes: of the wire's dtype and shape, not
    aligned when the bytes are not (`numpy.require` makes an aligned copy); for ``c_string`` a `str`. Bytes that do not
    agree with type and shape stay an array of uint8, shape (n,).
    """

    data: str
    type: str
    names: tuple[str, ...]
    """Name of the element type for each code, from 0: NumPy's, ``c_string`` or ``none``."""
    shape: str = ""
    """Field with the length along each dimension, slowest first; without one there is at most one dimension."""
    axes: str = ""
    """Field with the names of the dimensions."""

    def to_array(self, values: Values, charge: Charge) -> None:
        """Put the shaped array, or the text, in place of the bytes."""
        raw, name = values[self.data], self.name(values[self.type])
        if name == TEXT:
            charge(raw.nbytes)
            values[self.data] = self._text(raw)
        elif name is not None and name != NOTHING:
            array = self._array(raw, np.dtype(name), values)
            values[self.data] = raw if array is None else array

    def name(self, code: object) -> str | None:
        """Return the name of an element type, None when there is none of this code."""
        return self.names[code] if isinstance(code, int) and 0 <= code < len(self.names) else None

    def _text(self, raw: np.ndarray[Any, Any]) -> Any:
        data = raw.tobytes()
        if not self.shape:
            # The areaDetector plug-in sends the terminator along. `_encoded` keeps a text that ends in one.
            data = data.removesuffix(b"\0")
        try:
            return data.decode("utf-8")
        except UnicodeDecodeError:
            return raw

    def _array(self, raw: np.ndarray[Any, Any], dtype: np.dtype[Any], values: Values) -> Any:
        if raw.nbytes % dtype.itemsize:
            return None
        n = raw.nbytes // dtype.itemsize
        if not self.shape:
            flat = raw.view(dtype)
            return flat[0] if n == 1 else flat
        shape = lengths(values[self.shape])
        if shape is None:
            return None
        if self._is_byte_count(shape, dtype, n, values):
            shape = ()
        if not fits(shape, n, dtype.itemsize):
            return None
        return raw.view(dtype).reshape(shape)

    def _is_byte_count(self, shape: tuple[int, ...], dtype: np.dtype[Any], n: int, values: Values) -> bool:
        """Tell whether this is a plain Python number as `ess-streaming-data-types` writes it: its size for a shape."""
        return bool(self.axes) and length(values[self.axes]) == 0 and n == 1 and shape == (dtype.itemsize,)

    def to_bytes(self, values: Values, strict: bool) -> None:
        """Put the bytes in place of the array or text, and complete its type and shape.

        Raises
        ------
        EncodeError
            If the wire has no such element type, or type, shape and axes given beside the data are others.
        """
        given = values[self.data]
        data: Any
        if isinstance(given, str):
            name, data = TEXT, self._encoded(given)
            shape: tuple[int, ...] = (data.size,)
        else:
            array = as_array(given, self.data)
            name, shape, data = self._listed(array, values), array.shape, _raw(array)
        self._complete(values, name, shape, strict)
        values[self.data] = data

    def _encoded(self, text: str) -> np.ndarray[Any, Any]:
        if not self.shape and text.endswith("\0"):
            text += "\0"
        try:
            return np.frombuffer(text.encode("utf-8"), np.uint8)
        except UnicodeEncodeError as error:
            raise EncodeError(f"the text is not Unicode: {error.reason}") from None

    def _listed(self, array: np.ndarray[Any, Any], values: Values) -> str:
        name = _NAMES.get(array.dtype.str)
        if name is None or name not in self.names:
            listed = ", ".join(name for name in self.names if name != NOTHING)
            raise EncodeError(f"{self.data} is {array.dtype}, expected one of {listed}; {instead(array.dtype)}")
        if not self.shape and array.ndim > 1:
            raise EncodeError(
                f"{self.data} has shape {array.shape}, but nothing here tells a shape; give array.ravel()"
            )
        if array.ndim > MAX_DIMENSIONS:
            raise EncodeError(f"{self.data} has {array.ndim} dimensions, at most {MAX_DIMENSIONS} can be read back")
        is_empty_of_none = array.size == 0 and name == "uint8" and self.name(values[self.type]) == NOTHING
        return NOTHING if is_empty_of_none else name

    def _complete(self, values: Values, name: str, shape: tuple[int, ...], strict: bool) -> None:
        if values[self.type] is None:
            values[self.type] = self.names.index(name)
        elif strict and self.name(values[self.type]) != name:
            told = self.name(values[self.type])
            raise EncodeError(f"{self.type} {values[self.type]} means {told}, but {self.data} is {name}; leave it out")
        if not self.shape:
            return
        if values[self.shape] is None:
            values[self.shape] = np.array(shape, np.int64)
        elif strict and name != NOTHING:
            self._compare(values, name, shape)

    def _compare(self, values: Values, name: str, shape: tuple[int, ...]) -> None:
        told = lengths(values[self.shape])
        if told == shape or (name == TEXT and told is not None and size_of(told) == size_of(shape)):
            return
        if told is not None and name != TEXT:
            dtype = np.dtype(name)
            if shape == () and self._is_byte_count(told, dtype, 1, values):
                return
        raise EncodeError(
            f"{self.shape} is {brief(values[self.shape])}, but {self.data} has shape {shape}; leave {self.shape} out"
        )

    def remarks(self, table: Message) -> Iterator[str]:
        """Tell how data, type and shape of one table, as it was read, contradict each other."""
        data, name = getattr(table, self.data), self.name(getattr(table, self.type))
        shape = getattr(table, self.shape) if self.shape else None
        if name is None:
            # A number without a name is remarked upon for every enum alike.
            return
        if name == NOTHING:
            if np.size(data):
                yield f"{self.type} is none, but {self.data} holds {np.size(data)} bytes; expected nothing"
        elif shape is not None and (shape.astype(np.int64) < 0).any():
            yield f"{self.shape} is {brief(shape)}; expected no negative length"
        elif isinstance(data, str):
            n_bytes = len(data.encode("utf-8"))
            told = None if shape is None else lengths(shape)
            if shape is not None and (told is None or size_of(told) != n_bytes):
                yield f"{self.shape} is {brief(shape)} for a text of {n_bytes} bytes; expected [{n_bytes}]"
        elif name == TEXT:
            yield f"{self.data} is said to be text, but its {data.size} bytes are not UTF-8"
        elif data.dtype.name != name or (shape is not None and data.ndim == 1 and lengths(shape) != data.shape):
            yield self._contradiction(data, name, shape)

    def _contradiction(self, data: np.ndarray[Any, Any], name: str, shape: np.ndarray[Any, Any] | None) -> str:
        size = np.dtype(name).itemsize
        if shape is None or data.nbytes % size:
            return f"{self.data} holds {data.nbytes} bytes; expected a multiple of {size}, because it is {name}"
        if len(shape) > MAX_DIMENSIONS:
            return f"{self.shape} has {len(shape)} lengths; expected at most {MAX_DIMENSIONS}"
        return (
            f"{self.shape} is {brief(shape)}, but {self.data} holds {data.nbytes // size} elements of {name}; "
            "expected the product of the lengths"
        )


def lengths(shape: Any) -> tuple[int, ...] | None:
    """Return a shape as Python numbers; None for one that no array can have."""
    if not isinstance(shape, Sized) or len(shape) > MAX_DIMENSIONS:
        return None
    numbers = tuple(np.asarray(shape).tolist())
    return None if any(not isinstance(n, int) or n < 0 for n in numbers) else numbers


def size_of(shape: tuple[int, ...]) -> int:
    """Return the number of elements, however large."""
    return math.prod(shape)


def fits(shape: tuple[int, ...], n: int, itemsize: int) -> bool:
    """Tell whether `n` elements have this shape, and NumPy can count its bytes even if a length of 0 makes it empty."""
    return math.prod(shape) == n and math.prod(length for length in shape if length) * itemsize < 2**63


def as_array(given: Any, name: str) -> np.ndarray[Any, Any]:
    """Return what a field was given as a little-endian array.

    Raises
    ------
    EncodeError
        If it is none.
    """
    try:
        array = np.asarray(given)
    except (ValueError, TypeError, OverflowError) as error:
        raise EncodeError(f"{name} is not an array of numbers: {error}") from None
    return array.astype(array.dtype.newbyteorder("<")) if array.dtype.byteorder == ">" else array


def random_array(rng: np.random.Generator, n_dimensions: int, dtypes: Sequence[str]) -> np.ndarray[Any, Any]:
    """Return an array of small whole numbers, of one of these dtypes and a small shape."""
    shape = tuple(rng.integers(0, 5, n_dimensions).tolist())
    return rng.integers(0, 100, shape).astype(dtypes[int(rng.integers(len(dtypes)))])


def quoted(text: str | None) -> str:
    """Return a text from the wire in quotes, cut short when it is long."""
    return "without name" if text is None else repr(text if len(text) <= 40 else text[:39] + "…")


def brief(values: Any) -> str:
    """Return numbers as text, only the first of many."""
    if not isinstance(values, Sequence | np.ndarray):
        return f"{values!r:.60}"
    shown = np.asarray(values[:8]).tolist()
    return f"[{', '.join(map(str, shown))}{', …' if len(values) > len(shown) else ''}]"


def _raw(array: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    if array.size == 0:
        return np.zeros(0, np.uint8)
    return np.ascontiguousarray(array).reshape(-1).view(np.uint8)
