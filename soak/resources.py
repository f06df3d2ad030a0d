"""What the process takes: memory, open files, threads."""

from __future__ import annotations

import contextlib
import ctypes
import os
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

PAGE = os.sysconf("SC_PAGE_SIZE")
MMAP_THRESHOLD = -3
"""M_MMAP_THRESHOLD of malloc.h."""
LARGE_BYTES = 1 << 17
LASTING = ("livedata-fold", "livedata-warm-up")
"""Threads that stay for the next view: a fixed few for the whole process."""


def resident_bytes() -> int:
    """Return how much memory the process holds."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * PAGE


def open_files() -> list[str]:
    """Return what the process has open."""
    found = []
    for entry in Path("/proc/self/fd").iterdir():
        try:
            found.append(str(entry.readlink()))
        except OSError:
            continue
    return sorted(found)


def our_threads() -> list[str]:
    """Return the names of livedata's threads, without those that stay for the next view."""
    names = [thread.name for thread in threading.enumerate()]
    return sorted(name for name in names if name.startswith("livedata-") and not name.startswith(LASTING))


def wait_for_threads(timeout_s: float) -> list[str]:
    """Wait until livedata's threads have ended; return those that have not."""
    deadline = time.monotonic() + timeout_s
    while (left := our_threads()) and time.monotonic() < deadline:
        time.sleep(0.05)
    return left


def leave_no_holes() -> None:
    """Have the C library take large blocks from the system one by one, and give each back as it is freed.

    Left alone, it learns from the first messages to put such blocks where small ones lie between, and hundreds of
    megabytes stay behind as holes: no leak, but nothing of a leak could be seen beside them.
    """
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).mallopt(MMAP_THRESHOLD, LARGE_BYTES)


@dataclass(slots=True)
class Memory:
    """Memory over time, in bytes."""

    at_s: list[float] = field(default_factory=list)
    resident: list[int] = field(default_factory=list)
    """All that the process held."""
    beside: list[int] = field(default_factory=list)
    """What it held beside what it was told to keep."""

    def note(self, at_s: float, kept_bytes: int) -> None:
        """Measure.

        Parameters
        ----------
        at_s
            Since the start.
        kept_bytes
            What topic and ring keep on purpose.
        """
        self.at_s.append(at_s)
        self.resident.append(resident_bytes())
        self.beside.append(self.resident[-1] - kept_bytes)

    def growth_bytes(self, from_s: float) -> int:
        """Return by how much the least of the second half lies above the least of the first, from a moment on.

        Views that are behind, and windows, hold messages for a while; a leak is what never comes down again.
        """
        held = [n for at, n in zip(self.at_s, self.beside, strict=True) if at >= from_s]
        half = len(held) // 2
        return min(held[half:]) - min(held[:half]) if half else 0
