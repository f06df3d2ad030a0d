"""What can be asked of a view without waiting: what it is, how it is doing, how far it has come."""

from __future__ import annotations

import time
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from ..errors import LiveDataError
from ..streams.feed import Feed, Lag, Progress
from .axis import Axes
from .description import Description
from .engine import Engine
from .physics.geometry import Geometry
from .pixels.layout import Layout
from .pixels.masked import masked
from .pixels.screen import Screen
from .prepare import layout_of, screen_of
from .result.ledger import Ledger
from .result.snapshot import Snapshot, State
from .running import Running
from .setting import Setting
from .taking import picture_of

WORTH_TELLING_S = 1.0
"""How far a view is behind its stream before it says so."""


class Observed:
    """The part of a `View` that panels look at. None of it waits for data."""

    description: Description
    _axes: Axes
    _feed: Feed
    _setting: Setting
    _running: Running
    _last: Snapshot | None

    @property
    def _engine(self) -> Engine:
        return self._running.engine

    @property
    def latest(self) -> Snapshot:
        """What is counted by now, without waiting for anything."""
        return self._last or self._running.snapshot(picture=False)

    def picture(self) -> Snapshot:
        """Return what is counted by now, summed to one or two dimensions; cheap also for cubes."""
        return picture_of(self._last) if self._last is not None else self._running.snapshot(picture=True)

    @property
    def layout(self) -> Layout | None:
        """Where pixels stand, for images."""
        return layout_of(self.description, self._setting) if self.description.projection is not None else None

    @property
    def axes(self) -> Axes:
        """Axes by position or name: ``view.axes["toa"]``. Those of a series, or of frames, are known when data come."""
        counting = self._engine.counting
        is_own = counting.description == self._running.description
        return counting.fold.axes if counting.fold is not None and is_own else self._axes

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
        engine = self._engine
        state = "stopped" if self._last is not None else "failed" if self._running.error is not None else engine.state
        return state if engine is self._engine else self.state  # moved on meanwhile

    @property
    def error(self) -> Exception | None:
        """What ended the view, if it failed."""
        return self._running.error

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
        return self._remarks_of(self._running.ledger)

    def _remarks_of(self, ledger: Ledger) -> tuple[str, ...]:
        remarks = (*self._engine.remarks_of(ledger), *self._behind())
        note = getattr(self._feed, "remark", "")
        return (*remarks, note) if note else remarks

    def _behind(self) -> tuple[str, ...]:
        subscription = self._engine.subscription
        behind = subscription.lag if subscription is not None and not self._engine.is_over else Lag()
        if behind.seconds < WORTH_TELLING_S:
            return ()
        return (f"{behind.messages:,} messages ({behind.seconds:.1f} s) behind; skip_ahead() leaves them out",)
