"""Planted faults: each breaks one thing that the soak must notice."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Sequence
from typing import Any

from livedata.reduce.counting import Counting
from livedata.streams.ring import EventRing

_leaked: list[Any] = []


def lose() -> None:
    """Leave out one batch in a few hundred."""
    take, n = Counting.take, itertools.count(1)

    def losing(self: Counting, batch: Any, now_ns: int) -> None:
        if next(n) % 300:
            take(self, batch, now_ns)

    Counting.take = losing  # type: ignore[method-assign]


def twice() -> None:
    """Count one batch in a few hundred twice."""
    take, n = Counting.take, itertools.count(1)

    def doubling(self: Counting, batch: Any, now_ns: int) -> None:
        take(self, batch, now_ns)
        if not next(n) % 300:
            take(self, batch, now_ns)

    Counting.take = doubling  # type: ignore[method-assign]


def late() -> None:
    """Never judge anything again."""
    Counting.look_again = lambda self, **_: False  # type: ignore[method-assign]


def memory() -> None:
    """Keep copies of what comes."""
    add = EventRing.add

    def keeping(self: EventRing, key: Any, batches: Sequence[Any], covered: Any) -> bool:
        _leaked.extend(batch.event_time_offset.astype(complex) for batch in batches)
        return add(self, key, batches, covered)

    EventRing.add = keeping  # type: ignore[method-assign]


def thread() -> None:
    """Leave a thread behind."""
    threading.Thread(target=threading.Event().wait, name="livedata-planted", daemon=True).start()


PLANTS: dict[str, Callable[[], None]] = {
    "lose": lose, "twice": twice, "late": late, "memory": memory, "thread": thread,
}  # fmt: skip
