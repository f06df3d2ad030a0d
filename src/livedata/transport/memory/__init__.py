"""``memory://NAME``: a broker inside the process, for demonstrations, tests and everything on one machine.

Payloads are stored and handed out as the objects they came as. A log is bounded by bytes; the oldest messages go
first, but never one that a consumer opened with ``holds_retention`` has not read: then the producer waits.
"""

from __future__ import annotations

from .registry import forget_log
from .transport import MemoryTransport

__all__ = ["MemoryTransport", "forget_log"]
