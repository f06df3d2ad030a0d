"""The events that everything here counts: a detector of 1024 × 1024 pixels, 71.43 ms between pulses."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from livedata.streams.batch import EventBatch, Messages

SIDE = 1024
PERIOD_NS = 71_430_000

Int32 = NDArray[np.int32]


def events(n: int, seed: int = 0, *, n_pixels: int = SIDE * SIDE) -> tuple[Int32, Int32]:
    """Return pixel numbers (from 1) and times of arrival in ns, both int32; one in a thousand is out of range."""
    rng = np.random.default_rng(seed)
    ids = rng.integers(1, n_pixels + 1, n, dtype=np.int32)
    toa = rng.integers(0, PERIOD_NS, n, dtype=np.int32)
    ids[::1000] = 0
    toa[::1000] = -1
    return ids, toa


def batch_of(ids: Int32, toa: Int32, *, time_ns: int = 1) -> EventBatch:
    """Return events as a batch of one message with one entry."""
    zero = np.zeros(1, np.int64)
    messages = Messages("t", np.zeros(1, np.int32), zero, zero, zero, zero)
    return EventBatch(ids, toa, zero + time_ns, zero, messages)
