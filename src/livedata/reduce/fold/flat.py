"""Loops of sparse folds: from places on axes to one flat number for each event, or to its fate."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit, types

_I64 = types.Array(types.int64, 1, "C", readonly=True)
_U32 = types.Array(types.uint32, 1, "C", readonly=True)
_OPTIONS: dict[str, Any] = {"nogil": True, "cache": True, "boundscheck": False}

GOOD = -(1 << 40)
"""Fate of an event that has failed nothing so far; every fate is above."""


@njit(types.void(_U32, _I64, types.int64, types.int64[::1], types.int64[::1]), **_OPTIONS)
def join_codes(rows: Any, codes: Any, n: int, cells: Any, fates: Any) -> None:
    """Join one more dimension of `n` places, given by a table of places and fates."""
    for i in range(len(rows)):
        code = codes[np.uint64(rows[i])]
        if code >= 0:
            cells[i] = cells[i] * n + code
        else:
            fates[i] = max(fates[i], code)


@njit(types.void(_U32, types.int64, types.int64, types.int64[::1], types.int64[::1]), **_OPTIONS)
def join_places(places: Any, n: int, first_fate: int, cells: Any, fates: Any) -> None:
    """Join one more dimension of `n` bins; places behind it are below, above and undefined.

    `first_fate` is that of undefined; those of below and above come next.
    """
    for i in range(len(places)):
        place = np.int64(places[i])
        if place < n:
            cells[i] = cells[i] * n + place
        else:
            kind = place - n
            fates[i] = max(fates[i], first_fate if kind == 2 else first_fate - 1 - kind)


@njit(types.void(_U32, types.int64, types.int64[::1]), **_OPTIONS)
def drop_places(places: Any, fate: int, fates: Any) -> None:
    """Note the fate of events that are not in the first bin of a range."""
    for i in range(len(places)):
        if places[i] != 0:
            fates[i] = max(fates[i], fate)


@njit(types.int64(types.int64[::1], types.int64[::1], types.int64, types.int64[::1]), **_OPTIONS)
def sift(cells: Any, fates: Any, sign: int, tally: Any) -> int:
    """Count fates in ``tally[-fate]`` and move the cells of all others to the front; return how many they are."""
    n = 0
    for i in range(len(cells)):
        if fates[i] == GOOD:
            cells[n] = cells[i]
            n += 1
        else:
            tally[-fates[i]] += sign
    return n
