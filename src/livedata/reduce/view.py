"""Views: what a scientist holds. One class for what arrives now, for a stretch of the past and for a file."""

from __future__ import annotations

import time
import weakref
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from ..errors import ArgumentError
from ..streams.clock import describe_age
from ..streams.extent import Coverage, Extent
from ..streams.feed import Feed
from .axis import Axis
from .condition import Condition
from .deriving import as_series, filtered, in_region, masked_by, normalisations, rebinned, windowed
from .description import Description
from .engine import Offsets
from .moments import as_extent
from .observed import Observed
from .pixels.region import Region
from .prepare import bound, result_axes
from .refusing import refuse
from .result.histogram import Histogram, Operable
from .result.ledger import Ledger
from .result.snapshot import Snapshot
from .running import Running
from .setting import Setting
from .span import nanoseconds
from .until import Until

Present = Callable[["View"], dict[str, Any] | None]


class View(Observed, Operable):
    """A result that fills while data arrive. Made by ``stream.histogram(...)``, ``stream.image(...)`` and their like.

    It shows itself when it is the last line of a cell. ``view.values()`` are its counts; on a file or a closed stretch
    of the past they are complete. `over`, `rebin`, `mask`, `where`, `region` and their like return a new view at once,
    of everything that was already seen; `reset` and `stop` act on this one.
    """

    def __init__(
        self,
        description: Description,
        feed: Feed,
        setting: Setting,
        *,
        name: str,
        extent: Extent | None = None,
        after: Offsets | None = None,
        present: Present | None = None,
    ) -> None:
        self.name = name
        self.description = description
        self.is_finite = feed.is_finite or (extent is not None and (extent.is_closed or extent.stop_ns is not None))
        self._axes = result_axes(description, setting)
        refuse(description, setting, self._axes)
        self._feed = feed
        self._setting = setting
        self._extent = extent
        self._after: Offsets = dict(after or {})
        self._present = present
        self._last: Snapshot | None = None
        self.drawn: list[Region] = []
        """Regions drawn by hand on its picture, oldest first: ``view.region(view.drawn[-1])``."""
        self._run(1)

    # What it knows

    def snapshot(self) -> Snapshot:
        """Return an immutable copy of the result; on a file or a closed span, once it is complete."""
        self._running.complete()
        return self.latest

    @property
    def ledger(self) -> Ledger:
        """Fates of all events offered; they always add up. Of a file or a closed span, once it is complete."""
        self._running.complete()
        return self._last.ledger if self._last is not None else self._running.ledger

    @property
    def coverage(self) -> Coverage:
        """What the result stands for: offsets, span of time, and what is missing. Waits as `ledger` does."""
        self._running.complete()
        return self._engine.snapshot(picture=True).coverage

    # New views of what was already seen

    def rebin(self, axes: dict[str, Axis] | None = None, /, **more: Axis) -> View:  # type: ignore[override]
        """Return the view with other bins, or further axes; exact, because events are counted again.

        Parameters
        ----------
        axes, **more
            Bins by the name of their axis: ``rebin(toa=ld.bins(0, 20, n=100, unit="ms"))``.
        """
        return self._derived(rebinned(self.description, bound({**(axes or {}), **more}, self._setting)))

    def mask(self, *masks: Any) -> View:
        """Return the view without some pixels: masks, regions of the picture or pixel numbers."""
        return self._derived(masked_by(self.description, self._setting, *masks))

    def where(self, *conditions: Condition) -> View:
        """Return the view of entries that fulfil all conditions: ``where(live["temperature"] < "5 K")``."""
        return self._derived(filtered(self.description, conditions))

    def region(self, region: Region | None) -> View:
        """Return the view of a region only, inside the present one if there is one; None lifts it."""
        return self._derived(in_region(self.description, region))

    def spectrum(self, **axes: Axis) -> View:
        """Return the view with all its pixels summed, along the axes it has, or along others."""
        bare = replace(self.description, is_summed=self.description.projection is not None)
        wanted = rebinned(bare, bound(axes, self._setting)) if axes else bare
        if not wanted.axes:
            raise ArgumentError("along what? give an axis: spectrum(toa=ld.bins(0, 71.43, n=1000, unit='ms'))")
        return self._derived(wanted, what="spectrum")

    def series(self, every: float | str = 1.0) -> View:
        """Return how many events are binned in each slot of data time, `every` so many seconds (or ``"5 min"``)."""
        wanted = as_series(self.description, nanoseconds(every, "every"))
        return self._derived(wanted, what="series")

    def window(
        self,
        *,
        pulses: int | None = None,
        seconds: float | str | None = None,
        run: bool = False,
        log: str | None = None,
    ) -> View:
        """Return the view of a stretch that moves with the data.

        Parameters
        ----------
        pulses
            The newest pulses, so many; 1 is the last pulse.
        seconds
            The newest stretch of data time, in seconds or as a text with a unit.
        run
            The run that is on.
        log
            Since this log last changed its value.
        """
        moving = windowed(pulses=pulses, seconds=seconds, run=run, log=log)
        return self._derived(replace(self.description, window=moving))

    def normalise(
        self,
        *,
        monitor: Any = None,
        along: str | None = None,
        charge: Any = None,
        time: bool = False,
        pulses: bool = False,
        region: Region | None = None,
        run: Any = None,
    ) -> View:
        """Return the view divided by something, with variances; both are counted over the same extent and filters.

        A series is divided slot by slot.

        Parameters
        ----------
        monitor
            A monitor's stream, or its name: divides by its total, or bin by bin `along` one of the view's axes.
        charge
            True takes the charge that came with the pulses; a log or its name takes the sum of its samples.
        time, pulses
            Seconds that the pulses were on, or their number.
        region
            Counts in this region, along the view's axes.
        run
            Path of a file, or an open one: an empty run counted alike.
        """
        parts = normalisations(
            self.axes, monitor=monitor, along=along, charge=charge, time=time, pulses=pulses, region=region, run=run
        )
        return self._derived(replace(self.description, normalise=(*self.description.normalise, *parts)))

    def over(self, start: Any = None, stop: Any = None) -> View:
        """Return the same view of another span; this one goes on as it is.

        Parameters
        ----------
        start
            A run, a recording, an `Extent`, or a moment: ns since 1970, a datetime, an ISO time.
        stop
            A moment, excluded; None leaves the end open.
        """
        return self._derived(self.description, extent=as_extent(start, stop), after={})

    # What one can do

    def wait(self, *, events: int | None = None, timeout: float | None = None, **until: Any) -> View:
        """Wait until enough was seen, or until a finite view is complete.

        Parameters
        ----------
        events
            Number of events in the ledger. Without it, waits for completion; a live view never completes.
        timeout
            In seconds; None waits for ever. Can be interrupted at any time.
        **until
            ``monitor=(stream, events)``, ``charge="2 mC"`` (told with the pulses), ``rel_error=0.01`` (of the sum).

        Raises
        ------
        WaitTimeout
            If the time is over before.
        ArgumentError
            If there is nothing to wait for.
        """
        deadline = None if timeout is None else time.monotonic() + timeout
        with self._running.staying() as engine:
            Until(engine, self._feed, self._setting, self._running.description, self.name).wait(
                events, until, deadline, extent=self._extent, after=self._after
            )
        self._running.let_divisors_follow(deadline)
        return self

    def reset(self) -> View:
        """Count anew from now on: a new generation at zero. A finite view cannot be reset."""
        if self.is_finite:
            raise ArgumentError(f"{self.name} shows something that has ended; there is nothing to count anew")
        self._after = self._engine.reached()
        let_go, generation = self._let_go, self._engine.generation
        self._run(generation + 1)
        self._last = None
        let_go()
        return self

    def stop(self) -> View:
        """Take no more data; the last result stays."""
        if self._last is None:
            self._last = replace(self.latest, state="stopped")
        self._let_go()
        return self

    def skip_ahead(self) -> View:
        """Leave out what has not been counted yet and go on with what comes now; the ledger says how much it was."""
        skip = getattr(self._engine.subscription, "skip_ahead", None)
        if skip is not None:
            skip()
        return self

    # For others

    def to_json(self) -> dict[str, Any]:
        """Return the description as plain JSON: ``other_stream.view(it)`` is the same view of another stream."""
        from .asjson import description_to_json

        return description_to_json(self.description)

    def save(self, path: str | Path, *, overwrite: bool = False, about: Mapping[str, Any] | None = None) -> Path:
        """Write the result to ``.nxs``, ``.csv`` or ``.npz``, with the description; `load_histogram` reads it back."""
        told: dict[str, Any] = {"stream": self._setting.name, "where": self._setting.where}
        told["description"] = self.to_json()
        return super().save(path, overwrite=overwrite, about=told | dict(about or {}))

    def publish(self, topic: str, **how: Any) -> Any:
        """Send the newest state to a topic, so that other programs see it; goes on in the background.

        Parameters
        ----------
        topic
            Made if it is not there.
        **how
            ``source_name`` (says with the topic which stream it is; the view's name if nothing is said), ``schema``
            (``da00``, ``hs00`` or ``hs01``), ``every`` (seconds between two messages, at least; nothing is sent while
            nothing changes), ``url`` (of another broker than the one that the stream comes from).

        Returns
        -------
        :
            The publication: ``.sent``, ``.error``, ``.stop()``.
        """
        if self._setting.publish is None:
            raise ArgumentError(f"{self.name} stands alone: there is no broker to publish to")
        return self._setting.publish(self, topic, **how)

    # Inside

    def _run(self, generation: int) -> None:
        self._running = Running(
            self.description, self._setting, self._feed,
            name=self.name, extent=self._extent, after=self._after, is_finite=self.is_finite, generation=generation,
        )  # fmt: skip
        self._let_go = weakref.finalize(self, self._running.release)
        self._let_go.atexit = False

    def _derived(self, description: Description, *, what: str = "", **span: Any) -> View:
        name = f"{self._setting.name} {what}" if what and self._setting.name else self.name
        span = {"extent": self._extent, "after": self._after} | span
        return View(description, self._feed, self._setting, name=name, present=self._present, **span)

    def _histogram(self) -> Histogram:
        return self.snapshot()

    # How it looks

    def __repr__(self) -> str:
        ledger = self._running.ledger
        shape = "".join(f" {'× ' if i else ''}{axis.n}" for i, axis in enumerate(self.axes))
        age = "" if self.is_finite else f", {describe_age(self.data_ns, time.time_ns())}"
        remarks = "".join(f", {r}" for r in self._remarks_of(ledger))
        failed = f": {self.error}" if self.error is not None else ""
        counted = f"{ledger.binned:,} of {ledger.seen:,} events binned"
        return f"<{self.name}{shape} {self.state}{failed}{age}, {counted}{remarks}>"

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, Any]:
        bundle = self._present(self) if self._present is not None else None
        return bundle or {"text/plain": repr(self)}
