"""The documentation page of all schemas, made from their `.fbs` texts.

``python -m livedata.schemas.page > docs/schemas.md`` renews the page.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Iterator, Sequence

from .layout import Enum, Field, Inline, Layout, Scalar, Struct, Table, TableRef, Text, Type, Union, Vector
from .registry import SCHEMAS, Schema, folder

_INTRODUCTION = """# Schemas

Every kind of message that livedata knows, made from the texts in the folder `schemas`. All are
[FlatBuffers](https://flatbuffers.dev/internals/); the id stands in bytes 4 to 7 of a message.

How to read the tables: *id* is the number of a field in its table (a union has two, the first for the code that tells
its kind). A field without default may be absent: a text or table is then `None`, a list empty; *absent* as a default
means that a missing number is `None` as well. *Required* fields are always there. Numbers are named by their size in
bits (`uint32`), `[int32]` is a list of them."""


def schema_page() -> str:
    """Return the page as Markdown: an overview, then every schema with its tables, enums and unions."""
    schemas = [SCHEMAS[id] for id in sorted(SCHEMAS, key=str.casefold)]
    parts = [_INTRODUCTION, "\n".join(_overview(schemas))]
    for schema in schemas:
        parts += _Section(schema).parts()
    return "\n\n".join(parts) + "\n"


def _overview(schemas: Iterable[Schema]) -> Iterator[str]:
    rows = [
        (
            f"[`{schema.id}`](#{schema.id.lower()})",
            _title(schema),
            f"`{schema.source_field.name}`" if schema.source_field else "",
            "reads" if schema.is_read_only else "reads, writes",
        )
        for schema in schemas
    ]
    return _table(("id", "what it is", "stream named by", "livedata"), rows)


def _title(schema: Schema) -> str:
    """Return the comment that a text begins with."""
    text = (folder() / f"{schema.id}.fbs").read_text(encoding="utf-8")
    lines = re.match(r"(//[^\n]*\n)*", text)
    return " ".join(line.strip("/ ") for line in lines[0].splitlines()) if lines else ""


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    yield f"| {' | '.join(head)} |"
    yield f"|{'|'.join(' --- ' for _ in head)}|"
    for row in rows:
        yield f"| {' | '.join(row)} |".replace("|  |", "| |").replace("|  |", "| |")


def _prose(doc: str) -> str:
    """Return a description with what Markdown would take for its own marks escaped."""
    return re.sub(r"([*|<])", r"\\\1", doc)


def _line(doc: str) -> str:
    return _prose(" ".join(doc.split()))


def _short(name: str) -> str:
    return name.rpartition(".")[2]


class _Section:
    """The part of the page on one schema."""

    def __init__(self, schema: Schema) -> None:
        self.schema = schema
        self.layout: Layout = schema.layout
        members = {m.table for union in self.layout.unions.values() for m in union.members}
        self.wrappers = {name for name in members if len(self.layout.tables[name].fields) == 1}
        """Tables that only wrap the value of a union's kind: shown with the union."""

    def parts(self) -> Iterator[str]:
        yield f"## {self.schema.id}"
        yield _prose(_title(self.schema))
        yield _prose(self.schema.doc)
        remarks = " ".join(self.remarks())
        if remarks:
            yield remarks
        yield from self.table(self.schema.root)
        for type_ in self.behind():
            yield f"### {self.schema.id}: {_short(type_.name)}"
            if type_.doc:
                yield _prose(type_.doc)
            if isinstance(type_, Table):
                yield from self.table(type_)
            else:
                yield "\n".join(self.choices(type_))

    def remarks(self) -> Iterator[str]:
        attributes = self.schema.root.attributes or {}
        if self.schema.is_read_only:
            successors = "` and `".join((attributes["read_only"] or "").split())
            yield f"Only read; new messages are `{successors}`." if successors else "Only read."
        if self.layout.elides_defaults:
            yield "A number equal to its default is left out."
        if self.schema.meaning.shape:
            yield "In Python the payload is an array with its own dtype and shape."

    def behind(self) -> Iterator[Table | Struct | Enum | Union]:
        """Yield what the root table consists of, in the order in which it is first met."""
        todo: list[Type] = [field.type for field in self.schema.root.fields]
        seen = {self.layout.root}
        while todo:
            type_ = todo.pop(0)
            if isinstance(type_, Vector):
                type_ = type_.of
            if isinstance(type_, Scalar | Text):
                continue
            found = self.layout.tables[type_.table] if isinstance(type_, TableRef) else type_
            if found.name in seen:
                continue
            seen.add(found.name)
            if found.name not in self.wrappers:
                yield found
            if isinstance(found, Union):
                todo = [TableRef(m.table) for m in found.members] + todo
            elif isinstance(found, Table | Struct):
                todo += [field.type for field in found.fields]

    def table(self, table: Table) -> Iterator[str]:
        rows = [
            (
                f"{field.id - 1}, {field.id}" if isinstance(field.type, Union) else str(field.id),
                f"`{field.name}`",
                self.type(field.type),
                _default(field),
                " ".join([_line(field.doc), *_marks(field)]),
            )
            for field in table.fields
        ]
        yield "\n".join(_table(("id", "field", "type", "default", "meaning"), rows))

    def choices(self, type_: Struct | Enum | Union) -> Iterator[str]:
        if isinstance(type_, Enum):
            members = [(str(v), f"`{k}`", _line(type_.docs.get(k, ""))) for k, v in type_.members.items()]
            return _table((type_.base.dtype.name, "name", "meaning"), members)
        if isinstance(type_, Struct):
            places = [(str(f.offset), f"`{f.name}`", self.type(f.type), _line(f.doc)) for f in type_.fields]
            return _table((f"byte of {type_.size}", "field", "type", "meaning"), places)
        kinds = [(str(m.code), f"`{m.name}`", self.kind(m.table, is_bare=self.is_bare(type_))) for m in type_.members]
        return _table(("code", "kind", "holds"), kinds)

    def is_bare(self, union: Union) -> bool:
        return self.layout.bare[union.name] is not None

    def kind(self, name: str, *, is_bare: bool) -> str:
        table = self.layout.tables[name]
        if name not in self.wrappers:
            return self.link(name)
        (field,) = table.fields
        held = self.type(field.type) + (", required" if field.is_required else "")
        words = held if is_bare else f"`{field.name}`: {held}"
        return f"{words}. {_line(table.doc)}" if table.doc else words

    def type(self, type_: Type) -> str:
        if isinstance(type_, Vector):
            inner = self.type(type_.of)
            return f"`[{inner.strip('`')}]`" if inner.startswith("`") else f"list of {inner}"
        if isinstance(type_, Text):
            return "`string`"
        if isinstance(type_, Scalar):
            return f"`{type_.dtype.name}`"
        return self.link(type_.table if isinstance(type_, TableRef) else type_.name)

    def link(self, name: str) -> str:
        if name in self.wrappers or name == self.layout.root:
            return f"`{_short(name)}`"
        return f"[`{_short(name)}`](#{self.schema.id.lower()}-{_short(name).lower()})"


def _default(field: Field) -> str:
    if field.is_required:
        return "required"
    if not isinstance(field.type, Inline) or isinstance(field.type, Struct):
        return ""
    if field.default is None:
        return "absent"
    if isinstance(field.type, Enum):
        names = {value: name for name, value in field.type.members.items()}
        return f"`{names.get(int(field.default), field.default)}`"
    return f"{field.default:g}" if isinstance(field.default, float) else str(field.default).lower()


def _marks(field: Field) -> Iterator[str]:
    """Yield what the attributes of a field say, where its description need not."""
    attributes = field.attributes or {}
    if "source" in attributes:
        yield "*Names the stream.*"
    if "json" in attributes:
        yield "*JSON.*"
    if "as_long_as" in attributes:
        yield f"*As long as `{attributes['as_long_as']}`.*"
    if "elide_defaults" in attributes:
        yield "*Left out when empty or default.*"


if __name__ == "__main__":
    sys.stdout.write(schema_page())
