"""How schemas show themselves in a terminal and a notebook: what the messages are, and every field."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from html import escape
from typing import TYPE_CHECKING

from .layout import Enum, Field, Layout, Scalar, Struct, Table, TableRef, Text, Type, Union, Vector

if TYPE_CHECKING:
    from .registry import Schema

_CELL = "text-align:left;vertical-align:top;padding:2px 10px"
_Row = tuple[str, str, str]


def schema_text(schema: Schema) -> str:
    """Return a schema as text: what a message is, its fields with their types, tables and kinds inside."""
    name = schema.id if schema.id.isidentifier() else f'message_class("{schema.id}")'
    lines = [f"{schema.id}: {_first(schema.doc)}{_note(schema)}"]
    for table in _tables(schema.layout):
        lines += ["", table.name.rpartition(".")[2] if table is not schema.root else f"schemas.{name}"]
        rows = [_row(f) for f in table.fields]
        wide = [max(len(row[i]) for row in rows) for i in (0, 1)]
        lines += [f"  {field:{wide[0]}}  {type_:{wide[1]}}  {doc}".rstrip() for field, type_, doc in rows]
    return "\n".join(lines)


def schema_html(schema: Schema) -> str:
    """Return a schema as HTML: what `schema_text` tells, in tables."""
    parts = [f"<b>{escape(schema.id)}</b> {escape(_first(schema.doc) + _note(schema))}"]
    for table in _tables(schema.layout):
        caption = "" if table is schema.root else f"<caption>{escape(table.name.rpartition('.')[2])}</caption>"
        parts.append(f"<table>{caption}{_rows(map(_row, table.fields))}</table>")
    return f"<div>{''.join(parts)}</div>"


def schemas_html(schemas: Mapping[str, Schema]) -> str:
    """Return an overview as HTML: id, and what a message is."""
    rows = ((schema.id, _first(schema.doc), _note(schema).strip(" ()")) for schema in schemas.values())
    return f"<table>{_rows(rows)}</table>"


def _rows(rows: Iterable[_Row]) -> str:
    return "".join(f"<tr>{''.join(_cells(row))}</tr>" for row in rows)


def _cells(row: _Row) -> Iterator[str]:
    for i, text in enumerate(row):
        inner = f"<code>{escape(text)}</code>" if i == 0 else escape(text)
        yield f'<td style="{_CELL}">{inner}</td>'


def _note(schema: Schema) -> str:
    if not schema.is_read_only:
        return ""
    return f" (only read; write {schema.follower.replace(' ', ' and ')})" if schema.follower else " (only read)"


def _tables(layout: Layout) -> Iterator[Table]:
    """Yield the root table, then those that messages show inside it."""
    yield layout.tables[layout.root]
    bare = {m.table for name, u in layout.unions.items() if layout.bare[name] is not None for m in u.members}
    yield from (t for t in layout.tables.values() if t.name not in bare and t.name != layout.root)


def _row(field: Field) -> _Row:
    required = ", required" if field.is_required else ""
    return field.name, f"{_words(field.type)}{required}", _first(field.doc)


def _words(type_: Type) -> str:
    if isinstance(type_, Vector):
        return f"[{_words(type_.of)}]"
    if isinstance(type_, Text):
        return "text"
    if isinstance(type_, Scalar):
        return type_.dtype.name
    assert isinstance(type_, TableRef | Enum | Struct | Union)
    return (type_.table if isinstance(type_, TableRef) else type_.name).rpartition(".")[2]


def _first(doc: str) -> str:
    """Return the first sentence of a description."""
    sentence, stop, _ = " ".join(doc.split()).partition(". ")
    return sentence + "." if stop else sentence
