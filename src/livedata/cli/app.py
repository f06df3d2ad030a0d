"""All commands under one name. Modules of commands import only `typer` at their top, so that help comes at once."""

from __future__ import annotations

from typing import Annotated

import typer

from .. import __version__
from .broker import broker
from .decode import decode
from .demo import demo
from .histogram import histogram
from .info import info
from .record import record
from .reduce import reduce
from .replay import replay
from .serve import serve
from .topics import topics

app = typer.Typer(
    name="livedata",
    help="Live neutron and X-ray data: from Kafka to histograms, pictures and NeXus files.",
    add_completion=False,
    pretty_exceptions_enable=False,
)


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"livedata {__version__}")
        raise typer.Exit


@app.callback()
def options(
    version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version and end.")
    ] = False,
    debug: Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")] = False,
) -> None:
    """Hold the options that go before any command."""


for command in (demo, info, histogram, reduce, record, replay, serve, decode, topics, broker):
    app.command()(command)
