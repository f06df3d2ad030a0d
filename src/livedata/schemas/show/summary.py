"""What a message says, in one line for people: of any schema, from its layout, the most telling first.

Texts come from the wire: whatever could steer a terminal is shown as an escape, and everything has its limit.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import fields as dataclass_fields
from typing import Any

import numpy as np

from ..layout import Enum, Field, Scalar, Struct, StructField, Table, Text, Union, Vector
from ..message import Message
from ..registry import SCHEMAS
from ..rows import Rows
from .wording import MANY, TEXT, array_text, clean, enum_name, number, shape_text, utc

LONGEST = 100
"""Characters of a summary."""
_COUNTED = {
    "time_of_flight": "event",
    "reference_time": "pulse",
    "pulse_time": "pulse",
    "timestamps": "time",
    "events": "event",
}
"""Vectors that people count rather than read."""

_LAST = 8
"""Rank of what is long and read last."""

_KEPT = 40
"""Characters that one long text gets in any case."""
_LIST = 60
"""Characters of the entries of a list."""

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
        payload's own time last; ``…`` stands for what has no room. Never raises, whatever the content.

    Examples
    --------
    >>> import numpy as np
    >>> from livedata import schemas
    >>> summary(schemas.f144(source_name="T1", timestamp=1_700_000_000_500_000_000, value=np.float32(21.5)))
    '21.5 float32, at 2023-11-14 22:13:20.500'
    """
    dated, last = _own_time(message)
    said = _parts(message, dated)
    long = [part for rank, part in said if rank == _LAST]
    # A state in JSON is worth more than the last of many names; of several such texts none is.
    kept = min(len(long[0]) + 2, _KEPT) if len(long) == 1 else 0
    room = LONGEST - len(last) - len(", …") - kept
    parts: list[str] = []
    is_cut = False
    for rank, part in said:
        if rank == _LAST:
            room, kept = room + kept, 0
            part = clean(part, room - 2) if room > TEXT // 2 else part
        if len(part) + 2 > room:
            is_cut = True
            continue
        parts.append(part)
        room -= len(part) + 2
    if not parts and not is_cut:
        parts = list(_unsaid(message))[:3]
    return ", ".join([*parts, *(["…"] if is_cut else []), *([last] if last else [])])


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


def _own_time(message: Message) -> tuple[str, str]:
    """Return the field with the first time that the message states of itself, and its words."""
    for name, field in definition_of(message).items():
        if isinstance(field.type, Scalar) and (unit := attributes_of(field).get("time")):
            value = getattr(message, name, None)
            if value is None or value == 0:
                continue
            said = "at" if name.endswith("timestamp") else name
            return name, f"{said} {utc(value, unit) or f'{number(value)} {unit}'}"
    for name, field in definition_of(message).items():
        value = getattr(message, name, None)
        unit = attributes_of(field).get("time")
        if unit and isinstance(value, np.ndarray) and value.size:
            return "", f"from {utc(value.flat[0], unit) or f'{number(value.flat[0])} {unit}'}"
    return "", ""


def _unsaid(message: Message) -> Iterator[str]:
    """Tell which texts and lists, but for the name of the stream, are absent or empty."""
    for name, field in definition_of(message).items():
        value = getattr(message, name, None)
        if "source" in attributes_of(field) or not isinstance(field.type, Text | Vector | Union):
            continue
        if isinstance(value, str):
            yield f"{name} ''"
        elif value is None or (isinstance(value, tuple | np.ndarray) and not len(value)):
            yield f"no {name}"


def _parts(message: Message, dated: str) -> list[tuple[int, str]]:
    """Return what is to be said but for the time, with its rank, the most telling first."""
    definition = definition_of(message)
    ranked: list[tuple[int, str]] = []
    arrays = [v for name in field_names(message) if isinstance(v := getattr(message, name, None), np.ndarray)]
    for name in field_names(message):
        field = definition.get(name)
        value = getattr(message, name, None)
        if name == dated or "source" in attributes_of(field) or _is_said_by(arrays, field, value):
            continue
        rank, text = _part(name, value, field, message)
        if text:
            ranked.append((rank, text))
    # Sorting keeps the order on the wire within a rank.
    return sorted(ranked, key=lambda pair: pair[0])


def _is_said_by(arrays: list[np.ndarray[Any, Any]], field: Field | StructField | None, value: object) -> bool:
    """Whether a field only repeats the dtype or the shape that an array of the message shows."""
    if field is not None and isinstance(field.type, Enum):
        return any(enum_name(field.type, value) == array.dtype.name for array in arrays)
    if not isinstance(value, np.ndarray) or value.ndim != 1 or value.dtype.kind not in "iu" or not value.size:
        return False
    return any(array is not value and array.shape == tuple(value.tolist()) for array in arrays)


