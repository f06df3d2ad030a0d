"""Hypothesis strategies for messages of any schema: sound ones with sensible content, and bytes that are damaged.

Everything follows the layout descriptions, so a new schema needs nothing here.
"""

from __future__ import annotations

import json
from typing import Any

import numpy as np

from ..errors import ArgumentError, MissingExtra
from ..schemas.layout import Enum, Field, Scalar, Struct, Table, TableRef, Text, Union, Vector, inline_dtype
from ..schemas.message import Message
from ..schemas.registry import SCHEMAS, Schema
from ..schemas.values import length
from ..schemas.write import encode_as
from .build import EXAMPLE_TIME_S, PER_SECOND, finished

try:
    from hypothesis import strategies as st
    from hypothesis.extra import numpy as hnp
except ImportError as error:
    raise MissingExtra("making messages up with hypothesis", "test") from error

_TEN_YEARS_S = 315_576_000
_DEPTH = 3
"""Nesting from which on nothing optional is drawn for messages that contain themselves."""

_TEXTS = st.text(max_size=20)
_JSON = st.dictionaries(st.text(max_size=5), st.integers() | st.text(max_size=5) | st.lists(st.booleans(), max_size=3))
_Strategy = st.SearchStrategy[Any]


def messages(schema_id: str | None = None) -> st.SearchStrategy[Message]:
    """Return a strategy for messages with sensible content: `livedata.schemas.check` has no remark on any.

    Parameters
    ----------
    schema_id
        Any schema, also one that is only read; all of them when not given.

    Raises
    ------
    ArgumentError
        If there is no such schema.
    MissingExtra
        If hypothesis is not installed.

    Examples
    --------
    >>> from hypothesis import given
    >>> from livedata import schemas, testing
    >>> @given(testing.messages("ev44"))
    ... def test_my_service_forwards_events(message):
    ...     assert schemas.decode(schemas.encode(message)) == message
    >>> test_my_service_forwards_events()
    """
    if schema_id is None:
        return st.sampled_from(sorted(SCHEMAS)).flatmap(messages)
    if schema_id not in SCHEMAS:
        raise ArgumentError(f"no schema {schema_id!r}; known are {' '.join(SCHEMAS)}")
    schema = SCHEMAS[schema_id]
    return _tables(schema, schema.root, 0)


def encoded_messages(schema_id: str | None = None) -> st.SearchStrategy[bytes]:
    """Return a strategy for the bytes of `messages`."""
    return messages(schema_id).map(lambda message: encode_as(SCHEMAS[message.SCHEMA], message))


@st.composite
def malformed(draw: st.DrawFn, schema_id: str | None = None) -> bytes:
    """Draw the bytes of a message that was damaged: bits, words, lengths, ends, parts of another message.

    Few of them are still sound. A consumer has to survive all of them.

    Examples
    --------
    >>> from hypothesis import given
    >>> from livedata import schemas, testing
    >>> @given(testing.malformed("f144"))
    ... def test_nothing_but_decode_errors(data):
    ...     try:
    ...         schemas.decode(data)
    ...     except schemas.DecodeError:
    ...         pass
    >>> test_nothing_but_decode_errors()
    """
    out = bytearray(draw(encoded_messages(schema_id)))
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, max(len(out) - 1, 0)))
        kind = draw(st.sampled_from(("bit", "byte", "word", "half", "cut", "insert", "splice")))
        if kind == "bit":
            out[at : at + 1] = bytes((out[at] ^ 1 << draw(st.integers(0, 7)),)) if out else b""
        elif kind == "byte":
            out[at : at + 1] = draw(st.binary(min_size=1, max_size=1))
        elif kind == "word":
            word = draw(st.sampled_from((0, 1, 4, 2**31 - 1, 2**31, 2**32 - 1, len(out))) | st.integers(0, 2**32 - 1))
            out[at - at % 4 : at - at % 4 + 4] = word.to_bytes(4, "little")
        elif kind == "half":
            out[at - at % 2 : at - at % 2 + 2] = draw(st.integers(0, 2**16 - 1)).to_bytes(2, "little")
        elif kind == "cut":
            del out[at:]
        elif kind == "insert":
            out[at:at] = draw(st.binary(min_size=1, max_size=8))
        else:
            out[at:] = draw(encoded_messages(schema_id))[at:]
    return bytes(out)


@st.composite
def _tables(draw: st.DrawFn, schema: Schema, table: Table, depth: int, given: dict[str, Any] | None = None) -> Message:
    values = dict(given or {})
    example = schema.meaning.example.get(table.name.rpartition(".")[2])
    if example is not None:
        example(values, np.random.default_rng(draw(st.integers(0, 2**16))))
    sizes = _sizes(draw, schema, table, values)
    for f in table.fields:
        if f.name not in values:
            values[f.name] = draw(_fields(schema, f, sizes.get(f.name), depth))
        elif isinstance(f.type, Vector) and isinstance(f.type.of, TableRef):
            inner = schema.layout.tables[f.type.of.table]
            values[f.name] = tuple(draw(_tables(schema, inner, depth + 1, v)) for v in values[f.name])
    return finished(schema, table, values)


