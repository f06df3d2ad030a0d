"""Views: what a scientist holds. One class for what arrives now, for a stretch of the past and for a file."""

from __future__ import annotations

import time
import weakref
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import ArgumentError, LiveDataError
from ..streams.clock import describe_age
from ..streams.extent import Coverage, Extent
from ..streams.feed import Feed, Progress
from .axis import Axes, Axis
from .condition import Condition
from .counting import Offsets
from .deriving import filtered, in_region, masked_by, rebinned, windowed
from .description import Description, Normalise
from .engine import Engine
from .making import make_fold
from .moments import as_extent
from .physics.geometry import Geometry
from .pixels.layout import Layout
from .pixels.masked import masked
from .pixels.region import Region
from .pixels.screen import Screen
from .prepare import bound, check_logs, layout_of, result_axes, screen_of
from .result.histogram import Histogram
from .result.ledger import Ledger
from .result.operable import Operable
from .result.snapshot import Snapshot, State
from .setting import Setting
from .sharing import acquire
from .span import nanoseconds
from .taking import picture_of
from .until import Until
from .waiting import wait_for

Present = Callable[["View"], dict[str, Any] | None]


class View(Operable):
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
        check_logs(description, setting)
        self._axes = result_axes(description, setting)
        self._counted = replace(description, normalise=())
        self._feed = feed
        self._setting = setting
        self._extent = extent
        self._after: Offsets = dict(after or {})
        self._present = present
        self._last: Snapshot | None = None
        self.drawn: list[Region] = []
        """Regions drawn by hand on its picture, oldest first: ``view.region(view.drawn[-1])``."""
        self._engine = self._acquire(1)
        self._divisors = self._open_divisors()
        self._let_go = weakref.finalize(self, _release, [self._engine, *(d.engine for d in self._divisors)])
        self._let_go.atexit = False

    # What it is

    @property
    def layout(self) -> Layout | None:
        """Where pixels stand, for images."""
        return layout_of(self.description, self._setting) if self.description.projection is not None else None

    @property
    def axes(self) -> Axes:
        """Axes by position or name: ``view.axes["toa"]``. Those of a series, or of frames, are known when data come."""
        is_told = not self.description.frames and not self.description.every_ns
        return self._axes if is_told else self.latest.axes

    @cached_property
    def screen(self) -> Screen | None:
        """How pixels come to stand in the picture, and from where one looks; None without a picture."""
        return screen_of(self.description, self._setting)

    @cached_property
    def geometry(self) -> Geometry | None:
        """Where pixels stand; None where nothing tells it, or what tells it cannot be read."""
        try:
            return self._setting.geometry() if self.description.projection is not None else None
        except LiveDataError:
            return None

    @cached_property
    def masked(self) -> NDArray[np.bool_] | None:
        """Which pixels masks leave out, bool, shape (pixel,); None without masks or layout."""
        layout = layout_of(self.description, self._setting)
        if not self.description.masks or layout is None:
            return None
        return masked(self.description.masks, layout, self.geometry)

    @property
    def state(self) -> State:
        """``live``, ``catching up``, ``complete``, ``stopped`` or ``failed``."""
        return "stopped" if self._last is not None else self._engine.state

    @property
    def error(self) -> Exception | None:
        """What ended the view, if it failed."""
        return self._engine.error

    @property
    def generation(self) -> int:
        """Number of the present accumulation; rises with every reset, and at a window's run or log step."""
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
        remarks = self._engine.remarks(self._counted)
        note = getattr(self._feed, "remark", "")
        return (*remarks, note) if note else remarks

    # What it knows

    @property
    def latest(self) -> Snapshot:
        """What is counted by now, without waiting for anything."""
        return self._snapshot(picture=False)

    def picture(self) -> Snapshot:
        """Return what is counted by now, summed to one or two dimensions; cheap also for cubes."""
        return self._snapshot(picture=True)

    def snapshot(self) -> Snapshot:
        """Return an immutable copy of the result; on a file or a closed span, once it is complete."""
        self._complete()
        return self._snapshot(picture=False)

    @property
    def ledger(self) -> Ledger:
        """Fates of all events offered; they always add up. Of a file or a closed span, once it is complete."""
        self._complete()
        return self._last.ledger if self._last is not None else self._engine.ledger(self._counted)

    @property
    def coverage(self) -> Coverage:
        """What the result stands for: offsets, span of time, and what is missing. Waits as `ledger` does."""
        self._complete()
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
        summed = self.description.projection is not None
        every_ns = nanoseconds(every, "every")
        return self._derived(replace(self.description, every_ns=every_ns, is_summed=summed), what="series")

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
        axis = None if along is None else self.axes[along]
        parts: list[Normalise] = []
        if monitor is not None:
            parts.append(Normalise("monitor", stream=getattr(monitor, "name", monitor), axis=axis))
        if charge is not None and charge is not False:
            parts.append(Normalise("charge", stream="" if charge is True else getattr(charge, "name", charge)))
        parts += [Normalise(by) for by, is_wanted in (("time", time), ("pulses", pulses)) if is_wanted]
        if region is not None:
            parts.append(Normalise("region", region=region))
        if run is not None:
            parts.append(Normalise("run", path=str(getattr(run, "path", run))))
        if not parts:
            raise ArgumentError("divided by what? give monitor=, charge=, time=, pulses=, region= or run=")
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
        Until(self._engine, self._feed, self._setting, self._counted, self.name).wait(
            events, until, deadline, extent=self._extent, after=self._after
        )
        return self

    def reset(self) -> View:
        """Count anew from now on: a new generation at zero. A finite view cannot be reset."""
        if self.is_finite:
            raise ArgumentError(f"{self.name} shows something that has ended; there is nothing to count anew")
        self._after = self._engine.reached()
        engine, divisors = self._acquire(self._engine.generation + 1), self._open_divisors()
        self._let_go()
        self._engine, self._divisors, self._last = engine, divisors, None
        self._let_go = weakref.finalize(self, _release, [engine, *(d.engine for d in divisors)])
        self._let_go.atexit = False
        return self

    def stop(self) -> View:
        """Take no more data; the last result stays."""
        if self._last is None:
            self._last = replace(self._snapshot(picture=False), state="stopped")
        self._let_go()
        return self

    def skip_ahead(self) -> View:
        """Leave out what has not been counted yet and go on with what comes now; the ledger says how much it was."""
        skip = getattr(self._engine.subscription, "skip_ahead", None)
        if skip is not None:
            skip()
        return self

    # For others

    def save(self, path: str | Path, *, overwrite: bool = False, about: Mapping[str, Any] | None = None) -> Path:
        """Write the result to ``.nxs``, ``.csv`` or ``.npz``, with the description; `load_histogram` reads it back."""
        from .asjson import description_to_json

        told: dict[str, Any] = {"stream": self._setting.name, "where": self._setting.where}
        told["description"] = description_to_json(self.description)
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

    def _acquire(self, generation: int) -> Engine:
        return acquire(
            self._counted,
            self._setting,
            self._feed,
            extent=self._extent,
            after=self._after,
            make=make_fold,
            is_finite=self.is_finite,
            generation=generation,
        )

    def _open_divisors(self) -> tuple[Any, ...]:
        if not self.description.normalise:
            return ()
        from .normalising import open_divisor

        return tuple(
            open_divisor(
                normalise, self.description, self._setting, self._feed,
                extent=self._extent, after=self._after, is_finite=self.is_finite,
            )
            for normalise in self.description.normalise
        )  # fmt: skip

    def _derived(self, description: Description, *, what: str = "", **span: Any) -> View:
        name = f"{self._setting.name} {what}" if what and self._setting.name else self.name
        span = {"extent": self._extent, "after": self._after} | span
        return View(description, self._feed, self._setting, name=name, present=self._present, **span)

    def _snapshot(self, *, picture: bool) -> Snapshot:
        if self._last is not None:
            return picture_of(self._last) if picture else self._last
        snapshot = self._engine.snapshot(self._counted, picture=picture and not self._divisors)
        if not self._divisors:
            return replace(snapshot, name=self.name)
        from .normalising import divide

        divided = replace(divide(snapshot, self._divisors), name=self.name)
        return picture_of(divided) if picture else divided

    def _histogram(self) -> Histogram:
        return self.snapshot()

    def _complete(self) -> None:
        if not self.is_finite:
            return
        for engine in (self._engine, *(d.engine for d in self._divisors)):
            wait_for(engine, self.name, lambda: False, None)
            if engine.error is not None:
                raise engine.error

    # How it looks

    def __repr__(self) -> str:
        ledger = self._engine.ledger(self._counted)
        shape = " × ".join(str(axis.n) for axis in self.axes)
        age = "" if self.is_finite else f", {describe_age(self.data_ns, time.time_ns())}"
        remarks = "".join(f", {r}" for r in self.remarks)
        failed = f": {self.error}" if self.error is not None else ""
        counted = f"{ledger.binned:,} of {ledger.seen:,} events binned"
        return f"<{self.name} {shape} {self.state}{failed}{age}, {counted}{remarks}>"

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, Any]:
        bundle = self._present(self) if self._present is not None else None
        return bundle or {"text/plain": repr(self)}


def _release(engines: list[Engine]) -> None:
    for engine in engines:
        engine.release()
