"""Where ticks stand: round numbers on linear axes, decades on logarithmic ones."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta

_STEPS = (1, 2, 5, 10)
_STEPS_S = (0.001, 0.01, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1200, 1800, 3600, 7200, 10_800)
_STEPS_H = (6, 12, 24, 48, 96, 168, 720, 2160, 8760)
_STEPS_MS = (*(1000 * s for s in _STEPS_S), *(3_600_000 * h for h in _STEPS_H))


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
    return [float(f"{i * step:.12g}") for i in range(first, last + 1)]


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


def moments(low_ms: float, high_ms: float, about: int = 4) -> list[tuple[float, str]]:
    """Return round moments between two (ms since 1970), with what is written there, in UTC.

    Examples
    --------
    >>> moments(0, 65_000)
    [(0.0, '00:00:00'), (20000.0, '00:00:20'), (40000.0, '00:00:40'), (60000.0, '00:01:00')]
    """
    step = next((s for s in _STEPS_MS if (high_ms - low_ms) / s <= about + 0.5), _STEPS_MS[-1])
    first, last = math.ceil(low_ms / step), math.floor(high_ms / step)
    if last - first > 4 * about:
        return [(low_ms, _date(low_ms)), (high_ms, _date(high_ms))]
    part = slice(0, 10) if step >= 86_400_000 else slice(11, 16) if step >= 60_000 else slice(11, 19)
    if step < 1000:
        part = slice(11, 23)
    found = [float(i * step) for i in range(first, last + 1)]
    return [(value, _date(value)[part]) for value in found]


def _date(ms: float) -> str:
    moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=ms)
    return moment.isoformat(timespec="milliseconds")[:23]
