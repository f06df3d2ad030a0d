"""What the process takes: memory, open files, threads."""

from __future__ import annotations

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


@dataclass(slots=True)
class Memory:
    """Memory over time."""

    at_s: list[float] = field(default_factory=list)
    nbytes: list[int] = field(default_factory=list)

    def note(self, at_s: float) -> None:
        """Measure."""
        self.at_s.append(at_s)
        self.nbytes.append(resident_bytes())

    def growth_bytes(self, from_s: float) -> float:
        """Return by how much a straight line through all that was measured from a moment on rises."""
        at, held = np.array(self.at_s), np.array(self.nbytes, float)
        late = at >= from_s
        if late.sum() < 3:
            return 0.0
        slope = np.polyfit(at[late], held[late], 1)[0]
        return float(slope * (at[late][-1] - at[late][0]))
