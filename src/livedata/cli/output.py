"""What commands print: tables for people, one JSON document for programs."""

from __future__ import annotations

import json
import math
import shutil
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import typer


def print_json(document: Mapping[str, Any]) -> None:
    """Print one JSON document; numbers that JSON does not know are an error, not `NaN`."""
    typer.echo(json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False))


def print_table(headings: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Print a table; columns that are empty in all rows are left out, numbers stand to the right."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    used = [i for i in range(len(headings)) if any(row[i] not in (None, "") for row in rows)]
    table = Table(box=None, pad_edge=False)
    for i in used:
        numeric = all(isinstance(row[i], int | float | None) for row in rows)
        table.add_column(headings[i], justify="right" if numeric else "left", overflow="fold")
    for row in rows:
        # Text from files and topics is shown as it is: never read as markup.
        table.add_row(*(Text(_cell(row[i])) for i in used))
    if sys.stdout.isatty():
        Console().print(table)
        return
    # In a pipe there is no width to respect: lines stay whole, and end where their text ends.
    whole = Console(width=10_000)
    with whole.capture() as printed:
        whole.print(table)
    for line in printed.get().splitlines():
        typer.echo(line.rstrip())


def terminal_size() -> tuple[int, int]:
    """Return how many columns and lines a terminal has; a common size where there is none."""
    size = shutil.get_terminal_size((120, 40))
    return size.columns, size.lines


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, int):
        return f"{value:,}"
    text = f"{value:.4g}" if isinstance(value, float) else str(value)
    return "".join(c if c.isprintable() else "?" for c in text)


@contextmanager
def status_line(every_s: float = 10.0) -> Iterator[Callable[[str], None]]:
    """Give a function that shows one line on stderr: always the same one in a terminal, else a new one now and then."""
    if sys.stderr.isatty():
        from rich.console import Console
        from rich.text import Text

        with Console(stderr=True).status("") as status:
            yield lambda text: status.update(Text(text))
        return
    said = -math.inf

    def say(text: str) -> None:
        nonlocal said
        if time.monotonic() - said >= every_s:
            said = time.monotonic()
            typer.echo(text, err=True)

    yield say