def _sizes(draw: st.DrawFn, schema: Schema, table: Table, values: dict[str, Any]) -> dict[str, int]:
    """Draw how long the lists that belong together are, where those that are there leave a choice."""
    sizes: dict[str, int] = {}
    for equal in schema.layout.equals[table.name]:
        if equal.other not in sizes:
            there = [e.name for e in schema.layout.equals[table.name] if e.other == equal.other and e.name in values]
            known = equal.other if equal.other in values else there[0] if there else None
            sizes[equal.other] = draw(st.integers(0, 6)) if known is None else length(values[known])
        is_left_out = equal.may_be_empty and draw(st.integers(0, 3)) == 0
        sizes[equal.name] = 0 if is_left_out else sizes[equal.other]
    return sizes


def _fields(schema: Schema, field: Field, size: int | None, depth: int) -> _Strategy:
    type_ = field.type
    if isinstance(type_, Scalar | Enum):
        values = _numbers(field, type_)
        return st.none() | values if field.default is None else values
    if isinstance(type_, Union):
        values = _unions(schema, type_, size, depth)
    elif isinstance(type_, Text):
        values = _JSON.map(json.dumps) if "json" in (field.attributes or {}) else _TEXTS
    elif isinstance(type_, TableRef):
        values = _tables(schema, schema.layout.tables[type_.table], depth + 1)
    elif isinstance(type_, Struct):
        values = _structs(schema, type_)
    else:
        return _vectors(schema, field, type_, size, depth)
    if field.is_required or size:
        return values
    return st.none() if depth > _DEPTH and not isinstance(type_, Text) else st.none() | values


def _numbers(field: Field, type_: Scalar | Enum) -> _Strategy:
    unit = (field.attributes or {}).get("time")
    dtype = inline_dtype(type_)
    if unit is not None:
        return _times(unit).map(lambda time: dtype.type(time).item())
    if isinstance(type_, Enum):
        return st.sampled_from(sorted(type_.members.values()))
    return _any_number(dtype).map(lambda number: number.item())


def _any_number(dtype: np.dtype[Any]) -> _Strategy:
    return hnp.arrays(dtype, ()).map(lambda array: array[()])


def _times(unit: str) -> st.SearchStrategy[int]:
    first = EXAMPLE_TIME_S * PER_SECOND[unit]
    return st.integers(first, first + _TEN_YEARS_S * PER_SECOND[unit])


def _structs(schema: Schema, struct: Struct) -> _Strategy:
    fields: dict[str, _Strategy] = {}
    for f in struct.fields:
        if isinstance(f.type, Struct):
            fields[f.name] = _structs(schema, f.type)
        else:
            fields[f.name] = _any_number(inline_dtype(f.type)).map(lambda number: number.item())
    return st.builds(schema.classes[struct.name], **fields)


def _unions(schema: Schema, union: Union, size: int | None, depth: int) -> _Strategy:
    bare = schema.layout.bare[union.name]
    if bare is None:
        flat = [m for m in union.members if depth <= _DEPTH or not _has_tables(schema.layout.tables[m.table])]
        return st.one_of([_tables(schema, schema.layout.tables[m.table], depth + 1) for m in flat or union.members])
    kinds = [f.type for f in bare.values() if size is None or isinstance(f.type, Vector)]
    return st.sampled_from(kinds).flatmap(lambda type_: _bare(type_, size))


def _has_tables(table: Table) -> bool:
    inner = (f.type.of if isinstance(f.type, Vector) else f.type for f in table.fields)
    return any(isinstance(type_, TableRef | Union) for type_ in inner)


def _bare(type_: Any, size: int | None) -> _Strategy:
    n = st.integers(0, 6) if size is None else size
    if isinstance(type_, Scalar):
        return _any_number(type_.dtype)
    if isinstance(type_, Text):
        return _TEXTS
    if isinstance(type_.of, Text):
        return st.lists(_TEXTS, max_size=4).map(tuple)
    return hnp.arrays(type_.of.dtype, n)


def _vectors(schema: Schema, field: Field, type_: Vector, size: int | None, depth: int) -> _Strategy:
    of = type_.of
    if isinstance(of, Text):
        return st.lists(_TEXTS, max_size=4 if size is None else size, min_size=size or 0).map(tuple)
    if isinstance(of, TableRef):
        inner = _tables(schema, schema.layout.tables[of.table], depth + 1)
        return st.lists(inner, max_size=0 if depth > _DEPTH else 3).map(tuple)
    dtype, n = inline_dtype(of), st.integers(0, 6) if size is None else size
    unit = (field.attributes or {}).get("time")
    if unit is None:
        return hnp.arrays(dtype, n)
    n_times = (0, 6) if size is None else (size, size)
    return st.lists(_times(unit), min_size=n_times[0], max_size=n_times[1]).map(lambda times: np.array(times, dtype))
