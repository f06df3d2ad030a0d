"""What writers of streams have in common: one interface, and what each expects to be found in the file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from .column import Column
from .textcolumn import TextColumn


@dataclass(frozen=True, slots=True)
class Section:
    """One timeline of a stream as it must be found: its datasets and the messages that they were made of."""

    path: str
    """The group."""
    table: str
    """The table of its messages."""
    rows: Mapping[str, int]
    """How many rows each dataset has, counted apart from the writing of the datasets."""
    n_messages: int
    last_offsets: Mapping[int, int]
    """Highest offset of each partition."""


class StreamGroup(Protocol):
    """One stream on its way into the file."""

    @property
    def columns(self) -> Sequence[Column | TextColumn]:
        """All datasets."""
        ...

    @property
    def sections(self) -> Sequence[Section]:
        """What must be found in the file."""
        ...

    @property
    def n_events(self) -> int:
        """Events appended."""
        ...

    @property
    def n_entries(self) -> int:
        """Entries appended."""
        ...

    @property
    def n_messages(self) -> int:
        """Messages appended."""
        ...

    @property
    def n_samples(self) -> int:
        """Samples or sets appended."""
        ...

    @property
    def n_unrepresentable(self) -> int:
        """Samples that the file cannot hold."""
        ...

    @property
    def facets(self) -> Mapping[str, int]:
        """Samples of alarms, connections and units."""
        ...

    @property
    def remarks(self) -> Mapping[str, int]:
        """What was odd, with counts."""
        ...

    @property
    def nbytes(self) -> int:
        """Bytes appended."""
        ...

    @property
    def first_ns(self) -> int | None:
        """Earliest time."""
        ...

    @property
    def last_ns(self) -> int | None:
        """Latest time."""
        ...

    def finish(self) -> None:
        """Write what is still in memory."""
        ...
