"""``livedata record``: write a broker's topics into a NeXus file."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Annotated

import typer

from ..errors import ArgumentError
from .interrupt import until_interrupted
from .output import status_line
from .target import is_file, refuse_memory

if TYPE_CHECKING:
    from ..nexus import Recording

ENDED = ("finished", "failed")


def record(
    url: Annotated[str, typer.Argument(metavar="URL", help="The broker: kafka://host:port.", show_default=False)],
    out: Annotated[
        str,
        typer.Argument(
            metavar="OUT", help="The file; 'run_{number}.nxs' takes the next free number.", show_default=False
        ),
    ],
    topics: Annotated[
        str | None, typer.Option(metavar="PATTERN", help="Only these topics, such as 'SANS2D_*'.")
    ] = None,
    seconds: Annotated[
        float | None,
        typer.Option(metavar="N", min=0, help="Stop after so many seconds; else at Ctrl-C.", show_default=False),
    ] = None,
    start: Annotated[
        str, typer.Option(metavar="WHEN", help="now, earliest, a time such as 2026-01-31T12:00, or '-10 min'.")
    ] = "now",
    instrument: Annotated[
        str | None, typer.Option(metavar="FILE", help="Says which streams there are and where pixels stand.")
    ] = None,
) -> None:
    """Record all streams of a broker into a NeXus file, which gets its name when it is whole and checked."""
    from .. import session

    if is_file(url) and "/" in url:
        raise ArgumentError(f"{url} is a file; record takes a broker's address, such as kafka://host:port")
    refuse_memory(url)
    streams = session.connect(url, topics=topics, start=start, instrument=instrument)
    try:
        len(streams)  # waits until all topics were looked at: each log's last value is recorded, too
        recording = streams.record(out, start="connect")
        with until_interrupted():
            follow(recording, seconds)
        # A second Ctrl-C does not wait for the end of it; what is written stays under the temporary name.
        recording.stop(wait=True)
        typer.echo(str(recording))
    finally:
        streams.close()


def follow(recording: Recording, seconds: float | None) -> None:
    """Say how the recording gets on until the time is over or it ends by itself."""
    end = None if seconds is None else time.monotonic() + seconds
    with status_line() as say:
        while recording.state not in ENDED and (end is None or time.monotonic() < end):
            say(str(recording))
            time.sleep(0.2 if end is None else max(0.0, min(0.2, end - time.monotonic())))
