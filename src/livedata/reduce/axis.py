"""Axes of histograms: half-open bins with edges that are kept exactly, as they were written.

An edge given as ``71.43`` with unit ``ms`` is the number 71.43 ms and not the nearest binary fraction, so that integer
times in ns fall to one side of it by integer comparison: ``x >= edge`` is ``x >= ceil(edge)``. Live and file agree on
every bin because both compare the same integers. Quantities that are doubles themselves (coordinates, most logs) are
compared with the double nearest to the edge.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Context, Decimal
from fractions import Fraction
from itertools import pairwise
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..errors import ArgumentError
from .units import exact as _exact
from .units import exact_conversion

MAX_BINS = 100_000_000
MAX_LOG_BINS = 1_000_000
MAX_CATEGORIES = 100_000

Category = int | str
Scale = Literal["even", "log", "integer", "category"]
"""What an axis is meant as: how it is drawn, and how it is written down."""


class Traits(NamedTuple):
    """What UHI asks of an axis."""

    circular: bool
    discrete: bool


@dataclass(frozen=True, slots=True)
class Axis:
    """One axis: half-open bins ``edge[i] <= x < edge[i + 1]``, or categories. Bound to a quantity by a view.

    Made by `bins`, `edges`, `log_bins`, `integers` and `categories`. Compares equal to an axis with the same name,
    unit, scale and exact edges.
    """

    exact: tuple[Fraction, ...]
    """For regular axes the first and last edge, else all edges; in `unit`. Of categories: 0 and their number."""
    n: int
    """Number of bins."""
    unit: str | None = None
    name: str = ""
    scale: Scale = "even"
    categories: tuple[Category, ...] | None = None
    """Values that have a bin each, texts or integers; every other value is overflow. None where bins have edges."""

    @property
    def is_regular(self) -> bool:
        """Whether all bins have the same width."""
        return len(self.exact) == 2

    @property
    def traits(self) -> Traits:
        """What UHI asks of an axis: categories are discrete."""
        return Traits(circular=False, discrete=self.categories is not None)

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
        return replace(self, name=name, unit=self.unit if self.categories is not None else self.unit or unit)

    def __len__(self) -> int:
        return self.n

    def __iter__(self) -> Iterator[tuple[float, float] | Category]:
        """Iterate over the bins as (lower, upper), or over the categories, as UHI asks for."""
        if self.categories is not None:
            return iter(self.categories)
        return iter(pairwise(self.edges.tolist()))

    def __getitem__(self, index: int) -> tuple[float, float] | Category:
        if self.categories is not None:
            return self.categories[index]
        edges = self.edges
        return float(edges[:-1][index]), float(edges[1:][index])

    def __repr__(self) -> str:
        name = f" {self.name}" if self.name else ""
        if self.categories is not None:
            shown = ", ".join(map(repr, self.categories[:4])) + (", …" if self.n > 4 else "")
            return f"<Axis{name} {self.n} categories {shown}>"
        unit = f" {self.unit}" if self.unit else ""
        kind = {"log": ", logarithmic", "integer": ", integers"}.get(self.scale, "" if self.is_regular else ", uneven")
        return f"<Axis{name} {self.n} bins {float(self.exact[0]):g} … {float(self.exact[-1]):g}{unit}{kind}>"


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


def bins(start: float | Fraction, stop: float | Fraction, *, n: int, unit: str | None = None) -> Axis:
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
    <Axis 1000 bins 0 … 71.43 ms>
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
    <Axis 3 bins 0 … 100 us, uneven>
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


def log_bins(start: float | Fraction, stop: float | Fraction, *, n: int, unit: str | None = None) -> Axis:
    """Return `n` bins whose edges grow by the same factor, the last edge excluded.

    Edge ``i`` is the double nearest to ``start * (stop / start) ** (i / n)``, worked out with 50 digits: the same on
    every machine, and exactly 1, 10, 100 where it should be. The first and the last edge are as they were written.

    Parameters
    ----------
    start, stop
        First and last edge, above zero, in `unit`.
    n, unit
        As in `bins`.

    Examples
    --------
    >>> log_bins(0.01, 100, n=4, unit="Å").edges.tolist()
    [0.01, 0.1, 1.0, 10.0, 100.0]
    """
    even = bins(start, stop, n=n, unit=unit)
    first, last = even.exact
    if first <= 0:
        raise ArgumentError(f"logarithmic bins from {start} to {stop}: the start must lie above zero")
    if even.n > MAX_LOG_BINS:
        raise ArgumentError(f"n is {even.n}; expected at most {MAX_LOG_BINS} logarithmic bins")
    work = Context(prec=50)
    edge = work.divide(Decimal(first.numerator), Decimal(first.denominator))
    whole = work.divide(work.divide(Decimal(last.numerator), Decimal(last.denominator)), edge)
    factor = work.exp(work.divide(work.ln(whole), Decimal(even.n)))
    inner: list[Fraction] = []
    for _ in range(even.n - 1):
        edge = work.multiply(edge, factor)
        inner.append(_exact(float(edge), "edge"))
    exact = (first, *inner, last)
    if any(low >= high for low, high in pairwise(exact)):
        raise ArgumentError(f"{n} logarithmic bins from {start} to {stop} are too narrow to be told apart")
    return Axis(exact, even.n, unit, scale="log")


def integers(start: int, stop: int) -> Axis:
    """Return one bin for each integer from `start` to `stop`, the stop excluded: ``k <= x < k + 1``.

    Examples
    --------
    >>> integers(0, 5)
    <Axis 5 bins 0 … 5, integers>
    """
    for what, value in (("start", start), ("stop", stop)):
        if isinstance(value, bool) or not isinstance(value, int | np.integer):
            raise ArgumentError(f"{what} is {value!r}; expected an integer")
    return replace(bins(int(start), int(stop), n=max(int(stop) - int(start), 1)), scale="integer")


def categories(values: Iterable[Category]) -> Axis:
    """Return one bin for each of some texts or integers, in this order. Every other value is overflow.

    Parameters
    ----------
    values
        Distinct; all texts (for logs that hold texts) or all integers.

    Examples
    --------
    >>> categories(["open", "closed"])
    <Axis 2 categories 'open', 'closed'>
    """
    listed = [values] if isinstance(values, str) else list(values)
    held = tuple(str(v) if isinstance(v, str) else _category(v) for v in listed)
    if not held or len(held) > MAX_CATEGORIES:
        raise ArgumentError(f"{len(held)} categories; expected 1 to {MAX_CATEGORIES} texts or integers")
    if len({isinstance(v, str) for v in held}) > 1:
        raise ArgumentError("categories are either all texts or all integers")
    if len(set(held)) < len(held):
        twice = next(v for i, v in enumerate(held) if v in held[:i])
        raise ArgumentError(f"category {twice!r} is given twice; expected distinct values")
    return Axis((Fraction(0), Fraction(len(held))), len(held), scale="category", categories=held)


def _category(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int | np.integer):
        raise ArgumentError(f"category {value!r}; expected a text or an integer")
    return int(value)


def edges_in(axis: Axis, unit: str | None) -> NDArray[np.float64]:
    """Return the edges in `unit`, float64, shape (n + 1,): each the double nearest to the exact edge.

    A double ``x`` in `unit` lies in bin ``i`` when ``edges[i] <= x < edges[i + 1]``. Offsets between units (``degC`` to
    ``K``) are taken into account; a factor below zero is refused.

    Parameters
    ----------
    axis
        With edges, not categories.
    unit
        That of the data; None where it has none or nothing tells it: then the axis must have none either.

    Raises
    ------
    ArgumentError
        If the unit does not fit, or two edges become the same double.
    """
    factor, offset = _conversion(axis, unit)
    if factor == 1 and not offset:
        result = axis.edges
    elif axis.is_regular and axis.n > 100_000:
        low, high = (float(e * factor + offset) for e in axis.exact)
        result = np.linspace(low, high, axis.n + 1)
    else:
        start, width = axis.exact[0], (axis.exact[-1] - axis.exact[0]) / axis.n
        exact = (start + i * width for i in range(axis.n + 1)) if axis.is_regular else axis.exact
        result = np.array([float(e * factor + offset) for e in exact])
    if not (np.diff(result) > 0).all():
        raise ArgumentError(f"axis {axis.name!r}: {axis.n} bins from {result[0]} to {result[-1]} are too narrow")
    return result


def _conversion(axis: Axis, unit: str | None) -> tuple[Fraction, Fraction]:
    """Return factor and offset that take the edges of an axis to a unit."""
    if axis.categories is not None:
        raise ArgumentError(f"axis {axis.name!r} has categories; numbers need ld.bins(…) or ld.edges(…)")
    if axis.unit is None or axis.unit == unit:
        return Fraction(1), Fraction(0)
    if unit is None:
        raise ArgumentError(f"axis {axis.name!r} has no unit, but its bins were given in {axis.unit!r}")
    return exact_conversion(axis.unit, unit)


def thresholds(axis: Axis, unit: str | None) -> NDArray[np.int64]:
    """Return for integer data in `unit` the smallest integer at or above each edge, int64, shape (n + 1,).

    An integer ``x`` lies in bin ``i`` exactly when ``thresholds[i] <= x < thresholds[i + 1]``.

    Raises
    ------
    ArgumentError
        If the axis' unit cannot be converted, or an edge leaves the range of int64.
    """
    factor, offset = _conversion(axis, unit)
    limits = [axis.exact[0] * factor + offset, axis.exact[-1] * factor + offset]
    if any(abs(limit) >= 2**62 for limit in limits):
        raise ArgumentError(
            f"axis {axis.name!r}: edges {axis.exact[0]} … {axis.exact[-1]} {axis.unit} are out of range"
        )
    if not axis.is_regular:
        return np.array([math.ceil(e * factor + offset) for e in axis.exact], dtype=np.int64)
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
    """Read bins as the command line writes them.

    ``START:STOP:N``, ``START:STOP:N:log``, ``START:STOP`` (integers) or ``A,B,C`` (categories).

    Examples
    --------
    >>> parse_bins("0:100000:100", "us")
    <Axis 100 bins 0 … 100000 us>
    >>> parse_bins("open,closed", None)
    <Axis 2 categories 'open', 'closed'>
    """
    parts: Sequence[str] = text.split(":")
    if len(parts) == 1 and text.strip():
        if unit is not None:
            raise ArgumentError(f"bins {text!r} {unit}: categories have no unit")
        named = [part.strip() for part in text.split(",")]
        whole = all(part.removeprefix("-").isdecimal() for part in named)
        return categories([int(part) for part in named] if whole else named)
    try:
        start, stop = Fraction(parts[0]), Fraction(parts[1])
        n = int(parts[2]) if len(parts) > 2 else 0
        if len(parts) > 4 or parts[3:] not in ([], ["log"]):
            raise ValueError
        if len(parts) == 2 and (unit is not None or start.denominator != 1 or stop.denominator != 1):
            raise ValueError
    except (ValueError, IndexError, ZeroDivisionError):
        raise ArgumentError(
            f"bins {text!r}; expected START:STOP:N, such as 0:100000:100, or START:STOP:N:log; for integers "
            "START:STOP, for texts A,B,C"
        ) from None
    if len(parts) == 2:
        return integers(int(start), int(stop))
    make = log_bins if len(parts) == 4 else bins
    return make(start, stop, n=n, unit=unit)
