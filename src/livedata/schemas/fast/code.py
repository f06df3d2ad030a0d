"""The function of one table, made from the layout description.

Only what is unusual costs checks of its own: reading outside the message fails by itself (`IndexError`,
`struct.error`, `ValueError`), and entries of vtables have been verified when they were first seen.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..cursor import LONG_TEXT
from ..layout import (
    MAX_DEPTH,
    Enum,
    Field,
    Inline,
    Scalar,
    Struct,
    Table,
    TableRef,
    Text,
    Type,
    Union,
    Vector,
    inline_dtype,
)
from ..message import absent_value, empty_array
from ..read import ARRAY_PRICE, NUMBER_PRICE, OBJECT_PRICE, ROWS_PRICE, SHAPE_PRICE
from ..registry import Schema
from .parts import draft_class
from .source import READERS, Source
from .vtable import vtable_reader

ELEMENT_PRICE = 16
"""Bytes that a list and the tuple made of it take for an element."""


def write_table(source: Source, table: Table, *, bare: bool = False) -> str:
    """Write the function of a table, unless it is there, and return its name.

    It takes message, length, position, depth and `Budgets`, and returns the message object, or the single value when
    `bare`.
    """
    known = source.functions.get((table.name, bare))
    if known is not None:
        return known
    name = source.functions[table.name, bare] = source.name("table", None)
    body = _Function(source, table, bare=bare).lines()
    source.lines += [f"def {name}(data, end, t, depth, left):", *(f"    {line}" for line in body)]
    return name


class _Function:
    """The body of the function of one table. Value, entry and code of field i are v<i>, e<i> and c<i>."""

    def __init__(self, source: Source, table: Table, *, bare: bool) -> None:
        self.source, self.table, self.bare = source, table, bare
        self.is_root = table.name == source.layout.root
        self.price = OBJECT_PRICE + 8 * len(table.fields)

    def lines(self) -> list[str]:
        fields = [line for i, field in enumerate(self.table.fields) for line in self.field(i, field)]
        return [*self.head(), *fields, *self.tail()]

    def head(self) -> Iterator[str]:
        known, learn = vtable_reader(self.table)
        names = (f"c{i}, e{i}" if isinstance(f.type, Union) else f"e{i}" for i, f in enumerate(self.table.fields))
        if _contains_itself(self.table, self.source.schema):
            yield f"if depth >= {MAX_DEPTH}: raise Unusual"
        yield "v = t - I32(data, t)[0]"
        yield "if v < 0: raise Unusual"
        yield f"v = {self.source.key}"
        known_name, learn_name = self.source.name("known", known), self.source.name("learn", learn)
        yield f"size, {', '.join(names)} = {known_name}.get(v) or {learn_name}(v)"
        yield "if t + size > end: raise Unusual"

    def field(self, i: int, field: Field) -> Iterator[str]:
        if isinstance(field.type, Union):
            yield from self.union(i, field, field.type)
            return
        present = list(self.present(i, field.type))
        if field.is_required:
            yield from present
            return
        absent = self.source.name("absent", absent_value(field, self.source.layout))
        yield f"if e{i}:"
        yield from (f"    {line}" for line in present)
        yield "else:"
        yield f"    v{i} = {absent}"

    def present(self, i: int, type_: Type) -> Iterator[str]:
        """Write what reads a field that is there, at ``t + e<i>``."""
        if isinstance(type_, Inline):
            yield from self.inline(f"v{i}", type_, f"t + e{i}")
            return
        yield f"at = t + e{i}"
        yield from _follow("at")
        if isinstance(type_, Text):
            yield from _text(f"v{i}")
            if not self.is_root:
                yield f"left[1] -= getsizeof(v{i})"
        elif isinstance(type_, TableRef):
            function = write_table(self.source, self.source.layout.tables[type_.table])
            yield f"v{i} = {function}(data, end, at, depth + 1, left)"
        elif isinstance(type_, Vector):
            yield from self.vector(f"v{i}", type_)

    def inline(self, value: str, type_: Inline, place: str) -> Iterator[str]:
        if isinstance(type_, Struct):
            self.price += OBJECT_PRICE + 8 * len(type_.fields)
            class_ = self.source.schema.classes[type_.name]
            draft = self.source.name("draft", draft_class(class_))
            start = f"{value}_at"
            yield f"{start} = {place}"
            inner = []
            for n, f in enumerate(type_.fields):
                yield from self.inline(f"{value}_{n}", f.type, f"{start} + {f.offset}")
                inner.append(f"{value}.{f.name} = {value}_{n}")
            yield f"{value} = {draft}()"
            yield from inner
            yield f"{value}.__class__ = {self.source.name('class', class_)}"
            return
        code = (type_.base if isinstance(type_, Enum) else type_).code
        self.price += 0 if code in "?bB" else NUMBER_PRICE
        if code == "B":
            yield f"{value} = data[{place}]"
        elif code == "?":
            yield f"{value} = data[{place}] != 0"
        else:
            yield f"{value}, = {self.source.name('read', READERS[code])}(data, {place})"

    def vector(self, value: str, type_: Vector) -> Iterator[str]:
        of = type_.of
        yield "n, = U32(data, at)"
        if isinstance(of, Inline):
            dtype = inline_dtype(of)
            self.price += ARRAY_PRICE
            absent = self.source.name("absent", empty_array(dtype))
            if dtype.kind == "b":
                yield "left[0] -= n"
                yield "if left[0] < 0: raise Unusual"
                yield f"{value} = truths(data, n, at + 4) if n else {absent}"
            else:
                dtype_name = self.source.name("dtype", dtype)
                yield f"{value} = frombuffer(data, {dtype_name}, n, at + 4) if n else {absent}"
            return
        yield "count, left[2] = n, left[2] - n"
        yield "if at + 4 + 4 * count > end or left[2] < 0: raise Unusual"
        yield "room, first = left[1], at + 4"
        yield f"left[1] -= {ELEMENT_PRICE} * count"
        yield f"{value} = [] if left[1] >= 0 else None"
        yield "for at in range(first, first + 4 * count, 4):"
        yield from (f"    {line}" for line in _follow("at"))
        if isinstance(of, Text):
            yield from (f"    {line}" for line in _text("x"))
            yield "    left[1] -= getsizeof(x)"
            make = "row_text, data, first"
        else:
            assert isinstance(of, TableRef)
            function = write_table(self.source, self.source.layout.tables[of.table])
            yield f"    x = {function}(data, end, at, depth + 1, left)"
            make = f"row_table, {function}, data, first, depth + 1"
        # Elements that do not fit are verified all the same, one after the other.
        yield f"    if left[1] < 0: {value} = None"
        yield f"    if {value} is None: left[1] = room - {ROWS_PRICE}"
        yield f"    else: {value}.append(x)"
        yield f"{value} = Rows(partial({make}), count) if {value} is None else tuple({value})"

    def union(self, i: int, field: Field, union: Union) -> Iterator[str]:
        bare = self.source.layout.bare[union.name]
        functions = {}
        for member in union.members:
            table = self.source.layout.tables[member.table]
            functions[member.code] = write_table(self.source, table, bare=bare is not None)
        kinds = self.source.name("kinds", None)
        entries = ", ".join(f"{code}: {function}" for code, function in functions.items())
        self.source.closing.append(f"{kinds} = {{{entries}}}")
        yield f"c = data[t + c{i}] if c{i} else 0"
        yield "if c:"
        yield f"    if not e{i}: raise Unusual"
        yield f"    at = t + e{i}"
        yield from (f"    {line}" for line in _follow("at"))
        yield f"    v{i} = {kinds}[c](data, end, at, depth + 1, left)"
        yield "else:"
        yield "    raise Unusual" if field.is_required else f"    v{i} = None"

    def tail(self) -> Iterator[str]:
        if not self.is_root or _contains_itself(self.table, self.source.schema):
            yield f"left[1] -= {self.price}"
        if self.bare:
            (field,) = self.table.fields
            if isinstance(field.type, Scalar):
                yield f"return {self.source.name('type', field.type.dtype.type)}(v0)"
            else:
                yield "return v0"
            return
        class_ = self.source.schema.classes[self.table.name]
        shape = self.source.schema.meaning.shape.get(self.table.name.rpartition(".")[2])
        values = [f"v{i}" for i in range(len(self.table.fields))]
        if shape is not None:
            pairs = ", ".join(f"{f.name!r}: v{i}" for i, f in enumerate(self.table.fields))
            yield f"v = {{{pairs}}}"
            yield f"{self.source.name('shape', shape)}(v, left.charge)"
            yield f"left[1] -= {SHAPE_PRICE}"
            values = [f"v[{f.name!r}]" for f in self.table.fields]
        yield f"m = {self.source.name('draft', draft_class(class_))}()"
        for field, value in zip(self.table.fields, values, strict=True):
            yield f"m.{field.name} = {value}"
        if self.is_root:
            yield "m._relayed = True"
        yield f"m.__class__ = {self.source.name('class', class_)}"
        yield "return m"


def _follow(at: str) -> Iterator[str]:
    """Follow the offset at a place to its target."""
    yield f"offset, = U32(data, {at})"
    yield "if not offset: raise Unusual"
    yield f"{at} += offset"


def _text(value: str) -> Iterator[str]:
    """Read the text at `at`."""
    yield "n, = U32(data, at)"
    yield "at += 4"
    yield "if data[at + n]: raise Unusual"
    yield f"if n < {LONG_TEXT}:"
    yield f"    {value} = str(data[at : at + n], 'utf-8')"
    yield "else:"
    yield "    left[0] -= 4 * n"
    yield "    if left[0] < 0: raise Unusual"
    yield f"    {value} = long_text(data, at, at + n)"


def _contains_itself(table: Table, schema: Schema) -> bool:
    """Tell whether a table can hold one of its own kind, however far inside."""
    seen: set[str] = set()
    todo = [table]
    while todo:
        for name in _inner(todo.pop(), schema):
            if name == table.name:
                return True
            if name not in seen:
                seen.add(name)
                todo.append(schema.layout.tables[name])
    return False


def _inner(table: Table, schema: Schema) -> Iterator[str]:
    for field in table.fields:
        type_ = field.type.of if isinstance(field.type, Vector) else field.type
        if isinstance(type_, TableRef):
            yield type_.table
        elif isinstance(type_, Union):
            yield from (member.table for member in type_.members)
