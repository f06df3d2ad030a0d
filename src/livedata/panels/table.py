"""The table of streams, standing still as HTML or refreshing in a panel. Texts from the wire are escaped."""

from __future__ import annotations

import time
import weakref
from collections.abc import Callable, Iterable, Mapping, Sequence
from html import escape
from typing import Any

from ..reduce.show import wording
from ..streams.clock import describe_age
from ..streams.row import StreamRow
from .busy import Cell

REFRESH_S = 1.0
_HEAD = (
    "stream",
    "kind",
    "schema",
    "path",
    "rate",
    "age",
    "messages",
    "events",
    "samples",
    "last value",
    "malformed",
    "lost",
    "remarks",
)
_STYLE = "border-collapse:collapse;font-size:13px;font-variant-numeric:tabular-nums;color:inherit"
_CAPTION_STYLE = "text-align:left;caption-side:top;font-weight:bold"
_NUMBERS = {"rate", "messages", "events", "samples", "malformed", "lost"}


def row_texts(row: StreamRow) -> dict[str, str]:
    """Return the cells of one row by their headings; what says nothing is empty."""
    what = {"events": "events/s", "log": "values/s"}.get(row.kind, "/s")
    now_ns = time.time_ns()
    about = "≈ " if row.is_estimate else ""
    cells = (
        row.name,
        row.kind,
        row.schema,
        row.path,
        f"{about}{wording.short(row.rate)} {what}" if row.rate else "",
        "" if row.age_s is None else describe_age(now_ns - round(row.age_s * 1e9), now_ns),
        *(f"{n:,}" if n else "" for n in (row.messages, row.events, row.samples)),
        row.last,
        *(f"{n:,}" if n else "" for n in (row.malformed, row.lost)),
        "; ".join(row.remarks),
    )
    return dict(zip(_HEAD, cells, strict=True))


def _used(lines: Sequence[Mapping[str, str]]) -> list[str]:
    """Return the headings of columns in which something is said."""
    return [head for head in _HEAD if head in ("stream", "kind") or any(line[head] for line in lines)]


def text_table(rows: Iterable[StreamRow]) -> str:
    """Return the table as plain text; columns that say nothing are left out."""
    lines = [row_texts(row) for row in rows]
    lines.insert(0, {head: head for head in _HEAD})
    used = _used(lines[1:])
    widths = {head: max(len(line[head]) for line in lines) for head in used}
    return "\n".join(
        "  ".join(line[h].rjust(widths[h]) if h in _NUMBERS else line[h].ljust(widths[h]) for h in used).rstrip()
        for line in lines
    )


def html_table(rows: Iterable[StreamRow], *, title: str = "") -> str:
    """Return the table as HTML without scripts; columns that say nothing are left out.

    Parameters
    ----------
    rows
        One per stream.
    title
        Where they come from; shown above the table.
    """
    lines = [row_texts(row) for row in rows]
    keep = _used(lines)
    caption = f'<caption style="{_CAPTION_STYLE}">{escape(title)}</caption>' if title else ""
    head = "".join(f'<th scope="col" style="{_style(name)}">{name}</th>' for name in keep)
    body = "".join(
        "<tr>" + "".join(f'<td style="{_style(name)}">{_marked(name, line[name])}</td>' for name in keep) + "</tr>"
        for line in lines
    )
    if not lines:
        body = f'<tr><td colspan="{len(keep)}">no streams yet</td></tr>'
    parts = f"{caption}<thead><tr>{head}</tr></thead><tbody>{body}</tbody>"
    return f'<table class="livedata-streams" style="{_STYLE}">{parts}</table>'


def _style(head: str) -> str:
    align = "right" if head in _NUMBERS else "left"
    wrap = "normal" if head == "remarks" else "nowrap"
    return f"text-align:{align};white-space:{wrap};padding:2px 10px;border-bottom:1px solid #8886"


def _marked(head: str, text: str) -> str:
    if head in ("malformed", "lost") and text:
        return f"<b>▲ {escape(text)}</b>"
    return f"<b>{escape(text)}</b>" if head == "stream" else escape(text)


def _title(streams: Any) -> str:
    return str(getattr(streams, "where", ""))


class StillTable:
    """The table where nothing can refresh: HTML and text of the moment it is shown."""

    def __init__(self, streams: Any) -> None:
        self._streams = streams

    def _repr_html_(self) -> str:
        return html_table(self._streams.table(), title=_title(self._streams))

    def __repr__(self) -> str:
        return repr(self._streams)


class TablePanel:
    """The refreshing table.

    Parameters
    ----------
    streams
        Has ``table()``; held weakly, the panel ends with it.
    cell
        The cell that shows it.
    wake
        Wakes the display thread.
    """

    def __init__(self, streams: Any, *, cell: Cell, wake: Callable[[], None]) -> None:
        from bokeh.models import Spacer
        from ipywidgets import HTML, VBox

        from .link import Link

        self.name, self.cell = f"streams {_title(streams)}", cell
        self._streams = weakref.ref(streams)
        self._wake = wake
        self._closing = self._gone = False
        # Nothing to see in the layout: it is there for the browser's answers, which pace the table.
        self.link = Link(Spacer(width=0, height=0), {}, wake)
        self._table = HTML(html_table(streams.table(), title=_title(streams)))
        self.widget = VBox([self._table, self.link])

    @property
    def is_closed(self) -> bool:
        """Whether it has been asked to end."""
        return self._closing

    def close(self) -> None:
        """Ask for the end."""
        self._closing = True
        self._wake()

    def dispose(self) -> object | None:
        """Take the widget away."""
        if not self._gone:
            self._gone = True
            for widget in (self.widget, self._table, self.link):
                widget.close()
        return None

    def fail(self, error: Exception) -> None:
        """Show an error in place of the table."""
        said = f"<b>✕ the table cannot be made: {escape(f'{type(error).__name__}: {error}')}</b>"
        if self._table.value != said:
            self._table.value = said

    def step(self, now: float, interval_s: float, *, is_busy: bool) -> float:
        """Refresh the table once a second while somebody looks."""
        streams = self._streams()
        if streams is None:
            self.close()
            return now
        todo, due = self.link.pace.next_step(now, max(REFRESH_S, interval_s), is_busy=is_busy)
        if todo == "wait":
            return due
        if todo == "frame":
            self._table.value = html_table(streams.table(), title=_title(streams))
        with self.link.frame():
            pass
        return now + REFRESH_S
