"""`ev44`, the busiest schema: neutron events, decoded and encoded fast, and what may be odd about their content."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from struct import Struct as Packing
from struct import error as PackingError
from typing import Any, ClassVar, cast

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .fast import decode_known
from .flat import places
from .layout import Scalar, Vector
from .message import Message, empty_array
from .read import Buffer
from .registry import SCHEMAS
from .values import exact_array
from .write import MAX_SIZE, encode_as

_PUT_COUNT = Packing("<I").pack
_PUT_OFFSET = Packing("<I").pack_into
_PUT_LONG = Packing("<q").pack_into


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Ev44(Message):
    """Events of one or more pulses from one source.

    Arrays are read-only views on the message they were decoded from. Content is not judged: see `check`.
    """

    SCHEMA: ClassVar[str] = "ev44"
    TABLE: ClassVar[str] = "livedata.ev44.Event44Message"

    source_name: str
    """Detector bank, monitor or program that the events come from."""
    message_id: int
    """Running number per source; several producers leave it at 0, so it is no identity."""
    reference_time: NDArray[np.int64]
    """Time of each pulse, ns since 1970 UTC, shape (pulse,). Neither sorted nor unique."""
    reference_time_index: NDArray[np.int32]
    """First event of each pulse, shape (pulse,)."""
    time_of_flight: NDArray[np.int32] = field(default_factory=lambda: empty_array(np.dtype("<i4")))
    """Time of arrival of each event after its pulse's reference time, ns, shape (event,)."""
    pixel_id: NDArray[np.int32] = field(default_factory=lambda: empty_array(np.dtype("<i4")))
    """Detector element of each event, shape (event,), or empty when the source has a single element."""


def decode_ev44(message: Buffer) -> Ev44:
    """Verify and decode an `ev44` message; zero-copy, the same result as `decode`.

    Raises
    ------
    DecodeError
        If it is not a sound message of this schema.
    """
    return cast(Ev44, decode_known(b"ev44", message))


@lru_cache(maxsize=1024)
def _opening(source_name: str) -> tuple[bytes, int, tuple[tuple[int, np.dtype[Any], str], ...]]:
    """Return all of a message before its vectors, where its id goes, and place, dtype and name of each vector."""
    schema = SCHEMAS["ev44"]
    nothing = empty_array(np.dtype("<i8")), empty_array(np.dtype("<i4"))
    message = encode_as(schema, Ev44(source_name, 0, *nothing))
    where = places(schema.root, message)
    vectors = tuple(
        (where[f.name], f.type.of.dtype, f.name)
        for f in schema.root.fields
        if isinstance(f.type, Vector) and isinstance(f.type.of, Scalar)
    )
    at = where["source_name"]
    start = at + int.from_bytes(message[at : at + 4], "little")
    end = start + 4 + int.from_bytes(message[start : start + 4], "little") + 1
    return message[:end], where["message_id"], vectors


def encode_ev44(
    source_name: str,
    message_id: int,
    reference_time: ArrayLike,
    reference_time_index: ArrayLike,
    time_of_flight: ArrayLike,
    pixel_id: ArrayLike,
) -> bytes:
    """Encode events; the same bytes as `encode`, at the cost of one copy of the arrays.

    Parameters
    ----------
    source_name, message_id
        As in `Ev44`.
    reference_time, reference_time_index
        Shape (pulse,), int64 ns since 1970 UTC and int32.
    time_of_flight, pixel_id
        Shape (event,), int32. Other integers are converted if they fit. `pixel_id` may be empty.

    Raises
    ------
    EncodeError
        If something does not fit the schema, or lists are not equally long.
    """
    given = (reference_time, reference_time_index, time_of_flight, pixel_id)
    # Hash and equality must not take True for 1, nor a number for a text.
    if type(source_name) is not str or type(message_id) is not int:
        return _encode_plain(source_name, message_id, given)
    try:
        opening, id_place, vectors = _opening(source_name)
        out = bytearray(opening)
        _PUT_LONG(out, id_place, message_id)
        parts: list[Any] = [out]
        size = len(out)
        lengths: list[int] = []
        for (place, dtype, name), values in zip(vectors, given, strict=True):
            array = exact_array(values, dtype, schema="ev44", path=name)
            padding = -size % 4
            padding += (-(size + padding + 4) % dtype.itemsize) if dtype.itemsize > 4 else 0
            size += padding
            _PUT_OFFSET(out, place, size - place)
            parts.append(bytes(padding) + _PUT_COUNT(len(array)))
            parts.append(array)
            size += 4 + array.nbytes
            lengths.append(len(array))
    except PackingError:
        return _encode_plain(source_name, message_id, given)
    n_pulses, n_indices, n_events, n_ids = lengths
    if n_pulses != n_indices or n_ids not in (0, n_events) or size > MAX_SIZE:
        return _encode_plain(source_name, message_id, given)
    return b"".join(parts)


def _encode_plain(source_name: str, message_id: int, given: tuple[ArrayLike, ...]) -> bytes:
    return encode_as(SCHEMAS["ev44"], Ev44(source_name, message_id, *cast(Any, given)), strict=True)
