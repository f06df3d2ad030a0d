"""Waiting so that an interrupt gets through."""

from __future__ import annotations

import threading
import time

WAIT_STEP_S = 0.2


def wait_in_steps(event: threading.Event, timeout_s: float | None) -> bool:
    """Wait for an event in small steps, for at most `timeout_s` (None: for ever); return whether it came."""
    deadline = None if timeout_s is None else time.monotonic() + timeout_s
    while not event.is_set():
        left = WAIT_STEP_S if deadline is None else min(WAIT_STEP_S, deadline - time.monotonic())
        if left <= 0:
            return False
        event.wait(left)
    return True
