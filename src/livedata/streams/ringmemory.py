"""Memory of the ring: how much it may take, and pieces of it that go back to the system as soon as they are dropped."""

from __future__ import annotations

import contextlib
import mmap
import os
import re
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import ArgumentError

MOST_BYTES = 2_000_000_000
"""Default budget where memory is plenty."""
SHARE = 4
"""By default, one part in so many of the free memory."""

_SIZE = re.compile(r"^(\d+(?:\.\d+)?)\s*([kKMGT]?)(i?)B?$")
_POWERS = {"": 0, "k": 1, "K": 1, "M": 2, "G": 3, "T": 4}


def parse_memory(memory: int | str | None) -> int:
    """Return a budget in bytes: of a number, of a text such as ``"2 GB"``; of None a quarter of what is free.

    Raises
    ------
    ArgumentError
        If it is neither.

    Examples
    --------
    >>> parse_memory("1.5 GB"), parse_memory("1 MiB"), parse_memory(0)
    (1500000000, 1048576, 0)
    """
    if memory is None:
        return min(MOST_BYTES, free_bytes() // SHARE)
    if isinstance(memory, str) and (told := _SIZE.match(memory.strip())):
        return int(float(told[1]) * (1024 if told[3] else 1000) ** _POWERS[told[2]])
    if isinstance(memory, int) and not isinstance(memory, bool) and memory >= 0:
        return memory
    raise ArgumentError(f"memory={memory!r}; expected a number of bytes or a text such as '2 GB'")


def free_bytes() -> int:
    """Return the memory that programs can take without others being pushed out; 4 GB where the system does not say."""
    told = []
    try:
        lines = Path("/proc/meminfo").read_text().splitlines()
        told += [int(line.split()[1]) * 1024 for line in lines if line.startswith("MemAvailable:")]
    except (OSError, ValueError, IndexError):
        pass
    try:  # a container's own limit
        group = Path("/sys/fs/cgroup")
        limit, used = (group / "memory.max").read_text(), (group / "memory.current").read_text()
        told.append(max(0, int(limit) - int(used)))
    except (OSError, ValueError):
        pass
    if not told and "SC_AVPHYS_PAGES" in getattr(os, "sysconf_names", {}):
        told.append(os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE"))
    return min(told, default=4_000_000_000)


class Memory:
    """A piece of memory, straight from the system: it goes back when nothing refers to it any more."""

    __slots__ = ("_map", "array")

    def __init__(self, nbytes: int) -> None:
        self._map: Any = None
        if nbytes and hasattr(mmap, "MAP_PRIVATE"):
            self._map = mmap.mmap(-1, nbytes, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
            if hasattr(mmap, "MADV_HUGEPAGE") and nbytes >= 1 << 21:
                with contextlib.suppress(OSError):
                    self._map.madvise(mmap.MADV_HUGEPAGE)
        self.array: NDArray[np.uint8] = (
            np.empty(nbytes, np.uint8) if self._map is None else np.frombuffer(self._map, np.uint8, nbytes)
        )

    def give_back(self, first: int, stop: int) -> int:
        """Return what lies between two places to the system where it can be; return how many bytes that are."""
        if self._map is None or not hasattr(mmap, "MADV_DONTNEED"):
            return 0
        first = -(-first // mmap.PAGESIZE) * mmap.PAGESIZE
        stop = stop if stop == len(self.array) else stop // mmap.PAGESIZE * mmap.PAGESIZE
        if stop <= first:
            return 0
        try:
            self._map.madvise(mmap.MADV_DONTNEED, first, stop - first)
        except OSError:
            return 0
        return stop - first
