"""``livedata replay``: send a file's events and logs to a broker, as they once came."""

from __future__ import annotations

from contextlib import nullcontext
from enum import StrEnum
from typing import Annotated, Literal

import typer

from .interrupt import until_interrupted
from .output import print_table


class Times(StrEnum):
    """Which times the messages carry."""

    now = "now"
    original = "original"


def replay(
    file: Annotated[str, typer.Argument(metavar="FILE", help="A NeXus file with events or logs.", show_default=False)],
    to: Annotated[str, typer.Option("--to", metavar="URL", help="The broker: kafka://host:port.", show_default=False)],
    speed: Annotated[str, typer.Option(metavar="X", help="1 is real time; 10 is ten times faster; or max.")] = "1",
    times: Annotated[Times, typer.Option(help="Times moved to now, or as they are in the file.")] = Times.now,
    loop: Annotated[bool, typer.Option("--loop", help="Begin again at the end, until Ctrl-C.")] = False,
    topics: Annotated[
        str | None, typer.Option(metavar="PREFIX", help="Name of the topics before the underscore; else the file's.")
    ] = None,
) -> None:
    """Send a NeXus file's events and logs to a broker, entry by entry."""
    from .. import session

    handle = session.replay(file, to=to, speed=_speed(speed), loop=loop, times=times.value, topics=topics)
    try:
        with until_interrupted() if loop else nullcontext():
            handle.wait()
    finally:
        handle.stop(wait=True)
    rows = [(name, sent.messages, sent.entries, sent.events) for name, sent in handle.sent.items()]
    print_table(("stream", "messages", "entries", "events"), rows)
    for left in handle.not_sent:
        typer.echo(f"not sent: {left.name}: {left.what} ({left.count:,})")
    topics_used = ", ".join((handle.events_topic, handle.logs_topic, handle.runs_topic))
    typer.echo(f"{handle.delivered:,} messages delivered to {handle.url}, topics {topics_used}")


def _speed(text: str) -> float | Literal["max"]:
    if text == "max":
        return "max"
    try:
        return float(text)
    except ValueError:
        raise typer.BadParameter(f"{text!r} is neither a number nor 'max'", param_hint="--speed") from None
