"""What was commanded last: read from the messages of the command topic, as if the service had heard them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from ..transport import Record
from .command import Configure, Describe, Refused, Reset, Stop, read_command


@dataclass(frozen=True, slots=True)
class Wish:
    """A command that is still in force."""

    command: Configure | Describe
    said_ms: int
    """Record time of the command: an interval runs from there."""
    begin_ms: int
    """From where on is counted: from the command, or from the last reset after it."""


def last_wish(records: Iterable[Record], *, topic: str | None = None) -> Wish | None:
    """Return the command in force after these messages; None if there is none, or a stop came after it.

    Parameters
    ----------
    records
        Messages of the command topic, in the order in which they were said.
    topic
        As in `read_command`.
    """
    wish: Wish | None = None
    for record in records:
        command = read_command(record.value, topic=topic)
        match command:
            case Refused():
                continue
            case Stop():
                wish = None
            case Reset():
                wish = None if wish is None else Wish(wish.command, wish.said_ms, record.timestamp_ms)
            case Configure() | Describe():
                wish = Wish(command, record.timestamp_ms, record.timestamp_ms)
    return wish
