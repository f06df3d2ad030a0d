"""A message as HTML for notebooks: its fields with their meaning, and arrays as small pictures.

Texts from the wire are escaped. No scripts, no colours of its own but those of pictures, and never more than some
50 kB, whatever the message.
"""

from __future__ import annotations

from html import escape
from typing import Any

import numpy as np

from ..checking import check
from ..layout import Enum, Field, StructField, Type
from ..message import Message
from ..registry import SCHEMAS
from ..rows import Rows
from .picture import image_html, sparkline_html
from .summary import attributes_of, brief, definition_of, field_names, summary
from .wording import array_text, clean, enum_name, extremes, shape_text, utc

BUDGET = 36_000
"""Bytes after which nothing more is begun."""
_TEXT = 300
_ITEMS = 20
_REMARKS = 5
_OPEN_FIELDS = 12
"""Nested tables of no more lines are shown open."""
_TABLE = "border-collapse:collapse;font-size:13px;font-variant-numeric:tabular-nums;color:inherit;margin:2px 0"
_CAPTION = "text-align:left;caption-side:top;color:inherit;padding:2px 10px 4px"
_CELL = "text-align:left;vertical-align:top;padding:2px 10px;border-bottom:1px solid #8886"
_NAME = f"{_CELL};font-weight:600;white-space:nowrap"
_VALUE = f"{_CELL};overflow-wrap:anywhere;min-width:12em"
_DOC = f"{_CELL};min-width:9em;opacity:.65"
_DIM = "opacity:.65"


def message_html(message: Message, *, budget: int = BUDGET, is_explained: bool = True) -> str:
    """Return a message as HTML.

    Parameters
    ----------
    message
        A message of any schema, or a table inside one.
    budget
        Bytes after which nothing more is begun.
    is_explained
        Whether the schema's words stand beside the fields.

    Returns
    -------
    :
        A table of all fields: names, with the schema's words for them; values, enums by name, times in UTC, lists and
        tables folded; of each array dtype, shape, extremes and a picture; above, what is odd about it. Some 50 kB
        at most.
    """
    return _Page(budget).message(message, is_explained=is_explained)


class _Page:
    """One message being written, with what room is left."""

    def __init__(self, budget: int) -> None:
        self.budget = self.left = budget

    def spend(self, text: str) -> str:
        self.left -= len(text.encode())
        return text

    def message(self, message: Message, *, is_explained: bool) -> str:
        schema = SCHEMAS.get(message.SCHEMA)
        short = message.TABLE.rpartition(".")[2]
        is_root = schema is not None and schema.layout.root == message.TABLE
        what = _first_sentence(schema.doc) if is_root and schema is not None else short
        title = f'<b>{escape(message.SCHEMA)}</b> <span style="{_DIM}">{escape(what)}</span>'
        remarks = check(message) if is_root else []
        odd = "".join(f"<div>▲ {escape(clean(remark, _TEXT))}</div>" for remark in remarks[:_REMARKS])
        if len(remarks) > _REMARKS:
            odd += f"<div>▲ … {len(remarks) - _REMARKS} more remarks</div>"
        return self.table(message, f'<caption style="{_CAPTION}">{title}{odd}</caption>', is_explained=is_explained)

    def table(self, message: Message, caption: str = "", *, is_explained: bool = True) -> str:
        definition = definition_of(message)
        rows: list[str] = []
        names = field_names(message)
        for i, name in enumerate(names):
            if self.left <= 0:
                rows.append(f'<tr><td colspan="3" style="{_CELL}">… {len(names) - i} more fields</td></tr>')
                break
            field = definition.get(name)
            doc = field.doc if field is not None and is_explained else ""
            rows.append(self.row(name, getattr(message, name, None), field, doc))
        return self.spend(f'<table class="livedata-message" style="{_TABLE}">{caption}<tbody>') + (
            "".join(rows) + "</tbody></table>"
        )

    def row(self, name: str, value: object, field: Field | StructField | None, doc: str) -> str:
        type_ = field.type if field is not None else None
        hover = f' title="{escape(" ".join(doc.split()), quote=True)}"' if doc else ""
        start = f'<tr><th scope="row"{hover} style="{_NAME}">{escape(name)}</th><td style="{_VALUE}">'
        end = f'</td><td{hover} style="{_DOC}">{escape(_first_sentence(doc))}</td></tr>' if doc else "</td></tr>"
        self.spend(start + end)
        return f"{start}{self.value(value, field, type_)}{end}"

    def value(self, value: object, field: Field | StructField | None, type_: Type | None) -> str:
        if value is None:
            return self.spend(f'<span style="{_DIM}">not sent</span>')
        if isinstance(value, np.ndarray):
            return self.spend(_array_html(value, attributes_of(field).get("time")))
        if isinstance(value, Message):
            return self.nested(value)
        if isinstance(value, tuple | list | Rows):
            return self.items(value)
        if isinstance(value, str):
            return self.spend(_text_html(value))
        if isinstance(value, np.generic):
            return self.spend(f'{escape(_exact(value))} <span style="{_DIM}">{value.dtype.name}</span>')
        return self.spend(_scalar_html(value, type_, attributes_of(field).get("time")))

    def nested(self, message: Message) -> str:
        said = escape(clean(summary(message), 80))
        opened = " open" if len(field_names(message)) <= _OPEN_FIELDS and self.left > self.budget // 2 else ""
        head = self.spend(f'<details{opened}><summary style="cursor:pointer">{said}</summary>')
        return head + self.table(message) + "</details>"

    def items(self, values: tuple[object, ...] | list[object] | Rows) -> str:
        if not values:
            return self.spend(f'<span style="{_DIM}">none</span>')
        parts = []
        for i, value in enumerate(values):
            if i == _ITEMS or self.left <= 0:
                parts.append(self.spend(f'<div style="{_DIM}">… {len(values) - i:,} more</div>'))
                break
            inner = self.item(value, is_first=i == 0) if isinstance(value, Message) else self.value(value, None, None)
            parts.append(f"<div>{inner}</div>")
        count = f'<div style="{_DIM}">{len(values):,} {"entry" if len(values) == 1 else "entries"}</div>'
        return self.spend(count) + "".join(parts)

    def item(self, message: Message, *, is_first: bool) -> str:
        """Write one entry of a list of tables: folded, with its largest array as a picture in the open."""
        arrays = [v for name in field_names(message) if isinstance(v := getattr(message, name, None), np.ndarray)]
        large = max(arrays, key=lambda a: a.size, default=None)
        picture = "" if large is None or self.left < self.budget // 4 else self.spend(_picture(large))
        said = escape(clean(brief(message) or summary(message), 90))
        head = self.spend(f'<details><summary style="cursor:pointer">{said} {picture}</summary>')
        return head + self.table(message, is_explained=is_first) + "</details>"


