"""The source name of a message without the rest, to find its stream before decoding it."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

from .flat import text_reader
from .read import Buffer, as_bytes, identify, source_in
from .registry import schema_for


@cache
def _reader(schema_id: str) -> Callable[[bytes | memoryview], str | None] | None:
    schema = schema_for(schema_id)
    return None if schema.source_field is None else text_reader(schema.root, schema.source_field)


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
    schema_id = identify(data)
    reader = _reader(schema_id)
    name = reader(data) if reader is not None else None
    return source_in(schema_for(schema_id), data) if name is None else name
