"""The source name of a message without the rest, to find its stream before decoding it."""

from __future__ import annotations

from collections.abc import Callable

from .cursor import Data
from .flat import text_reader
from .read import Buffer, as_bytes, open_message, source_in
from .registry import Schema

Reading = Callable[[Data], str | None]

# Made when a schema is first met, by identifier; None for schemas whose messages name no stream.
_READERS: dict[bytes, tuple[Schema, Reading | None]] = {}


def _meet(data: Data) -> tuple[Schema, Reading | None]:
    schema, _ = open_message(data)
    field = schema.source_field
    known = schema, None if field is None else text_reader(schema.root, field)
    _READERS[schema.id.encode("ascii")] = known
    return known


def source_of(message: Buffer) -> str:
    """Return the name that, with the topic, says which stream a message belongs to.

    Parameters
    ----------
    message
        One whole message. Only what leads to the name is verified.

    Returns
    -------
    :
        Empty when the name is absent, or the schema has none (commands, heartbeats).

    Raises
    ------
    DecodeError
        If the message is of no known schema, or not sound on the way to the name.
    """
    data = message if type(message) is bytes else as_bytes(message)
    schema, read = _READERS.get(bytes(data[4:8])) or _meet(data)
    if read is None:
        return ""
    name = read(data)
    return source_in(schema, data) if name is None else name
