"""The process's in-process logs by name: the same name is the same log."""

from __future__ import annotations

import threading

from ..address import DEFAULT_RETENTION_BYTES
from .log import MemoryLog

_lock = threading.Lock()
_logs: dict[str, MemoryLog] = {}


def named_log(name: str, limit_bytes: int | None) -> MemoryLog:
    """Return the log of this name, made if it is new; a stated bound goes for an existing one too."""
    with _lock:
        log = _logs.get(name)
        if log is None:
            log = _logs[name] = MemoryLog(name, limit_bytes or DEFAULT_RETENTION_BYTES)
        elif limit_bytes is not None:
            log.limit(limit_bytes)
        return log


def forget_log(name: str) -> None:
    """Give up a log: who has it open keeps it, the next to open the name gets an empty one."""
    with _lock:
        _logs.pop(name, None)
