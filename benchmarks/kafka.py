"""From a Kafka topic to a live spectrum and image, beside a loop that only reads."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from statistics import median

from livedata.testing.broker import shared_kafka

from .measure import Cost, Row, Setting, Work, compare, in_turns, plain
from .reading import connected, poll_and_count, poll_and_drain, to_views
from .topic import Topic, filled_topic

MESSAGE_BYTES = 1_000_000
TOTAL_BYTES = 2_100_000_000


def rows(*, quick: bool, turns: int) -> Iterator[Row]:
    """Read 2 GB in messages of 1 MB into two views."""
    total = 40_000_000 if quick else TOTAL_BYTES
    with (
        shared_kafka() as url,
        filled_topic(url, message_bytes=MESSAGE_BYTES, total_bytes=total) as topic,
    ):
        costs = in_turns(works_of(topic), turns=turns)
        with_region = {name: costs.pop(f"{name}, with a region") for name in ("ours", "poll + kernels")}
        yield compare(
            "Kafka to spectrum + image, 1 MB messages",
            "GB/s",
            topic.nbytes / 1e9,
            costs,
            peer="bare poll and drain",
            cpu_peer="poll + kernels",
            target=0.9,
            cpu_target=1.25,
            note=f"{topic.nbytes / 1e9:.1f} GB a run; CPU against poll + kernels, which is decoding and the bare "
            f"kernels in the polling loop and reads {_speed(topic, costs['poll + kernels']):.2f} GB/s",
        )
        yield compare(
            "Kafka to spectrum + image + region's spectrum, 1 MB messages",
            "GB/s",
            topic.nbytes / 1e9,
            {**costs, **with_region},
            peer="bare poll and drain",
            cpu_peer="poll + kernels",
            target=0.85,
            cpu_target=1.25,
            note=f"poll + kernels reads {_speed(topic, with_region['poll + kernels']):.2f} GB/s",
        )


def _speed(topic: Topic, costs: list[Cost]) -> float:
    return topic.nbytes / 1e9 / median(cost.wall_s for cost in costs)


def works_of(topic: Topic) -> dict[str, Setting]:
    """Return the ways to read a topic."""

    def ours(with_region: bool) -> Setting:
        @contextlib.contextmanager
        def read() -> Iterator[Work]:
            with connected(topic) as live:
                yield lambda: to_views(live, topic, with_region=with_region)

        return read

    return {
        "ours": ours(False),
        "ours, with a region": ours(True),
        "bare poll and drain": plain(lambda: poll_and_drain(topic)),
        "poll + kernels": plain(lambda: poll_and_count(topic)),
        "poll + kernels, with a region": plain(lambda: poll_and_count(topic, with_region=True)),
    }
