"""Ledgers of streams: what became of every message, kept by the thread that reads them."""

from __future__ import annotations

import time
from collections import Counter, deque
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from .clock import newest_plausible

RATE_SPAN_S = 5.0
"""Rates are means over this wall-clock time."""


@dataclass(slots=True)
class StreamLedger:
    """Counts of one stream. Written by one thread, read by any.

    ``messages == decoded + malformed + unwanted`` at every moment a reader can see.
    """

    decoded: int = 0
    malformed: int = 0
    """Structurally sound bytes of this stream whose content contradicts itself."""
    unwanted: int = 0
    """Nobody watched the stream when they passed."""
    lost: int = 0
    """Messages of the stream's topic that had expired before they were read."""
    events: int = 0
    entries: int = 0
    samples: int = 0
    """Values of a process variable, or sets of arrays."""
    nbytes: int = 0
    schemas: Counter[str] = field(default_factory=Counter)
    """Messages by schema id: one process variable has its value, alarm, connection and unit in different ones."""
    newest_ns: int | None = None
    """Data clock: latest believable time seen, ns since 1970."""
    last_record_ms: int = -1
    remarks: Counter[str] = field(default_factory=Counter)
    _history: deque[tuple[float, int]] = field(default_factory=deque)

    @property
    def messages(self) -> int:
        """Messages seen."""
        return self.decoded + self.malformed + self.unwanted

    @property
    def schema(self) -> str:
        """The schemas of the messages, the most frequent first."""
        return " ".join(schema for schema, _ in self.schemas.most_common())

    def note_times(self, times_ns: NDArray[np.int64], record_ms: int) -> int | None:
        """Take note of a message's times and return the newest that can be believed; remark if none can."""
        newest = newest_plausible(times_ns, record_ms * 1_000_000)
        self.note_newest(newest, 1 if newest is None and len(times_ns) else 0)
        return newest

    def note_newest(self, newest_ns: int | None, n_odd: int) -> None:
        """Move the clock to a believable time; remark messages that have none."""
        if n_odd:
            self.remarks["time far from the record time"] += n_odd
        if newest_ns is not None and (self.newest_ns is None or newest_ns > self.newest_ns):
            self.newest_ns = newest_ns

    def note_rate(self, now_s: float | None = None) -> None:
        """Remember the present counts, so that `rate` can say what came since."""
        now = time.monotonic() if now_s is None else now_s
        history = self._history
        if history and now - history[-1][0] < 0.1:
            return
        history.append((now, self.events + self.samples))
        while len(history) > 2 and now - history[0][0] > RATE_SPAN_S:
            history.popleft()

    def rate(self, now_s: float | None = None) -> float:
        """Events (or samples) per second of wall time over the last few seconds."""
        now = time.monotonic() if now_s is None else now_s
        history = tuple(self._history)
        if len(history) < 2 or now - history[-1][0] > RATE_SPAN_S:
            return 0.0
        span = max(now - history[0][0], 1e-3)
        return (self.events + self.samples - history[0][1]) / span


@dataclass(slots=True)
class TopicLedger:
    """Counts of one topic that belong to no stream."""

    messages: int = 0
    malformed: int = 0
    """Bytes that are no sound message, so that nobody can say whose they were."""
    unwanted: Counter[str] = field(default_factory=Counter)
    """Messages of schemas that make no stream here, by schema id."""
    noted: Counter[str] = field(default_factory=Counter)
    """Messages that say something of other messages (the period of the events that follow), by schema id."""
    lost: int = 0
    skipped: int = 0
    """Offsets that hold no message: transactions and compaction leave them."""
    samples: list[str] = field(default_factory=list)
    """The first few decoding errors, for people."""
