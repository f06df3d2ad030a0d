"""How fast the writer core is, beside plain ``write()`` of the same bytes: a measurement for benchmarks."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ..streams.batch import EventBatch, Messages
from ..streams.key import StreamKey
from .check import check
from .sidefile import remove_side_file
from .writer import FileWriter

KEY = StreamKey("bench_events", "detector", "events")


@dataclass(frozen=True, slots=True)
class Throughput:
    """Seconds of wall and processor time for the same bytes, each with `fsync`."""

    nbytes: int
    write_s: float
    """Writer core, from the first batch to the file closed and safe."""
    write_cpu_s: float
    check_s: float
    """Reading back and comparing, which a recorder does after it."""
    plain_s: float
    """``os.write`` of the same arrays."""
    plain_cpu_s: float

    @property
    def ratio(self) -> float:
        """Speed of the writer core as a part of that of plain writing."""
        return self.plain_s / self.write_s


def batches(total_bytes: int, message_bytes: int, *, seed: int = 0) -> Iterator[EventBatch]:
    """Yield one-message batches of random events, 8 bytes an event, until the total is reached."""
    n = message_bytes // 8
    rng = np.random.default_rng(seed)
    ids, offsets = rng.integers(1, 1 << 20, n, dtype=np.int32), rng.integers(0, 71_000_000, n, dtype=np.int32)
    zero = np.zeros(1, np.int64)
    for i in range(total_bytes // message_bytes):
        messages = Messages(KEY.topic, np.zeros(1, np.int32), zero + i, zero - 1, zero, zero)
        yield EventBatch(ids, offsets, zero + 1_700_000_000_000_000_000 + i * 71_428_571, zero, messages)


def measure(folder: Path, *, total_bytes: int = 1 << 30, message_bytes: int = 1 << 20) -> Throughput:
    """Write the same events through the writer core and by plain `write`, and remove both files again."""
    path = folder / "throughput.nxs"
    os.sync()
    t, cpu = time.perf_counter(), time.process_time()
    writer = FileWriter(path)
    for batch in batches(total_bytes, message_bytes):
        writer.accept(KEY, batch)
        writer.checkpoint_if_due()
    written = writer.finish()
    write_s, write_cpu = time.perf_counter() - t, time.process_time() - cpu
    t = time.perf_counter()
    check(path, written)
    check_s = time.perf_counter() - t
    path.unlink()
    remove_side_file(path)
    os.sync()
    t, cpu = time.perf_counter(), time.process_time()
    with path.open("wb", buffering=0) as stream:
        for batch in batches(total_bytes, message_bytes):
            if batch.event_id is not None:
                stream.write(batch.event_id.data)
            stream.write(batch.event_time_offset.data)
        os.fsync(stream.fileno())
    plain_s, plain_cpu = time.perf_counter() - t, time.process_time() - cpu
    path.unlink()
    return Throughput(total_bytes, write_s, write_cpu, check_s, plain_s, plain_cpu)
