"""A topic full of messages, for as long as a ``with`` block."""

from __future__ import annotations

import contextlib
import time
import uuid
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from confluent_kafka.admin import AdminClient

from livedata.schemas import encode_ev44
from livedata.transport import open_transport

from .events import events

EVENT_BYTES = 8
SOURCE = "detector"


@dataclass(frozen=True, slots=True)
class Topic:
    """What lies on a broker."""

    url: str
    name: str
    partitions: int
    messages: int
    events: int
    nbytes: int


@contextlib.contextmanager
def filled_topic(url: str, *, message_bytes: int, total_bytes: int, partitions: int = 1) -> Iterator[Topic]:
    """Fill a topic with events in messages of about `message_bytes`, and delete it afterwards."""
    per_message = message_bytes // EVENT_BYTES
    n = max(8 * partitions, total_bytes // message_bytes)
    now = time.time_ns()
    kept = [
        encode_ev44(SOURCE, i, [now + 71_430_000 * i], [0], toa, ids)
        for i, (ids, toa) in enumerate(events(per_message, seed) for seed in range(min(n, 16)))
    ]
    values = (kept[i % len(kept)] for i in range(n))
    with topic_with(url, values, partitions=partitions, events_per_message=per_message) as topic:
        yield topic


@contextlib.contextmanager
def topic_with(url: str, values: Iterable[bytes], *, partitions: int, events_per_message: int = 0) -> Iterator[Topic]:
    """Fill a topic with messages, dealt out to its partitions, and delete it afterwards."""
    name = f"bench-{uuid.uuid4().hex[:8]}"
    transport = open_transport(url)
    try:
        transport.create_topic(name, partitions=partitions)
        producer = transport.producer()
        n, nbytes = 0, 0
        for value in values:
            producer.produce(name, value, partition=n % partitions)
            n, nbytes = n + 1, nbytes + len(value)
        left = producer.flush(300.0)
        producer.close()
        if left:
            raise TimeoutError(f"{left} of {n} messages could not be produced to {url} within 300 s")
        yield Topic(url, name, partitions, n, n * events_per_message, nbytes)
    finally:
        transport.close()
        admin = AdminClient({"bootstrap.servers": url.removeprefix("kafka://")})
        for deleted in admin.delete_topics([name]).values():
            with contextlib.suppress(Exception):
                deleted.result(30.0)
