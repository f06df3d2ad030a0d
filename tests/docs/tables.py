"""The tables of the guide that say what the code says; ``python -m tests.docs.tables`` writes them anew."""

from __future__ import annotations

import inspect
import re
from pathlib import Path

import livedata as ld
from livedata.reduce.physics.names import COORDINATES

GUIDE = Path(__file__).resolve().parents[2] / "docs" / "guide" / "views.md"
FALL = "; with gravity=True"


def coordinates():
    """Return the table of coordinates."""
    rows = [f"| `{name}` | {c.unit} | {c.about.split(FALL)[0]} |" for name, c in COORDINATES.items()]
    return "\n".join(["| name | computed in | what it is |", "|---|---|---|", *rows, ""])


def flight():
    """Return the table of what `flight` takes, by its docstring."""
    text = inspect.getdoc(ld.flight).split("Parameters\n----------\n")[1].split("\n\nExamples")[0]
    parts = re.findall(r"^(\S.*)\n((?: {4}.*\n?)+)", text, re.MULTILINE)
    rows = []
    for names, said in parts:
        quoted = ", ".join(f"`{name}`" for name in names.split(", "))
        rows.append(f"| {quoted} | {' '.join(said.split()).replace('``', '`')} |")
    return "\n".join(["| setting | what it says |", "|---|---|", *rows, ""])


TABLES = {"coordinates": coordinates, "flight": flight}


def held(text, name):
    """Return the part of a page between the marks of a table."""
    return re.search(rf"<!-- {name} -->\n(.*?)<!-- end -->", text, re.DOTALL)


def write():
    """Put the tables as they should be into the guide."""
    text = GUIDE.read_text(encoding="utf-8")
    for name, table in TABLES.items():
        found = held(text, name)
        text = text[: found.start(1)] + table() + text[found.end(1) :]
    GUIDE.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    write()
