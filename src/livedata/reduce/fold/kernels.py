"""Counting loops: from rows and columns to cells. Compiled, without the GIL, exact for integers.

Cells are one flat array of rows and columns. A row is what the pixel stage makes of an event's pixel number (one row
for each fate as well), a column what its own quantities make of it (with columns for each way to fail): so nothing
branches, and every event is counted in exactly one cell. Counters have 32 bits and may wrap; `one` is 1 to add and
2**32 - 1 to take away. Arrays may be read-only views on messages. Indices are unsigned: a signed one might count from
the end, and numba asks about that at every access.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit, types

from .finding import even_columns, find_rows, uneven_columns

_I32 = types.Array(types.int32, 1, "C", readonly=True)
_I64 = types.Array(types.int64, 1, "C", readonly=True)
_I16 = types.Array(types.int16, 1, "C", readonly=True)
_U8 = types.Array(types.uint8, 1, "C", readonly=True)
_U32 = types.uint32[::1]
_OPTIONS: dict[str, Any] = {"nogil": True, "cache": True, "boundscheck": False}

BLOCK = 4096
"""Places written down before they are counted: they stay in the innermost cache."""
OWN_COUNTERS = 1 << 14
"""Cells up to which a loop keeps counters of its own, beside the cache and beside the events."""


@njit(types.void(_U32, _U32, types.int64, types.int64, _U32, types.int64[::1], _U32, types.uint32), **_OPTIONS)
def tally_pairs(rows: Any, columns: Any, width: int, good: int, cells: Any, totals: Any, sums: Any, one: Any) -> None:
    """Count pairs of places; `totals` by column and `sums` by row run beside them unless they are empty.

    The first half of `sums` is for the first `good` columns, the other half for all others.
    """
    w = np.uint64(width)
    for i in range(len(rows)):
        cells[np.uint64(rows[i]) * w + np.uint64(columns[i])] += one
    if len(totals):
        step = np.int64(np.int32(one))
        for i in range(len(rows)):
            totals[np.uint64(columns[i])] += step
    if len(sums):
        half = np.uint64(len(sums) // 2)
        for i in range(len(rows)):
            sums[np.uint64(rows[i]) + (half if columns[i] >= good else np.uint64(0))] += one


@njit(types.void(_U32, _U32), **_OPTIONS)
def tally_own(places: Any, own: Any) -> None:
    """Count places in turn in two halves: events in a row often share a bin, and must not wait for each other."""
    n = len(places)
    half = np.uint64(len(own) // 2)
    for i in range(0, n - 1, 2):
        a = np.uint64(places[i])
        b = np.uint64(places[i + 1])
        own[a] += np.uint32(1)
        own[half + b] += np.uint32(1)
    if n % 2:
        own[np.uint64(places[n - 1])] += np.uint32(1)


@njit(types.void(_U32, types.int64, _U32, types.uint32), **_OPTIONS)
def add_own(own: Any, n: int, cells: Any, one: Any) -> None:
    """Add both halves to the cells."""
    for k in range(n):
        cells[k] += (own[k] + own[n + k]) * one


@njit(types.void(_I32, types.int32, types.uint32, types.float64, types.float64, _U32, types.uint32), **_OPTIONS)
def count_even(x: Any, first: Any, span: Any, shift: float, scale: float, cells: Any, one: Any) -> None:
    """Count int32 values in bins of one width, those below and above in the last two cells.

    `shift` and `scale` are those of an `EvenBins`: it has shown that they give the exact bin of every integer.
    """
    n = len(cells)
    columns = np.empty(min(BLOCK, len(x)), np.uint32)
    own = np.zeros(2 * n if n <= min(OWN_COUNTERS, len(x)) else 0, np.uint32)
    for start in range(0, len(x), BLOCK):
        part = x[start : start + BLOCK]
        found = columns[: len(part)]
        even_columns(part, first, span, shift, scale, found)
        if len(own):
            tally_own(found, own)
        else:
            for i in range(len(found)):
                cells[np.uint64(found[i])] += one
    if len(own):
        add_own(own, n, cells, one)


@njit(types.void(_I32, _I64, types.int64, _I32, _U32, types.uint32), **_OPTIONS)
def count_uneven(x: Any, thresholds: Any, shift: int, guess: Any, cells: Any, one: Any) -> None:
    """Count int32 values between arbitrary thresholds, those below and above in the last two cells."""
    columns = np.empty(min(BLOCK, len(x)), np.uint32)
    for start in range(0, len(x), BLOCK):
        part = x[start : start + BLOCK]
        found = columns[: len(part)]
        uneven_columns(part, thresholds, shift, guess, found)
        for i in range(len(found)):
            cells[np.uint64(found[i])] += one


@njit(types.void(_I32, types.int64, types.int64, _I32, _U32, types.uint32), **_OPTIONS)
def count_rows(ids: Any, first: int, n_ids: int, table: Any, cells: Any, one: Any) -> None:
    """Count pixel numbers alone, in the rows that `find_rows` finds."""
    low = np.uint32(np.int32(first))
    limit = np.uint32(n_ids)
    if len(table) == 0:
        for i in range(len(ids)):
            cells[min(np.uint32(np.uint32(ids[i]) - low), limit)] += one
    else:
        for i in range(len(ids)):
            cells[np.uint32(table[min(np.uint32(np.uint32(ids[i]) - low), limit)])] += one


@njit(
    types.void(
        _I32, types.int64, types.int64, _U8, _I32, types.int32, types.uint32, types.float64, types.float64,
        types.int64, _U32, types.uint32,
    ),
    **_OPTIONS,
)  # fmt: skip
def count_few(
    ids: Any, first_id: int, n_ids: int, table: Any, x: Any, first: Any, span: Any, shift: float, scale: float,
    width: int, cells: Any, one: Any,
) -> None:  # fmt: skip
    """Count pairs of a row out of few, by a table of bytes, and an even column: spectra of what a mask leaves."""
    n = len(cells)
    low = np.uint32(np.int32(first_id))
    limit = np.uint32(n_ids)
    w = np.uint32(width)
    columns = np.empty(min(BLOCK, len(x)), np.uint32)
    own = np.zeros(2 * n if n <= min(OWN_COUNTERS, len(x)) else 0, np.uint32)
    for start in range(0, len(x), BLOCK):
        part = ids[start : start + BLOCK]
        found = columns[: len(part)]
        even_columns(x[start : start + BLOCK], first, span, shift, scale, found)
        for i in range(len(part)):
            found[i] += w * np.uint32(table[min(np.uint32(np.uint32(part[i]) - low), limit)])
        if len(own):
            tally_own(found, own)
        else:
            for i in range(len(found)):
                cells[np.uint64(found[i])] += one
    if len(own):
        add_own(own, n, cells, one)


@njit(
    types.void(
        _I32, types.int64, types.int64, _I32, _I32, types.int32, types.uint32, types.float64, types.float64,
        types.int64, types.int64, _U32, types.int64[::1], _U32, types.uint32,
    ),
    **_OPTIONS,
)  # fmt: skip
def count_cube(
    ids: Any, first_id: int, n_ids: int, table: Any, x: Any, first: Any, span: Any, shift: float, scale: float,
    width: int, good: int, cells: Any, totals: Any, sums: Any, one: Any,
) -> None:  # fmt: skip
    """Count pairs of a row by `find_rows` and a column of even width, as `tally_pairs` does.

    Large cubes go at the speed of the memory. Sorting events into parts that fit a cache, or fetching cells ahead,
    was tried and is slower; counters of 16 or 8 bits gain a tenth or a fifth.
    """
    rows = np.empty(min(BLOCK, len(x)), np.uint32)
    columns = np.empty_like(rows)
    for start in range(0, len(x), BLOCK):
        part = ids[start : start + BLOCK]
        n = len(part)
        find_rows(part, first_id, n_ids, table, rows[:n])
        even_columns(x[start : start + BLOCK], first, span, shift, scale, columns[:n])
        tally_pairs(rows[:n], columns[:n], width, good, cells, totals, sums, one)


@njit(types.void(_U32, _U32, types.int64, _I16, types.int64, types.int64[::1], types.int64[::1]), **_OPTIONS)
def add_weights(rows: Any, columns: Any, width: int, weights: Any, sign: int, excess: Any, squares: Any) -> None:
    """Add what weights and their squares have over 1, the weight that was counted already."""
    w = np.uint64(width)
    for i in range(len(rows)):
        cell = np.uint64(rows[i]) * w + np.uint64(columns[i])
        weight = np.int64(weights[i])
        excess[cell] += sign * (weight - 1)
        squares[cell] += sign * (weight * weight - 1)


def warm_up() -> None:
    """Touch a loop, so that loading this module in the background leaves all of them compiled."""
    count_even(np.zeros(1, np.int32), 0, 1, 0.5, 1.0, np.zeros(3, np.uint32), np.uint32(1))
