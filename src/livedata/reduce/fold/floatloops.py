"""Counting loops for coordinates: doubles between double edges, exact with respect to the edges."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit, types

from .kernels import BLOCK, OWN_COUNTERS, add_own, tally_own

_I32 = types.Array(types.int32, 1, "C", readonly=True)
_F64 = types.Array(types.float64, 1, "C", readonly=True)
_U8 = types.Array(types.uint8, 1, "C", readonly=True)
_U32 = types.uint32[::1]
_OPTIONS: dict[str, Any] = {"nogil": True, "cache": True, "boundscheck": False}


@njit(types.boolean(_F64, _F64, types.float64, types.float64, _U32), **_OPTIONS)
def even_guesses(x: Any, limits: Any, scale: float, doubt: float, columns: Any) -> bool:
    """Write ``floor((x - first) * scale)``; n below, n + 1 above, n + 2 for NaN. Return whether any of it is in doubt.

    The product rises with x. So where no edge's own product is further than `doubt` from its number, only a product
    that near to an integer can have the wrong one below it. No branch and no table: several values at once.
    """
    n = len(limits) - 1
    low, high = limits[0], limits[n]
    top = n - 0.5
    flow = np.uint32(n)
    near = np.uint32(0)
    for i in range(len(x)):
        v = x[i]
        g = (v - low) * scale
        g = g if g > 0.0 else 0.0  # NaN as well
        g = g if g < top else top
        k = np.int32(g)
        rest = g - np.float64(k)
        inside = (v >= low) & (v < high)
        near |= np.uint32(inside & ((rest < doubt) | (rest > 1.0 - doubt)))
        columns[i] = np.uint32(k) if inside else flow + np.uint32(v >= high) + np.uint32(2) * np.uint32(v != v)
    return near != 0  # type: ignore[no-any-return]


@njit(types.void(_F64, _F64, types.float64, _U32), **_OPTIONS)
def even_columns(x: Any, limits: Any, scale: float, columns: Any) -> None:
    """Write the bin of each double between edges that are even but for rounding; flows as in `even_guesses`.

    The product only guesses; the edges decide.
    """
    n = len(limits) - 1
    low, high = limits[0], limits[-1]
    for i in range(len(x)):
        v = x[i]
        if v >= low and v < high:
            k = np.uint64(min((v - low) * scale, n - 0.5))
            while v < limits[k]:
                k -= np.uint64(1)
            while v >= limits[k + np.uint64(1)]:
                k += np.uint64(1)
            columns[i] = np.uint32(k)
        else:
            columns[i] = np.uint32(n) if v < low else (np.uint32(n + 1) if v >= high else np.uint32(n + 2))


@njit(types.int64(types.float64), **_OPTIONS)
def ordered_bits(x: float) -> int:
    """Return an integer that rises with the double: its bits, turned round below zero; -0.0 counts as 0.0."""
    bits = np.float64(x + 0.0).view(np.int64)
    return bits if bits >= 0 else np.int64(-0x8000000000000000) - bits  # type: ignore[return-value]  # as the signature says


@njit(types.void(_F64, _F64, types.int64, types.int64, _I32, _U32), **_OPTIONS)
def sorted_columns(x: Any, limits: Any, base: int, shift: int, guess: Any, columns: Any) -> None:
    """Write the bin of each double between any edges; n below, n + 1 above, n + 2 for NaN.

    ``guess`` is as in `uneven_columns`, over the bits of the doubles, which rise as they do: logarithmic edges lie
    nearly evenly there.
    """
    n = len(limits) - 1
    low, high = limits[0], limits[-1]
    for i in range(len(x)):
        v = x[i]
        if v >= low and v < high:
            k = np.uint64(guess[np.uint64(ordered_bits(v) - base) >> np.uint64(shift)])
            while v >= limits[k + np.uint64(1)]:
                k += np.uint64(1)
            columns[i] = np.uint32(k)
        else:
            columns[i] = np.uint32(n) if v < low else (np.uint32(n + 1) if v >= high else np.uint32(n + 2))


@njit(types.void(_F64, _F64, types.int64, types.int64, _I32, _U32), **_OPTIONS)
def near_columns(x: Any, limits: Any, base: int, shift: int, guess: Any, columns: Any) -> None:
    """Do what `sorted_columns` does where no stretch of the guesses holds more than one edge: without a branch."""
    n = len(limits) - 1
    low, high = limits[0], limits[n]
    flow = np.uint32(n)
    for i in range(len(x)):
        v = x[i]
        inside = (v >= low) & (v < high)
        held = v if inside else low
        k = np.uint64(guess[np.uint64(ordered_bits(held) - base) >> np.uint64(shift)])
        k += np.uint64(held >= limits[k + np.uint64(1)])
        columns[i] = np.uint32(k) if inside else flow + np.uint32(v >= high) + np.uint32(2) * np.uint32(v != v)


@njit(
    types.void(_F64, _F64, types.float64, types.float64, types.int64, types.int64, _I32, types.boolean, _U32),
    **_OPTIONS,
)
def float_columns(
    x: Any, limits: Any, scale: float, doubt: float, base: int, shift: int, guess: Any, is_near: bool, columns: Any
) -> None:
    """Write the bin of each double in the quickest way that its edges allow; the numbers are `FloatBins.numbers`."""
    if scale == 0.0:
        if is_near:
            near_columns(x, limits, base, shift, guess, columns)
        else:
            sorted_columns(x, limits, base, shift, guess, columns)
    elif even_guesses(x, limits, scale, doubt, columns):
        even_columns(x, limits, scale, columns)


@njit(
    types.void(
        _I32, types.int64, types.int64, _U8, _F64, _I32, _F64, types.float64, types.float64,
        types.int64, types.int64, _I32, types.boolean, types.int64, _U32, types.uint32,
    ),
    **_OPTIONS,
)  # fmt: skip
def count_linear(
    ids: Any, first: int, n_ids: int, table: Any, factors: Any, toa: Any, limits: Any, scale: float, doubt: float,
    base: int, shift: int, guess: Any, is_near: bool, width: int, cells: Any, one: Any,
) -> None:  # fmt: skip
    """Count pairs of a row out of few and a column of ``factors[number - first] * toa``, as of most wavelengths.

    Behind the times come `FloatBins.numbers`. Without a table, numbers that are known have row 0, all others row 1.
    """
    n = len(cells)
    low = np.uint32(np.int32(first))
    limit = np.uint32(n_ids)
    w = np.uint32(width)
    columns = np.empty(min(BLOCK, len(toa)), np.uint32)
    places = np.empty_like(columns)
    values = np.empty(len(columns))
    own = np.zeros(2 * n if n <= min(OWN_COUNTERS, len(toa)) else 0, np.uint32)
    for start in range(0, len(toa), BLOCK):
        part = ids[start : start + BLOCK]
        x = toa[start : start + BLOCK]
        m = len(part)
        found, value = columns[:m], values[:m]
        for i in range(m):
            places[i] = min(np.uint32(np.uint32(part[i]) - low), limit)
        for i in range(m):
            value[i] = factors[places[i]] * x[i]
        float_columns(value, limits, scale, doubt, base, shift, guess, is_near, found)
        if len(table):
            for i in range(m):
                found[i] += w * np.uint32(table[places[i]])
        else:
            for i in range(m):
                found[i] += w * np.uint32(places[i] == limit)
        if len(own):
            tally_own(found, own)
        else:
            for i in range(m):
                cells[np.uint64(found[i])] += one
    if len(own):
        add_own(own, n, cells, one)
