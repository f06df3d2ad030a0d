"""Extents and coverage: which part of a stream is meant, and which part a result stands for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from ..transport.protocol import Partition
from .clock import describe_span

__all__ = ["Coverage", "Extent", "Partition", "Ranges", "merge_ranges"]

Ranges = tuple[tuple[int, int], ...]
"""Disjoint half-open offset ranges, sorted."""


@dataclass(frozen=True, slots=True)
class Extent:
    """A span of data time and, where known, of offsets. An absent bound is open.

    An entry belongs to it when ``start_ns <= event_time_zero < stop_ns``, whatever its partition or order of
    arrival, and its message when ``first <= offset < stop`` in its partition.
    """

    start_ns: int | None = None
    stop_ns: int | None = None
    offsets: Mapping[Partition, tuple[int, int]] | None = None

    @property
    def is_closed(self) -> bool:
        """Whether nothing can be added to it any more: its offsets are known."""
        return self.offsets is not None

    def __repr__(self) -> str:
        offsets = {p: ((first, stop),) for p, (first, stop) in (self.offsets or {}).items()}
        messages = f", {_messages(offsets)}" if self.offsets is not None else ""
        return f"<Extent {describe_span(self.start_ns, self.stop_ns)}{messages}>"


@dataclass(frozen=True, slots=True)
class Coverage:
    """What a result stands for: offset ranges per partition, and the span of entry times that were seen."""

    offsets: Mapping[Partition, Ranges] = field(default_factory=dict)
    first_ns: int | None = None
    """Earliest `event_time_zero` seen."""
    last_ns: int | None = None
    """Latest `event_time_zero` seen."""
    lost: int = 0
    """Messages that had expired before they could be read."""
    pending: int = 0
    """Messages known to be there but not read yet."""
    skipped: int = 0
    """Messages that were left out on request: see ``view.skip_ahead()``."""

    @property
    def is_complete(self) -> bool:
        """Whether nothing known is missing."""
        return self.lost == self.pending == self.skipped == 0

    def __repr__(self) -> str:
        span = "" if self.first_ns is None else f", {describe_span(self.first_ns, self.last_ns)}"
        missing = [f"{getattr(self, name):,} {name}" for name in ("lost", "pending", "skipped") if getattr(self, name)]
        return f"<Coverage {_messages(self.offsets)}{span}, {', '.join(missing) or 'nothing missing'}>"


def _messages(offsets: Mapping[Partition, Ranges]) -> str:
    n = sum(stop - first for ranges in offsets.values() for first, stop in ranges)
    topics = ", ".join(sorted({p.topic for p in offsets}))
    return f"{n:,} messages{f' of {topics}' if topics else ''}"


def merge_ranges(ranges: Iterable[tuple[int, int]]) -> Ranges:
    """Sort and join half-open ranges that touch or overlap.

    Examples
    --------
    >>> merge_ranges([(5, 7), (0, 3), (3, 5), (9, 9)])
    ((0, 7),)
    """
    merged: list[tuple[int, int]] = []
    for start, stop in sorted(r for r in ranges if r[1] > r[0]):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], stop))
        else:
            merged.append((start, stop))
    return tuple(merged)
