"""Counting loops: compiled, without the GIL, exact for integers.

Every kernel takes raw arrays and adds to counters of 32 bits; whoever owns the counters empties them into 64 bits
before they can run over. Arrays may be read-only views on messages. Indices are unsigned: a signed one might count from
the end, and numba asks about that at every access.
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
BLOCK = 4096
"""Places written down before they are counted: they stay in the innermost cache."""
OWN_COUNTERS = 1 << 14


@njit(types.int64(_I32, types.int32, types.uint32, types.float64, types.float64, types.uint32[::1]), **_OPTIONS)
def _find_even(x: Any, first: Any, span: Any, shift: float, scale: float, places: Any) -> int:
    """Write ``floor((x - first + shift) * scale)``, with ``first + span`` for values outside; return the underflow.

    No branch and no table, so that the compiler does several values at once.
    """
    under = np.int32(0)
    for i in range(len(x)):
        # Below the first edge the unsigned difference wraps around, and so lies beyond the span as well.
        d = min(np.uint32(np.uint32(x[i]) - np.uint32(first)), span)
        places[i] = np.uint32((np.float64(d) + shift) * scale)
        under += np.int32(x[i] < first)
    return under  # type: ignore[return-value]  # numba returns what the signature says


@njit(types.void(types.uint32[::1], types.uint32[::1], types.uint32[::1]), **_OPTIONS)
def _tally(places: Any, evens: Any, odds: Any) -> None:
    """Count places in turn in two arrays: events in a row often share a bin, and must not wait for each other."""
    n = len(places)
    for i in range(0, n - 1, 2):
        a = places[i]
        b = places[i + 1]
        evens[a] += np.uint32(1)
        odds[b] += np.uint32(1)
    if n % 2:
        evens[places[n - 1]] += np.uint32(1)


@njit(_PAIR(_I32, types.int64, types.int64, types.float64, types.float64, types.uint32[::1]), **_OPTIONS)
def count_even(x: Any, first: int, span: int, shift: float, scale: float, counts: Any) -> tuple[int, int]:
    """Count int32 values in bins of one width; return (underflow, overflow).

    `shift` and `scale` are those of an `EvenBins`: it has shown that they give the exact bin of every integer.
    """
    n = len(counts)
    under, out = 0, 0
    places = np.empty(min(BLOCK, len(x)), np.uint32)
    # Counters of their own pay while they are few, beside the cache and beside the events.
    n_own = n + 1 if n <= min(OWN_COUNTERS, len(x)) else 0
    evens = np.zeros(n_own, np.uint32)
    odds = np.zeros(n_own, np.uint32)
    for start in range(0, len(x), BLOCK):
        part = x[start : start + BLOCK]
        found = places[: len(part)]
        under += _find_even(part, np.int32(first), np.uint32(span), shift, scale, found)
        if n_own:
            _tally(found, evens, odds)
        else:
            for i in range(len(found)):
                if found[i] < n:
                    counts[found[i]] += np.uint32(1)
                else:
                    out += 1
    if n_own:
        for k in range(n):
            counts[k] += evens[k] + odds[k]
        out = np.int64(evens[n]) + np.int64(odds[n])  # type: ignore[assignment]
    return under, out - under


@njit(_PAIR(_I32, _I64, types.int64, _I32, types.uint32[::1]), **_OPTIONS)
def count_uneven(x: Any, thresholds: Any, shift: int, guess: Any, counts: Any) -> tuple[int, int]:
    """Count int32 values between arbitrary thresholds; return (underflow, overflow).

    ``guess[d >> shift]`` is the first bin that a value in that stretch can lie in; the last steps compare integers.
    """
    under = 0
    over = 0
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
            counts[k] += np.uint32(1)
        elif v < first:
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
            counts[np.uint32(table[d])] += np.uint32(1)
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
    one = np.uint64(1)
    for i in range(len(x)):
        v = np.int64(x[i])
        d = np.uint64(v - first)
        if d < limit:
            k = np.uint64(guess[d >> np.uint64(shift)])
            while v >= thresholds[k + one]:
                k += one
            places[i] = np.int32(k)
        elif v < first:
            places[i] = UNDERFLOW
        else:
            places[i] = OVERFLOW


@njit(
    types.void(_I32, types.int64, types.int64, types.float64, types.float64, types.int32[::1]),
    **_OPTIONS,
)
def place_even(x: Any, first: int, span: int, shift: float, scale: float, places: Any) -> None:
    """Write the bin of each value as `count_even` finds it, or `UNDERFLOW` or `OVERFLOW`."""
    limit = np.uint32(span)
    low = np.int32(first)
    for i in range(len(x)):
        d = np.uint32(np.uint32(x[i]) - np.uint32(low))
        k = np.int32(np.uint32((np.float64(min(d, limit)) + shift) * scale))
        places[i] = k if d < limit else (UNDERFLOW if x[i] < low else OVERFLOW)


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
    width = np.uint64(n_columns)
    for i in range(len(rows)):
        row = rows[i]
        column = columns[i]
        fate = row if row < 0 else column
        if fate >= 0:
            counts[np.uint64(row) * width + np.uint64(column)] += np.uint32(1)
            marginal[np.uint32(row)] += np.uint32(1)
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
    count_even(np.zeros(1, np.int32), 0, 1, 0.5, 1.0, counts)
    return counts
