"""What runs behind one view: the engine that counts for it, and those that count what it is divided by."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from ..errors import WaitTimeout
from ..streams.extent import Extent
from ..streams.feed import Feed
from .description import Description
from .engine import Engine, Offsets
from .making import make_fold
from .pooling import look
from .result.ledger import Ledger
from .result.snapshot import Snapshot
from .setting import Setting
from .sharing import acquire
from .taking import picture_of
from .waiting import wait_for

if TYPE_CHECKING:
    from .amounts import Divisor


PATIENCE_S = 2.0
"""How long what a result is divided by may take to follow."""


class Running:
    """Engines of one view, held until `release`. Its own one may become another that counts the same: see `pooling`."""

    def __init__(
        self,
        description: Description,
        setting: Setting,
        feed: Feed,
        *,
        name: str,
        extent: Extent | None,
        after: Offsets,
        is_finite: bool,
        generation: int = 1,
    ) -> None:
        self.name = name
        self.description = replace(description, normalise=())
        self.is_finite = is_finite
        self.engine = acquire(
            self.description, setting, feed,
            extent=extent, after=after, make=make_fold, is_finite=is_finite, generation=generation,
            user=self, then=look,
        )  # fmt: skip
        self._moving = threading.Lock()
        self._expected: Engine | None = None
        self._is_released = False
        self.divisors: tuple[Divisor, ...] = ()
        if description.normalise:
            from .normalising import open_divisor

            try:
                for one in description.normalise:
                    divisor = open_divisor(
                        one, description, setting, feed, extent=extent, after=after, is_finite=is_finite
                    )
                    self.divisors = (*self.divisors, divisor)
            except BaseException:
                self.release()
                raise

    @property
    def engines(self) -> list[Engine]:
        """All of them."""
        return [self.engine, *(divisor.engine for divisor in self.divisors)]

    @property
    def error(self) -> Exception | None:
        """What ended it, or what it is divided by, if something failed."""
        return next((engine.error for engine in self.engines if engine.error is not None), None)

    @property
    def ledger(self) -> Ledger:
        """Fates so far, of the view's own events."""
        return self.engine.ledger(self.description)

    def snapshot(self, *, picture: bool) -> Snapshot:
        """Return the result by now, divided by what it is to be divided by."""
        engine = self.engine
        snapshot = engine.snapshot(self.description, picture=picture and not self.divisors)
        if engine is not self.engine:  # moved on meanwhile
            return self.snapshot(picture=picture)
        if not self.divisors:
            return replace(snapshot, name=self.name)
        from .normalising import divide

        divided = replace(divide(snapshot, self.divisors), name=self.name)
        return picture_of(divided) if picture else divided

    def expect(self, engine: Engine) -> None:
        """Hold an engine that the view may go on with."""
        with self._moving:
            if self._is_released or self._expected is engine:
                return
            engine.hold(self)
            before, self._expected = self._expected, engine
        if before is not None:
            before.release(self)

    def move_to(self, engine: Engine) -> None:
        """Go on with an engine that has counted the same."""
        self.expect(engine)
        with self._moving:
            if self._expected is not engine:
                return
            old, self.engine, self._expected = self.engine, engine, None
        old.release(self)

    @contextlib.contextmanager
    def staying(self) -> Iterator[Engine]:
        """Give the view's engine, which it stays with meanwhile."""
        with self._moving:
            engine = self.engine
            engine.hold()
        try:
            yield engine
        finally:
            engine.release()

    def release(self) -> None:
        """Let go of all engines; those that nobody else holds end."""
        with self._moving:
            if self._is_released:
                return
            self._is_released = True
            held = [one for one in (self.engine, self._expected) if one is not None]
        for engine in held:
            engine.release(self)
        for divisor in self.divisors:
            divisor.engine.release()

    def let_divisors_follow(self, deadline: float | None) -> None:
        """Give what the result is divided by a moment to come as far as the result itself."""
        newest = self.engine.newest_ns
        patience = time.monotonic() + PATIENCE_S
        for divisor in self.divisors:

            def has_followed(engine: Engine = divisor.engine) -> bool:
                return newest is None or (engine.newest_ns is not None and engine.newest_ns >= newest)

            with contextlib.suppress(WaitTimeout):
                until = patience if deadline is None else min(patience, deadline)
                wait_for(divisor.engine, self.name, has_followed, until)

    def complete(self) -> None:
        """Wait until something finite is complete.

        Raises
        ------
        LiveDataError
            What ended it, if it failed.
        """
        if not self.is_finite:
            return
        for engine in self.engines:
            wait_for(engine, self.name, lambda: False, None)
        if self.error is not None:
            raise self.error
