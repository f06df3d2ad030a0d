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
    try:
        magnitude = _registry().Quantity(Fraction(1), unit).to(to).magnitude
    except Exception:  # noqa: BLE001 - whatever the parser of units runs into
        # Its own texts are no help: they fail on fractions.
        shown = unit if len(unit) <= 40 else unit[:39] + "…"
        raise ArgumentError(f"cannot convert {shown!r} to {to!r}; expected a unit such as 'us' or 'ms'") from None
    return Fraction(magnitude)
