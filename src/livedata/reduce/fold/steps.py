"""Step functions of time: what holds from one moment to the next. How logs, and conditions on them, are looked up."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

EVER = 2**63 - 1
"""End of a span that is still open."""

Spans = list[tuple[int, int]]


@dataclass(frozen=True, slots=True, eq=False)
class Steps:
    """A value for every moment: ``values[0]`` before ``times[0]``, ``values[i + 1]`` from ``times[i]`` on."""

    times: NDArray[np.int64]
    """ns since 1970, rising, shape (step,)."""
    values: NDArray[Any]
    """No two neighbours are alike; shape (step + 1,)."""

    def at(self, times: NDArray[np.int64]) -> NDArray[Any]:
        """Return the value at each of some moments, in any order; shape of `times`."""
        found: NDArray[Any] = self.values[self.times.searchsorted(times, "right")]
        return found


def steps_of_samples(times: NDArray[np.int64], values: NDArray[Any], before: int) -> Steps:
    """Make a step function of samples that hold until the next one.

    Parameters
    ----------
    times
        Not decreasing, shape (sample,). Of samples with the same time, the last one holds.
    values
        Integers, shape (sample,).
    before
        What holds before the first sample.
    """
    if len(times) > 1:
        last = np.append(times[1:] != times[:-1], True)
        if not last.all():
            times, values = times[last], values[last]
    return _plain(times, np.concatenate((np.array([before], values.dtype), values)))


def combined(a: Steps, b: Steps, how: Callable[[NDArray[Any], NDArray[Any]], NDArray[Any]]) -> Steps:
    """Combine two step functions, moment by moment."""
    times = np.union1d(a.times, b.times)
    return _plain(times, how(_over(a, times), _over(b, times)))


def differing(a: Steps, b: Steps) -> Spans:
    """Return the spans ``start <= t < stop`` in which two step functions differ, in order, not touching each other."""
    shared = min(len(a.times), len(b.times))
    # Where samples were only added at the end, all but the last steps are the same: nothing else is looked at.
    unlike = (a.times[:shared] != b.times[:shared]) | (a.values[:shared] != b.values[:shared])
    same = int(unlike.argmax()) if unlike.any() else shared
    start = max(same - 1, 0)
    times = np.union1d(a.times[start:], b.times[start:])
    differs = _over(a, times) != _over(b, times)
    edges = np.concatenate(([-EVER], times, [EVER]))
    flips = np.flatnonzero(np.diff(np.concatenate(([False], differs, [False])).astype(np.int8)))
    return [(int(edges[i]), int(edges[j])) for i, j in zip(flips[::2], flips[1::2], strict=True)]


def merged(spans: Iterable[tuple[int, int]]) -> Spans:
    """Sort spans and join those that touch or overlap.

    Examples
    --------
    >>> merged([(5, 7), (0, 3), (3, 4)])
    [(0, 4), (5, 7)]
    """
    result: Spans = []
    for start, stop in sorted(spans):
        if result and start <= result[-1][1]:
            result[-1] = (result[-1][0], max(result[-1][1], stop))
        elif start < stop:
            result.append((start, stop))
    return result


def _over(steps: Steps, times: NDArray[np.int64]) -> NDArray[Any]:
    """Return the values before the first of `times`, which are all steps, and from each of them on."""
    places = np.concatenate(([0], steps.times.searchsorted(times, "right")))
    if len(times):
        places[0] = steps.times.searchsorted(times[0], "left")
    found: NDArray[Any] = steps.values[places]
    return found


def _plain(times: NDArray[np.int64], values: NDArray[Any]) -> Steps:
    """Leave out steps at which nothing changes."""
    changes = values[1:] != values[:-1]
    if changes.all():
        return Steps(times, values)
    return Steps(times[changes], values[np.append(True, changes)])
