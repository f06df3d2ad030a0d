"""What runs behind one view: the engine that counts for it, and those that count what it is divided by."""

from __future__ import annotations

import contextlib
import time
from dataclasses import replace
from typing import TYPE_CHECKING

from ..errors import WaitTimeout
from ..streams.extent import Extent
from ..streams.feed import Feed
from .description import Description
from .engine import Engine, Offsets
from .making import make_fold
from .result.ledger import Ledger
from .result.snapshot import Snapshot
from .setting import Setting
from .sharing import acquire
from .taking import picture_of
from .waiting import wait_for

if TYPE_CHECKING:
    from .normalising import Divisor


PATIENCE_S = 2.0
"""How long what a result is divided by may take to follow."""


class Running:
    """Engines of one view, held until `release`."""

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
        )  # fmt: skip
        self.divisors: tuple[Divisor, ...] = ()
        if description.normalise:
            from .normalising import open_divisor

            self.divisors = tuple(
                open_divisor(one, description, setting, feed, extent=extent, after=after, is_finite=is_finite)
                for one in description.normalise
            )

    @property
    def engines(self) -> list[Engine]:
        """All of them."""
        return [self.engine, *(divisor.engine for divisor in self.divisors)]

    @property
    def ledger(self) -> Ledger:
        """Fates so far, of the view's own events."""
        return self.engine.ledger(self.description)

    def snapshot(self, *, picture: bool) -> Snapshot:
        """Return the result by now, divided by what it is to be divided by."""
        snapshot = self.engine.snapshot(self.description, picture=picture and not self.divisors)
        if not self.divisors:
            return replace(snapshot, name=self.name)
        from .normalising import divide

        divided = replace(divide(snapshot, self.divisors), name=self.name)
        return picture_of(divided) if picture else divided

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
            if engine.error is not None:
                raise engine.error


def release(engines: list[Engine]) -> None:
    """Let go of engines; those that nobody else holds end."""
    for engine in engines:
        engine.release()
