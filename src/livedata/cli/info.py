"""``livedata info``: which streams a file or a broker has."""

from __future__ import annotations

import time
from typing import Annotated, Any

import typer

from .options import AsJson, Topics
from .output import print_json, print_table
from .target import check_file, is_file, opened, refuse_topics

FOR_PROGRAMS = ("aliases", "shape", "dtype", "topic", "source")
"""Facts that only the JSON document tells."""


def info(
    target: Annotated[
        str, typer.Argument(metavar="FILE|URL", help="A NeXus file, or kafka://host:port.", show_default=False)
    ],
    as_json: AsJson = False,
    topics: Topics = None,
    seconds: Annotated[
        float, typer.Option(metavar="N", min=0, max=3600, help="How long to look at a broker's topics.")
    ] = 3.0,
) -> None:
    """List the streams of a file or a broker."""
    if is_file(target):
        refuse_topics(topics)
        document = describe_file(target)
    else:
        document = describe_broker(target, topics, seconds)
    if as_json:
        print_json(document)
        return
    rows = [{"stream": name} | facts for name, facts in document["streams"].items()]
    if not rows:
        typer.echo(f"{target} has no streams.")
        return
    headings = [key for key in dict.fromkeys(key for row in rows for key in row) if key not in FOR_PROGRAMS]
    print_table(headings, [[_shown(row.get(key)) for key in headings] for row in rows])


def describe_file(path: str) -> dict[str, Any]:
    """Return what a file holds; nothing but shapes and reference times is read."""
    from ..nexus import open_file

    check_file(path)
    return {"file": path, "streams": {name: stream.to_dict() for name, stream in open_file(path).streams.items()}}


def describe_broker(url: str, topics: str | None, seconds: float) -> dict[str, Any]:
    """Look at a broker's topics for a while and return what was found."""
    with opened(url, topics=topics) as streams:
        len(streams)  # waits until every topic was looked at
        time.sleep(seconds)
        described = {}
        rows = streams.table()
        unsound = {row.name: row.malformed for row in rows if row.kind == "topic"}
        for row in rows:
            if row.kind == "topic":
                continue
            key = streams[row.name].key
            described[row.name] = {
                "kind": row.kind,
                "path": key.topic if key else "",
                "source": key.source if key else "",
                "schema": row.schema,
                "rate": row.rate,
                "messages": row.messages,
                "events" if row.kind == "events" else "points": row.events if row.kind == "events" else row.samples,
                "malformed": row.malformed,
                "lost": row.lost,
                "last": row.last,
                "remarks": list(row.remarks),
            }
        return {"url": streams.where, "streams": described, "unsound": unsound}


def _shown(value: object) -> object:
    return "; ".join(map(str, value)) if isinstance(value, list) else value
