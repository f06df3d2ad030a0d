"""Typed message in, bytes out: the plain encoder, which follows the layout description field by field.

The same message always gives the same bytes: a table's vtable, the table, then what its fields point to, in the order
of the fields. Every number lies at a multiple of its size.

The wire format: https://flatbuffers.dev/internals/
"""

from __future__ import annotations

import operator
from collections.abc import Sequence
from struct import Struct as Packing
from struct import error as PackingError
from struct import pack
from typing import Any

import numpy as np

from ..errors import EncodeError
from .layout import (
    MAX_DEPTH,
    Enum,
    Inline,
    Struct,
    Table,
    TableRef,
    Text,
    Type,
    Union,
    Vector,
    inline_align,
    inline_dtype,
    inline_size,
)
from .message import Message
from .plan import Step, plan_of
from .registry import SCHEMAS, Schema
from .values import exact_array, length

MAX_SIZE = 2**31 - 1
"""Largest message in bytes: offsets are read as signed numbers by some decoders."""

_COUNT = Packing("<I").pack
_PUT_OFFSET = Packing("<I").pack_into
_PUT_DISTANCE = Packing("<i").pack_into
_MISFITS = (PackingError, OverflowError, TypeError, ValueError)


def encode(message: Message) -> bytes:
    """Return the bytes of a message.

    Optional texts, tables and values are left out when None. Numbers equal to their default and empty vectors are
    written or left out as the schema's usual producers do. What was decoded can be encoded again
    even when its content contradicts itself; a message made here cannot.

    Raises
    ------
    EncodeError
        If the schema is only read; if the content does not fit it: a missing required field, a number out of range, a
        wrong dtype; if it contradicts itself: lists of unequal length, a shape that is not that of the data.
    """
    if not isinstance(message, Message) or message.SCHEMA not in SCHEMAS:
        raise EncodeError(f"{type(message).__name__} is not a message; make one with schemas.message_class(id)")
    schema = SCHEMAS[message.SCHEMA]
    if schema.is_read_only:
        follower = schema.follower
        advice = f"write {follower.replace(' ', ' and ')}" if follower else "nothing follows it"
        raise EncodeError(f"messages of this schema are read, but no longer written; {advice}", schema=schema.id)
    return encode_as(schema, message, strict=not getattr(message, "_relayed", False))


def encode_as(schema: Schema, message: Message, *, strict: bool = False) -> bytes:
    """Encode a message of a known schema, even of one that is only read.

    Parameters
    ----------
    schema, message
        A schema and a message of its class.
    strict
        Whether to refuse content that contradicts itself.

    Raises
    ------
    EncodeError
        As `encode`.
    """
    if schema.layout.root != message.TABLE:
        name = schema.message_class.__name__
        raise EncodeError(f"{type(message).__name__} is only a part of a message of class {name}", schema=schema.id)
    writer = _Writer(schema, strict)
    root = writer.table(schema.root, message, 0)
    if writer.size > MAX_SIZE:
        raise EncodeError(f"{writer.size} bytes, but a message holds at most {MAX_SIZE}", schema=schema.id)
    writer.parts[0] = pack("<I4s", root, schema.id.encode("ascii"))
    return b"".join(writer.parts)


