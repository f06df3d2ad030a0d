"""Edges of axes as exact numbers: finding bins by value, and cutting axes at bins."""

from __future__ import annotations

import math
from bisect import bisect_right
from dataclasses import replace
from fractions import Fraction

from ...errors import ArgumentError
from ..axis import Axes, Axis
from ..units import exact_conversion


def edge(axis: Axis, index: int) -> Fraction:
    """Return one exact edge in the axis' unit, ``0 <= index <= n``."""
    if not axis.is_regular:
        return axis.exact[index]
    start, stop = axis.exact
    return start + (stop - start) * index / axis.n


def bin_below(axis: Axis, value: Fraction) -> int:
    """Return the last ``i`` with ``edge[i] <= value``: the bin that holds the value; -1 below the axis, n above.

    Examples
    --------
    >>> from livedata.reduce.axis import bins
    >>> [bin_below(bins(0, 1, n=10), Fraction(x, 100)) for x in (-1, 0, 9, 10, 100)]
    [-1, 0, 0, 1, 10]
    """
    if not axis.is_regular:
        return bisect_right(axis.exact, value) - 1
    start, stop = axis.exact
    return max(-1, min(axis.n, math.floor((value - start) * axis.n / (stop - start))))


def edge_above(axis: Axis, value: Fraction) -> int:
    """Return the first ``j`` with ``edge[j] >= value``, at most n."""
    at = bin_below(axis, value)
    if at < 0:
        return 0
    return at if at >= axis.n or edge(axis, at) == value else at + 1


def part(axis: Axis, start: int, stop: int) -> Axis:
    """Return the bins ``start <= i < stop`` with the very same edges."""
    if (start, stop) == (0, axis.n):
        return axis
    if axis.categories is not None:
        n = stop - start
        return replace(axis, exact=(Fraction(0), Fraction(n)), n=n, categories=axis.categories[start:stop])
    if axis.is_regular or stop - start == 1:
        return replace(axis, exact=(edge(axis, start), edge(axis, stop)), n=stop - start)
    return replace(axis, exact=axis.exact[start : stop + 1], n=stop - start)


def merged(axis: Axis, factor: int) -> Axis:
    """Return bins that each hold `factor` of the old ones.

    Raises
    ------
    ArgumentError
        If the number of bins is not a multiple of the factor.
    """
    if axis.categories is not None:
        raise ArgumentError(f"{axis.name!r} has categories, which cannot be merged; sum over them or choose some")
    if isinstance(factor, bool) or factor < 1 or axis.n % factor:
        raise ArgumentError(
            f"cannot merge {axis.n} bins of {axis.name!r} by {factor!r}; expected a divisor of {axis.n}, or new edges"
        )
    n, scale = axis.n // factor, "even" if axis.scale == "integer" and factor > 1 else axis.scale
    if axis.is_regular:
        return replace(axis, n=n, scale=scale)
    kept = axis.exact[::factor]
    return replace(axis, exact=kept if n > 1 else (kept[0], kept[-1]), n=n, scale=scale)


def conversion(unit: str | None, axis: Axis) -> tuple[Fraction, Fraction]:
    """Return factor and offset from a unit to the axis' own; an absent one is taken for the axis'."""
    if unit is None or unit == axis.unit:
        return Fraction(1), Fraction(0)
    if axis.unit is None:
        raise ArgumentError(f"axis {axis.name!r} has no unit, but {unit!r} was given; leave the unit out")
    return exact_conversion(unit, axis.unit)


def axes_difference(a: Axes, b: Axes) -> str:
    """Say in which way axes differ; an empty text if they are equal."""
    if tuple(a) == tuple(b):
        return ""
    if [x.name for x in a] != [y.name for y in b]:
        return f"axes {', '.join(x.name for x in a) or 'none'} and {', '.join(y.name for y in b) or 'none'}"
    x, y = next((x, y) for x, y in zip(a, b, strict=True) if x != y)
    if x.unit != y.unit:
        return f"axis {x.name!r} in {x.unit} and in {y.unit}"
    if x.n != y.n:
        return f"axis {x.name!r} has {x.n} bins and {y.n}"
    if x.categories != y.categories:
        return f"axis {x.name!r} with other categories: {x!r} and {y!r}"
    at = next((i for i in range(x.n + 1) if edge(x, i) != edge(y, i)), None)
    if at is None:
        return f"axis {x.name!r} is {x!r} and {y!r}"
    return f"axis {x.name!r}: edge {at} is {float(edge(x, at))!r} and {float(edge(y, at))!r}"


def position(axes: Axes, name: object) -> int:
    """Return the number of an axis that was given by name or by number.

    Raises
    ------
    ArgumentError
        If there is no such axis.
    """
    names = [axis.name for axis in axes]
    if isinstance(name, str) and name in names:
        return names.index(name)
    if isinstance(name, int) and not isinstance(name, bool) and -len(axes) <= name < len(axes):
        return name % len(axes)
    raise ArgumentError(f"no axis {name!r}; there is {', '.join(names) or 'none'}")
