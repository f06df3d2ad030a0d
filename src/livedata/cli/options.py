"""Options that several commands have in common."""

from __future__ import annotations

from typing import Annotated

import typer

AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document and nothing else.")]
Topics = Annotated[
    str | None, typer.Option(metavar="PATTERN", help="Only these topics of a broker, such as 'SANS2D_*'.")
]
Seconds = Annotated[
    float | None,
    typer.Option(
        metavar="N", min=0, help="Count what a broker's topic gets from now on, for so long; else all it has."
    ),
]
