"""What may be odd about the content of a sound message, in sentences for people.

The attributes in the `.fbs` texts say what a field is: a time, JSON, a list as long as another. The rest a schema's
`meaning` knows. Bytes that are not sound never come here: decoding refuses them.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from itertools import islice
from typing import Any, NamedTuple

import numpy as np

from ..errors import EncodeError
from .fast import decode
from .jsontext import json_problem
from .layout import MAX_DEPTH, Enum, Field, Layout, TableRef, Text, Union, Vector
from .message import Message
from .registry import SCHEMAS, Schema
from .values import length
from .write import encode_as

MAX_REMARKS = 100
"""Remarks after which only their end is told."""

_PER_SECOND = {"ns": 10**9, "ms": 1000, "s": 1}
_EARLIEST_S = 631_152_000
"""1990-01-01 UTC: no facility has sent messages for longer, and clocks that were never set show 1970 or 1980."""
_LATEST_S = 4_102_444_800
"""2100-01-01 UTC."""
_OPEN_END_MS = 9_223_372_036_854
"""What the file writer of ESS tells for a stop time that is not known: the last one that fits into int64 ns."""


def check(message: Message) -> list[str]:
    """Tell what is odd about the content of a message.

    Remarked upon are: lists of unequal length; times that are zero, before 1990 or after 2100; texts that are not the
    JSON they are due to be, or nest deeper than 128; enum values without a name; pulses that begin where there are no
    events; shapes that do not fit their data; and more that a schema's meaning knows.

    Parameters
    ----------
    message
        A message that was decoded or made. One that was made is encoded first: what cannot be is the only remark.

    Returns
    -------
    :
        One sentence per finding, beginning with the field; empty when all is well, at most 101. Never raises.

    Examples
    --------
    >>> from livedata import schemas
    >>> schemas.check(schemas.x5f2(software_name="demo", status_json="{state: idle}"))
    ["status_json is not JSON: character 1 is 'state: idle}', expected a key and a colon"]
    """
    if not isinstance(message, Message) or message.SCHEMA not in SCHEMAS:
        return [f"{type(message).__name__} is not a message; expected one of a class of livedata.schemas"]
    schema = SCHEMAS[message.SCHEMA]
    if not getattr(message, "_relayed", False):
        try:
            message = decode(encode_as(schema, message, strict=True))
        except EncodeError as error:
            return [str(error)]
    remarks = list(islice(_remarks(schema, message), MAX_REMARKS + 1))
    if len(remarks) > MAX_REMARKS:
        remarks[-1] = f"and more: only the first {MAX_REMARKS} remarks are told"
    return remarks


def _remarks(schema: Schema, message: Message) -> Iterator[str]:
    yield from _on_table(schema.layout, schema.layout.root, message, "", 0)
    if schema.meaning.check is not None:
        yield from schema.meaning.check(message)


class _Subject(NamedTuple):
    """A field with something to look at."""

    field: Field
    kind: str
    """``time``, ``json``, ``enum``, ``table``, ``tables`` or ``union``."""


@cache
def _subjects(layout: Layout, table: str) -> tuple[_Subject, ...]:
    return tuple(_Subject(f, kind) for f in layout.tables[table].fields if (kind := _kind(layout, f)))


def _kind(layout: Layout, field: Field) -> str:
    attributes = field.attributes or {}
    type_ = field.type
    if "time" in attributes:
        return "time"
    if "json" in attributes and isinstance(type_, Text):
        return "json"
    if isinstance(type_, Enum):
        return "enum"
    if isinstance(type_, TableRef):
        return "table" if type_.table in _worth_a_look(layout) else ""
    if isinstance(type_, Vector) and isinstance(type_.of, TableRef):
        return "tables" if type_.of.table in _worth_a_look(layout) else ""
    if isinstance(type_, Union) and layout.bare[type_.name] is None:
        return "union" if any(m.table in _worth_a_look(layout) for m in type_.members) else ""
    return ""


@cache
def _worth_a_look(layout: Layout) -> frozenset[str]:
    """Return the tables with anything to look at, in themselves or further inside."""
    found: set[str] = set()
    n = -1
    while len(found) > n:
        n = len(found)
        for name, table in layout.tables.items():
            if any(_leads_on(f, found) for f in table.fields):
                found.add(name)
    return frozenset(found)


def _leads_on(field: Field, found: set[str]) -> bool:
    inner = field.type.of if isinstance(field.type, Vector) else field.type
    if isinstance(inner, TableRef):
        return inner.table in found
    if isinstance(inner, Union):
        return any(m.table in found for m in inner.members)
    attributes = field.attributes or {}
    return isinstance(inner, Enum) or not attributes.keys().isdisjoint(("time", "json", "as_long_as"))


def _on_table(layout: Layout, table: str, values: Message, path: str, depth: int) -> Iterator[str]:
    for equal in layout.equals[table]:
        problem = equal.problem(length(getattr(values, equal.name)), length(getattr(values, equal.other)))
        if problem:
            yield f"{path}{equal.name} has {problem}"
    for field, kind in _subjects(layout, table):
        value = getattr(values, field.name)
        if value is not None:
            yield from _LOOKS[kind](layout, field, value, f"{path}{field.name}", depth)


def _on_time(layout: Layout, field: Field, value: Any, where: str, depth: int) -> Iterator[str]:
    attributes = field.attributes or {}
    unit = attributes["time"] or "ns"
    low, high = (seconds * _PER_SECOND[unit] for seconds in (_EARLIEST_S, _LATEST_S))
    times = np.asarray(value)
    odd = ~((times >= low) & (times < high))
    if "may_be_zero" in attributes:
        odd &= times != 0
        if unit == "ms":
            odd &= times != _OPEN_END_MS
    if not odd.any():
        return
    n_odd = int(np.count_nonzero(odd))
    if times.ndim:
        i = int(np.argmax(odd))
        where, value = f"{where}[{i}]", times[i].item()
    told = "0, which means that it was not set" if value == 0 else f"{value} {unit} since 1970"
    others = f" ({n_odd} of {times.size} are odd)" if n_odd > 1 else ""
    yield f"{where} is {told}; expected a time from 1990 to 2100{others}"


def _on_json(layout: Layout, field: Field, value: Any, where: str, depth: int) -> Iterator[str]:
    # Producers send the empty text for none.
    problem = json_problem(value) if value else ""
    if problem:
        yield f"{where} is not JSON: {problem}"


def _on_enum(layout: Layout, field: Field, value: Any, where: str, depth: int) -> Iterator[str]:
    assert isinstance(field.type, Enum)
    if value not in field.type.members.values():
        names = ", ".join(f"{name} {number}" for name, number in islice(field.type.members.items(), 12))
        more = ", …" if len(field.type.members) > 12 else ""
        yield f"{where} is {value}, which has no name; expected one of {names}{more}"


def _on_inner(layout: Layout, field: Field, value: Any, where: str, depth: int) -> Iterator[str]:
    if depth < MAX_DEPTH:
        yield from _on_table(layout, value.TABLE, value, f"{where}.", depth + 1)


def _on_each(layout: Layout, field: Field, value: Any, where: str, depth: int) -> Iterator[str]:
    for i, element in enumerate(value):
        yield from _on_inner(layout, field, element, f"{where}[{i}]", depth)


_LOOKS = {
    "time": _on_time,
    "json": _on_json,
    "enum": _on_enum,
    "table": _on_inner,
    "tables": _on_each,
    "union": _on_inner,
}
