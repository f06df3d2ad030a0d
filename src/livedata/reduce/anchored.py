"""Windows that begin at something that happened: a run's start, a log's last step."""

from __future__ import annotations

import numpy as np

from ..streams.extent import Extent
from .setting import Setting
from .window import Window

LEEWAY_NS = 2_000_000_000
"""How far data must have come behind a run's start before a view leaves the run before: stragglers belong to that."""


class Anchor:
    """The span of the run that is on, or since a log last changed its value, or since a detector last moved.

    Parameters
    ----------
    has_geometry
        Whether positions of pixels decide what is counted: what was counted before they changed is of another picture.
    """

    def __init__(self, window: Window, setting: Setting, *, has_geometry: bool) -> None:
        self.window = window
        self._has_geometry = has_geometry
        self.extent: Extent | None = None
        """The present span; None before the first anchor: everything."""
        self._setting = setting

    def would_move(self, newest_ns: int | None) -> bool:
        """Whether another span is due."""
        return self._due(newest_ns) != self.extent

    def moves(self, newest_ns: int | None) -> bool:
        """Go to the span that is due; return whether it is another one."""
        due = self._due(newest_ns)
        moved, self.extent = due != self.extent, due
        return moved

    def _due(self, newest_ns: int | None) -> Extent | None:
        span = self._window_due(newest_ns) if self.window.kind in ("run", "log") else None
        moved_ns = self._setting.moved_ns() if self._has_geometry else None
        if moved_ns is None:
            return span
        if span is None or span.start_ns is None:
            return Extent(moved_ns)
        return Extent(max(moved_ns, span.start_ns), span.stop_ns)

    def _window_due(self, newest_ns: int | None) -> Extent | None:
        if newest_ns is None:
            return self.extent
        if self.window.kind == "run":
            begun = [run for run in self._setting.runs() if run.start_ns + LEEWAY_NS <= newest_ns]
            begun = begun or [run for run in self._setting.runs() if run.start_ns <= newest_ns]
            return begun[-1].extent if begun else self.extent
        timeline = self._setting.log(self.window.log)
        data = timeline.data if timeline is not None else None
        if data is None or not len(data):
            return self.extent
        known = int(np.searchsorted(data.time, newest_ns, "right"))
        values, times = data.value[:known], data.time[:known]
        if not known:
            return self.extent
        steps = np.flatnonzero(values[1:] != values[:-1])
        return Extent(int(times[steps[-1] + 1] if len(steps) else times[0]))
