"""Lengths of time as people write them, as integer nanoseconds."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from ..errors import ArgumentError
from .units import exact_factor


def nanoseconds(length: Any, what: str) -> int:
    """Return a length of time in ns: a number is in seconds, a text names its unit.

    Examples
    --------
    >>> nanoseconds("1 min", "every"), nanoseconds(0.5, "every")
    (60000000000, 500000000)
    """
    try:
        if isinstance(length, str):
            number, _, unit = length.strip().partition(" ")
            ns = Fraction(number) * exact_factor(unit.strip() or "s", "ns")
        else:
            ns = Fraction(str(length)) * 1_000_000_000
    except (ValueError, ZeroDivisionError, ArgumentError):
        raise ArgumentError(f"{what}={length!r}; expected seconds, or a text such as '10 s' or '5 min'") from None
    if ns < 1:
        raise ArgumentError(f"{what}={length!r}; expected a time longer than nothing")
    return round(ns)
