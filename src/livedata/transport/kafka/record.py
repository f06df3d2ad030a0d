"""The client's messages as records."""

from __future__ import annotations

from typing import Any

from ..protocol import NO_TIMESTAMP, Headers, Record

_NOT_AVAILABLE = 0


def to_record(message: Any) -> Record:
    """Return a message that is no error as a record; payload and key are the client's own objects."""
    kind, timestamp_ms = message.timestamp()
    headers = message.headers()
    return Record(
        message.topic(),
        message.partition(),
        message.offset(),
        NO_TIMESTAMP if kind == _NOT_AVAILABLE else timestamp_ms,
        message.key(),
        message.value() or b"",
        _headers(headers) if headers else (),
    )


def _headers(headers: list[tuple[str, bytes | None]]) -> Headers:
    return tuple((name, b"" if value is None else value) for name, value in headers)
