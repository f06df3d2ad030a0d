"""Places of values on axes that lie on entries: columns, times and logs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...errors import ArgumentError
from ..axis import Axis, edges_in, thresholds
from .fates import NAN, OVERFLOW, UNDERFLOW, axis_fate
from .truth import Kind, is_known

Places = NDArray[np.int32]
Placer = Callable[[NDArray[Any]], Places]

_HIGHEST = np.uint64(2**63 - 1)


def placer(axis: Axis, number: int, kind: Kind, unit: str | None, absent: float | None = None) -> Placer:
    """Prepare an axis for values of one kind, given in `unit`.

    Parameters
    ----------
    number
        Of the axis among those of its description, for the fates.
    absent
        What stands where there is no value.

    Returns
    -------
    :
        A function that gives the bin of each value, or its fate.

    Raises
    ------
    ArgumentError
        If the axis does not fit values of this kind, or units do not fit.
    """
    nan = axis_fate(number, NAN)
    find = _finder(axis, number, kind, unit)

    def place(values: NDArray[Any]) -> Places:
        places = find(values)
        known = is_known(values, absent)
        if known is not None:
            places[~known] = nan
        return places

    return place


def _finder(axis: Axis, number: int, kind: Kind, unit: str | None) -> Placer:
    under, over = axis_fate(number, UNDERFLOW), axis_fate(number, OVERFLOW)
    if axis.categories is not None:
        are_texts = isinstance(axis.categories[0], str)
        if are_texts != (kind == "texts"):
            held, wanted = ("texts", "integers") if kind == "texts" else ("numbers", "texts")
            raise ArgumentError(f"{axis.name!r} holds {held}, but the categories of its axis are {wanted}")
        place_of = {value: i for i, value in enumerate(axis.categories)}
        # 2 and 2.0 are one key, so that doubles find integers
        return lambda x: np.fromiter((place_of.get(v, over) for v in x.tolist()), np.int32, len(x))
    if kind == "texts":
        raise ArgumentError(f"{axis.name!r} holds texts; its axis needs ld.categories([…])")
    limits = thresholds(axis, unit) if kind == "integers" else edges_in(axis, unit)
    codes = np.concatenate(([under], np.arange(axis.n), [over])).astype(np.int32)

    def find(x: NDArray[Any]) -> Places:
        if x.dtype == np.uint64:
            x = np.minimum(x, _HIGHEST).astype(np.int64)
        found: Places = codes[limits.searchsorted(x, "right")]
        return found

    return find
