"""What a message says, in one line for people: of any schema, from its layout, the most telling first.

Texts come from the wire: whatever could steer a terminal is shown as an escape, and everything has its limit.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import fields as dataclass_fields
from datetime import UTC, datetime
from typing import Any

import numpy as np

from .layout import Enum, Field, Scalar, Struct, StructField, Table, Union
from .message import Message
from .registry import SCHEMAS

LONGEST = 100
"""Characters of a summary."""
_TEXT = 40
"""Characters of one text in it."""
_MANY = 4
"""Numbers that are still shown one by one."""
_PER_SECOND = {"ns": 10**9, "ms": 10**3, "s": 1}
_COUNTED = {
    "time_of_flight": "event",
    "reference_time": "pulse",
    "pulse_time": "pulse",
    "timestamps": "time",
    "events": "event",
}
"""Vectors that people count rather than read."""

Definition = Mapping[str, Field | StructField]


def summary(message: Message) -> str:
    """Say in one line what a message tells, without its schema and the name of its stream.

    Parameters
    ----------
    message
        A message of any schema, or a table or struct inside one.

    Returns
    -------
    :
        At most `LONGEST` printable characters: values, states, counts and shapes first, then texts and numbers, the
        payload's own time last. Empty when the message says nothing. Never raises, whatever the content.

    Examples
    --------
    >>> import numpy as np
    >>> from livedata import schemas
    >>> summary(schemas.f144(source_name="T1", timestamp=1_700_000_000_500_000_000, value=np.float32(21.5)))
    '21.5 float32, timestamp 2023-11-14 22:13:20.500'
    """
    last = _own_time(message)
    room = LONGEST - (len(last) + 2 if last else 0)
    parts: list[str] = []
    for part in _parts(message):
        if len(part) + 2 > room:
            parts.append("…")
            break
        parts.append(part)
        room -= len(part) + 2
    return ", ".join([*parts, last] if last else parts)


def repr_text(message: Message) -> str:
    """Return the repr of a message: all fields, long arrays and texts shortened, nothing that steers a terminal."""
    values = ", ".join(f"{name}={_repr_value(getattr(message, name, None))}" for name in field_names(message))
    return f"{type(message).__qualname__}({values})"


def field_names(message: Message) -> list[str]:
    """Return the names of a message's fields in their order on the wire."""
    return [f.name for f in dataclass_fields(message)]  # type: ignore[arg-type]


def definition_of(message: Message) -> Definition:
    """Return what the schema says of each field by name; nothing for a class of no known schema."""
    try:
        layout = SCHEMAS[message.SCHEMA].layout
        table: Table | Struct = layout.tables.get(message.TABLE) or layout.structs[message.TABLE]
    except KeyError:
        return {}
    return {f.name: f for f in table.fields}


def attributes_of(field: Field | StructField | None) -> Mapping[str, str | None]:
    """Return the attributes of a field; a struct's fields have none."""
    return (field.attributes if isinstance(field, Field) else None) or {}


def clean(text: str, limit: int = _TEXT) -> str:
    """Return one line of printable characters: others become escapes, and what is beyond the limit an ellipsis.

    Examples
    --------
    >>> clean("a\\x1b[31mb")
    'a\\\\x1b[31mb'
    """
    # A text can have many megabytes; no character takes less than its own place.
    shown = "".join(c if c.isprintable() else _escaped(c) for c in text[: limit + 1])
    return shown if len(shown) <= limit and len(text) <= limit else shown[: limit - 1] + "…"


def _escaped(character: str) -> str:
    return character.encode("unicode_escape").decode("ascii")


