"""``livedata topics``: what a broker's topics hold and carry."""

from __future__ import annotations

import time
from itertools import islice
from typing import TYPE_CHECKING, Annotated, Any

import typer

from .output import print_json, print_table
from .target import refuse_file, refuse_memory

if TYPE_CHECKING:
    from ..session.topics import Topic

SHOWN_SOURCES = 3


def topics(
    url: Annotated[str, typer.Argument(metavar="URL", help="The broker: kafka://host:port.", show_default=False)],
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document and nothing else.")] = False,
    patterns: Annotated[
        list[str] | None,
        typer.Option("--topics", metavar="PATTERN", help="Only these topics, such as 'SANS2D_*'.", show_default=False),
    ] = None,
    seconds: Annotated[
        float, typer.Option(metavar="N", min=0.1, max=3600, help="How long to sample messages, at most.")
    ] = 5.0,
) -> None:
    """List a broker's topics: sizes, rates, schemas and sources. What has a ~ is from a sample of the last messages."""
    refuse_file(url)
    refuse_memory(url)
    from ..session.tail import find_topics
    from ..session.topics import survey_topics
    from ..transport import open_transport

    transport = open_transport(url)
    try:
        now_ms = time.time_ns() // 10**6
        found = survey_topics(transport, find_topics(transport, patterns), seconds=seconds, now_ms=now_ms)
        where = transport.url
    finally:
        transport.close()
    if as_json:
        print_json({"url": where, "topics": {topic.name: describe(topic, now_ms) for topic in found}})
    elif found:
        heads = ("topic", "partitions", "messages", "~size", "~rate", "schemas", "sources", "newest", "age", "remarks")
        print_table(heads, [_row(topic, now_ms) for topic in found])
    else:
        typer.echo(f"{where} has no topics.")
    if n := sum(1 for topic in found if topic.messages and not topic.n_sampled):
        typer.echo(f"livedata: {n} of {len(found)} topics were not sampled in {seconds:g} s; try --seconds", err=True)


def describe(topic: Topic, now_ms: int) -> dict[str, Any]:
    """Return what is known of a topic, for JSON. Sizes in bytes, rates in messages per second, times in seconds."""
    return {
        "partitions": topic.partitions,
        "messages": topic.messages,
        "sampled": topic.n_sampled,
        "bytes_estimated": topic.bytes,
        "rate_estimated": topic.rate,
        "schemas": dict(topic.schemas.most_common()),
        "sources": topic.ranked_sources,
        "newest_ms": topic.newest_ms,
        "age_s": None if topic.newest_ms is None else (now_ms - topic.newest_ms) / 1000,
        "remarks": list(topic.remarks),
    }


def _row(topic: Topic, now_ms: int) -> list[object]:
    from ..reduce.show import wording
    from ..schemas.show.wording import clean, utc
    from ..streams.clock import describe_age

    names = [clean(name, 30) for name in islice(topic.ranked_sources, SHOWN_SOURCES)]
    n_more = len(topic.sources) - len(names)
    at = topic.newest_ms
    return [
        topic.name,
        topic.partitions,
        topic.messages,
        f"{wording.short(topic.bytes)}B" if topic.bytes is not None else "",
        f"{wording.short(topic.rate)} /s" if topic.rate is not None else "",
        " ".join(clean(id) for id, _ in topic.schemas.most_common()),
        ", ".join([*names, f"{n_more} more"] if n_more else names),
        utc(at, "ms")[:19] if at is not None else "",
        describe_age(at * 10**6, now_ms * 10**6) if at is not None else "",
        clean("; ".join(topic.remarks), 120),
    ]
