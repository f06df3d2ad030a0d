"""Descriptions of the streams in a file: what a scientist wants to know before reading anything."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from ..streams.batch import Facet
from ..streams.key import StreamKey
from .scan import Kind


@dataclass(frozen=True, slots=True)
class FileStream:
    """One stream of a file. Made by `open_file`."""

    name: str
    kind: Kind
    """``events``, ``log``, ``text`` (a log of texts), ``frames``, or ``arrays`` (sets of arrays over time, or, without
    times, histograms and values of other programs)."""
    path: str
    """HDF5 path of the group; for histograms and texts of enumerated variables, of the dataset."""
    aliases: tuple[str, ...]
    """Other HDF5 paths of the same thing, or of a second copy of it."""
    key: StreamKey
    n_events: int = 0
    n_entries: int = 0
    n_points: int = 0
    """Samples of a log; frames or sets of arrays; values of an array without times."""
    parts: tuple[str, ...] = ()
    """Further groups of ours, with samples of another type or shape."""
    facets: tuple[Facet, ...] = ("value",)
    """What is told of a process variable: values, alarms, connections, units."""
    has_times: bool = True
    part: int = 1
    """Number of the group among those of the stream."""
    unit: str | None = None
    """Unit of a log's or array's values; None when the file names none."""
    dtype: str = ""
    """Of the values; for events, of the time offsets as stored."""
    shape: tuple[int, ...] = ()
    remarks: tuple[str, ...] = ()
    is_ours: bool = False
    """Whether livedata wrote it, so that every message's place is known."""
    count_pulses: Callable[[], int] | None = field(default=None, repr=False, compare=False)

    @property
    def n_pulses(self) -> int:
        """Number of distinct reference times; reads them when first asked."""
        return self.count_pulses() if self.count_pulses is not None else 0

    @property
    def is_readable_as_batches(self) -> bool:
        """Whether it has a time line: `NexusFile.feed` takes it."""
        return self.has_times

    def to_dict(self) -> dict[str, object]:
        """Return the numbers for a table or JSON, those that its kind has."""
        common: dict[str, object] = {"kind": self.kind, "path": self.path, "aliases": list(self.aliases)}
        if self.kind == "events":
            common |= {"events": self.n_events, "entries": self.n_entries, "pulses": self.n_pulses}
        else:
            common |= {"points": self.n_points, "shape": list(self.shape), "dtype": self.dtype, "unit": self.unit}
        if self.key.topic or self.key.source:
            common |= {"topic": self.key.topic, "source": self.key.source}
        if self.facets != ("value",):
            common["facets"] = list(self.facets)
        return common | {"remarks": list(self.remarks)}