def utc(value: object, unit: str | None, *, digits: int = 3) -> str:
    """Write a time since 1970 as UTC; empty when it is none that a calendar knows.

    Parameters
    ----------
    value
        Number of units since 1970.
    unit
        ``ns``, ``ms`` or ``s``.
    digits
        Of the fraction of a second: 3, 6 or 9.
    """
    per_second = _PER_SECOND.get(unit or "", 0)
    if not per_second or isinstance(value, bool):
        return ""
    if isinstance(value, float | np.floating):
        if not math.isfinite(value):
            return ""
        total_ns = round(float(value) * (10**9 // per_second))
    elif isinstance(value, int | np.integer):
        total_ns = int(value) * (10**9 // per_second)
    else:
        return ""
    seconds, ns = divmod(total_ns, 10**9)
    try:
        moment = datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError):
        return ""
    return f"{moment:%Y-%m-%d %H:%M:%S}.{ns:09d}"[: 20 + digits] if moment.year >= 1000 else ""


def enum_name(type_: object, value: object) -> str:
    """Return the name of an enum's value; empty when it has none, or the type is no enum."""
    if not isinstance(type_, Enum):
        return ""
    return next((name for name, number in type_.members.items() if number == value), "")


def number(value: object) -> str:
    """Write a number with at most six digits, integers whole."""
    if isinstance(value, bool | np.bool_):
        return "true" if value else "false"
    if isinstance(value, float | np.floating):
        return f"{float(value):.6g}"
    return str(int(value)) if isinstance(value, int | np.integer) else f"<{clean(type(value).__name__)}>"


def shape_text(array: np.ndarray[Any, Any]) -> str:
    """Write dtype and shape.

    Examples
    --------
    >>> shape_text(np.zeros((480, 640), np.uint16))
    'uint16[480×640]'
    """
    return f"{array.dtype.name if array.dtype.names is None else 'records'}[{'×'.join(map(str, array.shape))}]"


def array_text(array: np.ndarray[Any, Any]) -> str:
    """Write an array short: its few numbers, or dtype, shape, least and greatest."""
    if array.size <= _MANY and array.ndim == 1 and array.dtype.kind in "iufb":
        return f"{shape_text(array)} {' '.join(number(v) for v in array)}".rstrip()
    ends = extremes(array)
    return shape_text(array) if ends is None else f"{shape_text(array)} {number(ends[0])} … {number(ends[1])}"


def extremes(array: np.ndarray[Any, Any]) -> tuple[Any, Any] | None:
    """Return the least and the greatest finite number of an array; None when it has none."""
    if array.size == 0 or array.dtype.kind not in "iufb":
        return None
    low, high = array.min(), array.max()
    if array.dtype.kind == "f" and not (np.isfinite(low) and np.isfinite(high)):
        finite = array[np.isfinite(array)]
        return (finite.min(), finite.max()) if finite.size else None
    return low, high


def _own_time(message: Message) -> str:
    """Write the first time that the message states of itself."""
    for name, field in definition_of(message).items():
        if isinstance(field.type, Scalar) and (unit := attributes_of(field).get("time")):
            value = getattr(message, name, None)
            if value is None or value == 0:
                continue
            return f"{name} {utc(value, unit) or f'{number(value)} {unit}'}"
    return ""


def _parts(message: Message) -> Iterator[str]:
    """Yield what is to be said, the most telling first."""
    definition = definition_of(message)
    ranked: list[tuple[int, str]] = []
    dated = _own_time(message).partition(" ")[0]
    for name in field_names(message):
        field = definition.get(name)
        value = getattr(message, name, None)
        if name == dated or "source" in attributes_of(field):
            continue
        rank, text = _part(name, value, field, message)
        if text:
            ranked.append((rank, text))
    # Sorting keeps the order on the wire within a rank.
    yield from (text for _, text in sorted(ranked, key=lambda pair: pair[0]))


def _part(name: str, value: object, field: Field | StructField | None, message: Message) -> tuple[int, str]:
    """Return how telling a field is, 0 the most, and its words; empty when it says nothing."""
    type_ = field.type if field is not None else None
    attributes = attributes_of(field)
    if value is None:
        return 9, ""
    if isinstance(type_, Union) and not isinstance(value, Message):
        return 0, _value_text(name, value)
    if isinstance(type_, Enum):
        said = value != field.default if isinstance(field, Field) and field.default else True
        return 1, f"{name} {enum_name(type_, value) or number(value)}" if said else ""
    if isinstance(value, np.ndarray):
        return 2, _vector_text(name, value, attributes, message)
    if isinstance(value, tuple | list):
        return 2, _list_text(name, value)
    if isinstance(value, str):
        rank = 8 if "json" in attributes else 3
        return rank, f"{name} '{clean(value, _TEXT)}'" if value else ""
    if isinstance(value, Message):
        inner = summary(value)
        return 5, f"{name} ({clean(inner, 60)})" if inner else ""
    if unit := attributes.get("time"):
        return 7, f"{name} {utc(value, unit) or number(value)}" if value else ""
    default = field.default if isinstance(field, Field) else None
    return 4, "" if value == default else f"{name} {number(value)}"


def _value_text(name: str, value: object) -> str:
    if isinstance(value, str):
        return f"{name} '{clean(value)}'"
    if isinstance(value, np.generic):
        return f"{number(value)} {value.dtype.name}"
    if isinstance(value, np.ndarray):
        return array_text(value)
    return _list_text(name, value) if isinstance(value, tuple | list) else number(value)


def _vector_text(name: str, value: np.ndarray[Any, Any], attributes: Mapping[str, str | None], message: Message) -> str:
    if name in _COUNTED and value.ndim == 1:
        noun = _COUNTED[name]
        return f"{len(value):,} {noun}{'' if len(value) == 1 else 's'}"
    if value.size == 0:
        return ""
    partner = getattr(message, attributes.get("as_long_as") or "", None)
    if isinstance(partner, np.ndarray) and len(partner) == len(value) and value.ndim == 1:
        return ""
    return f"{name} {array_text(value)}"


def _list_text(name: str, values: tuple[object, ...] | list[object]) -> str:
    if not values:
        return ""
    shown = []
    for value in values[:_MANY]:
        if isinstance(value, str):
            shown.append(f"'{clean(value, 20)}'")
        elif isinstance(value, Message):
            shown.append(_brief(value))
    more = [] if len(values) <= _MANY else [f"… {len(values):,} in all"]
    return f"{name}: {'; '.join([*shown, *more])}"


def _brief(table: Message) -> str:
    """Name an entry of a list: its first text and its largest array."""
    values = [getattr(table, name, None) for name in field_names(table)]
    text = next((clean(v, 20) for v in values if isinstance(v, str) and v), "")
    arrays = [v for v in values if isinstance(v, np.ndarray)]
    large = max(arrays, key=lambda a: a.size, default=None)
    return " ".join(part for part in (text, "" if large is None else shape_text(large)) if part)


def _repr_value(value: object) -> str:
    if isinstance(value, str):
        return f"'{clean(value, 200)}'"
    if isinstance(value, np.ndarray):
        return f"<{array_text(value)}>"
    if isinstance(value, np.generic):
        return f"{value.dtype.name}({number(value)})"
    if isinstance(value, Message):
        return repr_text(value)
    if isinstance(value, tuple | list):
        shown = [_repr_value(v) for v in value[:8]]
        more = [] if len(value) <= 8 else [f"… {len(value):,} in all"]
        return f"({', '.join([*shown, *more])}{',' if len(value) == 1 else ''})"
    return str(value) if value is None or isinstance(value, bool | int | float) else f"<{type(value).__name__}>"
