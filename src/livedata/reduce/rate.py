"""How fast something counts, over the last seconds of wall time."""

from __future__ import annotations

import time
from collections import deque

SPAN_S = 5.0
STEP_S = 0.1
"""Counts are noted no more often than this."""


class Rate:
    """Notes of how much was counted when. One thread at a time notes; any may ask."""

    def __init__(self) -> None:
        self._notes: deque[tuple[float, int]] = deque()

    def note(self, n: int) -> None:
        """Note that so much is counted by now."""
        now, notes = time.monotonic(), self._notes
        if notes and now - notes[-1][0] <= STEP_S:
            return
        notes.append((now, n))
        while len(notes) > 2 and now - notes[0][0] > SPAN_S:
            notes.popleft()

    @property
    def per_s(self) -> float:
        """Counted per second; 0 where nothing was for some seconds."""
        now, notes = time.monotonic(), tuple(self._notes)
        if len(notes) < 2 or now - notes[-1][0] > SPAN_S:
            return 0.0
        return max(0.0, (notes[-1][1] - notes[0][1]) / max(now - notes[0][0], 1e-3))
