"""The last messages of a topic, looked into: as a table, and as typed messages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import overload

from .. import schemas
from ..schemas.show.html import message_html
from ..schemas.show.wording import clean
from ..transport.protocol import Transport
from .seen import Seen, look
from .tail import find_topics, last_records

_HTML_BUDGET = 150_000
_HEAD = ("time", "topic", "partition/offset", "schema", "source", "what it says")
_TABLE = "border-collapse:collapse;font-size:13px;font-variant-numeric:tabular-nums;color:inherit"
_CAPTION = "text-align:left;caption-side:top;color:inherit;padding-bottom:4px"
_CELL = "text-align:left;vertical-align:top;padding:2px 10px;border-bottom:1px solid #8886"
# A date may stand above its time, and a long name be broken: what a message says needs the room.
_WIDTHS = (
    "",
    "",
    "white-space:nowrap",
    "white-space:nowrap",
    "overflow-wrap:anywhere;min-width:7em",
    "overflow-wrap:anywhere;min-width:24em",
)


@dataclass(frozen=True, slots=True, eq=False)
class Peek(Sequence[Seen]):
    """The last messages of a topic. Shows itself as a table; get one from ``live.peek(topic)``."""

    seen: tuple[Seen, ...]
    """Oldest first, by record time."""
    title: str = ""
    note: str = ""
    """Why there may be more of them."""

    @property
    def messages(self) -> list[schemas.Message]:
        """The typed messages; those that could not be decoded are left out."""
        return [seen.message for seen in self.seen if seen.message is not None]

    @overload
    def __getitem__(self, index: int) -> Seen: ...
    @overload
    def __getitem__(self, index: slice) -> Peek: ...
    def __getitem__(self, index: int | slice) -> Seen | Peek:
        if isinstance(index, slice):
            return Peek(self.seen[index], self.title, self.note)
        return self.seen[index]

    def __len__(self) -> int:
        return len(self.seen)

    def __repr__(self) -> str:
        lines = [lined(seen) for seen in self.seen]
        widths = [max((len(line[i]) for line in lines), default=0) for i in range(len(_HEAD) - 1)]
        texts = ["  ".join([*map(str.ljust, line, widths), line[-1]]) for line in lines]
        said = [
            text + (f"  ! {seen.warnings}" if seen.remarks else "") for text, seen in zip(texts, self.seen, strict=True)
        ]
        return "\n".join([f"<{self._headline()}>", *said])

    def _headline(self) -> str:
        count = f"{len(self)} message{'' if len(self) == 1 else 's'}"
        return f"{clean(self.title, 200)}: {count if self.seen else 'no messages'}" + (
            f"; {self.note}" if self.note else ""
        )

    def _repr_html_(self) -> str:
        left = _HTML_BUDGET
        rows = []
        for seen in self.seen:
            rows.append(_row_html(seen, max(left, 0)))
            left -= len(rows[-1])
        head = "".join(f'<th scope="col" style="{_CELL}">{name.replace("/", "/<wbr>")}</th>' for name in _HEAD)
        caption = f'<caption style="{_CAPTION}"><b>{escape(self._headline())}</b></caption>'
        body = f"<thead><tr>{head}</tr></thead><tbody>{''.join(rows)}</tbody>" if rows else ""
        return f'<table class="livedata-peek" style="{_TABLE}">{caption}{body}</table>'


def lined(seen: Seen) -> tuple[str, ...]:
    """Return time, topic, place, schema, source and summary of a message, all printable."""
    topic, schema = clean(seen.record.topic, 249), clean(seen.schema)
    return seen.time, topic, seen.place, schema, clean(seen.source, 80), seen.summary


def _row_html(seen: Seen, budget: int) -> str:
    *cells, said = (escape(text) for text in lined(seen))
    if seen.message is None:
        said = f"<b>▲ {said}</b>"
    elif budget:
        inner = message_html(seen.message, budget=min(budget, 15_000), is_explained=False)
        said = f'<details><summary style="cursor:pointer">{said}</summary>{inner}</details>'
    odd = f"<div>▲ {escape(seen.warnings)}</div>" if seen.remarks else ""
    row = zip([*cells, said + odd], _WIDTHS, strict=True)
    return "<tr>" + "".join(f'<td style="{_CELL};{width}">{cell}</td>' for cell, width in row) + "</tr>"


def peek(
    transport: Transport, topic: str, n: int = 10, *, schema: str | None = None, source: str | None = None
) -> Peek:
    """Return the last messages of a topic, looked into.

    Parameters
    ----------
    transport
        Where the topic is.
    topic
        Name or pattern (``*``, ``?``).
    n
        How many, at most.
    schema, source
        Only messages of this schema id, of this source (or pattern).

    Raises
    ------
    TransportError
        If there is no such topic; names the near misses.
    """
    tail = last_records(transport, find_topics(transport, [topic]), n, schema=schema, source=source)
    wanted = [text for text in (schema, source) if text]
    return Peek(tuple(look(record) for record in tail.records), " ".join([topic, *wanted]), tail.note)
