"""Finding loops: from pixel numbers to rows of cells, and from what else an event tells to columns.

Compiled, without the GIL, exact for integers. Arrays may be read-only views on messages. Indices are unsigned: a signed
one might count from the end, and numba asks about that at every access.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit, types

_I32 = types.Array(types.int32, 1, "C", readonly=True)
_I64 = types.Array(types.int64, 1, "C", readonly=True)
_F64 = types.Array(types.float64, 1, "C", readonly=True)
_U32 = types.uint32[::1]
_OPTIONS: dict[str, Any] = {"nogil": True, "cache": True, "boundscheck": False}


# Rows: from pixel numbers


@njit(types.void(_I32, types.int64, types.int64, _I32, _U32), **_OPTIONS)
def find_rows(ids: Any, first: int, n_ids: int, table: Any, rows: Any) -> None:
    """Write the row of each pixel number: its distance from the first, through the table if there is one.

    Numbers that are none of the `n_ids` get the last row of the table, or `n_ids`.
    """
    low = np.uint32(np.int32(first))
    limit = np.uint32(n_ids)
    if len(table) == 0:
        for i in range(len(ids)):
            rows[i] = min(np.uint32(np.uint32(ids[i]) - low), limit)
    else:
        for i in range(len(ids)):
            rows[i] = np.uint32(table[min(np.uint32(np.uint32(ids[i]) - low), limit)])


@njit(types.void(_I32, _I32, _I32, _U32), **_OPTIONS)
def search_rows(ids: Any, known: Any, table: Any, rows: Any) -> None:
    """Write ``table[k]`` for the number ``known[k]`` (sorted, distinct), and the table's last value for all others."""
    n = len(known)
    for i in range(len(ids)):
        low, high = 0, n
        while low < high:
            middle = (low + high) >> 1
            if known[middle] < ids[i]:
                low = middle + 1
            else:
                high = middle
        rows[i] = np.uint32(table[low if low < n and known[low] == ids[i] else n])


@njit(types.void(_I32, _I32, _I64, _I64, types.int64, types.int64, types.int64, _U32), **_OPTIONS)
def find_replicas(ids: Any, toa: Any, times: Any, index: Any, start: int, n: int, stride: int, rows: Any) -> None:
    """Add to each row `stride` times the replica of the event, a hash of its number, time and entry alone.

    The events are those from `start` on of a batch with entries at `index`.
    """
    entry = np.searchsorted(index, start, side="right") - 1
    mix = np.uint64(0x9E3779B97F4A7C15)
    for i in range(len(ids)):
        while entry + 1 < len(index) and index[entry + 1] <= start + i:
            entry += 1
        h = np.uint64(times[entry]) * mix
        h ^= (np.uint64(np.uint32(ids[i])) << np.uint64(32)) | np.uint64(np.uint32(toa[i]))
        # The finaliser of splitmix64 (Steele, Lea, Flood 2014): all bits of the result depend on all bits.
        h = (h ^ (h >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        h = (h ^ (h >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        h ^= h >> np.uint64(31)
        rows[i] += np.uint32(stride * np.int64(h % np.uint64(n)))


@njit(types.void(_I32, _U32), **_OPTIONS)
def look_up(table: Any, rows: Any) -> None:
    """Replace each row by what a table says."""
    for i in range(len(rows)):
        rows[i] = np.uint32(table[np.uint64(rows[i])])


# Columns: from the quantities of events


@njit(types.void(_I32, types.int32, types.uint32, types.float64, types.float64, _U32), **_OPTIONS)
def even_columns(x: Any, first: Any, span: Any, shift: float, scale: float, columns: Any) -> None:
    """Write ``floor((x - first + shift) * scale)``; n below and n + 1 above.

    No branch and no table, so that the compiler does several values at once.
    """
    for i in range(len(x)):
        # Below the first edge the unsigned difference wraps around, and so lies beyond the span as well.
        d = np.uint32(np.uint32(x[i]) - np.uint32(first))
        k = np.uint32((np.float64(min(d, span)) + shift) * scale)
        columns[i] = k + np.uint32((d >= span) & (x[i] >= first))


@njit(types.void(_I32, _I64, types.int64, _I32, _U32), **_OPTIONS)
def uneven_columns(x: Any, thresholds: Any, shift: int, guess: Any, columns: Any) -> None:
    """Write the bin of each value between arbitrary thresholds; n below and n + 1 above.

    ``guess[d >> shift]`` is the first bin that a value in that stretch can lie in; the last steps compare integers.
    """
    n = np.uint32(len(thresholds) - 1)
    first = thresholds[0]
    limit = np.uint64(thresholds[-1] - first)
    one = np.uint64(1)
    for i in range(len(x)):
        v = np.int64(x[i])
        d = np.uint64(v - first)
        if d < limit:
            k = np.uint64(guess[d >> np.uint64(shift)])
            while v >= thresholds[k + one]:
                k += one
            columns[i] = np.uint32(k)
        else:
            columns[i] = n + np.uint32(v >= first)


@njit(types.void(_U32, types.int64, _U32), **_OPTIONS)
def join_columns(columns: Any, width: int, joined: Any) -> None:
    """Make columns of an array with one more, faster dimension of so many places."""
    for i in range(len(columns)):
        joined[i] = joined[i] * np.uint32(width) + columns[i]


@njit(types.void(_U32, types.int64, _U32), **_OPTIONS)
def drop_columns(columns: Any, place: int, joined: Any) -> None:
    """Send events that are not in the first bin of a range to the column `place`."""
    for i in range(len(columns)):
        if columns[i] != 0:
            joined[i] = np.uint32(place)


@njit(types.void(_F64, _I64, types.int64, types.float64[::1]), **_OPTIONS)
def spread_values(values: Any, index: Any, start: int, out: Any) -> None:
    """Write for each event from `start` on the value of its entry."""
    entry = np.searchsorted(index, start, side="right") - 1
    for i in range(len(out)):
        while entry + 1 < len(index) and index[entry + 1] <= start + i:
            entry += 1
        out[i] = values[entry]


@njit(types.void(_I64, _I64, types.int64, types.int64, _U32), **_OPTIONS)
def spread_planes(planes: Any, index: Any, start: int, n_rows: int, rows: Any) -> None:
    """Add to the row of each event from `start` on so many rows for every plane before that of its entry."""
    entry = np.searchsorted(index, start, side="right") - 1
    for i in range(len(rows)):
        while entry + 1 < len(index) and index[entry + 1] <= start + i:
            entry += 1
        rows[i] += np.uint32(planes[entry] * n_rows)
