"""Messages on the wire: bytes to typed messages and back, for every schema with a `.fbs` text.

>>> from livedata import schemas
>>> beat = schemas.x5f2(software_name="demo", process_id=7, update_interval=1000)
>>> schemas.decode(schemas.encode(beat)).software_name
'demo'

Every schema id that is a Python name is the class of its messages here (``schemas.x5f2``); `message_class` finds all of
them (``message_class("6s4t")``). Nothing is read before it is asked for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..errors import DecodeError, EncodeError
from .checking import check
from .columns import decode_columns
from .content import wire
from .events import Ev44, decode_ev44, encode_ev44
from .fast import decode
from .log import F144, decode_f144, encode_f144
from .message import Message, show_by
from .read import identify
from .registry import RETIRED, SCHEMAS, Schema
from .source import source_of
from .write import encode

__all__ = [
    "F144",
    "RETIRED",
    "SCHEMAS",
    "DecodeError",
    "EncodeError",
    "Ev44",
    "Message",
    "Schema",
    "check",
    "decode",
    "decode_columns",
    "decode_ev44",
    "decode_f144",
    "encode",
    "encode_ev44",
    "encode_f144",
    "identify",
    "message_class",
    "source_of",
    "wire",
]


def message_class(id: str) -> type[Message]:
    """Return the class of a schema's messages; call it with the fields by name to make one.

    Raises
    ------
    KeyError
        If there is no such schema.
    """
    return SCHEMAS[id].message_class


def _text(message: Message) -> str:
    from .show.summary import repr_text

    return repr_text(message)


def _html(message: Message) -> str:
    from .show.html import message_html

    return message_html(message)


show_by(text=_text, html=_html)


def __dir__() -> list[str]:
    return sorted([*__all__, *SCHEMAS])


if not TYPE_CHECKING:

    def __getattr__(name: str) -> Any:
        if name in SCHEMAS:
            return message_class(name)
        raise AttributeError(f"no schema or name {name!r} here; schemas are {' '.join(SCHEMAS)}")
