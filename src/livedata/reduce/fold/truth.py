"""Comparisons with their numbers worked out beforehand: true, false, or unknown where there is no value to compare."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from ...errors import ArgumentError
from ..condition import Compare, read_moment
from ..units import exact, exact_conversion, read_quantity, write_quantity
from .steps import Steps, steps_of_samples

FALSE, UNKNOWN, TRUE = 0, 1, 2
"""Ordered so that ``and`` is the smaller, ``or`` the larger, and ``not x`` is ``2 - x`` (Kleene's logic)."""

Truth = NDArray[np.int8]
Kind = Literal["integers", "numbers", "texts"]
Test = Callable[[NDArray[Any]], NDArray[np.bool_]]

_ORDERS: Mapping[str, Callable[[Any, Any], Any]] = {
    "<": np.less,
    "<=": np.less_equal,
    ">": np.greater,
    ">=": np.greater_equal,
}


def kind_of_values(values: NDArray[Any]) -> Kind:
    """Say what an array holds; booleans are the integers 0 and 1."""
    return "integers" if values.dtype.kind in "iub" else "numbers" if values.dtype.kind == "f" else "texts"


def is_known(values: NDArray[Any], absent: float | None = None) -> NDArray[np.bool_] | None:
    """Return where there is a value at all, shape of `values`; None where there is one everywhere."""
    kind = kind_of_values(values)
    if kind == "texts":
        known = np.fromiter((isinstance(v, str) for v in values.tolist()), bool, len(values))
    elif kind == "integers" and absent is None:
        return None
    else:
        known = (
            values == values if absent is None else (values == values) & (values != absent)
        )  # NaN differs from itself
    return None if known.all() else known


def truth(test: Test, values: NDArray[Any], absent: float | None = None) -> Truth:
    """Return the outcome of a comparison for each value, int8."""
    known = is_known(values, absent)
    outcome = test(values).astype(np.int8) * np.int8(TRUE)
    if known is not None:
        outcome[~known] = UNKNOWN
    return outcome


def comparison_of(compare: Compare, kind: Kind, unit: str | None) -> Test:
    """Prepare a comparison for values of one kind, given in `unit`.

    Integers are compared exactly; doubles with the double nearest to the number, after exact conversion.

    Raises
    ------
    ArgumentError
        If the values are of another kind than what they are compared with, or units do not fit.
    """
    if compare.how == "bits":
        return _no_bits(compare, kind)
    if kind == "texts":
        return _texts(compare)
    values = compare.value if isinstance(compare.value, tuple) else (compare.value,)
    numbers = [_in_unit(compare, value, unit) for value in values]
    if compare.how in _ORDERS:
        limit = _limit(compare.how, numbers[0], kind)
        order = _ORDERS[compare.how]
        return lambda x: order(x, limit)
    wanted: list[int] | list[np.float64]
    wanted = [int(n) for n in numbers if n.denominator == 1] if kind == "integers" else [_double(n) for n in numbers]
    if compare.how == "!=":
        return lambda x: ~_is_one_of(x, wanted)
    return lambda x: _is_one_of(x, wanted)


def truth_in_time(compare: Compare) -> Steps:
    """Return when a comparison with `event_time_zero` is true."""
    values = compare.value if isinstance(compare.value, tuple) else (compare.value,)
    moments = {Fraction(read_moment(v)) if isinstance(v, str) else _in_unit(compare, v, "ns") for v in values}
    flips: list[int] = []
    for at in moments:
        if compare.how in ("<", ">="):
            flips.append(math.ceil(at))
        elif compare.how in ("<=", ">"):
            flips.append(math.floor(at) + 1)
        elif compare.how == "bits":
            raise ArgumentError(f"{compare.quantity} has no bits; expected <, <=, >, >= or between")
        elif at.denominator == 1:
            flips += [int(at), int(at) + 1]
    if any(abs(flip) >= 2**62 for flip in flips):
        raise ArgumentError(f"{compare.quantity} {compare.how} {compare.value}: expected ns since 1970")
    if compare.how in ("==", "!=", "in"):
        # Neighbouring moments touch: what ends one begins the next.
        flips = sorted(flip for flip in set(flips) if flips.count(flip) % 2)
    begins_true = compare.how in ("<", "<=", "!=")
    outcomes = [TRUE if (i % 2 == 0) != begins_true else FALSE for i in range(len(flips))]
    times = np.array(flips, np.int64)
    return steps_of_samples(times, np.array(outcomes, np.int8), TRUE if begins_true else FALSE)


def _in_unit(compare: Compare, value: float | str, unit: str | None) -> Fraction:
    """Return the exact number that is compared with, in the unit of the values."""
    own = compare.unit
    if isinstance(value, str):
        read = read_quantity(value)
        if read is None:
            raise ArgumentError(f"{compare.quantity!r} holds numbers; {value!r} is none")
        value, own = read[0], read[1] or own
    number = exact(value, compare.quantity)
    if own is None or own == unit:
        return number
    if unit is None:
        raise ArgumentError(
            f"nothing tells the unit of {compare.quantity!r}, so that it cannot be compared with "
            f"{write_quantity(value, own)!r}; a bare number is taken as it is"
        )
    try:
        factor, offset = exact_conversion(own, unit)
    except ArgumentError as error:
        raise ArgumentError(f"{compare.quantity!r} is in {unit!r}: {error}") from None
    return number * factor + offset


def _limit(how: str, number: Fraction, kind: Kind) -> int | np.float64:
    if kind == "numbers":
        return _double(number)
    return math.ceil(number) if how in ("<", ">=") else math.floor(number)


def _double(number: Fraction) -> np.float64:
    # Not a float: that would be rounded to the precision of the values it meets, and a file may hold them in another.
    try:
        return np.float64(float(number))
    except OverflowError:
        return np.float64(math.inf if number > 0 else -math.inf)


def _is_one_of(x: NDArray[Any], wanted: list[int] | list[np.float64]) -> NDArray[np.bool_]:
    result = np.zeros(len(x), bool)
    for value in wanted:
        result |= x == value
    return result


def _texts(compare: Compare) -> Test:
    wanted = compare.value if isinstance(compare.value, tuple) else (compare.value,)
    if compare.how not in ("==", "!=", "in") or not all(isinstance(value, str) for value in wanted):
        raise ArgumentError(
            f"{compare.quantity!r} holds texts: {compare.how} {compare.value!r} means nothing to them; expected "
            '== "text", != "text" or .isin(["text", …])'
        )
    held, is_wanted = set(wanted), compare.how != "!="
    return lambda x: np.fromiter(((v in held) is is_wanted for v in x.tolist()), bool, len(x))


def _no_bits(compare: Compare, kind: Kind) -> Test:
    bits = compare.value
    if kind != "integers" or isinstance(bits, tuple | str) or bits != int(bits) or not 0 <= bits < 2**63:
        raise ArgumentError(f"{compare.quantity!r}: bits {bits!r}; expected integers, and bits from 0 to 2**63 - 1")
    mask = np.int64(int(bits))
    return lambda x: (x.astype(np.int64, copy=False) & mask) == 0
