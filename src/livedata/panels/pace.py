"""When to send the next frame: after the browser has painted the last one, and carefully when it cannot say so."""

from __future__ import annotations

from collections import deque
from typing import Literal

Step = Literal["frame", "ping", "wait"]

PATIENCE_S = 1.0
"""How long an answer may take before it counts as missed."""
MISSES = 5
"""Missed answers after which nobody is taken to be looking."""
PING_S = 2.0
"""Between the few bytes that ask whether somebody looks again."""
SLOWEST_S = 5.0
FADE = 60.0
"""While a cell holds answers back, frames come apart by the silence so far over this: 1 s after a minute."""


class Pace:
    """Paces one panel by the answers of its browser.

    Some kernels handle answers only after the running cell. While a cell runs, frames are therefore sent at the last
    measured round trip, more and more slowly the longer the silence: a server keeps what a closed tab did not take.
    """

    __slots__ = ("_sent_at", "answered", "heard_at", "misses", "round_trip_s", "sent", "sent_at")

    def __init__(self, now: float) -> None:
        self.sent = 0
        self.answered = 0
        self.misses = 0
        self.round_trip_s = 0.05
        self.sent_at = float("-inf")
        self.heard_at = now
        self._sent_at: deque[tuple[int, float]] = deque(maxlen=64)

    @property
    def is_watched(self) -> bool:
        """Whether somebody seems to be looking."""
        return self.misses < MISSES

    def was_sent(self, now: float) -> int:
        """Note that a frame goes out; return its number."""
        self.sent += 1
        self.sent_at = now
        self._sent_at.append((self.sent, now))
        return self.sent

    def was_answered(self, number: int, now: float) -> None:
        """Note that the browser painted a frame. Called from any thread."""
        self.answered = max(self.answered, number)
        self.heard_at = now
        self.misses = 0
        for sent, at in tuple(self._sent_at):
            if sent == number:
                # answers held back by a cell say nothing of the browser's speed
                self.round_trip_s = min(max(0.01, now - at), 0.25)

    def next_step(self, now: float, interval_s: float, *, is_busy: bool) -> tuple[Step, float]:
        """Say what may be sent now, else when to ask again.

        Parameters
        ----------
        now
            Monotonic time, s.
        interval_s
            Shortest time between two frames.
        is_busy
            Whether a cell is running, so that answers may be held back.
        """
        if self.sent == self.answered:
            due = self.sent_at + interval_s
            return ("frame", due) if now >= due else ("wait", due)
        if is_busy and self.is_watched:
            silence = now - self.heard_at
            due = self.sent_at + max(interval_s, 1.5 * self.round_trip_s, min(SLOWEST_S, silence / FADE))
            return ("frame", due) if now >= due else ("wait", due)
        due = self.sent_at + (PATIENCE_S if self.is_watched else PING_S)
        if now < due:
            return "wait", due
        self.misses += 1
        return ("frame", due) if self.is_watched else ("ping", due)
