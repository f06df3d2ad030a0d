"""Conditions on entries: which pulses count, by the value of logs and of entry columns. Values, made by comparisons."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Compare:
    """One comparison: ``live["temperature"] < "5 K"``.

    A log counts with its last sample at or before the entry's time; before its first sample every comparison is false.
    """

    quantity: str
    """Name of a log as the streams name it, or ``period``, ``veto``, ``charge``, ``time`` (`event_time_zero`)."""
    how: Literal["<", "<=", ">", ">=", "==", "!=", "in", "bits"]
    value: float | str | tuple[float | str, ...]
    """What it is compared with; several for ``in``; for ``bits``, true when none of these bits is set."""
    unit: str | None = None
    """Of `value`; None is the log's own."""


@dataclass(frozen=True, slots=True)
class Both:
    """True when both are."""

    a: Condition
    b: Condition


@dataclass(frozen=True, slots=True)
class Either:
    """True when at least one is."""

    a: Condition
    b: Condition


@dataclass(frozen=True, slots=True)
class Not:
    """True when the other is not, and is defined."""

    a: Condition


Condition = Compare | Both | Either | Not


def quantities_of(condition: Condition) -> tuple[str, ...]:
    """Return the names of all quantities that a condition looks at, in order.

    Examples
    --------
    >>> quantities_of(Both(Compare("temperature", "<", 5, "K"), Compare("period", "==", 1)))
    ('temperature', 'period')
    """
    if isinstance(condition, Compare):
        return (condition.quantity,)
    if isinstance(condition, Not):
        return quantities_of(condition.a)
    return tuple(dict.fromkeys((*quantities_of(condition.a), *quantities_of(condition.b))))
