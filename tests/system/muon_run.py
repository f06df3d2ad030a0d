"""A muon run: whole frames of many channels (aev2), each with its period and vetoes, red and green in turn."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np

from livedata.testing import message_bytes
from tests.system.madeup import N_PARTITIONS, Entry, MadeUpRun, Message, interleaved

FRAME_NS = 20_000_000
N_CHANNELS = 96


def muon_run(start_ns: int, *, n_frames: int = 300, seed: int = 6) -> MadeUpRun:
    """Make up a run of frames at 50 Hz with two periods."""
    rng = np.random.default_rng(seed)
    run = MadeUpRun({"frames": N_PARTITIONS})
    frames = [[_frame(rng, number, start_ns + number * FRAME_NS + 123_456)] for number in range(n_frames)]
    run.messages += interleaved(frames, rng)
    return run


def _frame(rng: np.random.Generator, number: int, time_ns: int) -> Message:
    n = int(rng.integers(0, 80))
    toa = np.sort(rng.integers(0, 32_000, n, dtype=np.uint32))
    channel = rng.integers(0, N_CHANNELS, n, dtype=np.uint32)
    period, veto = number % 2, int(rng.choice([0, 0, 0, 4, 0x8001]))
    frame = {"timestamp": _gps(time_ns), "period_number": period, "frame_number": number, "veto_flags": veto}
    value = message_bytes(
        "aev2",
        metadata={"protons_per_pulse": 7, "running": True, **frame},
        time=toa,
        voltage=rng.integers(0, 4096, n, dtype=np.uint16),
        channel=channel,
        complete=True,
        digitizers_present=np.arange(12, dtype=np.uint8),
    )
    entry = Entry(time_ns, n, int(toa.sum(dtype=np.int64)), int(channel.sum(dtype=np.int64)), period, veto)
    return Message("frames", value, str(number).encode(), None, time_ns // 1_000_000, "frames", entry)


def _gps(time_ns: int) -> dict[str, int]:
    moment, rest = datetime.fromtimestamp(time_ns // 10**9, UTC), time_ns % 10**9
    return {
        "year": moment.year - 2000,
        "day": moment.timetuple().tm_yday,
        "hour": moment.hour,
        "minute": moment.minute,
        "second": moment.second,
        "millisecond": rest // 10**6,
        "microsecond": rest // 1000 % 1000,
        "nanosecond": rest % 1000,
    }
