"""A topic full of ev44 messages of one size, for as long as a ``with`` block."""

from __future__ import annotations

import contextlib
import time
import uuid
from collections.abc import Iterator
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
    """Fill a topic with messages of about `message_bytes`, and delete it afterwards."""
    name = f"bench-{uuid.uuid4().hex[:8]}"
    per_message = message_bytes // EVENT_BYTES
    n = max(8 * partitions, total_bytes // message_bytes)
    now = time.time_ns()
    kept = [
        encode_ev44(SOURCE, i, [now + 71_430_000 * i], [0], toa, ids)
        for i, (ids, toa) in enumerate(events(per_message, seed) for seed in range(min(n, 16)))
    ]
    transport = open_transport(url)
    try:
        transport.create_topic(name, partitions=partitions)
        producer = transport.producer()
        for i in range(n):
            producer.produce(name, kept[i % len(kept)], partition=i % partitions)
        left = producer.flush(300.0)
        producer.close()
        if left:
            raise TimeoutError(f"{left} of {n} messages could not be produced to {url} within 300 s")
        sizes = [len(kept[i % len(kept)]) for i in range(n)]
        yield Topic(url, name, partitions, n, n * per_message, sum(sizes))
    finally:
        transport.close()
        admin = AdminClient({"bootstrap.servers": url.removeprefix("kafka://")})
        for deleted in admin.delete_topics([name]).values():
            with contextlib.suppress(Exception):
                deleted.result(30.0)
