"""Many small messages, from a Kafka topic into timelines, beside decoding them one by one."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterator

import streaming_data_types as esspy
from streaming_data_types.utils import get_schema

from livedata import schemas
from livedata.streams.connection import Connection
from livedata.testing.broker import shared_kafka
from livedata.transport import open_transport

from .measure import Row, compare, in_turns, plain
from .reading import TIMEOUT_S, messages_of
from .topic import Topic, topic_with

MESSAGES = 1_000_000
SOURCES = tuple(f"SIM:{'Sample:Environment:'[: i % 20]}device-{i}" for i in range(500))
FACETS = ("value", "alarm", "connection")
LOOK_S = 0.002


def rows(*, quick: bool, turns: int) -> Iterator[Row]:
    """Read a million messages of 500 process variables: values, and every tenth an alarm or a connection state."""
    n = 20_000 if quick else MESSAGES
    with shared_kafka() as url, topic_with(url, messages(n), partitions=2) as topic:
        costs = in_turns(
            {"ours": plain(lambda: together(topic)), "esspy": plain(lambda: one_by_one(topic))}, turns=turns
        )
        yield compare(
            "Kafka to timelines, small messages",
            "messages/s",
            n,
            costs,
            peer="esspy",
            target=3.4,
            note=f"{n:,} messages f144, al00 and ep01 of {len(SOURCES)} sources. Ours: verified, sorted by time, "
            "connecting included; wanted are 200,000/s. esspy: ess-streaming-data-types, one by one into lists",
        )


def messages(n: int) -> Iterator[bytes]:
    """Make what a forwarder sends."""
    alarm, connection = schemas.message_class("al00"), schemas.message_class("ep01")
    now = time.time_ns() - n * 1000
    for i in range(n):
        source, at = SOURCES[i * 7 % len(SOURCES)], now + i * 1000
        if i % 20 == 18:
            yield schemas.encode(alarm(source_name=source, timestamp=at, severity=i % 3, message="HIHI"))
        elif i % 20 == 19:
            yield schemas.encode(connection(source_name=source, timestamp=at, status=2, service_id="forwarder"))
        else:
            yield schemas.encode_f144(source, at, i + 0.5)


def together(topic: Topic) -> int:
    """Read all messages through a connection; return how many samples its timelines hold, in order."""
    connection = Connection(open_transport(topic.url), topics=[topic.name], start="earliest")
    try:
        connection.watch(topic.name)
        deadline = time.monotonic() + TIMEOUT_S
        while (ledger := connection.topic_ledgers.get(topic.name)) is None or ledger.messages < topic.messages:
            if time.monotonic() > deadline:
                raise TimeoutError(f"{topic.messages} messages did not come within {TIMEOUT_S:.0f} s")
            time.sleep(LOOK_S)
        with connection.book.lock:  # whoever holds it has not yet handed on the last of them
            timelines = list(connection.book.logs.values())
        n = sum(len(timeline.facet(facet)) for timeline in timelines for facet in FACETS)
    finally:
        connection.close()
    return _checked(n, topic)


def one_by_one(topic: Topic) -> int:
    """Read and decode message by message; return how many samples are in the lists."""
    timelines: dict[tuple[str, str], list[object]] = defaultdict(list)
    for message in messages_of(topic):
        value = message.value()
        schema = get_schema(value)
        sample = esspy.DESERIALISERS[schema](value)
        timelines[sample.source if schema == "al00" else sample.source_name, schema].append(sample)
    return _checked(sum(map(len, timelines.values())), topic)


def _checked(n: int, topic: Topic) -> int:
    if n != topic.messages:
        raise AssertionError(f"{n:,} samples of {topic.messages:,} arrived")
    return n
