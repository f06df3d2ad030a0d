"""``livedata histogram``: the spectrum of one stream of a file or a broker."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Annotated

import typer

from ..errors import ArgumentError
from .output import print_json, terminal_size
from .target import everything_now, is_file, opened

if TYPE_CHECKING:
    from ..reduce.axis import Axis
    from ..reduce.result.snapshot import Snapshot
    from ..reduce.view import View
    from ..session import Streams


def histogram(
    target: Annotated[
        str, typer.Argument(metavar="FILE|URL", help="A NeXus file, or kafka://host:port.", show_default=False)
    ],
    stream: Annotated[str, typer.Option(metavar="NAME", help="The stream, as info names it.", show_default=False)],
    toa: Annotated[
        str,
        typer.Option(
            metavar="START:STOP:N", help="N bins in time of arrival; the stop is excluded.", show_default=False
        ),
    ],
    unit: Annotated[str, typer.Option(help="Of START and STOP.")] = "ns",
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document and nothing else.")] = False,
    topics: Annotated[
        str | None, typer.Option(metavar="PATTERN", help="Only these topics of a broker, such as 'SANS2D_*'.")
    ] = None,
    seconds: Annotated[
        float | None,
        typer.Option(
            metavar="N", min=0, help="Count what a broker's topic gets from now on, for so long; else all it has."
        ),
    ] = None,
) -> None:
    """Count the events of a stream in bins of time of arrival."""
    from ..reduce.axis import parse_bins

    axis = parse_bins(toa, unit)
    with opened(target, topics=topics) as streams:
        snapshot = count(streams, stream, axis, target, seconds)
    if as_json:
        print_json(snapshot.to_dict())
    else:
        from ..panels import draw

        typer.echo(draw(snapshot, name=stream, width=min(terminal_size()[0], 120)))
        typer.echo(str(snapshot.ledger))


def count(streams: Streams, name: str, axis: Axis, target: str, seconds: float | None) -> Snapshot:
    """Return the histogram of a file, of all that a topic holds, or of what it gets in some seconds."""
    chosen = streams[name]
    if chosen.kind != "events":
        raise ArgumentError(f"{chosen.name!r} is no stream of events but {chosen.kind}; a spectrum needs events")
    if is_file(target) and seconds is not None:
        raise ArgumentError("--seconds: a file is counted whole; the option is for a broker")
    view: View = chosen.histogram(toa=axis)
    if seconds is not None:
        time.sleep(seconds)
    elif not view.is_finite:
        view.stop()
        view = view.over(everything_now(target, chosen.key.topic))
    return view.snapshot()
