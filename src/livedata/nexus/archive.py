"""A recorded file as an archive: it stands in for topics whose messages have expired."""

from __future__ import annotations

import os
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

import numpy as np

from ..errors import FileError
from ..streams.batch import EventBatch
from ..streams.extent import Partition, Ranges, merge_ranges
from ..streams.key import StreamKey
from ..streams.spans import Spans, shared, without
from .file import NexusFile, open_file
from .hdf import reading
from .provenance import read_messages
from .stream import FileStream


class FileArchive:
    """Messages of topics that a finished file was made of.

    Parameters
    ----------
    path
        A file that livedata recorded: it says of which messages it was made. Only event streams stand in.

    Raises
    ------
    FileError
        If it cannot be read, or another program wrote it.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = Path(path)
        self._file: NexusFile = open_file(self.path)
        if self._file.extent is None or self._file.extent.offsets is None:
            raise FileError(
                f"{self.path.name} does not say of which messages it was made, so it cannot stand in for a topic; "
                "files that livedata recorded do"
            )
        self._streams = {s.key: s for s in self._file.streams.values() if s.kind == "events" and s.is_ours}
        self._ranges = lru_cache(maxsize=None)(self._read_ranges)

    def ranges(self, key: StreamKey) -> Spans:
        """Return the offsets that the recording passed; where it lost messages, those alone that are in the file."""
        return self._ranges(key) if key in self._streams else {}

    def batches(self, key: StreamKey, wanted: Spans) -> Iterator[tuple[EventBatch | None, dict[Partition, Ranges]]]:
        """Read what of a stream lies in some offsets; see `livedata.streams.archive.Archive`."""
        stream = self._streams.get(key)
        mine = shared(wanted, self.ranges(key))
        if stream is None or not mine:
            return
        left = mine
        for piece in self._file.feed(stream.name).pieces_of(mine):
            if isinstance(piece.batch, EventBatch):
                m = piece.batch.messages
                offsets = {
                    Partition(key.topic, int(p)): merge_ranges((o, o + 1) for o in m.offset[m.partition == p].tolist())
                    for p in np.unique(m.partition)
                }
                left = without(left, offsets)
                yield piece.batch, offsets
        # What is left held messages of other streams, or none.
        yield None, left

    def _read_ranges(self, key: StreamKey) -> dict[Partition, Ranges]:
        stream, extent = self._streams[key], self._file.extent
        if extent is None or extent.offsets is None:
            return {}
        whole: Spans = {p: (r,) for p, r in extent.offsets.items() if p.topic == key.topic and r[0] < r[1]}
        if not self._file.ledgers.get(stream.name, {}).get("lost", 0):
            return dict(whole)
        return shared(whole, self._offsets(key, stream))

    def _offsets(self, key: StreamKey, stream: FileStream) -> dict[Partition, Ranges]:
        with reading(self.path) as file:
            table = read_messages(file, file[stream.path])
        if table is None:
            return {}
        return {
            Partition(key.topic, int(p)): merge_ranges((o, o + 1) for o in table.offset[table.partition == p].tolist())
            for p in np.unique(table.partition)
        }

    def __repr__(self) -> str:
        return f"<FileArchive {self.path.name}: {', '.join(sorted(s.name for s in self._streams.values()))}>"
