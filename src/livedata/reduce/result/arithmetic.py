"""Sums, differences, products and quotients of histograms, with variances.

For independent ``a`` and ``b`` (first-order propagation, as `uncertainties` and scipp do):

* ``var(a ± b) = var(a) + var(b)``
* ``var(a b) = b² var(a) + a² var(b)``
* ``var(a / b) = (var(a) + (a / b)² var(b)) / b²``, which is ``(a/b)² (var(a)/a² + var(b)/b²)``

References
----------
JCGM 100:2008 (GUM), section 5.1.2, https://www.bipm.org/documents/20126/2071204/JCGM_100_2008_E.pdf
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from ...errors import ArgumentError
from ..axis import Axes
from ..units import exact_factor
from .exactaxis import axes_difference
from .unitname import is_counts, product

if TYPE_CHECKING:
    from .histogram import Histogram

Array = NDArray[Any]
Operation = Literal["+", "-", "*", "/"]
Operand = "Histogram | int | float | Array"
LIMIT = 2**63
"""Integers from here on would not fit; results that could reach it are float64."""


def combine(a: Histogram | int | float | Array, operation: Operation, b: Histogram | int | float | Array) -> Histogram:
    """Return ``a operation b``, at least one of which is a histogram.

    Parameters
    ----------
    a, b
        A histogram; a number, which is exact and for sums in the unit of the other side; or an array of numbers, which
        are exact too, of the histogram's shape. Where all axes of one histogram are also axes of the other, in the same
        order, it is repeated along the others (one monitor for every pixel); the variances of such a result
        are correlated among the repetitions.

    Returns
    -------
    :
        int64 where both sides are, no quotient, and everything fits; else float64. NaN where a divisor is 0 or not
        finite.

    Raises
    ------
    ArgumentError
        If axes, shapes or units do not go together; names the difference.
    """
    one = a if _is_histogram(a) else b
    assert not isinstance(one, int | float | np.ndarray)
    x, y, axes = _aligned(a, b)
    u, v = _variance(a, x), _variance(b, y)
    if operation in "+-":
        y, v, unit = _in_one_unit(a, b, y, v)
        values = _sum(x, y, 1 if operation == "+" else -1)
        # Sums of counts are counts.
        spread = None if operation == "+" and _is_poisson(a) and _is_poisson(b) else _sum(_or_zero(u), _or_zero(v), 1)
    elif operation == "*":
        values, unit = _product(x, y), product(_unit(a), _unit(b))
        spread = _total(None if u is None else _product(_square(y), u), None if v is None else _product(_square(x), v))
    else:
        values, spread = _quotient(x, y, _or_zero(u), _or_zero(v))
        unit = product(_unit(a), _unit(b), -1)
    values = np.broadcast_to(values, tuple(len(axis) for axis in axes))
    if spread is not None:
        spread = np.broadcast_to(spread, values.shape)
    same_span = _span(a) == _span(b) or not (_is_histogram(a) and _is_histogram(b))
    return one.derived(
        array=values,
        axes=axes,
        spread=spread,
        unit=unit,
        name=_name(a, operation, b),
        span_ns=_span(one) if same_span else None,
    )


def _is_histogram(x: object) -> bool:
    return hasattr(x, "axes") and hasattr(x, "spread")


def _is_poisson(x: Any) -> bool:
    return _is_histogram(x) and x.spread is None and is_counts(x.unit)


def _unit(x: Any) -> str:
    return str(x.unit) if _is_histogram(x) else ""


def _span(x: Any) -> Any:
    return x.span if _is_histogram(x) else None


def _name(a: Any, operation: str, b: Any) -> str:
    """Return the common name; of two different ones, how they were combined."""
    names = [x.name for x in (a, b) if _is_histogram(x)]
    if len(names) == 1 or names[0] == names[1] or not all(names):
        return str(next((name for name in names if name), ""))
    return f"{names[0]} {operation} {names[1]}"


def _variance(x: Any, shaped: Array) -> Array | None:
    """Return variances in the shape of the values; None for exact numbers."""
    return np.reshape(x.variances(), shaped.shape) if _is_histogram(x) else None


def _aligned(a: Any, b: Any) -> tuple[Array, Array, Axes]:
    """Return values that numpy broadcasts against each other, and the axes of the result."""
    if not _is_histogram(a):
        y, x, axes = _aligned(b, a)
        return x, y, axes
    if not _is_histogram(b):
        return a.array, _numbers(a, b), a.axes
    if len(a.axes) >= len(b.axes):
        return a.array, _spread_out(b, a.axes), a.axes
    return _spread_out(a, b.axes), b.array, b.axes


def _numbers(a: Any, b: Any) -> Array:
    array = np.asarray(b)
    if array.dtype.kind not in "iuf" or (array.ndim and array.shape != a.array.shape):
        raise ArgumentError(
            f"{array.dtype} of shape {array.shape}; expected a histogram, a number, or numbers of shape {a.array.shape}"
        )
    if array.dtype.kind == "f":
        return array.astype(np.float64)
    # uint64 and Python integers of any size
    fits = array.size == 0 or (int(array.max()) < LIMIT and int(array.min()) >= -LIMIT)
    return array.astype(np.int64 if fits else np.float64)


def _spread_out(small: Any, axes: Axes) -> Array:
    """Give the values of the smaller histogram a length of 1 along the axes that it has not."""
    theirs = list(small.axes)
    shape = [len(theirs.pop(0)) if theirs and theirs[0] == axis else 1 for axis in axes]
    if theirs:
        difference = axes_difference(axes, small.axes)
        raise ArgumentError(
            f"the histograms have different axes: {difference}; give them the same with .rebin() or .project()"
        )
    return np.reshape(small.array, shape)


def _in_one_unit(a: Any, b: Any, y: Array, v: Array | None) -> tuple[Array, Array | None, str]:
    """Return the second side in the unit of the first."""
    if not _is_histogram(b) or not _is_histogram(a):
        return y, v, _unit(a) or _unit(b)
    if a.unit == b.unit or (is_counts(a.unit) and is_counts(b.unit)):
        return y, v, str(a.unit)
    try:
        factor = exact_factor(b.unit, a.unit)
    except ArgumentError:
        raise ArgumentError(f"cannot add or subtract values in {a.unit!r} and {b.unit!r}") from None
    if factor == 1:
        return y, v, str(a.unit)
    number = int(factor) if factor.denominator == 1 else float(factor)
    return _product(y, np.asarray(number)), None if v is None else _product(v, np.asarray(number**2)), str(a.unit)


def _largest(x: Array) -> int:
    """Return the largest magnitude of integers."""
    return max(int(x.max()), -int(x.min())) if x.size else 0


def _sum(x: Array, y: Array, sign: int) -> Array:
    if x.dtype.kind == y.dtype.kind == "i" and _largest(x) + _largest(y) >= LIMIT:
        x = x.astype(np.float64)
    return np.asarray(x + y if sign > 0 else x - y)


def add_up(x: Array, axis: tuple[int, ...] | None = None) -> Array:
    """Sum over some or all dimensions: int64 if it fits, else float64."""
    if x.dtype.kind == "i" and _largest(x) * x.size >= LIMIT:
        exact = np.asarray(x.astype(object).sum(axis=axis))
        fits = all(-LIMIT <= n < LIMIT for n in exact.flat)
        return exact.astype(np.int64 if fits else np.float64)
    with np.errstate(invalid="ignore", over="ignore"):
        return np.asarray(x.sum(axis=axis))


def _product(x: Array, y: Array) -> Array:
    if x.dtype.kind == y.dtype.kind == "i" and _largest(x) * _largest(y) >= LIMIT:
        x = x.astype(np.float64)
    return np.asarray(x * y)


def _square(x: Array) -> Array:
    return _product(x, x)


def _total(x: Array | None, y: Array | None) -> Array | None:
    if x is None or y is None:
        return x if y is None else y
    return _sum(x, y, 1)


def _or_zero(x: Array | None) -> Array:
    return np.asarray(0, np.int64) if x is None else x


def _quotient(x: Array, y: Array, u: Array, v: Array) -> tuple[Array, Array]:
    divisor = np.where(np.isfinite(y) & (y != 0), y, np.nan)
    values = x / divisor
    return values, (u + values**2 * v) / divisor**2
