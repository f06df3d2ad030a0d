"""The recorder's writer core, fed from memory, beside ``write()`` of the same bytes; `fsync` at the end of both."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from livedata.nexus.sidefile import remove_side_file
from livedata.nexus.throughput import KEY, batches
from livedata.nexus.writer import FileWriter

from .measure import Row, Setting, Work, compare, in_turns

TOTAL_BYTES = 1 << 30
MESSAGE_BYTES = 1 << 20


def rows(*, quick: bool, turns: int) -> Iterator[Row]:
    """Write 1 GB of events in messages of 1 MB."""
    total = 16 << 20 if quick else TOTAL_BYTES
    with tempfile.TemporaryDirectory(prefix="livedata-bench-") as folder:
        costs = in_turns(
            {"ours": _file(Path(folder), _record, total), "write and fsync": _file(Path(folder), _write, total)},
            turns=turns,
        )
    yield compare(
        "events from memory to a NeXus file",
        "GB/s",
        total / 1e9,
        costs,
        target=0.6,
        note=f"{total / 1e9:.1f} GB in messages of 1 MB, closed and safe on disk; reading back not included",
    )


def _record(path: Path, total: int) -> None:
    writer = FileWriter(path)
    for batch in batches(total, MESSAGE_BYTES):
        writer.accept(KEY, batch)
        writer.checkpoint_if_due()
    writer.finish()


def _write(path: Path, total: int) -> None:
    with path.open("wb", buffering=0) as stream:
        for batch in batches(total, MESSAGE_BYTES):
            if batch.event_id is not None:
                stream.write(batch.event_id.data)
            stream.write(batch.event_time_offset.data)
        os.fsync(stream.fileno())


def _file(folder: Path, write: Callable[[Path, int], None], total: int) -> Setting:
    """Give a path that is free, and remove what was written; nothing of it is left for the disk to do afterwards."""

    @contextlib.contextmanager
    def setting() -> Iterator[Work]:
        path = folder / "events.nxs"
        os.sync()
        try:
            yield lambda: write(path, total)
        finally:
            path.unlink(missing_ok=True)
            remove_side_file(path)

    return setting
