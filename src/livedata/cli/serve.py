"""``livedata serve``: histograms by command, as just-bin-it makes them."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import typer

from .interrupt import until_interrupted
from .target import refuse_file, refuse_memory


def serve(
    url: Annotated[str, typer.Argument(metavar="URL", help="The broker: kafka://host:port.", show_default=False)],
    commands: Annotated[str, typer.Option(metavar="TOPIC", help="Where commands are listened to.", show_default=False)],
    responses: Annotated[
        str | None, typer.Option(metavar="TOPIC", help="Where commands with a msg_id are answered.")
    ] = None,
    heartbeat: Annotated[
        str | None, typer.Option(metavar="TOPIC", help="Where a sign of life is sent every second.")
    ] = None,
    topic: Annotated[
        str | None, typer.Option(metavar="TOPIC", help="Where histograms go whose command names no topic.")
    ] = None,
    instrument: Annotated[
        str | None, typer.Option(metavar="FILE", help="Says where pixels stand, for views of our own.")
    ] = None,
    graphite: Annotated[
        str | None, typer.Option(metavar="FILE", help="JSON that says where statistics go, as just-bin-it has it.")
    ] = None,
    name: Annotated[str, typer.Option(help="Name of this service, in heartbeats and histograms.")] = "livedata",
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on with what was commanded last before the start.")
    ] = False,
) -> None:
    """Count histograms as JSON commands on a topic ask for it, and publish them twice a second."""
    refuse_file(url)
    refuse_memory(url)
    from ..service.service import Service, Topics

    service = Service(
        url,
        Topics(commands, responses, heartbeat, topic),
        name=name,
        resume=resume,
        instrument=instrument,
        graphite=graphite,
        say=_say,
    )
    try:
        with until_interrupted():
            service.run()
    finally:
        service.close()


def _say(line: str) -> None:
    shown = "".join(c if c.isprintable() else "?" for c in line)
    typer.echo(f"{datetime.now().astimezone().isoformat(timespec='seconds')} {shown}", err=True)