def _part(name: str, value: object, field: Field | StructField | None, message: Message) -> tuple[int, str]:
    """Return how telling a field is, 0 the most, and its words; empty when it says nothing."""
    type_ = field.type if field is not None else None
    attributes = attributes_of(field)
    if value is None:
        return 9, ""
    if isinstance(type_, Union) and not isinstance(value, Message):
        said = _value_text(name, value)
        return 0, said if name in ("value", "values") or not said else f"{name} {said}"
    if isinstance(type_, Enum):
        is_said = value != field.default if isinstance(field, Field) and field.default else True
        return 1, f"{name} {enum_name(type_, value) or number(value)}" if is_said else ""
    if isinstance(value, np.ndarray):
        return 2, _vector_text(name, value, attributes, message)
    if isinstance(value, tuple | list | Rows):
        return 2, _list_text(name, value)
    if isinstance(value, str):
        if "json" in attributes:
            return _LAST, f"{name} '{clean(value, LONGEST)}'" if value else ""
        # What is wrong is told before who says so.
        rank = 2 if name == "message" else 3
        return (0, clean(value)) if name == "name" else (rank, f"{name} '{clean(value)}'" if value else "")
    if isinstance(value, Message):
        inner = summary(value)
        return 5, f"{name} ({clean(inner, 60)})" if inner else ""
    if unit := attributes.get("time"):
        return 7, f"{name} {utc(value, unit) or number(value)}" if value else ""
    default = field.default if isinstance(field, Field) else None
    return 1 if isinstance(value, bool) else 4, "" if value == default else f"{name} {number(value)}"


def _value_text(name: str, value: object) -> str:
    if isinstance(value, str):
        return f"{name} '{clean(value)}'"
    if isinstance(value, np.generic):
        return f"{number(value)} {value.dtype.name}"
    if isinstance(value, np.ndarray):
        return array_text(value)
    return _list_text(name, value) if isinstance(value, tuple | list | Rows) else number(value)


def _vector_text(name: str, value: np.ndarray[Any, Any], attributes: Mapping[str, str | None], message: Message) -> str:
    partner = getattr(message, attributes.get("as_long_as") or "", None)
    if isinstance(partner, np.ndarray) and value.ndim == 1 and (not value.size or len(partner) == len(value)):
        return ""
    if name in _COUNTED and value.ndim == 1:
        noun = _COUNTED[name]
        return f"{len(value):,} {noun}{'' if len(value) == 1 else 's'}"
    if value.size == 0:
        return ""
    return f"{name} {array_text(value)}"


def _list_text(name: str, values: tuple[object, ...] | list[object] | Rows) -> str:
    shown = [text for value in values[:MANY] if (text := _entry(value))]
    if not shown:
        return f"{name}: {len(values):,} {'entry' if len(values) == 1 else 'entries'}" if values else ""
    if len(shown) == len(values) and len("; ".join(shown)) <= _LIST:
        return f"{name}: {'; '.join(shown)}"
    more = f"… {len(values):,} in all"
    while len(shown) > 1 and len("; ".join([*shown, more])) > _LIST:
        shown.pop()
    return f"{name}: {'; '.join([*shown, more])}"


def _entry(value: object) -> str:
    if isinstance(value, Message):
        return brief(value)
    return f"'{clean(value, 20)}'" if isinstance(value, str) and value else ""


def brief(table: Message) -> str:
    """Name an entry of a list by its first text, its largest array and its unit; empty when it has none of them."""
    values = [getattr(table, name, None) for name in field_names(table)]
    name = next((clean(v, 20) for v in values if isinstance(v, str) and v), "")
    arrays = [v for v in values if isinstance(v, np.ndarray)]
    shape = shape_text(max(arrays, key=lambda a: a.size)) if arrays else ""
    unit = getattr(table, "unit", None)
    said = clean(unit, 16) if isinstance(unit, str) and unit != name else ""
    return " ".join(part for part in (name, shape, said) if part)


def _repr_value(value: object) -> str:
    if isinstance(value, str):
        return f"'{clean(value, 200)}'"
    if isinstance(value, np.ndarray):
        return f"<{array_text(value)}>"
    if isinstance(value, np.generic):
        return f"{value.dtype.name}({number(value)})"
    if isinstance(value, Message):
        return repr_text(value)
    if isinstance(value, tuple | list | Rows):
        shown = [_repr_value(v) for v in value[:8]]
        more = [] if len(value) <= 8 else [f"… {len(value):,} in all"]
        return f"({', '.join([*shown, *more])}{',' if len(value) == 1 else ''})"
    return str(value) if value is None or isinstance(value, bool | int | float) else f"<{type(value).__name__}>"
