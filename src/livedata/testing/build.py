"""Messages of any schema for tests: say what matters, the rest is made up to agree with it.

Everything follows the layout descriptions, so a new schema needs nothing here.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..errors import ArgumentError
from ..schemas.layout import Enum as EnumType
from ..schemas.layout import EqualLength, Field, Scalar, Struct, Table, TableRef, Text, Union, Vector, inline_dtype
from ..schemas.message import Message
from ..schemas.registry import SCHEMAS, Schema
from ..schemas.values import exact_array, length
from ..schemas.write import encode_as

EXAMPLE_TIME_S = 1_767_225_600
"""2026-01-01 UTC: the time in made-up messages."""

PER_SECOND = {"ns": 10**9, "ms": 1000, "s": 1}
_PULSES_PER_SECOND = 14
_TEXTS = {"unit": "m", "units": "m"}
"""Texts that readers take for more than words; others say the name of their field."""
_DEPTH = 2
"""Nesting from which on nothing optional is made up in messages that contain themselves."""


def message(schema_id: str, **fields: Any) -> Message:
    """Make a message; whatever is not given is made up to be sensible and to agree with what is.

    Parameters
    ----------
    schema_id
        Any schema, also one that is only read.
    fields
        Fields by their names on the wire. Lists stand for arrays, dictionaries for tables inside the message.

    Returns
    -------
    :
        A message equal to what `livedata.schemas.decode` makes of its bytes. Content that contradicts itself is made
        as it is given, and refused only by `livedata.schemas.encode`.

    Raises
    ------
    ArgumentError
        If there is no such schema or field.
    EncodeError
        If a value does not fit its field.

    Examples
    --------
    >>> from livedata import testing
    >>> events = testing.message("ev44", pixel_id=[5, 6, 7, 7])
    >>> len(events.time_of_flight), events.reference_time_index.tolist()
    (4, [0])
    >>> testing.message("da00", data=[{"name": "signal", "data": np.zeros((2, 3))}]).data[0].axes
    ('y', 'x')
    """
    if schema_id not in SCHEMAS:
        raise ArgumentError(f"no schema {schema_id!r}; known are {' '.join(SCHEMAS)}")
    schema = SCHEMAS[schema_id]
    return _Maker(schema).table(schema.root, fields, 0)


def message_bytes(schema_id: str, **fields: Any) -> bytes:
    """Make a message as `message` does, and encode it: even one that is only read, or contradicts itself.

    Examples
    --------
    >>> from livedata import schemas, testing
    >>> odd = testing.message_bytes("ev44", pixel_id=[1, 2], time_of_flight=[10, 20, 30])
    >>> schemas.check(schemas.decode(odd))
    ['pixel_id has 2 elements, but 3 in time_of_flight; expected as many or none']
    """
    return encode_as(SCHEMAS[schema_id], message(schema_id, **fields))


class _Maker:
    def __init__(self, schema: Schema) -> None:
        self.schema, self.layout = schema, schema.layout

    def table(self, table: Table, given: dict[str, Any], depth: int) -> Message:
        name, names = table.name.rpartition(".")[2], [f.name for f in table.fields]
        unknown = [key for key in given if key not in names]
        if unknown:
            raise ArgumentError(f"{self.schema.id} {name} has no field {unknown[0]!r}; it has {', '.join(names)}")
        values = dict(given)
        example = self.schema.meaning.example.get(name)
        if example is not None:
            example(values, None)
        sizes = sizes_of(self.layout.equals[table.name], values)
        for f in table.fields:
            if f.name in values:
                values[f.name] = self.given(f, values[f.name], depth)
            else:
                values[f.name] = self.made_up(table, f, sizes.get(f.name), depth)
        return finished(self.schema, table, values)

    def given(self, field: Field, value: Any, depth: int) -> Any:
        type_ = field.type
        if isinstance(type_, TableRef) and isinstance(value, dict):
            return self.table(self.layout.tables[type_.table], value, depth + 1)
        if isinstance(type_, Vector) and isinstance(type_.of, TableRef) and isinstance(value, list | tuple):
            table = self.layout.tables[type_.of.table]
            return tuple(self.table(table, v, depth + 1) if isinstance(v, dict) else v for v in value)
        if isinstance(type_, Struct) and isinstance(value, dict):
            return self.struct(type_, value)
        return value

    def made_up(self, table: Table, field: Field, size: int | None, depth: int) -> Any:
        type_ = field.type
        if isinstance(type_, Scalar | EnumType):
            return self.number(field, type_)
        if isinstance(type_, Text):
            return "{}" if "json" in (field.attributes or {}) else _TEXTS.get(field.name, field.name)
        if isinstance(type_, Struct):
            return self.struct(type_, {})
        if isinstance(type_, TableRef):
            is_made = field.is_required or depth < _DEPTH
            return self.table(self.layout.tables[type_.table], {}, depth + 1) if is_made else None
        if isinstance(type_, Union):
            return self.union(table, field, type_, size, depth)
        if isinstance(type_.of, Text):
            return ()
        if isinstance(type_.of, TableRef):
            n = 1 if depth < _DEPTH else 0
            return tuple(self.table(self.layout.tables[type_.of.table], {}, depth + 1) for _ in range(n))
        return self.vector(field, inline_dtype(type_.of), 3 if size is None else size)

    @staticmethod
    def number(field: Field, type_: Scalar | EnumType) -> Any:
        attributes = field.attributes or {}
        if "time" in attributes and "may_be_zero" not in attributes:
            seconds = EXAMPLE_TIME_S * PER_SECOND[attributes["time"] or "ns"]
            return inline_dtype(type_).type(seconds).item()
        return inline_dtype(type_).type(0).item() if field.default is None else field.default

    @staticmethod
    def vector(field: Field, dtype: np.dtype[Any], n: int) -> Any:
        unit = (field.attributes or {}).get("time")
        if unit is not None:
            step = PER_SECOND[unit] // _PULSES_PER_SECOND
            return (EXAMPLE_TIME_S * PER_SECOND[unit] + step * np.arange(n)).astype(dtype)
        return (1 + np.arange(n) % 100).astype(dtype)

    def struct(self, struct: Struct, given: dict[str, Any]) -> Message:
        values = {f.name: given.get(f.name, 1) for f in struct.fields}
        for f in struct.fields:
            if isinstance(f.type, Struct) and not isinstance(values[f.name], Message):
                values[f.name] = self.struct(f.type, given.get(f.name, {}))
        return self.schema.classes[struct.name](**values)

    def union(self, table: Table, field: Field, union: Union, size: int | None, depth: int) -> Any:
        if self.layout.bare[union.name] is not None:
            kinds = self.layout.kinds[union.name]
            if (0, "<f8") in kinds and size is None:
                return np.float64(1.5)
            code = "<f8" if (1, "<f8") in kinds else next(code for n, code in kinds if n == 1 and code != "text")
            return np.arange(1, 4 if size is None else 1 + size).astype(code)
        # Beside lists of numbers it would be an extra.
        has_lists = any(isinstance(f.type, Vector) and not isinstance(f.type.of, TableRef | Text) for f in table.fields)
        if not field.is_required and (depth >= _DEPTH or has_lists):
            return None
        return self.table(self.layout.tables[union.members[0].table], {}, depth + 1)


def sizes_of(equals: tuple[EqualLength, ...], values: dict[str, Any], n: int = 3) -> dict[str, int]:
    """Return how many elements the lists of a table that belong together have, after those that are there.

    A list that is missing is as long as the one it belongs to, or as those that belong to it; `n` when all are missing.
    """
    sizes: dict[str, int] = {}
    for other in {equal.other for equal in equals}:
        given = [length(values[equal.name]) for equal in equals if equal.other == other and equal.name in values]
        sizes[other] = length(values[other]) if other in values else max(given, default=0) or n
    return sizes | {equal.name: sizes[equal.other] for equal in equals}


def finished(schema: Schema, table: Table, values: dict[str, Any]) -> Message:
    """Return the message of these fields as decoding would: arrays of the wire's dtypes, derived fields filled in."""
    name = table.name.rpartition(".")[2]
    flatten, shape = schema.meaning.flatten.get(name), schema.meaning.shape.get(name)
    if flatten is not None:
        flatten(values, False)
    for f in table.fields:
        values[f.name] = _as_on_the_wire(schema, f, values[f.name])
    if shape is not None:
        shape(values, lambda n_bytes: None)
    return schema.classes[table.name](**values)


def _as_on_the_wire(schema: Schema, field: Field, value: Any) -> Any:
    type_ = field.type
    if value is None:
        return None
    if isinstance(type_, Vector):
        if isinstance(type_.of, Text | TableRef):
            return tuple(value)
        return exact_array(value, inline_dtype(type_.of), schema=schema.id, path=field.name)
    if isinstance(type_, Union) and (bare := schema.layout.bare[type_.name]) is not None:
        code, ready = schema.union_member(type_, value, field.name)
        of = bare[code].type
        return of.dtype.type(ready) if isinstance(of, Scalar) else ready
    return value
