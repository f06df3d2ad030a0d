"""Fewer dimensions and other bins: sums over axes, and rebinning that conserves counts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from fractions import Fraction
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ...errors import ArgumentError
from ..axis import Axes, Axis, edges
from .arithmetic import add_up
from .exactaxis import bin_below, conversion, edge, merged, position

if TYPE_CHECKING:
    from .histogram import Histogram

Array = NDArray[Any]


def summed(histogram: Histogram, places: Iterable[int]) -> Histogram:
    """Sum over axes given by their numbers; the kind of histogram stays (a snapshot's fates are still true)."""
    drop = tuple(sorted(set(places)))
    if not drop:
        return histogram
    keep = Axes(axis for i, axis in enumerate(histogram.axes) if i not in drop)
    spread = None if histogram.spread is None else _frozen(add_up(histogram.spread, drop))
    return replace(histogram, array=_frozen(add_up(histogram.array, drop)), axes=keep, spread=spread)


def projected(histogram: Histogram, names: Iterable[str | int]) -> Histogram:
    """Sum over all axes but the named ones, and put these in the order of the names."""
    places = [position(histogram.axes, name) for name in names]
    if len(set(places)) < len(places):
        raise ArgumentError(f"an axis is named twice in {[histogram.axes[i].name for i in places]}")
    result = summed(histogram, (i for i in range(len(histogram.axes)) if i not in places))
    order = [sorted(places).index(place) for place in places]
    if order == sorted(order):
        return result
    spread = None if result.spread is None else result.spread.transpose(order)
    return replace(result, array=result.array.transpose(order), axes=Axes(result.axes[i] for i in order), spread=spread)


def rebinned(histogram: Histogram, wanted: Mapping[Any, Axis | int | ArrayLike]) -> Histogram:
    """Return the histogram in other bins along some axes.

    ``new_j = Σ_i old_i · |[a_i, b_i) ∩ [A_j, B_j)| / (b_i − a_i)``: counts are taken as spread evenly over their bin,
    and conserved inside the common range; what lies outside of the new bins is left out. Variances are shared out
    alike, those of neighbours that share a bin are correlated then.

    Parameters
    ----------
    wanted
        By name or number of the axis: a number of bins to merge into one, an axis (of any unit), or edges in the axis'
        own unit.

    Returns
    -------
    :
        int64 stays int64 where every new edge is an old one, compared exactly; else float64.

    References
    ----------
    scipp.rebin, https://scipp.github.io/generated/functions/scipp.rebin.html

    Examples
    --------
    >>> from livedata.reduce.axis import bins
    >>> from livedata.reduce.result.histogram import Histogram
    >>> old = Histogram(array=np.array([4, 6]), axes=Axes([bins(0, 4, n=2).named("x")]))
    >>> rebinned(old, {"x": [0, 1, 3, 5]}).values().tolist()
    [2.0, 5.0, 3.0]
    """
    array, spread, axes = histogram.array, histogram.spread, list(histogram.axes)
    for name, new in wanted.items():
        at = position(histogram.axes, name)
        axis = _wanted_axis(axes[at], new)
        is_factor = isinstance(new, int | np.integer)
        pieces = _groups(axes[at].n, axis.n) if is_factor else _pieces(axes[at], axis)
        array = _gathered(array, at, pieces, axis.n)
        spread = None if spread is None else _gathered(spread, at, pieces, axis.n)
        axes[at] = axis
    return histogram.derived(array=_frozen(array), axes=Axes(axes), spread=None if spread is None else _frozen(spread))


def _wanted_axis(old: Axis, new: Axis | int | ArrayLike) -> Axis:
    """Return the new axis in the old one's unit and name."""
    if isinstance(new, int | np.integer) and not isinstance(new, bool):
        return merged(old, int(new))
    axis = new if isinstance(new, Axis) else edges(new, old.unit)
    if old.categories is not None or axis.categories is not None:
        raise ArgumentError(f"{old.name!r} has categories, which cannot be rebinned; sum over them or choose some")
    if axis.unit == old.unit or axis.unit is None:
        return replace(axis, unit=old.unit, name=old.name)
    factor, offset = conversion(axis.unit, old)
    if factor < 0:
        raise ArgumentError(f"edges in {axis.unit!r} would run backwards in {old.unit!r}")
    return replace(axis, exact=tuple(e * factor + offset for e in axis.exact), unit=old.unit, name=old.name)


class _Pieces(NamedTuple):
    """Parts of old bins, in order: from which old bin, how much of it, and to which new bin."""

    old: NDArray[np.int64]
    share: NDArray[np.float64]
    new: NDArray[np.int64]
    is_whole: bool


def _pieces(old: Axis, new: Axis) -> _Pieces:
    """Cut the old bins at the new edges."""
    places = [_place(old, edge(new, j)) for j in range(new.n + 1)]
    begin = np.array([i for i, _ in places[:-1]], np.int64)
    sizes = np.array([i + (part > 0) for i, part in places[1:]], np.int64) - begin
    starts = np.cumsum(sizes) - sizes
    target = np.repeat(np.arange(new.n), sizes)
    source = np.arange(len(target)) - np.repeat(starts - begin, sizes)
    share = np.ones(len(target))
    for start, size, (i, low), (k, high) in zip(starts, sizes, places[:-1], places[1:], strict=True):
        if size and i == k:
            share[start] = float(high - low)
        elif size:
            share[start] = float(1 - low)
            share[start + size - 1] = float(high) if high else share[start + size - 1]
    return _Pieces(source, share, target, is_whole=not any(part for _, part in places))


def _place(axis: Axis, value: Fraction) -> tuple[int, Fraction]:
    """Return the bin that holds a value, and which part of the bin lies below it; the ends for what lies outside."""
    i = bin_below(axis, value)
    if i < 0 or i >= axis.n:
        return max(i, 0), Fraction(0)
    low, high = edge(axis, i), edge(axis, i + 1)
    return i, (value - low) / (high - low)


def _groups(n_old: int, n: int) -> _Pieces:
    """Return as many whole old bins for each new one."""
    return _Pieces(np.arange(n_old), np.ones(n_old), np.arange(n_old) // (n_old // n), is_whole=True)


def _gathered(values: Array, at: int, pieces: _Pieces, n: int) -> Array:
    """Add up the pieces along one dimension."""
    first, stop = (int(pieces.old[0]), int(pieces.old[-1]) + 1) if len(pieces.old) else (0, 0)
    is_run = stop - first == len(pieces.old)
    moved = np.moveaxis(values, at, -1)[..., slice(first, stop) if is_run else pieces.old]
    if not pieces.is_whole:
        moved = moved * pieces.share
    result = np.zeros((*moved.shape[:-1], n), moved.dtype)
    if len(pieces.new):
        starts = np.flatnonzero(np.diff(pieces.new, prepend=-1))
        result[..., pieces.new[starts]] = np.add.reduceat(moved, starts, axis=-1)
    return np.ascontiguousarray(np.moveaxis(result, -1, at))


def _frozen(array: Array) -> Array:
    array = np.asarray(array)
    array.flags.writeable = False
    return array
