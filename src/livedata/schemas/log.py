"""`f144`: one sample of a process variable, decoded and encoded fast."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from struct import Struct as Packing
from struct import error as PackingError
from struct import pack_into
from typing import Any, ClassVar, cast

import numpy as np

from .fast import decode_known
from .flat import places
from .layout import Scalar, Union, Vector
from .message import Message
from .read import Buffer
from .registry import SCHEMAS
from .write import MAX_SIZE, encode_as

Sample = np.number[Any] | np.ndarray[Any, np.dtype[np.number[Any]]]

_PUT_LONG = Packing("<q").pack_into
_PUT_COUNT = Packing("<I").pack_into
_PLAIN_KINDS = {int: np.dtype("<i8"), float: np.dtype("<f8")}


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class F144(Message):
    """One sample of a process variable."""

    SCHEMA: ClassVar[str] = "f144"
    TABLE: ClassVar[str] = "livedata.f144.f144_LogData"

    source_name: str
    """Name of the process variable or device."""
    timestamp: int
    """Time of the sample at its source, ns since 1970 UTC."""
    value: Sample
    """The sample as a NumPy scalar, or an array of shape (n,), of the wire's dtype."""


def decode_f144(message: Buffer) -> F144:
    """Verify and decode an `f144` message; the same result as `decode`.

    Raises
    ------
    DecodeError
        If it is not a sound message of this schema.
    """
    return cast(F144, decode_known(b"f144", message))


@lru_cache(maxsize=4096)
def _template(source_name: str, dtype: np.dtype[Any], *, is_array: bool) -> tuple[bytes, int, int, str]:
    """Return a message of this kind, and where its time and its number (or the count of its array) stand."""
    schema = SCHEMAS["f144"]
    sample = np.zeros(0, dtype) if is_array else dtype.type(1)
    message = encode_as(schema, F144(source_name, 1, sample))
    where = places(schema.root, message)
    union = schema.fields["value"].type
    assert isinstance(union, Union)
    bare = schema.layout.bare[union.name] or {}
    code, _ = schema.union_member(union, sample, "value")
    member = union.member(code)
    assert member is not None
    at = where["value"]
    table = at + int.from_bytes(message[at : at + 4], "little")
    inner = places(schema.layout.tables[member.table], message, table)[bare[code].name]
    type_ = bare[code].type
    of = type_.of if isinstance(type_, Vector) else type_
    assert isinstance(of, Scalar)
    return message, where["timestamp"], len(message) - 4 if is_array else inner, "<" + of.code


def encode_f144(source_name: str, timestamp: int, value: Sample | float | list[float]) -> bytes:
    """Encode one sample; the same bytes as `encode`.

    Parameters
    ----------
    source_name
        Name of the process variable or device.
    timestamp
        ns since 1970 UTC.
    value
        A NumPy scalar or one-dimensional array, whose dtype goes on the wire; `int` counts as int64, `float` as
        float64.

    Raises
    ------
    EncodeError
        If the schema has no such value: texts, truth values, complex numbers, more than one dimension.
    """
    dtype: Any = _PLAIN_KINDS.get(type(value)) or getattr(value, "dtype", None)
    is_array = type(value) is np.ndarray
    usual = type(source_name) is str and type(timestamp) is int and timestamp != 0 and dtype is not None
    if not usual or dtype.kind not in "iuf" or dtype.itemsize > 8 or not dtype.isnative:
        return _encode_plain(source_name, timestamp, value)
    try:
        if is_array:
            array: Any = value
            if array.ndim != 1 or not array.flags.c_contiguous or array.nbytes > MAX_SIZE // 2:
                return _encode_plain(source_name, timestamp, value)
            template, time_place, place, _ = _template(source_name, dtype, is_array=True)
            out = bytearray(template)
            _PUT_COUNT(out, place, array.size)
            _PUT_LONG(out, time_place, timestamp)
            return b"".join((out, array))
        # A zero is left out of the message, which is then shorter.
        if value == 0:
            return _encode_plain(source_name, timestamp, value)
        template, time_place, place, code = _template(source_name, dtype, is_array=False)
        out = bytearray(template)
        _PUT_LONG(out, time_place, timestamp)
        pack_into(code, out, place, value)
        return bytes(out)
    except (PackingError, OverflowError):
        return _encode_plain(source_name, timestamp, value)


def _encode_plain(source_name: str, timestamp: int, value: Any) -> bytes:
    return encode_as(SCHEMAS["f144"], F144(source_name, timestamp, value), strict=True)
