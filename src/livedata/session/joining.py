"""Several banks as one detector."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING

from ..errors import ArgumentError
from ..streams.row import StreamRow
from .eventstream import EventStream

if TYPE_CHECKING:
    from ..reduce.pixels.layout import Layout


def join(streams: Iterable[EventStream], layout: Layout | None = None, *, name: str = "joined") -> EventStream:
    """Return several streams of events as one: its views count the events of all.

    Parameters
    ----------
    streams
        Of one connection or one file. Their pixel numbers may overlap: pixels are then numbered anew.
    layout
        How the joint detector is arranged; None stacks banks of the same width upon each other.
    name
        What the joint stream is called.

    Raises
    ------
    ArgumentError
        If something is no stream of events, a stream comes twice, or they are of different connections or files.

    Examples
    --------
    >>> detector = ld.join([run["bank1_events"], run["bank2_events"]])  # doctest: +SKIP
    """
    from ..reduce.pixels.joined import join_events

    banks = list(streams)
    for bank in banks:
        if not isinstance(bank, EventStream):
            raise ArgumentError(f"join({bank!r}): expected streams of events, such as live['bank1']")
    places = sorted({bank.setting.where for bank in banks})
    if len(places) > 1:
        raise ArgumentError(
            f"join of streams from {' and '.join(places)}; expected those of one connection or one file"
        )
    parts = [(bank.name, bank.feed, bank.layout, bank.geometry) for bank in banks]
    feed, joint, geometry = join_events(parts, layout)
    first = banks[0].setting
    setting = replace(first, name=name, layout=joint, geometry=cache(lambda: geometry))

    def row() -> StreamRow:
        rows = [bank.row for bank in banks]
        return StreamRow(
            name=name,
            kind="events",
            rate=sum(r.rate for r in rows),
            age_s=min((r.age_s for r in rows if r.age_s is not None), default=None),
            messages=sum(r.messages for r in rows),
            events=sum(r.events for r in rows),
            remarks=(f"{len(banks)} streams joined",),
        )

    return EventStream(name, None, row, feed=feed, setting=setting)
