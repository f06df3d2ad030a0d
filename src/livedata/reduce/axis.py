"""Axes of histograms: half-open bins with edges that are kept exactly, as they were written.

An edge given as ``71.43`` with unit ``ms`` is the number 71.43 ms and not the nearest binary fraction, so that integer
times in ns fall to one side of it by integer comparison: ``x >= edge`` is ``x >= ceil(edge)``. Live and file agree on
every bin because both compare the same integers.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..errors import ArgumentError
from .units import exact_factor

MAX_BINS = 100_000_000


@dataclass(frozen=True, slots=True)
class Axis:
    """One axis: half-open bins ``edge[i] <= x < edge[i + 1]``. Made by `bins` and `edges`, bound to a field by a view.

    Compares equal to an axis with the same name, unit and exact edges.
    """

    exact: tuple[Fraction, ...]
    """For regular axes the first and last edge, else all edges; in `unit`."""
    n: int
    """Number of bins."""
    unit: str | None = None
    name: str = ""

    @property
    def is_regular(self) -> bool:
        """Whether all bins have the same width."""
        return len(self.exact) == 2

    @property
    def edges(self) -> NDArray[np.float64]:
        """Edges in `unit`, float64, shape (n + 1,): each the double nearest to the exact edge."""
        if not self.is_regular:
            return np.array([float(e) for e in self.exact])
        start, stop = self.exact
        width = (stop - start) / self.n
        if self.n > 100_000:  # fractions would take seconds; linspace is off by an ulp at most
            return np.linspace(float(start), float(stop), self.n + 1)
        return np.array([float(start + i * width) for i in range(self.n + 1)])

    @property
    def centers(self) -> NDArray[np.float64]:
        """Middle of each bin in `unit`, shape (n,)."""
        edges = self.edges
        return (edges[:-1] + edges[1:]) / 2

    @property
    def widths(self) -> NDArray[np.float64]:
        """Width of each bin in `unit`, shape (n,)."""
        return np.diff(self.edges)

    def named(self, name: str, *, unit: str | None = None) -> Axis:
        """Return the axis bound to a field; one without a unit takes the field's."""
        return Axis(self.exact, self.n, self.unit or unit, name)

    def __len__(self) -> int:
        return self.n

    def __iter__(self) -> Iterator[tuple[float, float]]:
        """Iterate over the bins as (lower, upper), as UHI asks for."""
        edges = self.edges.tolist()
        return iter(pairwise(edges))

    def __getitem__(self, index: int) -> tuple[float, float]:
        edges = self.edges
        return float(edges[:-1][index]), float(edges[1:][index])

    def __repr__(self) -> str:
        unit = f" {self.unit}" if self.unit else ""
        kind = "" if self.is_regular else ", uneven"
        return (
            f"<Axis {self.name or '?'} {self.n} bins {float(self.exact[0]):g} … {float(self.exact[-1]):g}{unit}{kind}>"
        )


class Axes(tuple[Axis, ...]):
    """The axes of a view, by position or by name: ``axes[0]``, ``axes["toa"]``."""

    __slots__ = ()

    def __getitem__(self, key: object) -> Axis:  # type: ignore[override]
        if isinstance(key, str):
            for axis in self:
                if axis.name == key:
                    return axis
            raise ArgumentError(f"no axis {key!r}; this view has {', '.join(a.name for a in self) or 'none'}")
        return tuple.__getitem__(self, key)  # type: ignore[call-overload,no-any-return]

    def _ipython_key_completions_(self) -> list[str]:
        return [axis.name for axis in self]


def _exact(value: object, what: str) -> Fraction:
    """Return the number as it was written: the shortest decimal that gives the same double."""
    try:
        if isinstance(value, Fraction | int | np.integer) and not isinstance(value, bool):
            return Fraction(int(value)) if isinstance(value, np.integer) else Fraction(value)
        number = float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError, OverflowError):
        raise ArgumentError(f"{what} is {value!r}; expected a number") from None
    if not math.isfinite(number):
        raise ArgumentError(f"{what} is {number}; expected a finite number")
    return Fraction(Decimal(repr(number)))


