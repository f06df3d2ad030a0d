"""Making conditions: comparisons of logs and of entry columns, as a scientist writes them."""

from __future__ import annotations

import math
from collections.abc import Iterable
from datetime import datetime
from fractions import Fraction
from typing import Any, Literal

import numpy as np

from ..errors import ArgumentError
from .condition import Both, Compare, Condition, read_moment
from .moments import as_extent
from .quantity import ENTRY_COLUMNS
from .units import converts, exact, exact_conversion, plain_number, read_quantity

Order = Literal["<", "<=", ">", ">=", "==", "!="]


class Comparable:
    """What can be compared: ``live["temperature"] < "5 K"`` is a condition, not a truth value.

    A number with a unit is a text; a bare number is in the quantity's own unit. ``==`` and ``!=`` make conditions of
    numbers and texts; between any other objects they stay what they are in Python, so that streams can be keys.
    A chain such as ``"3 K" < log < "5 K"`` raises and points to `between`.
    """

    name: str

    @property
    def unit(self) -> str | None:
        """Own unit of the values; None if nothing tells one."""
        return None

    def __lt__(self, other: Any) -> Compare:
        return self._compare("<", other)

    def __le__(self, other: Any) -> Compare:
        return self._compare("<=", other)

    def __gt__(self, other: Any) -> Compare:
        return self._compare(">", other)

    def __ge__(self, other: Any) -> Compare:
        return self._compare(">=", other)

    def __eq__(self, other: object) -> Compare | bool:  # type: ignore[override]
        return self._compare("==", other) if _is_value(other) else self is other

    def __ne__(self, other: object) -> Compare | bool:  # type: ignore[override]
        return self._compare("!=", other) if _is_value(other) else self is not other

    __hash__ = object.__hash__

    def between(self, low: Any, high: Any) -> Both:
        """Return the condition ``low <= value < high``.

        Examples
        --------
        >>> Column("charge").between("1 mC", "2 mC")
        <where charge >= 1 mC and charge < 2 mC>
        """
        return Both(self >= low, self < high)

    def near(self, value: Any, tolerance: Any) -> Both:
        """Return the condition ``|value in effect - value| <= tolerance``.

        Examples
        --------
        >>> Column("charge").near("1 mC", "1 uC")
        <where charge >= 0.999 mC and charge <= 1.001 mC>
        """
        (middle, unit), (width, own) = self._number(value), self._number(tolerance)
        reach = exact(width, "tolerance")
        if own != unit and own is not None and unit is not None:
            # A difference: the zeros of the units do not matter.
            reach *= exact_conversion(own, unit)[0]
        if reach < 0:
            raise ArgumentError(f"tolerance is {tolerance!r}; expected a number not below zero")
        low, high = exact(middle, self.name) - reach, exact(middle, self.name) + reach
        return Both(
            Compare(self.name, ">=", _plain(low), unit or own), Compare(self.name, "<=", _plain(high), unit or own)
        )

    def isin(self, values: Iterable[Any]) -> Compare:
        """Return the condition that the value is one of several numbers or texts.

        Examples
        --------
        >>> period.isin([1, 3])
        <where period in (1, 3)>
        """
        listed = [values] if isinstance(values, str) or not isinstance(values, Iterable) else list(values)
        if not listed:
            raise ArgumentError(f"{self.name}.isin([]) is never true; expected at least one value")
        held = [self._equal(value) for value in listed]
        units = {unit for value, unit in held if not isinstance(value, str)}
        return Compare(self.name, "in", tuple(value for value, _ in held), units.pop() if units else None)

    def none_of(self, bits: int) -> Compare:
        """Return the condition that none of some bits is set, for integers such as `veto`.

        Parameters
        ----------
        bits
            The bits as one integer: ``0b101`` are the first and the third.

        Examples
        --------
        >>> veto.none_of(0b101)
        <where veto none_of 5>
        """
        if isinstance(bits, bool) or not isinstance(bits, int | np.integer) or not 0 <= bits < 2**63:
            raise ArgumentError(f"bits are {bits!r}; expected one integer with these bits set, such as 0b101")
        return Compare(self.name, "bits", int(bits))

    def _compare(self, how: Order, other: Any) -> Compare:
        value, unit = self._equal(other) if how in ("==", "!=") else self._number(other)
        return Compare(self.name, how, value, unit)

    def _equal(self, value: Any) -> tuple[float | str, str | None]:
        """Return a number with its unit, or a text as it is: a log of numbers will take it for one."""
        return (value, None) if isinstance(value, str) and self.name != "time" else self._number(value)

    def _number(self, value: Any) -> tuple[float, str | None]:
        """Return a number and its unit."""
        if self.name == "time":
            return read_moment(value), None
        if isinstance(value, str):
            read = read_quantity(value)
            if read is None:
                raise ArgumentError(
                    f"{self.name} compared with {value!r}; expected a number or a text such as '5 K' (texts are only "
                    "compared by == and !=)"
                )
            return read if read[1] is not None else (read[0], self._own())
        if isinstance(value, bool | np.bool_):
            return int(value), None
        if isinstance(value, np.integer | np.floating):
            value = value.item()
        if not isinstance(value, int | float) or (isinstance(value, float) and not math.isfinite(value)):
            raise ArgumentError(f"{self.name} compared with {value!r}; expected a number or a text such as '5 K'")
        return _plain(value), self._own()

    def _own(self) -> str | None:
        """Return the own unit where it is one that can be told apart from others."""
        return self.unit if self.unit is not None and converts(self.unit, self.unit) else None


