"""The table of streams: one row each, as passive data and as text."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

from ..streams.clock import describe_age


@dataclass(frozen=True, slots=True)
class StreamRow:
    """What is known of one stream at one moment."""

    name: str
    kind: str
    """``events``, ``log``, ``arrays`` or ``text``."""
    schema: str = ""
    rate: float = 0.0
    """Events or samples per second; 0 for a file."""
    is_estimate: bool = False
    """The rate is that of a sample of messages, because nobody watches the stream."""
    age_s: float | None = None
    """Wall clock minus newest data time; None while unknown."""
    messages: int = 0
    events: int = 0
    """Events, or samples of a log."""
    malformed: int = 0
    lost: int = 0
    last: str = ""
    """The newest value of a log."""
    remarks: tuple[str, ...] = ()


HEADINGS = ("stream", "kind", "schema", "rate", "age", "messages", "events", "malformed", "lost", "last", "remarks")


def count_text(n: int) -> str:
    """Return a count with thousands apart; a dash for none."""
    return f"{n:,}" if n else "–"


def age_text(row: StreamRow) -> str:
    """Return the age as `describe_age` says it; nothing while it is unknown."""
    now = time.time_ns()
    return "" if row.age_s is None else describe_age(now - int(row.age_s * 1e9), now)


def rate_text(row: StreamRow) -> str:
    """Return a rate a person can read at a glance: ``1.02 M/s``."""
    if not row.rate:
        return "–"
    sign = "≈" if row.is_estimate else ""
    for limit, unit in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if row.rate >= limit:
            return f"{sign}{row.rate / limit:.3g} {unit}/s"
    return f"{sign}{row.rate:.3g} /s"


def row_texts(row: StreamRow) -> tuple[str, ...]:
    """Return the cells of one row in the order of `HEADINGS`."""
    return (
        row.name,
        row.kind,
        row.schema,
        rate_text(row),
        age_text(row),
        count_text(row.messages),
        count_text(row.events),
        count_text(row.malformed),
        count_text(row.lost),
        row.last,
        "; ".join(row.remarks),
    )


def table_text(rows: Sequence[StreamRow]) -> str:
    """Return the table as plain text; columns without content are left out."""
    cells = [HEADINGS, *(row_texts(row) for row in rows)]
    used = [i for i in range(len(HEADINGS)) if i < 2 or any(line[i] not in ("", "–") for line in cells[1:])]
    widths = {i: max(len(line[i]) for line in cells) for i in used}
    numeric = {3, 5, 6, 7, 8}
    lines = [
        "  ".join(line[i].rjust(widths[i]) if i in numeric else line[i].ljust(widths[i]) for i in used).rstrip()
        for line in cells
    ]
    return "\n".join(lines)
