"""The display thread: the only one that changes what panels show. One for all panels of a kernel, round robin."""

from __future__ import annotations

import atexit
import threading
import time
import weakref
from typing import Any, Protocol

from .busy import Cell, CellWatch, forget_result, shell

FPS = 11.0
"""Aimed at a little above ten a second: a turn comes late, never early."""
MESSAGES_PER_S = 500
"""Shared budget: a notebook server drops messages above a thousand a second."""
MESSAGES_PER_FRAME = 8
CPU_SHARE = 0.3
"""Most of one core that all panels together may take."""
LINGER_S = 2.0


class Shown(Protocol):
    """What the display thread turns over: a panel."""

    cell: Cell
    name: str

    def step(self, now: float, interval_s: float, *, is_busy: bool) -> float:
        """Do what is due; return when to come again (monotonic, s). Raises only for bugs."""
        ...

    def fail(self, error: Exception) -> None:
        """Show an error in the panel."""
        ...

    @property
    def is_closed(self) -> bool:
        """Whether it is to be left out from now on."""
        ...

    def close(self) -> None:
        """Ask for the end; called from any thread."""
        ...

    def dispose(self) -> object | None:
        """Take the widgets away, on the display thread; return the view that was shown."""
        ...


class Display:
    """All panels of a kernel and the daemon thread that serves them; it ends with the last panel."""

    def __init__(self, ip: Any | None) -> None:
        self._ip = ip
        self._panels: list[Shown] = []
        self._lock = threading.Lock()
        self._wake = threading.Event()
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self._costs: weakref.WeakKeyDictionary[Shown, float] = weakref.WeakKeyDictionary()
        self._watch = CellWatch(ip, self._cell_starts) if ip is not None else None
        self.script_cell: Cell | None = None
        """The cell whose output carries the drawing code for this page."""
        atexit.register(self.stop)

    @property
    def panels(self) -> tuple[Shown, ...]:
        """The open panels."""
        with self._lock:
            return tuple(p for p in self._panels if not p.is_closed)

    @property
    def is_busy(self) -> bool:
        """Whether a cell is running."""
        return self._watch is not None and self._watch.is_busy

    def add(self, panel: Shown) -> None:
        """Serve a panel from now on. Where cells have no id, it replaces the one of its name."""
        if not panel.cell.id:
            for old in self.panels:
                if not old.cell.id and old.name == panel.name and old.cell.count != panel.cell.count:
                    old.close()
        with self._lock:
            self._panels.append(panel)
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="livedata-display", daemon=True)
                self._thread.start()
        self.wake()

    def wake(self) -> None:
        """Let the thread look at once: somebody wished something. Called from any thread."""
        self._wake.set()

    def stop(self, timeout_s: float = 0.3) -> None:
        """End the thread, for the end of the process."""
        self._stop.set()
        self._wake.set()
        if (thread := self._thread) is not None:
            thread.join(timeout_s)

    def _cell_starts(self, cell: Cell) -> None:
        if not cell.id:
            return
        if self.script_cell is not None and self.script_cell.id == cell.id:
            self.script_cell = None
        for panel in self.panels:
            if panel.cell.id == cell.id:
                panel.close()
        self.wake()

    def interval_s(self) -> float:
        """Return the time between two frames of a panel that keeps all panels inside the shared budget."""
        n = max(1, len(self._panels))
        cost = sum(self._costs.values())
        return max(1 / FPS, n * MESSAGES_PER_FRAME / MESSAGES_PER_S, cost / CPU_SHARE)

    def _run(self) -> None:
        idle_since = time.monotonic()
        while not self._stop.is_set():
            due = self._turn()
            now = time.monotonic()
            with self._lock:
                if self._panels:
                    idle_since = now
                elif now - idle_since > LINGER_S:
                    self._thread = None
                    return
            self._wake.wait(min(max(0.0, due - now), LINGER_S))
            self._wake.clear()

    def _turn(self) -> float:
        """Serve each panel once; return when the next one is due."""
        with self._lock:
            panels, self._panels = self._panels, self._panels[1:] + self._panels[:1]
        due = time.monotonic() + LINGER_S
        for panel in panels:
            if panel.is_closed:
                self._remove(panel)
                continue
            began = time.thread_time()
            try:
                due = min(due, panel.step(time.monotonic(), self.interval_s(), is_busy=self.is_busy))
            except Exception as error:  # noqa: BLE001 - one broken panel must not stop the others
                panel.fail(error)
                due = min(due, time.monotonic() + 1.0)
            spent = time.thread_time() - began
            self._costs[panel] = max(spent, 0.9 * self._costs.get(panel, 0.0))
        return due

    def _remove(self, panel: Shown) -> None:
        with self._lock:
            self._panels = [p for p in self._panels if p is not panel]
        self._costs.pop(panel, None)
        view = panel.dispose()
        if self._ip is not None and view is not None:
            forget_result(self._ip, panel.cell, view)


_display: Display | None = None
_lock = threading.Lock()


def display() -> Display:
    """Return the kernel's display; it is made at the first panel."""
    global _display
    with _lock:
        if _display is None:
            _display = Display(shell())
        return _display
