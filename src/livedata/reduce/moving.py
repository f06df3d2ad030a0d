"""Windows that move with the data: from where on entries count, as new ones come."""

from __future__ import annotations

from bisect import bisect_left

import numpy as np

from ..streams.batch import EventBatch, select_entries
from ..streams.clock import EARLIEST_NS, FUTURE_NS, newest_plausible
from .window import Window

HELD_BYTES = 1 << 29
"""Most bytes of a window that are held to be taken away again; of larger windows, what leaves is read anew."""


class Moving:
    """Follows the newest data of a window of seconds or pulses, and holds what is in it.

    Entries whose time no clock can believe never belong to a window.
    """

    def __init__(self, window: Window) -> None:
        self.window = window
        self.start_ns: int | None = None
        """First time that lies in the window; None before the first entry."""
        self._newest_ns: int | None = None
        self._times: list[int] = []
        self._held: list[EventBatch] | None = []
        self._held_bytes = 0

    @property
    def is_too_large(self) -> bool:
        """Whether what is in the window is not held: what leaves it has to be read once more."""
        return self._held is None

    def follow(self, batch: EventBatch, now_ns: int) -> bool:
        """Take note of new entries; return whether the window has moved."""
        newest = newest_plausible(batch.event_time_zero, now_ns)
        if newest is None:
            return False
        if self._newest_ns is None or newest > self._newest_ns:
            self._newest_ns = newest
        before = self.start_ns
        if self.window.kind == "seconds":
            self.start_ns = self._newest_ns - self.window.length_ns + 1
        else:
            for time in np.unique(self.believable(batch, now_ns).event_time_zero).tolist():
                self._note(time)
            self.start_ns = self._times[0]
        return before is not None and before != self.start_ns

    def believable(self, batch: EventBatch, now_ns: int) -> EventBatch:
        """Return the entries with a time that a clock can believe."""
        times = batch.event_time_zero
        return select_entries(batch, (times >= EARLIEST_NS) & (times <= now_ns + FUTURE_NS))

    def inside(self, batch: EventBatch) -> EventBatch:
        """Return the entries that lie in the window."""
        return batch if self.start_ns is None else select_entries(batch, batch.event_time_zero >= self.start_ns)

    def hold(self, batch: EventBatch) -> None:
        """Keep what was counted until it leaves the window."""
        if self._held is None or not batch.n_entries:
            return
        self._held.append(batch)
        self._held_bytes += batch.nbytes
        if self._held_bytes > HELD_BYTES:
            self._held = None

    def leaving(self) -> list[EventBatch] | None:
        """Return the entries that are held but lie before the window; None where they have to be read anew."""
        start = self.start_ns
        if self._held is None or start is None:
            return None
        gone: list[EventBatch] = []
        stay: list[EventBatch] = []
        for batch in self._held:
            inside = batch.event_time_zero >= start
            if inside.all():
                stay.append(batch)
                continue
            gone.append(select_entries(batch, ~inside))
            if inside.any():
                stay.append(select_entries(batch, inside))
        self._held, self._held_bytes = stay, sum(batch.nbytes for batch in stay)
        return gone

    def _note(self, time: int) -> None:
        """Keep the newest distinct pulse times."""
        times, n = self._times, self.window.n
        place = bisect_left(times, time)
        if (place < len(times) and times[place] == time) or (place == 0 and len(times) >= n):
            return
        times.insert(place, time)
        if len(times) > n:
            del times[0]
