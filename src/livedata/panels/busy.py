"""Which cell is running, and that it has started or ended: what panels ask of the notebook's kernel."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Cell:
    """The execution of a cell. `id` is empty where the front end does not tell."""

    id: str = ""
    count: int = 0


def shell() -> Any | None:
    """Return the interactive shell of a Jupyter kernel, or None in scripts and terminals."""
    if "IPython" not in sys.modules:
        return None
    from IPython import get_ipython

    ip = get_ipython()
    return ip if getattr(ip, "kernel", None) is not None else None


def current_cell(ip: Any) -> Cell:
    """Return the cell that the kernel is executing, by the id that the notebook gave it."""
    parent = ip.kernel.get_parent() or {}
    return Cell(str((parent.get("metadata") or {}).get("cellId", "") or ""), int(ip.execution_count))


class CellWatch:
    """Knows whether a cell is running, and says when one starts.

    Parameters
    ----------
    ip
        The kernel's shell.
    on_start
        Called with each cell before it runs: its old output is gone from the page by then.
    """

    def __init__(self, ip: Any, on_start: Callable[[Cell], None]) -> None:
        self._ip, self._on_start = ip, on_start
        self.is_busy = True  # whoever makes a watch does so from a running cell
        ip.events.register("pre_run_cell", self._started)
        ip.events.register("post_run_cell", self._ended)

    def _started(self, *_info: object) -> None:
        self.is_busy = True
        self._on_start(current_cell(self._ip))

    def _ended(self, *_result: object) -> None:
        self.is_busy = False


def forget_result(ip: Any, cell: Cell, result: object) -> None:
    """Drop a result from the caches of outputs (``Out[3]``, ``_3``, ``_``), after its cell was run again.

    What a variable of the user holds stays; what only the caches held can be collected.
    """
    out = ip.user_ns.get("_oh", {})
    if out.get(cell.count) is result:
        del out[cell.count]
    for name in (f"_{cell.count}", "_", "__", "___"):
        if ip.user_ns.get(name) is result:
            ip.user_ns[name] = ""
        if getattr(ip.displayhook, name, None) is result:
            setattr(ip.displayhook, name, "")
