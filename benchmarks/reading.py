"""Ways to read a whole topic: bare, with kernels in the same loop, and into views as everybody does."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import numpy as np
from confluent_kafka import Consumer, Message, TopicPartition

import livedata as ld
from livedata.reduce.fold import kernels
from livedata.reduce.fold.binning import binning
from livedata.schemas import decode_ev44
from livedata.transport.address import parse_address
from livedata.transport.kafka.config import consumer_config

from .events import PERIOD_NS, SIDE
from .topic import SOURCE, Topic

TIMEOUT_S = 300.0
REGION = {"x": (300, 700), "y": (200, 500)}
"""Of the image, in pixels."""


def poll_and_drain(topic: Topic) -> int:
    """Read every message and do nothing with it; return the bytes."""
    return sum(len(message.value()) for message in messages_of(topic))


def poll_and_count(topic: Topic, *, with_region: bool = False) -> int:
    """Read, decode and count the same as `to_views` with the bare kernels, in one loop; return the events."""
    even = binning(ld.bins(0, PERIOD_NS, n=1000).named("toa")).even
    assert even is not None
    bins = even.first, even.span, even.shift, even.scale
    width = 1000 + 2
    spectrum, image = np.zeros(width, np.uint32), np.zeros(SIDE * SIDE + 1, np.uint32)
    no_table, one = np.zeros(0, np.int32), np.uint32(1)
    spectra, is_inside = np.zeros(2 * width, np.uint32), np.zeros(SIDE * SIDE + 1, np.uint8)
    (left, right), (bottom, top) = REGION["x"], REGION["y"]
    is_inside[:-1].reshape(SIDE, SIDE)[bottom:top, left:right] = 1
    seen = 0
    for message in messages_of(topic, at_a_time=8):  # what is counted at once should still be in the cache
        content = decode_ev44(message.value())
        ids, times = content.pixel_id, content.time_of_flight
        kernels.count_even(times, *bins, spectrum, one)
        kernels.count_rows(ids, 1, SIDE * SIDE, no_table, image, one)
        if with_region:
            kernels.count_few(ids, 1, SIDE * SIDE, is_inside, times, *bins, width, spectra, one)
        seen += len(times)
    _check(topic, seen)
    return seen


def to_views(live: ld.Streams, topic: Topic, *, with_region: bool = False) -> int:
    """Read into a spectrum and an image of a connection, and the spectrum of a region; return the events."""
    detector, axis = live[SOURCE], ld.bins(0, PERIOD_NS, n=1000)
    spectrum, image = detector.histogram(toa=axis), detector.image(shape=(SIDE, SIDE))
    views = [spectrum, image]
    if with_region:
        views.append(image.region(ld.rectangle(**REGION)).spectrum(toa=axis))
    try:
        for view in views:
            view.wait(events=topic.events, timeout=TIMEOUT_S)
            _check(topic, view.ledger.seen)
            if not view.ledger.adds_up:
                raise AssertionError(f"the ledger of {view.name} does not add up: {view.ledger}")
        return int(spectrum.ledger.seen)
    finally:
        for view in views:
            view.stop()


@contextlib.contextmanager
def connected(topic: Topic) -> Iterator[ld.Streams]:
    """Connect to a topic from its beginning, and wait until its stream is known."""
    live = ld.connect(topic.url, topics=topic.name, start="earliest")
    try:
        live[SOURCE]
        yield live
    finally:
        live.close()


def messages_of(topic: Topic, *, at_a_time: int = 1000) -> Iterator[Message]:
    """Yield every message of a topic, with nothing between us and the client."""
    consumer = Consumer(consumer_config(parse_address(topic.url)))
    try:
        consumer.assign([TopicPartition(topic.name, p, 0) for p in range(topic.partitions)])
        left = topic.messages
        while left:
            first = consumer.poll(TIMEOUT_S)
            if first is None:
                raise TimeoutError(f"{left} messages of {topic.name} did not come within {TIMEOUT_S:.0f} s")
            for message in (first, *consumer.consume(at_a_time, 0)):
                if message.error() is None:
                    left -= 1
                    yield message
    finally:
        consumer.close()


def _check(topic: Topic, seen: int) -> None:
    if seen != topic.events:
        raise AssertionError(f"{seen:,} events of {topic.events:,} were counted")
