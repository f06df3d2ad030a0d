"""Where a connection begins: now, at the earliest message, at a time, some time ago, or at given offsets."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from ..errors import ArgumentError
from ..transport.protocol import Partition, Transport

Start = str | datetime | Mapping[Any, int]

_AGO = re.compile(r"^-\s*(\d+(?:\.\d+)?)\s*(ms|s|sec|min|h|d)$")
_SECONDS = {"ms": 1e-3, "s": 1.0, "sec": 1.0, "min": 60.0, "h": 3600.0, "d": 86400.0}

FORMS = "'now', 'earliest', a datetime, an ISO time, '-10 min', or {(topic, partition): offset}"


def parse_start(start: Start) -> str | int | dict[Partition, int]:
    """Return ``now``, ``earliest``, a time in ms since 1970, or offsets.

    Examples
    --------
    >>> parse_start("earliest")
    'earliest'
    >>> parse_start("2016-04-12T02:58:52Z")
    1460429932000
    """
    if isinstance(start, Mapping):
        try:
            return {Partition(str(topic), int(partition)): int(offset) for (topic, partition), offset in start.items()}
        except (TypeError, ValueError):
            raise ArgumentError(f"start={start!r}; expected {FORMS}") from None
    if isinstance(start, datetime):
        aware = start if start.tzinfo else start.astimezone()
        return int(aware.timestamp() * 1000)
    if isinstance(start, str):
        text = start.strip()
        if text in ("now", "earliest"):
            return text
        if ago := _AGO.match(text):
            return int((time.time() - float(ago[1]) * _SECONDS[ago[2]]) * 1000)
        try:
            moment = datetime.fromisoformat(text)
        except ValueError:
            pass
        else:
            return int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() * 1000)
    raise ArgumentError(f"start={start!r}; expected {FORMS}")


def start_offsets(
    transport: Transport, partitions: list[Partition], start: str | int | dict[Partition, int]
) -> dict[Partition, int]:
    """Ask the broker for the offset at which each partition begins, by record time where a time is given."""
    if not partitions:
        return {}
    if isinstance(start, int):
        return transport.offsets_at(partitions, start)
    marks = transport.watermarks(partitions)
    if isinstance(start, dict):
        return {p: start.get(p, marks[p].high) for p in partitions}
    return {p: marks[p].low if start == "earliest" else marks[p].high for p in partitions}
