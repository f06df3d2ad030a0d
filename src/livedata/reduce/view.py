"""Views: what a scientist holds. One class for what arrives now, for a stretch of the past and for a file."""

from __future__ import annotations

import sys
import time
import weakref
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import ArgumentError, WaitTimeout
from ..streams.clock import describe_age
from ..streams.extent import Coverage, Extent
from ..streams.feed import Feed, Progress
from .axis import Axes
from .engine import Engine
from .fold.binning import Definition
from .moments import as_extent
from .pixels.layout import Layout
from .result.compare import Comparison, compare
from .result.ledger import Ledger
from .result.snapshot import Snapshot, State

STEP_S = 0.1
"""Waits look up this often, so that an interrupt gets through."""
BAR_AFTER_S = 0.5
"""Waits longer than this show a progress bar on a terminal."""

Present = Callable[["View"], dict[str, Any] | None]


class View:
    """A result that fills while data arrive. Made by ``stream.histogram(...)`` and ``stream.image(...)``.

    It shows itself when it is the last line of a cell. ``view.values()`` are its counts; on a file or a closed stretch
    of the past they are complete. `over` gives the same view of another span; `reset` and `stop` act on this one.
    """

    def __init__(
        self,
        definition: Definition,
        feed: Feed,
        *,
        name: str,
        extent: Extent | None = None,
        present: Present | None = None,
    ) -> None:
        self.name = name
        self.definition = definition
        self.is_finite = feed.is_finite or (extent is not None and (extent.is_closed or extent.stop_ns is not None))
        self._feed = feed
        self._extent = extent
        self._present = present
        self._engine = Engine(definition, extent, is_finite=self.is_finite)
        self._engine.subscription = feed.subscribe(self._engine, extent)
        self._finalizer = weakref.finalize(self, Engine.stop, self._engine)
        self._finalizer.atexit = False

    # What it is

    @property
    def axes(self) -> Axes:
        """Axes by position or name: ``view.axes["toa"]``."""
        return self.definition.axes

    @property
    def layout(self) -> Layout | None:
        """Where pixels stand, for images."""
        return self.definition.layout

    @property
    def kind(self) -> str:
        """What a histogram is to UHI: counts."""
        return "COUNT"

    @property
    def state(self) -> State:
        """``live``, ``catching up``, ``complete``, ``stopped`` or ``failed``."""
        return self._engine.state

    @property
    def error(self) -> Exception | None:
        """What ended the view, if it failed."""
        return self._engine.error

    @property
    def generation(self) -> int:
        """Number of the present accumulation; rises with every reset."""
        return self._engine.generation

    @property
    def version(self) -> int:
        """Rises with every change."""
        return self._engine.version

    @property
    def progress(self) -> Progress:
        """How far reading back, or reading the file, has come; total 0 when there is nothing to catch up with."""
        subscription = self._engine.subscription
        return subscription.progress if subscription is not None else Progress(0, 0)

    @property
    def events_per_s(self) -> float:
        """Events counted per second of wall time, mean over the last 5 s."""
        return self._engine.events_per_s

    @property
    def data_ns(self) -> int | None:
        """Newest believable entry time counted, ns since 1970; None before the first."""
        return self._engine.newest_ns

    @property
    def age_s(self) -> float | None:
        """Wall clock minus newest data time, in seconds; None before the first."""
        return None if self.data_ns is None else (time.time_ns() - self.data_ns) / 1e9

    @property
    def lag(self) -> int:
        """Bytes that arrived but are not counted yet."""
        return self._engine.waiting_bytes

    @property
    def remarks(self) -> tuple[str, ...]:
        """What a reader of the picture should know: fates other than binned, losses, the state of the broker."""
        remarks = self._engine.remarks
        note = getattr(self._feed, "remark", "")
        return (*remarks, note) if note else remarks

    # What it knows

    @property
    def latest(self) -> Snapshot:
        """What is counted by now, without waiting for anything."""
        return self._engine.snapshot()

    def picture(self) -> Snapshot:
        """Return what is counted by now, summed to one or two dimensions; cheap also for cubes."""
        return self._engine.snapshot(picture=True)

    def snapshot(self) -> Snapshot:
        """Return an immutable copy of the result; on a file or a closed span, once it is complete."""
        self._complete()
        return self._engine.snapshot()

    def values(self) -> NDArray[np.int64]:
        """Counts per bin, int64, read-only, shape as the axes; see `snapshot`."""
        return self.snapshot().array

    def counts(self) -> NDArray[np.int64]:
        """Counts per bin, as `values`; UHI asks for both."""
        return self.values()

    def variances(self) -> NDArray[np.int64]:
        """Variance per bin: of a Poisson process, its count."""
        return self.snapshot().variances()

    @property
    def ledger(self) -> Ledger:
        """Fates of all events offered; they always add up. Of a file or a closed span, once it is complete."""
        self._complete()
        return self._engine.ledger

    @property
    def coverage(self) -> Coverage:
        """What the result stands for: offsets, span of time, and what is missing. Waits as `ledger` does."""
        self._complete()
        return self._engine.snapshot(picture=True).coverage

    # What one can do

    def wait(self, *, events: int | None = None, timeout: float | None = None) -> View:
        """Wait until so many events were seen, or until a finite view is complete.

        Parameters
        ----------
        events
            Number of events in the ledger. Without it, waits for completion; a live view never completes.
        timeout
            In seconds; None waits for ever. Can be interrupted at any time.

        Raises
        ------
        WaitTimeout
            If the time is over before.
        ArgumentError
            If there is nothing to wait for.
        """
        if events is None and not self.is_finite:
            raise ArgumentError(
                "a live view has no end to wait for; give a number of events: view.wait(events=100_000)"
            )
        deadline = None if timeout is None else time.monotonic() + timeout
        if events is not None:
            self._engine.await_events(events)
        self._wait(lambda: events is not None and self._engine.ledger.seen >= events, deadline)
        if events is not None and self._engine.ledger.seen < events and self.error is None:
            raise WaitTimeout(
                f"{self.name} is {self.state} with {self._engine.ledger.seen:,} events; {events:,} were waited for"
            )
        return self

    def reset(self) -> View:
        """Count anew from now on: a new generation at zero. A finite view cannot be reset."""
        if self.is_finite:
            raise ArgumentError(f"{self.name} shows something that has ended; there is nothing to count anew")
        self._engine.reset()
        return self

    def stop(self) -> View:
        """Take no more data; the last result stays."""
        self._engine.stop()
        return self

    def over(self, start: Any = None, stop: Any = None) -> View:
        """Return the same view of another span; this one goes on as it is.

        Parameters
        ----------
        start
            A run, a recording, an `Extent`, or a moment: ns since 1970, a datetime, an ISO time.
        stop
            A moment, excluded; None leaves the end open.
        """
        extent = as_extent(start, stop)
        return View(self.definition, self._feed, name=self.name, extent=extent, present=self._present)

    def same_as(self, other: View | Snapshot) -> bool:
        """Whether both have the same axes, the same count in every bin and the same fates. Waits for finite views."""
        return bool(self.compare(other))

    def compare(self, other: View | Snapshot) -> Comparison:
        """Compare as `same_as`, and say where the first difference is."""
        theirs = other.snapshot() if isinstance(other, View) else other
        return compare(self.snapshot(), theirs)

    def _complete(self) -> None:
        if self.is_finite:
            self._wait(lambda: False, None)
            if self.error is not None:
                raise self.error

    def _wait(self, met: Callable[[], bool], deadline: float | None) -> None:
        """Wait until a condition is met or nothing can change any more, in steps that an interrupt gets through."""
        engine, began = self._engine, time.monotonic()
        bar: Any = None
        try:
            while not (met() or engine.is_over or engine.error is not None):
                now = time.monotonic()
                if deadline is not None and now >= deadline:
                    seen = engine.ledger.seen
                    raise WaitTimeout(f"{self.name} is {self.state} with {seen:,} events after {now - began:.0f} s")
                with engine.changed:
                    if not (engine.is_over or engine.error is not None):
                        engine.changed.wait(STEP_S if deadline is None else min(STEP_S, deadline - now))
                if bar is None and self.progress.total and now - began > BAR_AFTER_S and sys.stderr.isatty():
                    bar = _Bar(self.name)
                if bar is not None:
                    bar.show(self.progress)
        finally:
            if bar is not None:
                bar.close()

    # How it looks

    def __repr__(self) -> str:
        ledger = self._engine.ledger
        shape = " × ".join(str(n) for n in self.definition.shape)
        age = "" if self.is_finite else f", {describe_age(self.data_ns, time.time_ns())}"
        remarks = "".join(f", {r}" for r in self.remarks)
        failed = f": {self.error}" if self.error is not None else ""
        counted = f"{ledger.binned:,} of {ledger.seen:,} events binned"
        return f"<{self.name} {shape} {self.state}{failed}{age}, {counted}{remarks}>"

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, Any]:
        bundle = self._present(self) if self._present is not None else None
        return bundle or {"text/plain": repr(self)}


class _Bar:
    """A progress bar on the terminal, for waits that take long."""

    def __init__(self, name: str) -> None:
        from rich.console import Console
        from rich.progress import Progress as RichProgress

        self._bar = RichProgress(console=Console(stderr=True), transient=True)
        self._task = self._bar.add_task(name, total=None)
        self._bar.start()

    def show(self, progress: Progress) -> None:
        self._bar.update(self._task, completed=progress.done, total=progress.total or None)

    def close(self) -> None:
        self._bar.stop()
