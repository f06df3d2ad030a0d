"""Which notebook cell is running: what a cell made when it ran before is replaced when it runs again."""

from __future__ import annotations

import threading
import weakref
from typing import Protocol

from ..panels.busy import current_cell, shell


class Stoppable(Protocol):
    """Anything with a `stop`."""

    def stop(self) -> object:
        """Stop it."""
        ...


_lock = threading.Lock()
_made: dict[str, tuple[int, list[weakref.ref[Stoppable]]]] = {}


def made_in_this_cell(thing: Stoppable) -> None:
    """Remember what the running cell made, and stop what it made when it ran before."""
    ip = shell()
    cell = current_cell(ip) if ip is not None else None
    if cell is None or not cell.id:
        return
    with _lock:
        before, things = _made.get(cell.id, (cell.count, []))
        if before != cell.count:
            old, things = things, []
        else:
            old = []
        things.append(weakref.ref(thing))
        _made[cell.id] = (cell.count, things)
    for reference in old:
        if (replaced := reference()) is not None:
            replaced.stop()
