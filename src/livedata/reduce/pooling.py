"""Pooling: live views of many regions of one picture are counted together, an event once for all of them.

Views that differ in nothing but what they leave of the pixels begin with a count each, so that each of them is there at
once. When there are several, pixels are numbered by which of the views take them, events are counted by that number,
and every view becomes a sum of few rows (`Description.apart`). The joint count begins anew, from memory or the topic;
when it has all that a view's own one has, the view goes on with it, and nobody sees a difference but in the load.
"""

from __future__ import annotations

import threading
import time
from dataclasses import replace

from .description import Description, Part
from .engine import Engine
from .fold.pool import submit
from .fold.serving import has_pixels, is_static, spans
from .making import make_fold
from .pixels.region import Combined, Region
from .sharing import acquire, neighbours
from .window import EVERYTHING

FEW = 3
"""So many counts are worth one more that begins anew."""
MOST_EVENTS = 1_000_000_000
"""Of what is counted again; more would take longer than it saves soon."""
CALM_S = 0.3
"""Where a view was made in so short a time, more may follow."""

_lock = threading.Lock()


def look(engine: Engine) -> None:
    """Have an engine counted together with its like, if there are several; called behind the counting."""
    if kinship(engine.counting.description) is not None:
        submit(lambda: _begin(engine))


def kinship(description: Description) -> Description | None:
    """Return what a description has in common with those that can be counted together with it; None if it cannot.

    Left away is what it leaves of the pixels; ranges of quantities in its region stay.
    """
    is_told = bool(description.apart) or has_pixels(description.region) or description.projection is not None
    if not is_told or description.sparse or description.frames or description.every_ns:
        return None
    if description.window != EVERYTHING or (description.projection is not None and not description.is_summed):
        return None
    if any(is_static(axis.name, description) for axis in description.axes):
        return None
    region: Region | None = None
    for span in spans(description):
        region = span if region is None else Combined("and", region, span)
    return replace(description, masks=(), region=region, apart=())


def _begin(engine: Engine) -> None:
    """Begin a joint count of an engine and its like."""
    with _lock:
        kin = kinship(engine.counting.description)
        members = [one for one in neighbours(engine) if _is_like(one, engine)]
        if kin is None or engine not in members or len(members) < FEW:
            return
        if time.monotonic() - max(member.began_s for member in members) < CALM_S:
            return
        users = [user for member in members for user in member.movable_users()]
        for member in members:
            member.then = None
    parts = tuple(dict.fromkeys(Part(user.description.masks, user.description.region) for user in users))
    counting = engine.counting
    joint = acquire(
        replace(kin, apart=parts), counting.setting, counting.feed,
        extent=counting.extent, after=engine.after, make=make_fold, is_finite=False, generation=engine.generation,
        then=Pool(tuple(members)).look,
    )  # fmt: skip
    for user in users:
        user.expect(joint)
    joint.release()


def _is_like(one: Engine, engine: Engine) -> bool:
    """Whether two engines see the same, differ in nothing but their pixels, and have all that they stand for."""
    return (
        one.then is look
        and one.state == "live"
        and one.is_whole
        and one.n_seen <= MOST_EVENTS
        and bool(one.movable_users())
        and one.generation == engine.generation
        and kinship(one.counting.description) == kinship(engine.counting.description)
    )


class Pool:
    """Engines whose users are to go on with a joint one."""

    def __init__(self, members: tuple[Engine, ...]) -> None:
        self._members = members

    def look(self, joint: Engine) -> None:
        """Have users go on with the joint engine as soon as it has what theirs have; called behind its counting."""
        submit(lambda: self._move(joint))

    def _move(self, joint: Engine) -> None:
        with _lock:
            if joint.is_over or joint.error is not None or not joint.is_whole or joint.state != "live":
                return
            self._members = tuple(
                one for one in self._members if not (one.is_over or (_agree(one, joint) and one.move_users(joint)))
            )
            if not self._members and joint.then is not None:
                joint.then = look


def _agree(one: Engine, joint: Engine) -> bool:
    return one.generation == joint.generation and one.is_whole
