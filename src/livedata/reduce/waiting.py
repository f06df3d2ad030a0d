"""Waiting for a view: in steps that an interrupt gets through, with a progress bar where a person watches."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from typing import Any

from ..errors import WaitTimeout
from ..streams.feed import Progress
from .engine import Engine

STEP_S = 0.1
"""Waits look up this often, so that an interrupt gets through."""
BAR_AFTER_S = 0.5
"""Waits longer than this show a progress bar on a terminal."""


def wait_for(engine: Engine, name: str, met: Callable[[], bool], deadline: float | None) -> None:
    """Wait until a condition is met or nothing can change any more.

    Raises
    ------
    WaitTimeout
        If the deadline (monotonic, s) passes before.
    """
    began = time.monotonic()
    bar: _Bar | None = None
    try:
        while not (met() or engine.is_over or engine.error is not None):
            now = time.monotonic()
            if deadline is not None and now >= deadline:
                raise WaitTimeout(f"{name} is {engine.state} with {engine.n_seen:,} events after {now - began:.0f} s")
            with engine.changed:
                if not (engine.is_over or engine.error is not None):
                    engine.changed.wait(STEP_S if deadline is None else min(STEP_S, deadline - now))
            progress = engine.subscription.progress if engine.subscription is not None else Progress(0, 0)
            if bar is None and progress.total and now - began > BAR_AFTER_S and sys.stderr.isatty():
                bar = _Bar(name)
            if bar is not None:
                bar.show(progress)
    finally:
        if bar is not None:
            bar.close()


class _Bar:
    """A progress bar on the terminal."""

    def __init__(self, name: str) -> None:
        from rich.console import Console
        from rich.progress import Progress as RichProgress

        self._bar = RichProgress(console=Console(stderr=True), transient=True)
        self._task: Any = self._bar.add_task(name, total=None)
        self._bar.start()

    def show(self, progress: Progress) -> None:
        """Show how far it has come."""
        self._bar.update(self._task, completed=progress.done, total=progress.total or None)

    def close(self) -> None:
        """Take the bar away."""
        self._bar.stop()
