"""What both implementations ask of a message before they take it."""

from __future__ import annotations

import re
from dataclasses import dataclass

from ..errors import ArgumentError, TransportError

MAX_MESSAGE_BYTES = 100 * 2**20
"""Largest payload that is taken: 100 MiB."""

_TOPIC = re.compile(r"[A-Za-z0-9._-]{1,249}")


@dataclass(frozen=True, slots=True)
class Sent:
    """What a producer has done so far, in messages unless said otherwise."""

    messages: int = 0
    """Handed over."""
    delivered: int = 0
    failed: int = 0
    """Refused by the broker or given up at closing; `last_error` says why."""
    restamped: int = 0
    """Given the present as record time, since the broker would have refused or expired the wanted one."""
    n_waits: int = 0
    """How often `produce` had to wait: for a recorder on ``memory://``, for room in the send queue on Kafka."""
    waited_s: float = 0.0
    last_error: str = ""


def check_topic(topic: str) -> None:
    """Raise `ArgumentError` unless Kafka would take the name."""
    if not _TOPIC.fullmatch(topic) or topic in {".", ".."}:
        raise ArgumentError(f"{topic[:300]!r} is not a topic name; expected 1 to 249 of letters, digits, . _ -")


def check_payload(topic: str, value: bytes) -> bytes:
    """Return the payload as bytes, without a copy if it is that already.

    Raises
    ------
    TransportError
        If it is larger than `MAX_MESSAGE_BYTES`.
    ArgumentError
        If it is not bytes.
    """
    if type(value) is not bytes:
        if not isinstance(value, (bytes, bytearray, memoryview)):
            raise ArgumentError(f"a message for {topic!r} is bytes, not {type(value).__name__}; encode it first")
        value = bytes(value)
    if len(value) > MAX_MESSAGE_BYTES:
        raise TransportError(
            f"a message of {len(value)} bytes for {topic!r} is larger than {MAX_MESSAGE_BYTES} bytes; send it in parts"
        )
    return value
