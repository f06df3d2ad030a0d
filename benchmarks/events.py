"""The events that everything here counts: a detector of 1024 × 1024 pixels, 71.43 ms between pulses."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

SIDE = 1024
PERIOD_NS = 71_430_000

Int32 = NDArray[np.int32]


def events(n: int, seed: int = 0) -> tuple[Int32, Int32]:
    """Return pixel numbers (from 1) and times of arrival in ns, both int32; one in a thousand is out of range."""
    rng = np.random.default_rng(seed)
    ids = rng.integers(1, SIDE * SIDE + 1, n, dtype=np.int32)
    toa = rng.integers(0, PERIOD_NS, n, dtype=np.int32)
    ids[::1000] = 0
    toa[::1000] = -1
    return ids, toa
