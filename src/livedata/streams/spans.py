"""Arithmetic of offset ranges: what two sets of messages share, what one has beyond the other."""

from __future__ import annotations

from collections.abc import Mapping

from ..transport.protocol import Partition
from .extent import Ranges, merge_ranges

Spans = Mapping[Partition, Ranges]
"""Offsets of messages in several partitions; partitions without any may be absent."""


def shared(a: Spans, b: Spans) -> dict[Partition, Ranges]:
    """Return the offsets that are in both.

    Examples
    --------
    >>> p = Partition("t", 0)
    >>> shared({p: ((0, 5), (8, 12))}, {p: ((3, 9),)})[p]
    ((3, 5), (8, 9))
    """
    found = {p: _shared(ranges, b[p]) for p, ranges in a.items() if p in b}
    return {p: ranges for p, ranges in found.items() if ranges}


def without(a: Spans, b: Spans) -> dict[Partition, Ranges]:
    """Return the offsets of `a` that are not in `b`.

    Examples
    --------
    >>> p = Partition("t", 0)
    >>> without({p: ((0, 10),)}, {p: ((3, 5), (9, 20))})[p]
    ((0, 3), (5, 9))
    """
    found = {p: _without(ranges, b[p]) if p in b else ranges for p, ranges in a.items()}
    return {p: ranges for p, ranges in found.items() if ranges}


def together(a: Spans, b: Spans) -> dict[Partition, Ranges]:
    """Return the offsets that are in either."""
    return {p: merge_ranges((*a.get(p, ()), *b.get(p, ()))) for p in {**a, **b}}


def below(spans: Spans, limits: Mapping[Partition, int]) -> dict[Partition, Ranges]:
    """Return the offsets before the limit of their partition; nothing where there is no limit."""
    return shared(spans, {p: ((0, limit),) for p, limit in limits.items()})


def size(spans: Spans) -> int:
    """Return the number of offsets."""
    return sum(stop - first for ranges in spans.values() for first, stop in ranges)


def _shared(a: Ranges, b: Ranges) -> Ranges:
    found, i, j = [], 0, 0
    while i < len(a) and j < len(b):
        first, stop = max(a[i][0], b[j][0]), min(a[i][1], b[j][1])
        if first < stop:
            found.append((first, stop))
        if a[i][1] < b[j][1]:
            i += 1
        else:
            j += 1
    return tuple(found)


def _without(a: Ranges, b: Ranges) -> Ranges:
    found = []
    for first, stop in a:
        for cut_first, cut_stop in b:
            if cut_stop <= first or cut_first >= stop:
                continue
            if cut_first > first:
                found.append((first, cut_first))
            first = cut_stop
            if first >= stop:
                break
        if first < stop:
            found.append((first, stop))
    return tuple(found)
