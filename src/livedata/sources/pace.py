"""Real time for sources: waits until something is due, on an absolute schedule, with pause and a chosen speed."""

from __future__ import annotations

import threading
import time

from ..errors import ArgumentError

Speed = float | str
"""A factor, or ``"max"`` for as fast as it goes."""


def checked_speed(speed: Speed) -> float | None:
    """Return the factor, or None for ``"max"``.

    Raises
    ------
    ArgumentError
        If it is neither a positive number nor ``"max"``.
    """
    if speed == "max":
        return None
    if isinstance(speed, bool | str) or not 0 < speed < float("inf"):
        raise ArgumentError(f"speed is {speed!r}; expected a positive number (1 is real time) or 'max'")
    return float(speed)


class Pace:
    """Keeps one producing thread to the clock. The other threads pause, resume and stop it."""

    def __init__(self, factor: float | None) -> None:
        self._factor = factor
        self._changed = threading.Condition()
        self._started_ns = 0
        self._paused_ns: int | None = None
        self._is_stopped = False
        self._lag_ns = 0

    @property
    def is_stopped(self) -> bool:
        """Whether `stop` was called."""
        return self._is_stopped

    @property
    def is_paused(self) -> bool:
        """Whether it waits for `resume`."""
        return self._paused_ns is not None

    @property
    def is_unpaced(self) -> bool:
        """Whether it goes as fast as it can."""
        return self._factor is None

    @property
    def lag_s(self) -> float:
        """How far the source is behind its schedule, s; 0 without a schedule."""
        return self._lag_ns / 1e9

    def begin(self) -> None:
        """Let the schedule begin now."""
        with self._changed:
            self._started_ns = time.monotonic_ns()

    def pause(self) -> None:
        """Let nothing be due until `resume`."""
        with self._changed:
            if self._paused_ns is None:
                self._paused_ns = time.monotonic_ns()

    def resume(self) -> None:
        """Go on; what is to come is later by the length of the pause."""
        with self._changed:
            if self._paused_ns is not None:
                self._started_ns += time.monotonic_ns() - max(self._paused_ns, self._started_ns)
                self._paused_ns = None
                self._changed.notify_all()

    def stop(self) -> None:
        """End all waiting."""
        with self._changed:
            self._is_stopped = True
            self._changed.notify_all()

    def until(self, due_ns: int) -> bool:
        """Wait until `due_ns` of the source's time has come, or for the end of a pause; False when stopped.

        The schedule is absolute: a late item does not make the later ones late.
        """
        if self._factor is None and self._paused_ns is None:
            return not self._is_stopped
        with self._changed:
            while not self._is_stopped:
                if self._paused_ns is not None:
                    self._changed.wait()
                    continue
                if self._factor is None:
                    return True
                ahead_ns = self._started_ns + int(due_ns / self._factor) - time.monotonic_ns()
                if ahead_ns <= 0:
                    self._lag_ns = -ahead_ns
                    return True
                self._lag_ns = 0
                self._changed.wait(min(ahead_ns / 1e9, 3600.0))
        return False
