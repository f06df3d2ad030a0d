"""What the demo shows while it runs: pictures and rates in a terminal, plain lines anywhere else."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING

import typer

from .output import terminal_size

if TYPE_CHECKING:
    from rich.console import RenderableType

    from ..nexus import Recording
    from ..reduce.view import View
    from ..session.live import LiveStreams

FRAMES_PER_S = 4
SECONDS_A_LINE = 2.0
LARGEST_PICTURE = 26
"""In lines."""
OTHER_LINES = 14
"""What stands around the pictures."""


def show(live: LiveStreams, views: dict[str, View], recording: Recording, seconds: float) -> None:
    """Show the views and the recording for some seconds, or until Ctrl-C ends the demo."""
    end = time.monotonic() + seconds
    if not sys.stdout.isatty():
        while (left := end - time.monotonic()) > 0:
            time.sleep(min(left, SECONDS_A_LINE))
            typer.echo(line(views, recording))
        return
    from rich.live import Live

    with Live(refresh_per_second=FRAMES_PER_S, transient=False) as screen:
        while (left := end - time.monotonic()) > 0:
            screen.update(frame(live, views, recording, left))
            time.sleep(min(left, 1 / FRAMES_PER_S))


def line(views: dict[str, View], recording: Recording) -> str:
    """Return how it goes in one line."""
    view = views["detector spectrum"]
    age = "no data yet" if view.age_s is None else f"{view.age_s:.1f} s old"
    return f"detector: {view.ledger.seen:,} events, {view.events_per_s:,.0f} /s, {age}; {recording}"


def frame(live: LiveStreams, views: dict[str, View], recording: Recording, left_s: float) -> RenderableType:
    """Return image, spectrum and the table of streams as one picture of the terminal's width."""
    from rich.console import Group
    from rich.table import Table
    from rich.text import Text

    from ..panels import draw
    from ..panels.table import text_table

    image, spectrum = views["detector image"], views["detector spectrum"]
    columns, lines = terminal_size()
    height = max(6, min(LARGEST_PICTURE, lines - OTHER_LINES, columns // 4))
    width = 2 * height  # a character is twice as high as wide: the image comes out square
    seen = draw(image.picture(), name="detector", width=width, height=height, is_colour=True)
    counted = draw(spectrum.picture(), name="spectrum", width=max(20, columns - width - 4), height=height)
    pictures = Table.grid(padding=(0, 2))
    pictures.add_row(Text.from_ansi(seen), Text(counted, no_wrap=True, overflow="crop"))
    return Group(
        Text(f"livedata demo: {left_s:.0f} s to go", style="bold"),
        pictures,
        Text(text_table(live.table())),
        Text(str(recording)),
    )
