"""Exact unit conversion at the border: pint with fractions, loaded on first use."""

from __future__ import annotations

import math
import re
from decimal import Decimal
from fractions import Fraction
from functools import cache
from typing import Any

import numpy as np

from ..errors import ArgumentError

MAX_DIGITS = 25
"""Whole numbers up to this length are written with all their digits, not as powers of ten."""


@cache
def _registry() -> Any:
    # pint takes a third of a second to load; whoever never names a unit never waits for it.
    import pint

    return pint.UnitRegistry(non_int_type=Fraction, cache_folder=None)


def exact(value: object, what: str) -> Fraction:
    """Return a number as it was written: the shortest decimal that gives the same double.

    Examples
    --------
    >>> exact(71.43, "start")
    Fraction(7143, 100)
    """
    try:
        if isinstance(value, Fraction | int | np.integer) and not isinstance(value, bool):
            return Fraction(int(value)) if isinstance(value, np.integer) else Fraction(value)
        number = float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError, OverflowError):
        raise ArgumentError(f"{what} is {value!r}; expected a number") from None
    if not math.isfinite(number):
        raise ArgumentError(f"{what} is {number}; expected a finite number")
    return Fraction(Decimal(repr(number)))


@cache
def exact_conversion(unit: str, to: str) -> tuple[Fraction, Fraction]:
    """Return factor and offset such that ``factor * x + offset`` in `to` is what `x` is in `unit`; both are exact.

    Raises
    ------
    ArgumentError
        If one of them is unknown, they measure different things, or no straight line leads from one to the other
        (decibels).

    Examples
    --------
    >>> exact_conversion("degC", "K")
    (Fraction(1, 1), Fraction(5463, 20))
    """
    try:
        quantity, own, wanted = _registry().Quantity, _spelt(unit), _spelt(to)
        zero, one, two = (Fraction(quantity(Fraction(x), own).to(wanted).magnitude) for x in (0, 1, 2))
        if two - one != one - zero or one == zero:
            raise ValueError
    except Exception:  # noqa: BLE001 - whatever the parser of units runs into
        # Its own texts are no help: they fail on fractions.
        raise ArgumentError(
            f"cannot convert {_shown(unit)} to {_shown(to)}; expected a unit that measures the same, such as 'us' for "
            "'ms' or 'degC' for 'K'"
        ) from None
    return one - zero, zero


def _spelt(unit: str) -> str:
    """Return a unit as pint spells it: ``Angstrom``, ``Celsius`` and ``Kelvin`` are words with a small letter."""
    return _WORD.sub(lambda word: word[0].lower(), unit) if unit and unit not in _registry() else unit


def exact_factor(unit: str, to: str) -> Fraction:
    """Return the exact number by which a value in `unit` is multiplied to be in `to`.

    Raises
    ------
    ArgumentError
        As `exact_conversion`, and where the zeros of the two differ.

    Examples
    --------
    >>> exact_factor("ms", "ns")
    Fraction(1000000, 1)
    """
    factor, offset = exact_conversion(unit, to)
    if offset:
        raise ArgumentError(f"{_shown(unit)} and {_shown(to)} count from different zeros; expected units that do not")
    return factor


def converts(unit: str, to: str) -> bool:
    """Whether both units are known and measure the same."""
    try:
        exact_conversion(unit, to)
    except ArgumentError:
        return False
    return True


_WORD = re.compile(r"\b[A-Z][a-z]{3,}\b")
_QUANTITY = re.compile(r"\s*([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)\s*(\S.*?)?\s*")


def read_quantity(text: str) -> tuple[int | float, str | None] | None:
    """Take a text such as ``5 K`` apart into its number and its unit, if it is one.

    Examples
    --------
    >>> read_quantity("5 K"), read_quantity("-2e3"), read_quantity("open")
    ((5, 'K'), (-2000, None), None)
    """
    match = _QUANTITY.fullmatch(text)
    if match is None:
        return None
    decimal = Decimal(match[1])
    # A whole number keeps all its digits; one of a million digits is left to the doubles.
    is_whole = decimal.adjusted() < MAX_DIGITS and decimal == decimal.to_integral_value()
    number = int(decimal) if is_whole else plain_number(float(decimal))
    return None if number is None else (number, match[2])


def plain_number(value: Fraction | float) -> int | float | None:
    """Return an integer where the value is a short one, else the nearest double; None where it is not finite."""
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, int) or (abs(value) < 10**MAX_DIGITS and value == int(value)):
        return int(value)
    return float(value)


def write_quantity(value: float, unit: str | None) -> str:
    """Write a number with its unit so that `read_quantity` gives both back.

    Examples
    --------
    >>> write_quantity(5.0, "K"), write_quantity(0.25, None)
    ('5 K', '0.25')
    """
    number = plain_number(value)
    text = repr(value if number is None else number)
    return text if unit is None else f"{text} {unit}"


def _shown(unit: str) -> str:
    return repr(unit if len(unit) <= 40 else unit[:39] + "…")