class _Writer:
    """One message growing: parts in the order of their positions, patched with offsets when these are known."""

    def __init__(self, schema: Schema, strict: bool) -> None:
        self.schema, self.layout, self.strict = schema, schema.layout, strict
        self.flatten = schema.meaning.flatten
        self.parts: list[Any] = [b"\0" * 8]
        self.size = 8
        self.trail: list[str] = []

    def fail(self, problem: str, name: str = "") -> EncodeError:
        path = "".join([*self.trail, f".{name}" if name else ""]).removeprefix(".")
        return EncodeError(problem, schema=self.schema.id, path=path)

    def add(self, part: Any, n_bytes: int) -> None:
        self.parts.append(part)
        self.size += n_bytes

    def pad(self, align: int, ahead: int = 0) -> None:
        """Fill up so that the position `ahead` bytes further on is a multiple of `align`."""
        n = -(self.size + ahead) % align
        if n:
            self.add(b"\0" * n, n)

    def table(self, table: Table, message: Message, depth: int) -> int:
        values = {f.name: getattr(message, f.name) for f in table.fields}
        if self.flatten and (flatten := self.flatten.get(table.name.rpartition(".")[2])):
            try:
                flatten(values, self.strict)
            except EncodeError as error:
                raise self.fail(error.problem) from None
        if self.strict:
            for equal in self.layout.equals[table.name]:
                problem = equal.problem(length(values[equal.name]), length(values[equal.other]))
                if problem:
                    raise self.fail(problem, equal.name)
        return self.values(table.name, values, depth)

    def values(self, table: str, values: dict[str, Any], depth: int) -> int:
        if depth >= MAX_DEPTH:
            raise self.fail(f"tables are nested more than {MAX_DEPTH} deep")
        plan = plan_of(self.layout, table)
        inline: list[tuple[int, bytes]] = []
        behind: list[tuple[int, Type, str, Any]] = []
        for step in plan.steps:
            value, type_ = values[step.name], step.type
            if isinstance(type_, Inline):
                data = self.inline_field(step, value)
                if data is not None:
                    inline.append((step.id, data))
            elif isinstance(type_, Union):
                self.union(step, type_, value, inline, behind)
            elif value is not None:
                if not (step.drops_empty and length(value) == 0):
                    behind.append((step.id, type_, step.name, value))
            elif step.is_required:
                raise self.fail("a required field is None", step.name)
        form = plan.form([id for id, _ in inline], [id for id, *_ in behind])
        self.pad(2)
        self.pad(form.align, len(form.vtable) + 4)
        start = self.size + len(form.vtable)
        body = bytearray(form.size)
        _PUT_DISTANCE(body, 0, len(form.vtable))
        places = form.places
        for id, data in inline:
            body[places[id] : places[id] + len(data)] = data
        self.add(form.vtable, len(form.vtable))
        self.add(body, len(body))
        for id, type_, name, value in behind:
            self.trail.append(f".{name}")
            _PUT_OFFSET(body, places[id], self.behind(type_, value, depth) - start - places[id])
            self.trail.pop()
        return start

    def union(
        self,
        step: Step,
        union: Union,
        value: Any,
        inline: list[tuple[int, bytes]],
        behind: list[tuple[int, Type, str, Any]],
    ) -> None:
        if value is None and step.is_required:
            raise self.fail("a required field is None", step.name)
        try:
            code, value = self.schema.union_member(union, value, step.name)
        except EncodeError as error:
            raise self.fail(error.problem, step.name) from None
        if code:
            inline.append((step.id - 1, bytes((code,))))
            bare = self.layout.bare[union.name]
            member = union.member(code)
            assert member is not None
            content = value if bare is None else {bare[code].name: value}
            behind.append((step.id, TableRef(member.table), step.name, content))

    def inline_field(self, step: Step, value: Any) -> bytes | None:
        """Return the bytes of an inline field; None when it is to be left out."""
        if value is None and step.is_optional:
            return None
        try:
            data = self.inline(step.type, value)
        except _MISFITS:
            raise self.fail(f"{value!r:.60} is not a {step.kind}", step.name) from None
        return None if data == step.left_out else data

    def inline(self, type_: Any, value: Any) -> bytes:
        """Return the bytes of a number, truth value or struct; raises one of several errors for anything else."""
        if isinstance(type_, Struct):
            if not isinstance(value, Message) or type_.name != value.TABLE:
                raise TypeError
            out = bytearray(type_.size)
            for f in type_.fields:
                out[f.offset : f.offset + inline_size(f.type)] = self.inline(f.type, getattr(value, f.name))
            return bytes(out)
        code = type_.base.code if isinstance(type_, Enum) else type_.code
        is_truth = isinstance(value, bool | np.bool_)
        if is_truth != (code == "?"):
            raise TypeError
        if code in "fd":
            if not isinstance(value, float | int | np.floating | np.integer):
                raise TypeError
            return pack("<" + code, float(value))
        return pack("<" + code, value if is_truth else operator.index(value))

    def behind(self, type_: Type, value: Any, depth: int) -> int:
        if isinstance(type_, Text):
            return self.text(value)
        if isinstance(type_, Vector):
            return self.vector(type_.of, value, depth)
        assert isinstance(type_, TableRef)
        if isinstance(value, dict):
            return self.values(type_.table, value, depth + 1)
        if type(value) is not self.schema.classes[type_.table]:
            raise self.fail(f"{type(value).__name__} is not a {type_.table.rpartition('.')[2]}")
        return self.table(self.layout.tables[type_.table], value, depth + 1)

    def text(self, value: object) -> int:
        if not isinstance(value, str):
            raise self.fail(f"{type(value).__name__} is not a text")
        try:
            data = value.encode("utf-8")
        except UnicodeEncodeError as error:
            raise self.fail(f"the text is not Unicode: {error.reason}") from None
        self.pad(4)
        start = self.size
        self.add(_COUNT(len(data)) + data + b"\0", len(data) + 5)
        return start

    def vector(self, of: Inline | Text | TableRef, value: Any, depth: int) -> int:
        if isinstance(of, Inline):
            return self.array(of, value)
        if not isinstance(value, Sequence) or isinstance(value, str | bytes):
            raise self.fail(f"{type(value).__name__} is not a tuple")
        self.pad(4)
        start = self.size
        offsets = bytearray(4 * len(value))
        self.add(_COUNT(len(value)), 4)
        self.add(offsets, len(offsets))
        for i, element in enumerate(value):
            self.trail.append(f"[{i}]")
            _PUT_OFFSET(offsets, 4 * i, self.behind(of, element, depth) - start - 4 - 4 * i)
            self.trail.pop()
        return start

    def array(self, of: Inline, value: Any) -> int:
        dtype = inline_dtype(of)
        try:
            array = exact_array(value, dtype, schema=self.schema.id, path="")
        except EncodeError as error:
            raise self.fail(error.problem) from None
        self.pad(4)
        self.pad(max(4, inline_align(of)), 4)
        start = self.size
        self.add(_COUNT(len(array)), 4)
        self.add(array.view(np.uint8) if array.size else b"", array.nbytes)
        return start
