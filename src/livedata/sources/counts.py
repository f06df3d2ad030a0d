"""Small tallies that sources keep of what they send."""

from __future__ import annotations

import threading
from collections import Counter, defaultdict
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Counts:
    """Messages, entries and events; for a log, entries are its samples and events stay 0."""

    messages: int = 0
    entries: int = 0
    events: int = 0

    def __add__(self, other: Counts) -> Counts:
        return Counts(self.messages + other.messages, self.entries + other.entries, self.events + other.events)

    def __sub__(self, other: Counts) -> Counts:
        return Counts(self.messages - other.messages, self.entries - other.entries, self.events - other.events)


@dataclass(frozen=True, slots=True)
class NotSent:
    """Something in a file that did not go on the wire as it is there."""

    name: str
    """Stream."""
    what: str
    """What it is and why it stays behind."""
    count: int


class Tally:
    """Counts by stream, and odd things met, written and read by several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counts: defaultdict[str, Counts] = defaultdict(Counts)
        self._odd: Counter[tuple[str, str]] = Counter()

    def add(self, name: str, counts: Counts) -> None:
        """Count something sent."""
        with self._lock:
            self._counts[name] += counts

    def take_back(self, name: str, counts: Counts) -> None:
        """Uncount what was not delivered."""
        with self._lock:
            self._counts[name] -= counts

    def note(self, name: str, what: str, count: int) -> None:
        """Count something that went out changed."""
        with self._lock:
            self._odd[name, what] += count

    def counts(self) -> dict[str, Counts]:
        """Return the counts of each stream as they are now."""
        with self._lock:
            return dict(self._counts)

    def odd(self) -> tuple[NotSent, ...]:
        """Return what went out changed."""
        with self._lock:
            return tuple(NotSent(name, what, n) for (name, what), n in self._odd.items())
