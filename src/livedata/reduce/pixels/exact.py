"""Numbers as they were written: 0.1 is a tenth, not the binary fraction next to it."""

from __future__ import annotations

import math
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np

from ...errors import ArgumentError


def as_written(value: Any, what: str) -> Fraction:
    """Return the shortest decimal that gives the same double, exactly.

    Raises
    ------
    ArgumentError
        If it is no finite number; `what` begins the sentence.

    Examples
    --------
    >>> as_written(0.1, "x")
    Fraction(1, 10)
    """
    if isinstance(value, Fraction):
        return value
    try:
        number = float(value) if not isinstance(value, bool | np.bool_) else math.nan
    except (TypeError, ValueError, OverflowError):
        raise ArgumentError(f"{what} holds {value!r}; expected a number") from None
    if not math.isfinite(number):
        raise ArgumentError(f"{what} holds {value!r}; expected a finite number")
    return Fraction(Decimal(repr(number)))
