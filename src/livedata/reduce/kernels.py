"""Counting loops: compiled, without the GIL, exact for integers.

Every kernel takes raw arrays and adds to counters of 32 bits; whoever owns the counters empties them into 64 bits
before they can run over. Arrays may be read-only views on messages.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit, types
from numpy.typing import NDArray

_I32 = types.Array(types.int32, 1, "C", readonly=True)
_I64 = types.Array(types.int64, 1, "C", readonly=True)
_PAIR = types.UniTuple(types.int64, 2)
_OPTIONS: dict[str, Any] = {"nogil": True, "cache": True, "boundscheck": False}

UNDERFLOW = np.int32(-1)
OVERFLOW = np.int32(-2)
UNMAPPED = np.int32(-3)


@njit(_PAIR(_I32, types.int64, types.int64, types.float64, types.uint32[::1]), **_OPTIONS)
def count_even(x: Any, first: int, span: int, per_width: float, counts: Any) -> tuple[int, int]:
    """Count int32 values in bins of one integer width; return (underflow, overflow).

    ``floor((x - first + 0.5) / width)`` in double precision is the same bin as integer division, because the half step
    is far larger than any rounding error; one unsigned comparison finds both ends.
    """
    under = 0
    over = 0
    limit = np.uint64(span)
    for i in range(len(x)):
        d = np.int64(x[i]) - first
        if np.uint64(d) < limit:
            counts[np.int64((np.float64(d) + 0.5) * per_width)] += np.uint32(1)
        elif d < 0:
            under += 1
        else:
            over += 1
    return under, over


@njit(_PAIR(_I32, _I64, types.int64, _I32, types.uint32[::1]), **_OPTIONS)
def count_uneven(x: Any, thresholds: Any, shift: int, guess: Any, counts: Any) -> tuple[int, int]:
    """Count int32 values between arbitrary thresholds; return (underflow, overflow).

    ``guess[d >> shift]`` is the first bin that a value in that stretch can lie in; the last steps compare integers.
    """
    under = 0
    over = 0
    first = thresholds[0]
    limit = np.uint64(thresholds[-1] - first)
    for i in range(len(x)):
        v = np.int64(x[i])
        d = v - first
        if np.uint64(d) < limit:
            k = np.int64(guess[d >> shift])
            while v >= thresholds[k + 1]:
                k += 1
            counts[k] += np.uint32(1)
        elif d < 0:
            under += 1
        else:
            over += 1
    return under, over


@njit(types.int64(_I32, types.int64, types.int64, types.uint32[::1]), **_OPTIONS)
def count_pixels(ids: Any, first: int, n: int, counts: Any) -> int:
    """Count consecutive pixel numbers; return how many events have no place."""
    unmapped = 0
    limit = np.uint64(n)
    for i in range(len(ids)):
        d = np.uint64(np.int64(ids[i]) - first)
        if d < limit:
            counts[d] += np.uint32(1)
        else:
            unmapped += 1
    return unmapped


@njit(types.int64(_I32, types.int64, _I32, types.uint32[::1]), **_OPTIONS)
def count_table(ids: Any, first: int, table: Any, counts: Any) -> int:
    """Count pixel numbers through a table of places; return how many events have no place."""
    unmapped = 0
    limit = np.uint64(len(table))
    for i in range(len(ids)):
        d = np.uint64(np.int64(ids[i]) - first)
        if d < limit and table[d] >= 0:
            counts[table[d]] += np.uint32(1)
        else:
            unmapped += 1
    return unmapped


@njit(types.void(_I32, types.int64, types.int64, _I32, types.int32[::1]), **_OPTIONS)
def place_pixels(ids: Any, first: int, n: int, table: Any, places: Any) -> None:
    """Write the place of each pixel number, or `UNMAPPED`; an empty table means consecutive numbers."""
    limit = np.uint64(n)
    has_table = len(table) > 0
    for i in range(len(ids)):
        d = np.uint64(np.int64(ids[i]) - first)
        if d < limit:
            place = table[d] if has_table else np.int32(d)
            places[i] = place if place >= 0 else UNMAPPED
        else:
            places[i] = UNMAPPED


@njit(types.void(_I32, _I64, types.int64, _I32, types.int32[::1]), **_OPTIONS)
def place_values(x: Any, thresholds: Any, shift: int, guess: Any, places: Any) -> None:
    """Write the bin of each value, or `UNDERFLOW` or `OVERFLOW`."""
    first = thresholds[0]
    limit = np.uint64(thresholds[-1] - first)
    for i in range(len(x)):
        v = np.int64(x[i])
        d = v - first
        if np.uint64(d) < limit:
            k = np.int64(guess[d >> shift])
            while v >= thresholds[k + 1]:
                k += 1
            places[i] = k
        elif d < 0:
            places[i] = UNDERFLOW
        else:
            places[i] = OVERFLOW


@njit(
    types.UniTuple(types.int64, 3)(_I32, _I32, types.int64, types.uint32[::1], types.uint32[::1]),
    **_OPTIONS,
)
def count_pairs(rows: Any, columns: Any, n_columns: int, counts: Any, marginal: Any) -> tuple[int, int, int]:
    """Count pairs of places in a flat (row, column) array and in its sum over columns.

    Return (unmapped, underflow, overflow): the fate of the first place that is none.
    """
    unmapped = 0
    under = 0
    over = 0
    for i in range(len(rows)):
        row = rows[i]
        column = columns[i]
        fate = row if row < 0 else column
        if fate >= 0:
            counts[np.int64(row) * n_columns + column] += np.uint32(1)
            marginal[row] += np.uint32(1)
        elif fate == UNMAPPED:
            unmapped += 1
        elif fate == UNDERFLOW:
            under += 1
        else:
            over += 1
    return unmapped, under, over


def warm_up() -> NDArray[np.uint32]:
    """Touch a kernel, so that loading this module in the background leaves everything compiled."""
    counts = np.zeros(1, np.uint32)
    count_even(np.zeros(1, np.int32), 0, 1, 1.0, counts)
    return counts
