"""Gathering: a topic that somebody begins to watch waits a moment for others who will want it, too.

A cell often makes several views. Those made before the topic is read share one reading; later ones catch up, each on
its own.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

GATHER_S = 0.03
"""How long nobody new must have come before a topic is read."""
GATHER_MOST_S = 0.3
"""How long the first one waits at most."""


@dataclass(slots=True)
class _Waiting:
    first_s: float
    last_s: float
    watchers: frozenset[int]


class Gathering:
    """Tells which watched topics are to be read."""

    def __init__(self) -> None:
        self._waiting: dict[str, _Waiting] = {}

    def ready(self, watched: Mapping[str, frozenset[int]], being_read: Collection[str], now_s: float) -> set[str]:
        """Return the topics that need not wait any longer.

        Parameters
        ----------
        watched
            Who watches each topic.
        being_read
            Topics that are read already: they never wait.
        now_s
            Monotonic.
        """
        ready = {topic for topic in watched if topic in being_read}
        waiting: dict[str, _Waiting] = {}
        for topic, watchers in watched.items():
            if topic in ready:
                continue
            one = waiting[topic] = self._waiting.get(topic) or _Waiting(now_s, now_s, watchers)
            if not watchers <= one.watchers:
                one.last_s = now_s
            one.watchers = watchers
            if now_s - one.last_s >= GATHER_S or now_s - one.first_s >= GATHER_MOST_S:
                ready.add(topic)
        self._waiting = waiting
        return ready
