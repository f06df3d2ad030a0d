"""Which notebook cell is running: what a cell made when it ran before is replaced when it runs again."""

from __future__ import annotations

import sys
import threading
import weakref
from typing import Protocol


class Stoppable(Protocol):
    """Anything with a `stop`."""

    def stop(self) -> object:
        """Stop it."""
        ...


_lock = threading.Lock()
_made: dict[str, tuple[int, list[weakref.ref[Stoppable]]]] = {}


def running_cell() -> tuple[str, int] | None:
    """Return the id and the execution number of the running notebook cell; None outside notebooks."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    kernel = getattr(shell, "kernel", None)
    if kernel is None:
        return None
    try:
        parent = kernel.get_parent("shell")
    except (AttributeError, LookupError, TypeError):
        return None
    cell = (parent or {}).get("metadata", {}).get("cellId")
    return (str(cell), int(getattr(shell, "execution_count", 0))) if cell else None


def made_in_this_cell(thing: Stoppable) -> None:
    """Remember what the running cell made, and stop what it made when it ran before."""
    cell = running_cell()
    if cell is None:
        return
    cell_id, execution = cell
    with _lock:
        before, things = _made.get(cell_id, (execution, []))
        if before != execution:
            old, things = things, []
        else:
            old = []
        things.append(weakref.ref(thing))
        _made[cell_id] = (execution, things)
    for reference in old:
        if (replaced := reference()) is not None:
            replaced.stop()