def _first_sentence(doc: str) -> str:
    text = " ".join(doc.split())
    for mark in (". ", "; "):
        text = text.partition(mark)[0]
    return clean(text.rstrip("."), 90)


def _text_html(text: str) -> str:
    if not text:
        return f'<span style="{_DIM}">empty text</span>'
    more = f' <span style="{_DIM}">{len(text):,} characters</span>' if len(text) > _TEXT else ""
    return escape(clean(text, _TEXT)) + more


def _scalar_html(value: object, type_: Type | None, unit: str | None) -> str:
    text = escape(_exact(value))
    if name := enum_name(type_, value):
        return f'{escape(name)} <span style="{_DIM}">{text}</span>'
    if isinstance(type_, Enum):
        return f'{text} <span style="{_DIM}">no name in the schema</span>'
    if unit and value != 0 and (moment := utc(value, unit, digits=9 if unit == "ns" else 3)):
        return f'{moment} <span style="{_DIM}">UTC, {text} {unit}</span>'
    return f"{text} {unit}" if unit else text


def _exact(value: object) -> str:
    if isinstance(value, bool | np.bool_):
        return "true" if value else "false"
    if isinstance(value, int | float | np.integer):
        return str(value)
    if isinstance(value, np.floating):
        return np.format_float_positional(value) if 1e-4 <= abs(value) < 1e16 else str(value.item())
    return f"<{clean(type(value).__name__)}>"


def _array_html(array: np.ndarray[Any, Any], unit: str | None) -> str:
    said = array_text(array)
    if unit and array.size and array.ndim == 1:
        first, last = utc(array[0], unit), utc(array[-1], unit)
        said = shape_text(array) + (f" {first} UTC" if len(array) == 1 else f" {first} … {last} UTC" if first else "")
    n_odd = int(array.size - np.isfinite(array).sum()) if array.dtype.kind == "f" else 0
    odd = f' <span style="{_DIM}">{n_odd:,} not finite</span>' if n_odd else ""
    return f"<div>{escape(said)}{odd}</div>{_picture(array)}"


def _picture(array: np.ndarray[Any, Any]) -> str:
    if array.size <= 4 or extremes(array) is None:
        return ""
    if array.ndim == 2 and min(array.shape) > 3:
        return image_html(array)
    return sparkline_html(array) if array.ndim == 1 else ""
