"""The loops of the simulated instrument, compiled and without the GIL.

A chain of array operations would do the same, but each of them gives the interpreter away, and a busy notebook takes
milliseconds to give it back: a handful of calls a message leaves the instrument on time.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit, types

_I32 = types.Array(types.int32, 1, "C", readonly=True)
_I64 = types.Array(types.int64, 1, "C", readonly=True)
_U16 = types.Array(types.uint16, 1, "C", readonly=True)
_OPTIONS: dict[str, Any] = {"nogil": True, "cache": True}


@njit(
    types.void(_I64, _U16, _I32, _I32, _I32, _I64, types.int64, types.int64, types.int32[::1], types.int32[::1]),
    **_OPTIONS,
)
def scatter(
    bits: Any,
    accept: Any,
    alias: Any,
    base: Any,
    quantile: Any,
    width: Any,
    quantile_bits: int,
    pixel_bits: int,
    pixel_id: Any,
    toa: Any,
) -> None:
    """Make a detector event of each 64-bit random number: 18 bits for the cell, 14 for its alias, 32 for the time."""
    rest_bits = 32 - quantile_bits
    for i in range(len(bits)):
        word = bits[i]
        cell = (word >> 46) & 0x3FFFF
        if ((word >> 32) & 0x3FFF) >= accept[cell]:
            cell = np.int64(alias[cell])
        place = ((cell >> pixel_bits) << quantile_bits) | ((word >> rest_bits) & ((1 << quantile_bits) - 1))
        rest = word & ((1 << rest_bits) - 1)
        toa[i] = base[cell] + quantile[place] + ((width[place] * rest) >> rest_bits)
        pixel_id[i] = (cell & ((1 << pixel_bits) - 1)) + 1


@njit(types.void(_I64, _I64, _I64, types.int64, types.int32[::1]), **_OPTIONS)
def arrive(bits: Any, quantile: Any, width: Any, quantile_bits: int, toa: Any) -> None:
    """Make a time of arrival of each 32-bit random number."""
    rest_bits = 32 - quantile_bits
    for i in range(len(bits)):
        place = bits[i] >> rest_bits
        toa[i] = quantile[place] + ((width[place] * (bits[i] & ((1 << rest_bits) - 1))) >> rest_bits)


@njit(types.void(_I32, types.int64, types.int64, types.int64[::1]), **_OPTIONS)
def tally(values: Any, width: int, sign: int, counts: Any) -> None:
    """Add `sign` to the count of ``value // width`` for each value."""
    for i in range(len(values)):
        counts[values[i] // width] += sign
