"""Exact unit conversion at the border: pint with fractions, loaded on first use."""

from __future__ import annotations

from fractions import Fraction
from functools import cache
from typing import Any

from ..errors import ArgumentError


@cache
def _registry() -> Any:
    # pint takes a third of a second to load; whoever never names a unit never waits for it.
    import pint

    return pint.UnitRegistry(non_int_type=Fraction, cache_folder=None)


@cache
def exact_factor(unit: str, to: str) -> Fraction:
    """Return the exact number by which a value in `unit` is multiplied to be in `to`.

    Raises
    ------
    ArgumentError
        If one of them is unknown or they measure different things.

    Examples
    --------
    >>> exact_factor("ms", "ns")
    Fraction(1000000, 1)
    """
    import pint

    try:
        magnitude = _registry().Quantity(Fraction(1), unit).to(to).magnitude
    except (pint.errors.PintError, ValueError, AttributeError, TypeError) as error:
        raise ArgumentError(
            f"cannot convert {unit!r} to {to!r}: {error}; expected a unit such as 'us' or 'ms'"
        ) from None
    return Fraction(magnitude)
