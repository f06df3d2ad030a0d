"""Loops beside the counting: runs of events, and sums of cells for results and ledgers. Compiled, without the GIL."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit, types

_OPTIONS: dict[str, Any] = {"nogil": True, "cache": True, "boundscheck": False}
_I64 = types.Array(types.int64, 1, "C", readonly=True)
_KINDS = [types.Array(kind, 2, "C", readonly=True) for kind in (types.uint32, types.int32, types.int64)]


@njit([types.void(cells, _I64, _I64, types.int64[:, ::1]) for cells in _KINDS], **_OPTIONS)
def add_rows(cells: Any, rows: Any, targets: Any, out: Any) -> None:
    """Add the first columns of some rows to rows of `out`, as many columns as that has."""
    n = out.shape[1]
    for i in range(len(rows)):
        row, target = np.uint64(rows[i]), np.uint64(targets[i])
        for k in range(n):
            out[target, k] += np.int64(cells[row, k])


@njit([types.void(cells, _I64, _I64, types.int64, types.int64, types.int64[::1]) for cells in _KINDS], **_OPTIONS)
def add_row_sums(cells: Any, rows: Any, targets: Any, first: int, stop: int, out: Any) -> None:
    """Add the sum of the columns ``first <= k < stop`` of some rows to places of `out`."""
    for i in range(len(rows)):
        row = np.uint64(rows[i])
        total = np.int64(0)
        for k in range(first, stop):
            total += np.int64(cells[row, k])
        out[np.uint64(targets[i])] += total


@njit(types.int64(_I64, _I64, types.int64, types.int64[::1], types.int64[::1], types.int64[::1]), **_OPTIONS)
def find_runs(planes: Any, index: Any, n_events: int, starts: Any, stops: Any, run_planes: Any) -> int:
    """Write where runs of events begin and end whose entries lie in one plane; those with a negative one are left out.

    Return the number of runs. The arrays are as long as `planes`.
    """
    n = 0
    for i in range(len(planes)):
        start = index[i]
        stop = index[i + 1] if i + 1 < len(index) else n_events
        if planes[i] < 0 or stop <= start:
            continue
        if n and stops[n - 1] == start and run_planes[n - 1] == planes[i]:
            stops[n - 1] = stop
        else:
            starts[n], stops[n], run_planes[n] = start, stop, planes[i]
            n += 1
    return n


@njit(
    [
        types.void(types.Array(kind, 1, "C", readonly=True), _I64, _I64, kind[::1])
        for kind in (types.int32, types.int16)
    ],
    **_OPTIONS,
)
def copy_runs(values: Any, starts: Any, stops: Any, out: Any) -> None:
    """Write the values ``starts[k] <= i < stops[k]`` of each run behind those of the one before."""
    n = 0
    for k in range(len(starts)):
        start, length = starts[k], stops[k] - starts[k]
        target = out[n : n + length]
        source = values[start : start + length]
        for i in range(length):
            target[i] = source[i]
        n += length
