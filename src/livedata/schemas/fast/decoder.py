"""Decoding, the fast way first: functions made from the same layout description as the plain way.

A fast decoder only accepts. Whatever it is not sure of it leaves to the plain decoder, which decides and explains.
"""

from __future__ import annotations

from collections.abc import Callable
from struct import Struct as Packing
from struct import error as PackingError
from typing import Any

from ..cursor import Data
from ..message import Message
from ..read import Buffer, as_bytes, decode_as, open_message
from ..registry import SCHEMAS, Schema
from .budget import Unusual, budgets_for
from .code import write_table
from .source import Source

Decoder = Callable[[Data], Message | None]

_U32 = Packing("<I").unpack_from
# Made when a schema is first met, by identifier.
_OF_BYTES: dict[bytes, tuple[Schema, Decoder]] = {}
_OF_VIEWS: dict[bytes, tuple[Schema, Decoder]] = {}

_OUTSIDE = (PackingError, IndexError, ValueError, KeyError, Unusual)
"""What reading outside the message, or of something that is not sound, ends with."""


def decode(message: Buffer) -> Message:
    """Verify a message and return its content.

    Parameters
    ----------
    message
        One whole message. Arrays of the result are views on it: zero-copy, read-only, valid as long as they live.

    Returns
    -------
    :
        An instance of the schema's message class. Content is not judged, see `check` for that.

    Raises
    ------
    DecodeError
        If the message is not sound, or of no known schema. Nothing else, whatever the bytes.
    """
    if type(message) is bytes:
        data: Data = message
        known = _OF_BYTES.get(message[4:8]) or _meet(data)
    else:
        data = as_bytes(message)
        known = _OF_VIEWS.get(bytes(data[4:8])) or _meet(data)
    schema, fast = known
    found = fast(data)
    return decode_as(schema, data) if found is None else found


def decode_known(identifier: bytes, message: Buffer) -> Any:
    """Verify and decode a message that is expected to be of one schema; as `decode`.

    Raises
    ------
    DecodeError
        If it is not a sound message of this schema.
    """
    data = message if type(message) is bytes else as_bytes(message)
    if data[4:8] != identifier:
        return decode_as(SCHEMAS[identifier.decode("ascii")], data)
    return decode(data)


def _meet(data: Data) -> tuple[Schema, Decoder]:
    """Make the fast decoder of a schema that is met for the first time."""
    schema, _ = open_message(data)
    is_view = type(data) is not bytes
    known = schema, fast_decoder(schema, for_views=is_view)
    (_OF_VIEWS if is_view else _OF_BYTES)[schema.id.encode("ascii")] = known
    return known


def fast_decoder(schema: Schema, *, for_views: bool = False) -> Decoder:
    """Make the fast decoder of a schema, for messages in `bytes` or, slightly slower, in any read-only memory.

    Returns
    -------
    :
        A function from a message that claims to be of this schema to its content; None when it is unusual or unsound.
    """
    source = Source(schema, for_views=for_views)
    function = write_table(source, schema.root)
    exec(compile(source.text, f"<{schema.id}>", "exec"), source.names)  # noqa: S102  made from our own description alone
    root = source.names[function]

    def decode(data: Data) -> Message | None:
        end = len(data)
        try:
            (at,) = _U32(data, 0)
            found: Message | None = root(data, end, at, 0, budgets_for(end)) if at else None
        except _OUTSIDE:
            return None
        return found

    return decode
