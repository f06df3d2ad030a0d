"""Sharing: views that count the same use one engine, and a view takes from another's count what that has already."""

from __future__ import annotations

import threading
import weakref
from collections.abc import Callable, Hashable

from ..streams.extent import Extent
from ..streams.feed import Feed
from .counting import Counting, MakeFold
from .description import Description
from .engine import Engine, Offsets
from .fold.serving import serves
from .setting import Setting
from .user import User

_lock = threading.Lock()
_running: dict[Hashable, weakref.WeakSet[Engine]] = {}


def acquire(
    description: Description,
    setting: Setting,
    feed: Feed,
    *,
    extent: Extent | None,
    after: Offsets,
    make: MakeFold,
    is_finite: bool,
    generation: int = 1,
    is_shared: bool = True,
    user: User[Engine] | None = None,
    then: Callable[[Engine], None] | None = None,
) -> Engine:
    """Return an engine that counts a description, or more than it; held once for the caller.

    Parameters
    ----------
    description
        Without normalisation.
    generation
        Number of the first accumulation; one that is taken has this number or a higher one.
    is_shared
        False where `make` makes something else than the description alone says.
    user
        Who can go on with another engine; None for a caller that cannot.
    then
        What a new engine calls now and then behind the counting.
    """
    key = _place(feed, extent, after)
    with _lock:
        for engine in _running.get(key, ()) if is_shared else ():
            if engine.generation >= generation and _can_take(engine, description):
                engine.hold(user)
                return engine
        counting = Counting(description, setting, feed, extent, make)
        engine = Engine(counting, is_finite=is_finite, generation=generation)
        engine.hold(user)
        engine.place, engine.then = key, then
        _forget()
        if is_shared:
            _running.setdefault(key, weakref.WeakSet()).add(engine)
    engine.start(feed, after)
    return engine


def neighbours(engine: Engine) -> list[Engine]:
    """Return all shared engines that see the same events, this one included."""
    with _lock:
        return list(_running.get(engine.place, ()))


def _place(feed: Feed, extent: Extent | None, after: Offsets) -> Hashable:
    """Return what two engines must have in common to see the same events."""
    identity = getattr(feed, "identity", None) or id(feed)
    offsets = None if extent is None or extent.offsets is None else frozenset(extent.offsets.items())
    span = (None, None) if extent is None else (extent.start_ns, extent.stop_ns)
    return (identity, span, offsets, frozenset(after.items()))


def _can_take(engine: Engine, description: Description) -> bool:
    if engine.state in ("stopped", "failed"):
        return False
    if engine.counting.description == description:
        return True
    return serves(engine.counting.description, description)


def _forget() -> None:
    """Drop the places where nothing runs any more."""
    for key in [key for key, engines in _running.items() if not engines]:
        del _running[key]
