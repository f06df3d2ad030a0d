"""How schemas show themselves in a terminal and a notebook: what the messages are, and every field."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from html import escape

from .layout import Enum, Field, Layout, Scalar, Struct, Table, TableRef, Text, Type, Union, Vector

_CELL = "text-align:left;vertical-align:top;padding:2px 10px"
_Row = tuple[str, str, str]


def schema_text(layout: Layout) -> str:
    """Return a schema as text: what a message is, its fields with their types, tables and kinds inside."""
    name = layout.id if layout.id.isidentifier() else f'message_class("{layout.id}")'
    root = layout.tables[layout.root]
    lines = [f"{layout.id}: {_first(root.doc)}{_note(root)}"]
    for table in _tables(layout):
        lines += ["", table.name.rpartition(".")[2] if table is not root else f"schemas.{name}"]
        rows = [_row(f) for f in table.fields]
        wide = [max(len(row[i]) for row in rows) for i in (0, 1)]
        lines += [f"  {field:{wide[0]}}  {type_:{wide[1]}}  {doc}".rstrip() for field, type_, doc in rows]
    return "\n".join(lines)


def schema_html(layout: Layout) -> str:
    """Return a schema as HTML: what `schema_text` tells, in tables."""
    root = layout.tables[layout.root]
    parts = [f"<b>{escape(layout.id)}</b> {escape(_first(root.doc) + _note(root))}"]
    for table in _tables(layout):
        caption = "" if table is root else f"<caption>{escape(table.name.rpartition('.')[2])}</caption>"
        parts.append(f"<table>{caption}{_rows(map(_row, table.fields))}</table>")
    return f"<div>{''.join(parts)}</div>"


def schemas_html(layouts: Iterable[Layout]) -> str:
    """Return an overview as HTML: id, and what a message is."""
    roots = ((layout.id, layout.tables[layout.root]) for layout in layouts)
    rows = ((id, _first(root.doc), _note(root).strip(" ()")) for id, root in roots)
    return f"<table>{_rows(rows)}</table>"


def _rows(rows: Iterable[_Row]) -> str:
    return "".join(f"<tr>{''.join(_cells(row))}</tr>" for row in rows)


def _cells(row: _Row) -> Iterator[str]:
    for i, text in enumerate(row):
        inner = f"<code>{escape(text)}</code>" if i == 0 else escape(text)
        yield f'<td style="{_CELL}">{inner}</td>'


def _note(root: Table) -> str:
    attributes = root.attributes or {}
    if "read_only" not in attributes:
        return ""
    follower = attributes["read_only"]
    return f" (only read; write {follower.replace(' ', ' and ')})" if follower else " (only read)"


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