class Column(Comparable):
    """A column of entries, to make conditions of: ``ld.period == 1``."""

    def __init__(self, name: str) -> None:
        self.name = name

    @property
    def unit(self) -> str | None:
        """Own unit of the column."""
        return ENTRY_COLUMNS[self.name]

    def __repr__(self) -> str:
        return f"<Column {self.name}{f' in {self.unit}' if self.unit else ''}>"


period = Column("period")
"""The period of each pulse, an integer as on the wire."""
veto = Column("veto")
"""The vetoes that were active during each pulse, as bits: ``ld.veto.none_of(0b11)``."""
charge = Column("charge")
"""Protons on target during each pulse, in µA h."""
pulse_time = Column("time")
"""`event_time_zero`: ISO times, datetimes, or ns since 1970."""


def during(start: Any = None, stop: Any = None) -> Condition:
    """Return the condition that a pulse belongs to a run, a recording or a span of time, ``start <= time < stop``.

    Parameters
    ----------
    start, stop
        As for ``view.over``: a run, a recording, an `Extent`, or moments.

    Examples
    --------
    >>> during("2026-01-31T12:00:00Z", "2026-01-31T13:00:00Z")
    <where time >= 2026-01-31T12:00:00Z and time < 2026-01-31T13:00:00Z>
    """
    extent = as_extent(start, stop)
    if extent.start_ns is not None and extent.stop_ns is not None:
        return pulse_time.between(extent.start_ns, extent.stop_ns)
    if extent.start_ns is not None:
        return pulse_time >= extent.start_ns
    if extent.stop_ns is not None:
        return pulse_time < extent.stop_ns
    raise ArgumentError("during() needs a run, a recording, or a start or stop: without them every pulse belongs to it")


def chopper_in_phase(
    speed: Comparable,
    setpoint: Any,
    tolerance: Any,
    *,
    phase: Comparable | None = None,
    phase_setpoint: Any = 0,
    phase_tolerance: Any = None,
) -> Condition:
    """Return the condition that a chopper turns as it should: speed and phase are near their set-points.

    Parameters
    ----------
    speed, setpoint, tolerance
        The log of the speed; numbers, or texts such as ``"14 Hz"`` and ``"0.05 Hz"``.
    phase, phase_setpoint, phase_tolerance
        Likewise of the phase, or of its error, whose set-point is 0. Angles are not wrapped: near 0° take the error.

    Examples
    --------
    >>> chopper_in_phase(Column("charge"), 14, 0.05)
    <where charge >= 13.95 µA*h and charge <= 14.05 µA*h>
    """
    turns = speed.near(setpoint, tolerance)
    if phase is None:
        return turns
    if phase_tolerance is None:
        raise ArgumentError("a phase needs its tolerance: phase_tolerance='0.5 deg'")
    return Both(turns, phase.near(phase_setpoint, phase_tolerance))


def _is_value(other: object) -> bool:
    return isinstance(other, str | int | float | np.integer | np.floating | datetime | np.datetime64)


def _plain(value: Fraction | float) -> float:
    number = plain_number(value)
    assert number is not None
    return number
