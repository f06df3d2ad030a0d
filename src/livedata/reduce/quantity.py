"""Quantities: what an axis or a condition can lie on, and in which unit each of them is held."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from typing import Literal

from ..errors import ArgumentError
from .axis import Axis
from .units import exact_conversion

EVENT_FIELDS: Mapping[str, str | None] = {"toa": "ns", "event_id": None}
"""Integers that each event has, with their unit."""
ENTRY_COLUMNS: Mapping[str, str | None] = {"period": None, "veto": None, "charge": "µA*h", "time": "ns"}
"""What each entry has, with its unit; ``time`` is `event_time_zero`, ns since 1970 UTC. See also `ABSENT_IN_COLUMN`."""

Kind = Literal["event", "coordinate", "entry", "log"]


def coordinates() -> Mapping[str, str | None]:
    """Return the coordinates that are computed from pixel and time of arrival, with their units."""
    from .physics.coordinates import COORDINATES

    return {name: one.unit for name, one in COORDINATES.items()}


def kind_of(name: str) -> Kind:
    """Say what a quantity belongs to. Every name that is nothing else is that of a log.

    Examples
    --------
    >>> kind_of("toa"), kind_of("period"), kind_of("temperature")
    ('event', 'entry', 'log')
    """
    if name in EVENT_FIELDS:
        return "event"
    if name in ENTRY_COLUMNS:
        return "entry"
    return "coordinate" if name in coordinates() else "log"


def is_of_entries(name: str) -> bool:
    """Whether all events of an entry have the same value: an entry column or a log."""
    return kind_of(name) in ("entry", "log")


def bind_axes(logs: Mapping[str, str | None] | None = None, /, **axes: Axis) -> tuple[Axis, ...]:
    """Bind axes to quantities by their names; an axis without a unit takes that of its quantity.

    Parameters
    ----------
    logs
        Known logs with their units, None for a unit that nothing tells. Without it, any name that is no other quantity
        is taken for a log's.
    **axes
        Made by `bins`, `edges`, `log_bins`, `integers` or `categories`, in the order of the result's dimensions.

    Raises
    ------
    ArgumentError
        If a name is unknown (with the near misses), something is no axis, or a unit does not fit.

    Examples
    --------
    >>> from livedata.reduce.axis import bins
    >>> bind_axes(toa=bins(0, 71.43, n=1000, unit="ms"))
    (<Axis toa 1000 bins 0 … 71.43 ms>,)
    """
    return tuple(_bound(name, axis, logs) for name, axis in axes.items())


def _bound(name: str, axis: Axis, logs: Mapping[str, str | None] | None) -> Axis:
    if not isinstance(axis, Axis):
        raise ArgumentError(
            f"{name}={axis!r}; expected bins such as ld.bins(0, 71.43, n=1000, unit='ms') or ld.edges([…], 'us')"
        )
    kind = kind_of(name)
    if kind == "log" and logs is not None and name not in logs:
        raise ArgumentError(unknown(name, logs))
    unit = logs.get(name) if kind == "log" and logs is not None else own_unit(name)
    bound = axis.named(name, unit=unit)
    check_axis(bound, unit, is_told=kind != "log" or unit is not None)
    return bound


def own_unit(name: str) -> str | None:
    """Return the unit in which a quantity is held; None where it has none, and for logs, which tell theirs."""
    return EVENT_FIELDS.get(name) or ENTRY_COLUMNS.get(name) or coordinates().get(name)


def check_axis(axis: Axis, unit: str | None, *, is_told: bool = True) -> None:
    """Refuse bins that do not fit a quantity.

    Parameters
    ----------
    unit
        That of the quantity; None where it has none.
    is_told
        Whether `unit` is known; a log may tell its unit later.
    """
    if axis.categories is not None:
        is_text, is_log = any(isinstance(c, str) for c in axis.categories), kind_of(axis.name) == "log"
        if not is_log and (is_text or axis.name == "toa" or kind_of(axis.name) == "coordinate"):
            raise ArgumentError(
                f"{axis.name}: categories {', '.join(map(repr, axis.categories[:3]))}… need a log or, for integers, a "
                "column of entries (period, veto) or event_id; expected ld.bins(…) or ld.edges(…)"
            )
        return
    if axis.unit in (None, unit) or not is_told:
        return
    if unit is None:
        raise ArgumentError(f"axis {axis.name!r} has no unit, but its bins were given in {axis.unit!r}; leave it out")
    try:
        exact_conversion(str(axis.unit), unit)
    except ArgumentError as error:
        raise ArgumentError(f"axis {axis.name!r} is in {unit!r}: {error}") from None


def unknown(name: str, logs: Iterable[str]) -> str:
    """Say that nothing has this name, and what has a similar one.

    Examples
    --------
    >>> print(unknown("temperatur", ["temperature", "pressure"]))
    no quantity or log 'temperatur'; did you mean 'temperature'?
    """
    known = [*EVENT_FIELDS, *ENTRY_COLUMNS, *coordinates(), *logs]
    near = get_close_matches(name, known, n=3, cutoff=0.5)
    ends = [k for k in known if k not in near and (k.endswith(f"/{name}") or name.endswith(f"/{k}"))]
    if near or ends:
        return f"no quantity or log {name!r}; did you mean {' or '.join(map(repr, (near + ends)[:3]))}?"
    shown = ", ".join(known[:20]) + (f", … ({len(known)} in all)" if len(known) > 20 else "")
    return f"no quantity or log {name!r}; there are {shown}"