def bins(start: float, stop: float, *, n: int, unit: str | None = None) -> Axis:
    """Return `n` bins of equal width from `start` to `stop`, the last edge excluded.

    Parameters
    ----------
    start, stop
        First and last edge, in `unit`.
    n
        Number of bins.
    unit
        Any unit that pint knows; without one, that of the field (ns for times).

    Examples
    --------
    >>> bins(0, 71.43, n=1000, unit="ms")
    <Axis ? 1000 bins 0 … 71.43 ms>
    """
    first, last = _exact(start, "start"), _exact(stop, "stop")
    if isinstance(n, bool) or not isinstance(n, int | np.integer) or not 1 <= n <= MAX_BINS:
        raise ArgumentError(f"n is {n!r}; expected a number of bins from 1 to {MAX_BINS}")
    if first >= last:
        raise ArgumentError(f"bins from {start} to {stop}: the start must lie below the stop")
    return Axis((first, last), int(n), unit)


def edges(values: ArrayLike, unit: str | None = None) -> Axis:
    """Return bins between the given edges, the last edge excluded.

    Parameters
    ----------
    values
        Increasing edges in `unit`, shape (n + 1,).
    unit
        As in `bins`.

    Examples
    --------
    >>> edges([0, 1, 10, 100], "us")
    <Axis ? 3 bins 0 … 100 us, uneven>
    """
    array = np.asarray(values)
    if array.ndim != 1 or len(array) < 2:
        raise ArgumentError(f"edges of shape {array.shape}; expected a list of at least two increasing numbers")
    exact = tuple(_exact(v, f"edge {i}") for i, v in enumerate(array.tolist()))
    for i, (low, high) in enumerate(pairwise(exact)):
        if low >= high:
            raise ArgumentError(
                f"edges must increase, but edge {i + 1} ({array[i + 1]}) is not above edge {i} ({array[i]})"
            )
    if len(exact) == 2:
        return Axis(exact, 1, unit)
    return Axis(exact, len(exact) - 1, unit)


def thresholds(axis: Axis, unit: str | None) -> NDArray[np.int64]:
    """Return for integer data in `unit` the smallest integer at or above each edge, int64, shape (n + 1,).

    An integer ``x`` lies in bin ``i`` exactly when ``thresholds[i] <= x < thresholds[i + 1]``.

    Raises
    ------
    ArgumentError
        If the axis' unit cannot be converted, or an edge leaves the range of int64.
    """
    factor = Fraction(1) if unit is None or axis.unit is None else exact_factor(axis.unit, unit)
    if unit is None and axis.unit is not None:
        raise ArgumentError(f"axis {axis.name!r} has no unit, but its bins were given in {axis.unit!r}")
    limits = [axis.exact[0] * factor, axis.exact[-1] * factor]
    if any(abs(limit) >= 2**62 for limit in limits):
        raise ArgumentError(
            f"axis {axis.name!r}: edges {axis.exact[0]} … {axis.exact[-1]} {axis.unit} are out of range"
        )
    if not axis.is_regular:
        return np.array([math.ceil(e * factor) for e in axis.exact], dtype=np.int64)
    start, width = limits[0], (limits[1] - limits[0]) / axis.n
    if start.denominator == 1 and width.denominator == 1:
        return int(start) + int(width) * np.arange(axis.n + 1, dtype=np.int64)
    # ceil((a + i b) / c) with integers: exact, and fast enough for millions of bins
    c = math.lcm(start.denominator, width.denominator)
    a, b = int(start * c), int(width * c)
    if abs(a) + b * axis.n < 2**62:
        i = np.arange(axis.n + 1, dtype=np.int64)
        return -((-(a + i * b)) // c)
    return np.array([-((-(a + i * b)) // c) for i in range(axis.n + 1)], dtype=np.int64)


def parse_bins(text: str, unit: str | None) -> Axis:
    """Read ``START:STOP:N`` as the command line writes it.

    Examples
    --------
    >>> parse_bins("0:100000:100", "us")
    <Axis ? 100 bins 0 … 100000 us>
    """
    parts: Sequence[str] = text.split(":")
    try:
        start, stop, n = Fraction(parts[0]), Fraction(parts[1]), int(parts[2])
        if len(parts) != 3:
            raise ValueError
    except (ValueError, IndexError, ZeroDivisionError):
        raise ArgumentError(f"bins {text!r}; expected START:STOP:N, such as 0:100000:100") from None
    return bins(start, stop, n=n, unit=unit)  # type: ignore[arg-type]
