"""The core of the recorder: batches of many streams into one NeXus file, by one thread.

A stream's datasets are made when its first data are due to be written, so that their chunks fit its rate. Everything
happens under a temporary name; `finish` closes the file, and `livedata.nexus.check` then compares what can be read
with what was counted here.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import h5py

from ..errors import FileError
from ..reduce.physics.geometry import Geometry
from ..reduce.pixels.layout import Layout
from ..streams.batch import ArrayBatch, Batch, EventBatch, LogBatch
from ..streams.extent import Extent
from ..streams.key import StreamKey, name_streams
from ..streams.ledger import StreamLedger
from ..transport.protocol import Partition
from .arraygroup import ArrayGroup
from .eventgroup import EventGroup
from .loggroup import LogGroup
from .overview import add_overview
from .sidefile import write_side_file
from .skeleton import Skeleton
from .summary import StreamCounts, Written, column_sums, write_extent, write_ledger
from .textcolumn import text_bytes

Group = EventGroup | LogGroup | ArrayGroup

PENDING_BYTES = 4 << 20
"""A stream that has brought this much is written without waiting for the next checkpoint."""
CHECKPOINT_S = 3.0


@dataclass(slots=True)
class _Pending:
    """What a stream has brought before its datasets are made."""

    batches: list[Batch] = field(default_factory=list)
    nbytes: int = 0
    rows: int = 0


class FileWriter:
    """Writes one file. All methods but `counts` and `size` are called by one thread.

    Parameters
    ----------
    path
        Where to write; an existing file is overwritten, so give a name that is yours.
    title, instrument
        Texts for the file.
    layouts
        Where pixels stand, by stream; a stream with a layout is written below an NXdetector.
    geometries
        Where their pixels are in space, and source and sample; a monitor is written below an NXmonitor.
    units
        Units of logs known beforehand; what the log's own messages say later counts more.
    start_ns
        Wall clock at the start, ns since 1970.
    """

    def __init__(
        self,
        path: Path,
        *,
        title: str = "",
        instrument: str = "",
        layouts: Mapping[StreamKey, Layout] | None = None,
        geometries: Mapping[StreamKey, Geometry] | None = None,
        units: Mapping[StreamKey, str] | None = None,
        start_ns: int | None = None,
    ) -> None:
        self.path = path
        self.start_ns = time.time_ns() if start_ns is None else start_ns
        self._layouts = dict(layouts or {})
        self._units = dict(units or {})
        self._pending: dict[StreamKey, _Pending] = {}
        self._groups: dict[StreamKey, Group] = {}
        self._offsets: dict[Partition, tuple[int, int]] = {}
        self._ledgers: dict[StreamKey, StreamLedger] = {}
        self._lost = 0
        try:
            # "latest" alone would give files that nobody can open again after a kill.
            self._file = h5py.File(path, "w", libver=("earliest", "latest"))
            self._skeleton = Skeleton(
                self._file, title=title, instrument=instrument, start_ns=self.start_ns, geometries=geometries
            )
            self._fd = os.open(path, os.O_RDONLY)
        except OSError as error:
            raise FileError(f"cannot write {path}: {error}") from None
        self._saver: threading.Thread | None = None
        self._save_error: OSError | None = None
        self._last_checkpoint = time.monotonic()

    # -- taking data ---------------------------------------------------------------------------------------------

    def accept(self, key: StreamKey, batch: Batch) -> None:
        """Append a batch to its stream."""
        if group := self._groups.get(key):
            _append(group, batch)
            return
        pending = self._pending.setdefault(key, _Pending())
        pending.batches.append(batch)
        pending.nbytes += _size(batch)
        pending.rows += batch.n_events if isinstance(batch, EventBatch) else batch.n_samples
        if pending.nbytes >= PENDING_BYTES:
            self._begin(key)

    def covered(self, offsets: Mapping[Partition, tuple[int, int]]) -> None:
        """Take note that all messages of these offset ranges were handed over, or belong to nobody."""
        for place, (first, stop) in offsets.items():
            known = self._offsets.get(place, (first, stop))
            self._offsets[place] = (min(first, known[0]), max(stop, known[1]))

    def lost(self, n_messages: int) -> None:
        """Take note that messages had expired before they could be read."""
        self._lost += n_messages

    def take_ledgers(self, ledgers: Mapping[StreamKey, StreamLedger]) -> None:
        """Remember what became of the messages of each stream, to be stored in the file."""
        self._ledgers = dict(ledgers)

    # -- keeping it safe -----------------------------------------------------------------------------------------

    def checkpoint_if_due(self) -> None:
        """Make what was taken safe every few seconds, unless the last time is still on its way to the disc."""
        if time.monotonic() - self._last_checkpoint >= CHECKPOINT_S and not self._is_saving:
            self.checkpoint()

    def checkpoint(self, *, wait: bool = False) -> None:
        """Flush, and once the data are on the disc put the side file into place (by a thread of its own).

        Raises
        ------
        OSError
            When the disc is full or gone; the error of an earlier checkpoint is raised at the next.
        """
        self._join_saver()
        for key in list(self._pending):
            self._begin(key)
        for group in self._groups.values():
            for column in group.columns:
                column.flush()
        self._file.flush()
        content = self._resume_content()
        self._saver = threading.Thread(target=self._save, args=(content,), name="livedata-checkpoint", daemon=True)
        self._saver.start()
        self._last_checkpoint = time.monotonic()
        if wait:
            self._join_saver()

    @property
    def _is_saving(self) -> bool:
        return self._saver is not None and self._saver.is_alive()

    def _save(self, content: dict[str, Any]) -> None:
        try:
            os.fsync(self._fd)
            write_side_file(self.path, content)
        except OSError as error:
            self._save_error = error

    def _join_saver(self) -> None:
        if self._saver is not None:
            self._saver.join()
            self._saver = None
        if self._save_error is not None:
            raise self._save_error

    def _resume_content(self) -> dict[str, Any]:
        """All that somebody who resumes must know."""
        return {
            "file": self.path.name,
            "start_ns": self.start_ns,
            "lost": self._lost,
            "offsets": [[p.topic, p.partition, first, stop] for p, (first, stop) in self._offsets.items()],
            "streams": [
                {
                    "key": list(key),
                    "rows": {column.path: column.n_rows for column in group.columns},
                    "tables": {
                        section.table: {"group": section.path, "last_offsets": dict(section.last_offsets)}
                        for section in group.sections
                    },
                    "events": group.n_events,
                    "entries": group.n_entries,
                    "samples": group.n_samples,
                    "facets": dict(group.facets),
                }
                for key, group in self._groups.items()
            ],
        }

    # -- what is known -------------------------------------------------------------------------------------------

    @property
    def counts(self) -> dict[StreamKey, StreamCounts]:
        """What was taken so far, by stream."""
        counts = {key: StreamCounts.of(group) for key, group in list(self._groups.items())}
        for key, pending in list(self._pending.items()):
            counts[key] = StreamCounts.of_batches(list(pending.batches))
        return counts

    @property
    def size(self) -> int:
        """Bytes taken so far."""
        groups = sum(group.nbytes for group in list(self._groups.values()))
        return groups + sum(pending.nbytes for pending in list(self._pending.values()))

    @property
    def extent(self) -> Extent:
        """Offsets covered, and the span of the entries (of the samples, when there are no events)."""
        groups = list(self._groups.values())
        timed = [g for g in groups if isinstance(g, EventGroup) and g.first_ns is not None] or groups
        firsts = [g.first_ns for g in timed if g.first_ns is not None]
        lasts = [g.last_ns for g in timed if g.last_ns is not None]
        return Extent(min(firsts, default=None), max(lasts) + 1 if lasts else None, dict(self._offsets))

    # -- the end -------------------------------------------------------------------------------------------------

    def finish(self, *, end_ns: int | None = None) -> Written:
        """Write all that is left, close the file and make it safe; return what must be found in it.

        Raises
        ------
        OSError
            When the disc is full or gone.
        """
        self._join_saver()
        for key in list(self._pending):
            self._begin(key)
        for group in self._groups.values():
            group.finish()
        names = name_streams({**self._groups, **self._ledgers})
        extent = self.extent
        counts = {key: StreamCounts.of(group) for key, group in self._groups.items()}
        write_extent(self._skeleton.record, extent)
        write_ledger(self._skeleton.record, names, self._ledgers, counts)
        add_overview(self._file, [g.group.name for g in self._groups.values() if isinstance(g, EventGroup)])
        self._skeleton.close(end_ns=time.time_ns() if end_ns is None else end_ns)
        sums = {c.path: column_sums(c) for g in self._groups.values() for c in g.columns}
        sections = [section for group in self._groups.values() for section in group.sections]
        self._file.close()
        os.fsync(self._fd)
        os.close(self._fd)
        self._fd = -1
        return Written(counts, sums, sections, extent)

    def abandon(self) -> None:
        """Let go of the file after an error; what is in it stays for whoever wants to rescue it."""
        if self._saver is not None:
            self._saver.join()
        try:
            if self._file:
                _divert(self._file)
                self._file.close()
        except (OSError, RuntimeError, ValueError):
            # The error that matters was raised before.
            pass
        finally:
            if self._fd >= 0:
                os.close(self._fd)
                self._fd = -1

    def _begin(self, key: StreamKey) -> None:
        """Make the datasets of a stream and write what it has brought so far."""
        pending = self._pending.pop(key)
        first = next((b for b in pending.batches if not isinstance(b, EventBatch) or b.n_events), pending.batches[0])
        group: Group
        if isinstance(first, EventBatch):
            home, messages = self._skeleton.event_group(key, self._layouts.get(key))
            group = EventGroup(home, messages, key, first, n_expected=pending.rows)
        else:
            new_part = partial(self._skeleton.timed_group, key)
            if isinstance(first, LogBatch):
                group = LogGroup(key, new_part, n_expected=pending.rows, unit=self._units.get(key))
            else:
                group = ArrayGroup(key, new_part, n_expected=pending.rows)
        self._groups[key] = group
        for batch in pending.batches:
            _append(group, batch)


def _divert(file: Any) -> None:
    """Let HDF5 write the rest of its metadata into memory instead of the file.

    On a full disc it could never close the file, and would hold up the end of the interpreter with its attempts.
    """
    sink = os.memfd_create("livedata-abandoned") if hasattr(os, "memfd_create") else os.open(os.devnull, os.O_RDWR)
    try:
        os.dup2(sink, file.id.get_vfd_handle())
    finally:
        os.close(sink)


def _append(group: Group, batch: Batch) -> None:
    if isinstance(group, EventGroup):
        assert isinstance(batch, EventBatch)
        group.append(batch)
    elif isinstance(group, LogGroup):
        assert isinstance(batch, LogBatch)
        group.append(batch)
    else:
        assert isinstance(batch, ArrayBatch)
        group.append(batch)


def _size(batch: Batch) -> int:
    """Bytes of a batch; an array of texts says only how large its references are."""
    if isinstance(batch, LogBatch) and batch.value.dtype.kind == "O":
        return batch.time.nbytes + text_bytes(batch.value)
    return batch.nbytes
