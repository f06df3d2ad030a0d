"""What the process takes: memory, open files, threads."""

from __future__ import annotations

import contextlib
import ctypes
import os
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

PAGE = os.sysconf("SC_PAGE_SIZE")
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


def give_back() -> None:
    """Have the C library give back what is free, as far as it can: it keeps holes, which are no leak."""
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).malloc_trim(0)


@dataclass(slots=True)
class Memory:
    """Memory over time, in bytes."""

    at_s: list[float] = field(default_factory=list)
    resident: list[int] = field(default_factory=list)
    """All that the process held, holes included."""
    beside: list[int] = field(default_factory=list)
    """What it held without holes, and beside what it was told to keep."""

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
        give_back()
        self.beside.append(resident_bytes() - kept_bytes)

    def growth_bytes(self, from_s: float) -> float:
        """Return by how much a straight line through `beside` rises from a moment on."""
        at, held = np.array(self.at_s), np.array(self.beside, float)
        late = at >= from_s
        if late.sum() < 3:
            return 0.0
        slope = np.polyfit(at[late], held[late], 1)[0]
        return float(slope * (at[late][-1] - at[late][0]))
