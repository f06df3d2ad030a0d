"""Memory: whether cells fit, before anything is allocated."""

from __future__ import annotations

import os
from pathlib import Path

from ...errors import ArgumentError

SHARE = 0.5
"""Of the memory that is free, what one fold may take."""


def free_bytes() -> int:
    """Return how much memory is free; 4 GB where nothing tells."""
    try:
        for line in Path("/proc/meminfo").read_text().splitlines():
            if line.startswith("MemAvailable:"):
                return int(line.split()[1]) * 1024
    except (OSError, ValueError, IndexError):
        pass
    try:
        return os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, ValueError, OSError):
        return 4 << 30


def check_fits(nbytes: int, shape: tuple[int, ...], *, sparse_helps: bool = True) -> None:
    """Refuse what does not fit.

    Raises
    ------
    ArgumentError
        If `nbytes` are more than a share of the free memory.
    """
    free = free_bytes()
    if nbytes > SHARE * free:
        noun = "cube" if len(shape) > 2 else "histogram"
        raise ArgumentError(
            f"this {noun} needs {_gb(nbytes)} ({' × '.join(f'{n:,}' for n in shape)} bins) and {_gb(free)} are free; "
            f"use fewer bins{', or sparse=True' if sparse_helps else ''}"
        )


def _gb(nbytes: int) -> str:
    return f"{nbytes / 1e9:.3g} GB"
