"""One line of the table of streams, as passive data."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class StreamRow:
    """What is known of one stream at one moment."""

    name: str
    kind: str
    """``events``, ``log``, ``arrays``, ``text``, or ``topic`` for messages that belong to no stream."""
    schema: str = ""
    """Schema id on the wire."""
    path: str = ""
    """HDF5 path in a file."""
    rate: float = 0.0
    """Events or samples per second; 0 for a file."""
    is_estimate: bool = False
    """The rate is that of a sample of messages, because nobody watches the stream."""
    age_s: float | None = None
    """Wall clock minus newest data time; None while unknown."""
    messages: int = 0
    events: int = 0
    samples: int = 0
    """Samples of a log, or values of an array."""
    malformed: int = 0
    lost: int = 0
    last: str = ""
    """The newest value of a log."""
    remarks: tuple[str, ...] = ()
