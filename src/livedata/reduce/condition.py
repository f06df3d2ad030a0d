"""Conditions on entries: which pulses count, by the value of logs and of entry columns. Values, made by comparisons."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal, NoReturn

import numpy as np

from ..errors import ArgumentError
from .moments import to_ns
from .units import write_quantity

KEYWORDS = frozenset({"and", "or", "not", "in", "between", "none_of"})
"""Words of the text form that are no names; see `parse_condition`."""
BARE_NAME = re.compile(r"[^\s\"'()<>=!,&|~\\]+")
"""Names that need no quotes."""


class _Joinable:
    """What conditions have in common: they are joined by ``&``, ``|`` and ``~``, and are neither true nor false."""

    __slots__ = ()

    def __and__(self, other: object) -> Both:
        return Both(_own(self), other) if isinstance(other, Condition) else _no_condition(other)

    def __or__(self, other: object) -> Either:
        return Either(_own(self), other) if isinstance(other, Condition) else _no_condition(other)

    def __invert__(self) -> Not:
        return Not(_own(self))

    def __bool__(self) -> bool:
        name = quantities_of(_own(self))[0]
        raise ArgumentError(
            f"the condition {self} is true for some pulses and false for others; join conditions by & | ~ (not by and, "
            f"or, not), and write a chain such as 3 < x < 5 as {name}.between(3, 5)"
        )

    def __str__(self) -> str:
        return write_condition(_own(self))

    def __repr__(self) -> str:
        return f"<where {self}>"


@dataclass(frozen=True, slots=True, repr=False)
class Compare(_Joinable):
    """One comparison: ``live["temperature"] < "5 K"``.

    A log counts with its last sample at or before the entry's time. Before its first sample, where its value is NaN and
    where a column says nothing, a comparison is neither true nor false: the entry does not count, inverted or not.
    """

    quantity: str
    """Name of a log as the streams name it, or ``period``, ``veto``, ``charge``, ``time`` (`event_time_zero`)."""
    how: Literal["<", "<=", ">", ">=", "==", "!=", "in", "bits"]
    value: float | str | tuple[float | str, ...]
    """What it is compared with; several for ``in``; for ``bits``, true when none of these bits is set. Texts only for
    ``==``, ``!=`` and ``in``: a log of numbers takes them for numbers with a unit. ``time``: ns since 1970, or an ISO
    time."""
    unit: str | None = None
    """Of `value`; None is the log's own."""


@dataclass(frozen=True, slots=True, repr=False)
class Both(_Joinable):
    """True when both are."""

    a: Condition
    b: Condition


@dataclass(frozen=True, slots=True, repr=False)
class Either(_Joinable):
    """True when at least one is."""

    a: Condition
    b: Condition


@dataclass(frozen=True, slots=True, repr=False)
class Not(_Joinable):
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


def as_filters(conditions: Iterable[object]) -> tuple[Condition, ...]:
    """Return conditions that must all be true, taken apart where they are joined by ``&``, each once.

    Raises
    ------
    ArgumentError
        If one of them is no condition.

    Examples
    --------
    >>> cold, first = Compare("temperature", "<", 5, "K"), Compare("period", "==", 1)
    >>> as_filters([cold & first, cold])
    (<where temperature < 5 K>, <where period == 1>)
    """
    found: list[Condition] = []
    for condition in conditions:
        if isinstance(condition, Both):
            found += as_filters((condition.a, condition.b))
        elif isinstance(condition, Condition):
            found.append(condition)
        else:
            _no_condition(condition)
    return tuple(dict.fromkeys(found))


def write_condition(condition: Condition) -> str:
    """Write a condition as text; `parse_condition` reads it back.

    Examples
    --------
    >>> write_condition(Either(Compare("sample temp", "<", 5, "K"), Not(Compare("period", "in", (1, 2)))))
    '"sample temp" < 5 K or not period in (1, 2)'
    """
    if isinstance(condition, Not):
        return f"not {_bracketed(condition.a, (Both, Either))}"
    if isinstance(condition, Both):
        return f"{_bracketed(condition.a, (Either,))} and {_bracketed(condition.b, (Both, Either))}"
    if isinstance(condition, Either):
        return f"{write_condition(condition.a)} or {_bracketed(condition.b, (Either,))}"
    name = condition.quantity
    shown = name if BARE_NAME.fullmatch(name) and name not in KEYWORDS else quoted(name)
    if isinstance(condition.value, tuple):
        written = [_write_value(condition, value) for value in condition.value]
        return f"{shown} {condition.how} ({', '.join(written)})"
    how = "none_of" if condition.how == "bits" else condition.how
    return f"{shown} {how} {_write_value(condition, condition.value)}"


def quoted(text: str) -> str:
    """Return a text in double quotes; backslashes and quotes in it are escaped by a backslash."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def write_moment(ns: int) -> str:
    """Write a moment as ISO time in UTC with all its digits.

    Examples
    --------
    >>> write_moment(1_460_429_932_000_000_001)
    '2016-04-12T02:58:52.000000001Z'
    """
    seconds, rest = divmod(ns, 1_000_000_000)
    fraction = f".{rest:09d}".rstrip("0") if rest else ""
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}{fraction}Z"


def read_moment(value: Any) -> int:
    """Return a moment in ns since 1970; of ISO times, up to nine digits of the second are read.

    Examples
    --------
    >>> read_moment("1970-01-01T00:00:01.000000001Z")
    1000000001
    """
    rest = 0
    if isinstance(value, str):
        head, dot, tail = value.strip().partition(".")
        digits = tail[: len(tail) - len(tail.lstrip("0123456789"))]
        if dot and digits and len(digits) <= 9:
            value, rest = head + tail[len(digits) :], int(digits.ljust(9, "0"))
        else:
            value = value.strip()
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if value is None or not isinstance(value, str | int | np.integer | datetime | np.datetime64):
        raise ArgumentError(f"time compared with {value!r}; expected an ISO time, a datetime, or ns since 1970")
    moment = to_ns(value, "time")
    assert moment is not None
    return moment + rest


def _write_value(condition: Compare, value: float | str) -> str:
    if isinstance(value, str):
        return quoted(value)
    if condition.quantity == "time" and condition.unit is None and isinstance(value, int) and abs(value) < 2**63:
        return write_moment(value)
    # A unit with brackets or commas would not be told from what follows.
    is_plain = condition.unit is None or all(BARE_NAME.fullmatch(word) for word in condition.unit.split())
    if is_plain and not KEYWORDS.intersection((condition.unit or "").split()):
        return write_quantity(value, condition.unit)
    return f"{write_quantity(value, None)} {quoted(condition.unit or '')}"


def _bracketed(condition: Condition, kinds: tuple[type, ...]) -> str:
    text = write_condition(condition)
    return f"({text})" if isinstance(condition, kinds) else text


def _own(condition: _Joinable) -> Condition:
    assert isinstance(condition, Condition)
    return condition


def _no_condition(other: object) -> NoReturn:
    raise ArgumentError(f'{other!r} is no condition; expected a comparison such as live["temperature"] < "5 K"')
