"""Which offsets hold which times, and reading a span once more when most of its topic has expired."""

import random

import numpy as np
import pytest

from livedata.streams import timeindex
from livedata.streams.archive import Archives
from livedata.streams.batch import EventBatch, Messages
from livedata.streams.extent import Partition
from livedata.streams.feed import Expired
from livedata.streams.key import StreamKey
from livedata.streams.past import Past
from livedata.streams.ring import EventRing
from livedata.streams.timeindex import TimeIndex
from livedata.testing import message_bytes
from livedata.transport import open_transport
from livedata.transport.memory import forget_log

KEY = StreamKey("t", "det", "events")
P = Partition("t", 0)
S = 1_000_000_000


def batch(*times):
    times = np.array(times, np.int64)
    zero = np.zeros(len(times), np.int64)
    offsets = np.zeros(1, np.int64)
    messages = Messages("t", np.zeros(1, np.int32), offsets, offsets, offsets, offsets)
    return EventBatch(None, np.zeros(0, np.int32), times, zero, messages)


def test_offsets_whose_entries_lie_elsewhere_are_told():
    index = TimeIndex()
    for i in range(10):
        index.note(KEY, [batch(i * 10 * S)], {P: ((5 * i, 5 * i + 5),)})

    assert index.outside(KEY, 20 * S, 40 * S) == {P: ((0, 10), (20, 50))}
    assert index.outside(KEY, 20 * S + 1, None) == {P: ((0, 15),)}
    assert index.outside(KEY, None, None) == {}


def test_what_was_never_read_is_never_told():
    index = TimeIndex()
    index.note(KEY, [batch(0)], {P: ((10, 20),)})

    assert index.outside(KEY, 5 * S, None) == {P: ((10, 20),)}
    assert index.outside(StreamKey("t", "other", "events"), 5 * S, None) == {}


def test_offsets_without_entries_lie_outside_of_everything():
    index = TimeIndex()
    index.note(KEY, [], {P: ((0, 7),)})

    assert index.outside(KEY, 0, 1) == {P: ((0, 7),)}


def test_what_comes_twice_counts_as_it_came_first():
    index = TimeIndex()
    index.note(KEY, [batch(0)], {P: ((0, 10),)})
    index.note(KEY, [batch(50 * S)], {P: ((5, 15),)})

    assert index.outside(KEY, 40 * S, None) == {P: ((0, 10),)}


def test_a_topic_that_began_anew_is_forgotten():
    index = TimeIndex()
    index.note(KEY, [batch(0)], {P: ((0, 10),)})
    index.forget("t")

    assert index.outside(KEY, 5 * S, None) == {}


@pytest.mark.parametrize("seed", range(20))
def test_no_offset_with_an_entry_of_the_span_is_ever_told(seed, monkeypatch):
    monkeypatch.setattr(timeindex, "MOST", 8)
    chance = random.Random(seed)
    index, times = TimeIndex(), {}
    steps = [(10 * i, 10 * i + chance.randrange(1, 11)) for i in range(60)]
    chance.shuffle(steps)
    for first, stop in steps:
        told = [chance.randrange(0, 100 * S) if chance.random() < 0.1 else first * S + chance.randrange(S)]
        index.note(KEY, [batch(*told)], {P: ((first, stop),)})
        times[first, stop] = told
    n_told = 0
    for _ in range(50):
        start = chance.randrange(0, 600 * S)
        stop_ns = start + chance.randrange(1, 50 * S)
        outside = index.outside(KEY, start, stop_ns)[P]
        n_told += len(outside)
        for (first, stop), told in times.items():
            if any(start <= t < stop_ns for t in told):
                assert not any(first < b and a < stop for a, b in outside)
    assert n_told


@pytest.fixture
def expired():
    """Ten messages, a second apart, of which the topic has only the last ones; all of them were read before."""
    transport = open_transport("memory://timeindex?retention=3kB")
    transport.create_topic("t", partitions=1)
    past = Past(transport, EventRing(0), Archives())
    producer = transport.producer()
    for i in range(10):
        producer.produce("t", message_bytes("ev44", source_name="det", reference_time=[(i + 1) * S]))
        past.times.note(KEY, [batch((i + 1) * S)], {P: ((i, i + 1),)})
    producer.close()
    yield past, transport.watermarks([P])[P].low
    transport.close()
    forget_log("timeindex")


def test_a_span_that_is_still_there_is_read_whatever_else_has_expired(expired):
    past, low = expired
    assert 0 < low < 9

    found = list(past.reread(KEY, {P: ((0, 10),)}, 10 * S, 11 * S))

    assert 10 * S in np.concatenate([b.event_time_zero for b in found])


def test_a_span_that_has_expired_says_what_is_missing_behind_what_was_there(expired):
    past, low = expired
    found = []
    with pytest.raises(Expired) as raised:
        found += [one.event_time_zero for one in past.reread(KEY, {P: ((0, 10),)})]
    with pytest.raises(Expired) as part:
        list(past.reread(KEY, {P: ((0, 10),)}, 0, 2 * S))

    assert raised.value.spans == {P: ((0, low),)}
    assert part.value.spans[P][0][0] == 0
    assert part.value.spans[P][-1][1] <= low
