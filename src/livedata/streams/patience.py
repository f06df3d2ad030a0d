"""How long a connection waits for those who take what it reads, before they have to catch up on their own."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence

from .subscription import TopicSubscription

FULL_WAIT_S = 0.0005
PATIENCE_S = 0.1
"""It waits no longer than this within about a second, for all together: what fast views lose by slow ones."""
SLOW_S = 0.1
"""A sink that works longer than this at one step, twice on end, is slow."""


class Patience:
    """Used by the thread that reads."""

    def __init__(self) -> None:
        self.most_s = PATIENCE_S
        self._waited_s = 0.0
        self._at = time.monotonic()

    def wait_for(self, subscriptions: Sequence[TopicSubscription], stop: threading.Event) -> None:
        """Wait a little for sinks that are full; those that still are when something comes fall behind."""
        now = time.monotonic()
        self._waited_s *= 0.5 ** (now - self._at)
        while self._waited_s < self.most_s and not stop.is_set():
            if not any(s.is_attached and s.sink.is_full and not s.is_closed for s in subscriptions):
                break
            stop.wait(FULL_WAIT_S)
            self._waited_s += time.monotonic() - now
            now = time.monotonic()
        self._at = now

    @staticmethod
    def is_too_slow(subscription: TopicSubscription, worked_s: float) -> bool:
        """Take note of how long a sink worked; return whether it should go on in a thread of its own."""
        if worked_s < SLOW_S:
            subscription.slow = 0
            return False
        subscription.slow += 1
        if subscription.slow < 2:
            return False
        subscription.slow = 1  # once it is back, it has one try
        return True
