"""Where ticks stand: round numbers on linear axes, decades on logarithmic ones."""

from __future__ import annotations

import math

_STEPS = (1, 2, 5, 10)


def round_up(value: float) -> float:
    """Return the next of 1, 1.5, 2, 3, 5, 7 × 10^n at or above a positive value.

    Examples
    --------
    >>> round_up(1.2), round_up(501), round_up(10)
    (1.5, 700.0, 10.0)
    """
    decade = 10.0 ** math.floor(math.log10(value))
    for step in (1, 1.5, 2, 3, 5, 7, 10):
        if step * decade >= value * (1 - 1e-12):
            return step * decade
    return 10 * decade


def linear(low: float, high: float, about: int = 5) -> list[float]:
    """Return round numbers from `low` to `high`, some `about` of them.

    Examples
    --------
    >>> linear(0, 71.4), linear(0, 3)
    ([0.0, 20.0, 40.0, 60.0], [0.0, 1.0, 2.0, 3.0])
    """
    if not high > low:
        return [low]
    raw = (high - low) / about
    decade = 10.0 ** math.floor(math.log10(raw))
    step = next(s * decade for s in _STEPS if s * decade >= raw * (1 - 1e-12))
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return [round(i * step, 12) for i in range(first, last + 1)]


def logarithmic(low: float, high: float) -> list[float]:
    """Return decades between positive bounds, with 2 and 5 (and 3 and 7) between them where decades are few.

    Examples
    --------
    >>> logarithmic(1, 10_000), logarithmic(1, 30)
    ([1.0, 10.0, 100.0, 1000.0, 10000.0], [1.0, 2.0, 5.0, 10.0, 20.0])
    """
    decades = math.log10(high / low)
    steps: tuple[float, ...] = (1,) if decades >= 3 else (1, 2, 5) if decades >= 1 else (1, 1.5, 2, 3, 5, 7)
    every = max(1, round(decades / 6))
    found = [
        step * 10.0**n
        for n in range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
        for step in steps
        if n % every == 0 and low * (1 - 1e-9) <= step * 10.0**n <= high * (1 + 1e-9)
    ]
    return found or [low, high]
