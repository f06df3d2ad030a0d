"""Several streams of events as one feed: on one topic, on several, in files; each message once, ids exactly."""

import threading

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from livedata.errors import ArgumentError, FileError
from livedata.reduce.physics.geometry import Geometry
from livedata.reduce.pixels.joined import join_events, join_layouts, rearranged
from livedata.reduce.pixels.layout import layout
from livedata.streams.batch import EventBatch, Messages
from livedata.streams.extent import Extent
from livedata.streams.feed import Lag, Progress
from livedata.streams.joined import UNKNOWN, JoinedFeed, id_map, single_pixel
from livedata.streams.key import StreamKey
from livedata.streams.livefeed import LiveFeed
from livedata.transport import Partition

from .flow import TOPIC, Notebook, Stream, wait_until

T0 = 10**18


def batch(ids, topic="t", offset=0):
    n = 4 if ids is None else len(ids)
    place = np.zeros(1, np.int64)
    messages = Messages(topic, np.zeros(1, np.int32), place + offset, place - 1, place, place)
    held = None if ids is None else np.array(ids, np.int32)
    return EventBatch(held, np.arange(n, dtype=np.int32), np.array([T0]), place, messages)


class Book(Notebook):
    """Notes joint numbers, too."""

    def __init__(self):
        super().__init__()
        self.ids = []
        self.told = []

    def accept(self, one):
        super().accept(one)
        with self.lock:
            self.ids += one.event_id.tolist()

    def covered(self, offsets):
        super().covered(offsets)
        with self.lock:
            self.told += [(p.topic, p.partition, *r) for p, r in offsets.items()]


class Playing:
    """A finite feed that does what it is told, step by step."""

    is_finite = True

    def __init__(self, topic, batches, *, error=None):
        self.topic, self.batches, self.error, self.total = topic, batches, error, sum(b.n_events for b in batches)
        self.n_subscribed = 0

    def subscribe(self, sink, extent=None, after=None):
        self.n_subscribed += 1
        for i, one in enumerate(self.batches):
            sink.accept(one)
            sink.covered({Partition(self.topic, 0): (i, i + 1)})
            sink.work()
        if self.error is not None:
            sink.failed(self.error)
        else:
            sink.finished()
        return Played(self.total)

    def reread(self, ranges, start_ns=None, stop_ns=None):
        yield from (self.batches[i] for r in ranges.values() for first, stop in r for i in range(first, stop))


class Played:
    lag = Lag()

    def __init__(self, total):
        self.progress = Progress(total, total, "events")

    def close(self):
        pass

    skip_ahead = close


# Numbers


@given(
    st.lists(st.integers(0, 2**31 - 1), min_size=1, max_size=30, unique=True),
    st.lists(st.integers(-(2**31), 2**31 - 1), max_size=30),
)
def test_numbers_are_translated_exactly_and_others_are_unknown(own, others):
    joint = np.arange(100, 100 + len(own))
    asked = np.array(own + others, np.int32)

    expected = [100 + own.index(i) if i in own else UNKNOWN for i in asked.tolist()]
    assert id_map(np.array(own), joint).translate(asked, len(asked)).tolist() == expected


def test_numbers_of_another_bank_are_unknown_even_where_numbers_are_kept():
    kept = id_map(np.array([5, 6]), np.array([5, 6]))

    assert kept.translate(np.array([5, 6, 7, -1], np.int32), 4).tolist() == [5, 6, UNKNOWN, UNKNOWN]


def test_events_without_numbers_belong_to_the_only_pixel():
    assert single_pixel(9).translate(None, 3).tolist() == [9, 9, 9]
    assert single_pixel(9).translate(np.array([1, 9], np.int32), 2).tolist() == [UNKNOWN, UNKNOWN]
    assert id_map(np.array([4]), np.array([8])).translate(None, 2).tolist() == [8, 8]
    assert id_map(np.array([4, 5]), np.array([8, 9])).translate(None, 1).tolist() == [UNKNOWN]


# Layouts and geometries


def test_banks_of_one_width_are_stacked_with_their_own_numbers():
    joint, maps = join_layouts(["a", "b"], [layout((2, 3)), layout((1, 3), first_id=7)])

    assert joint == layout((3, 3))
    assert [m.tolist() for m in maps] == [[1, 2, 3, 4, 5, 6], [7, 8, 9]]


def test_numbers_that_meet_are_given_anew():
    joint, maps = join_layouts(["a", "b"], [layout((2, 2)), layout(detector_number=[[4, -1], [3, 9]])])

    assert joint.detector_number().tolist() == [[1, 2], [3, 4], [5, -1], [7, 8]]
    assert [m.tolist() for m in maps] == [[1, 2, 3, 4], [5, -1, 7, 8]]


def test_banks_of_different_width_make_a_list():
    joint, _ = join_layouts(["a", "b"], [layout((2, 2)), layout((2, 3), first_id=5)])

    assert joint.shape == (10,)


def test_geometries_stand_behind_each_other_and_unknown_ones_are_nowhere():
    here = Geometry(np.ones((4, 3)), (0.0, 0.0, -9.0), (0.0, 0.0, 0.0), "a.nxs", excluded=np.array([True] * 4))
    parts = [("a", None, layout((2, 2)), here), ("b", None, layout((1, 2), first_id=5), None)]
    parts = [(name, Playing(name, []), held, told) for name, _, held, told in parts]
    _, joint, found = join_events(parts)

    assert joint.shape == (3, 2)
    assert found.positions[:4].tolist() == [[1, 1, 1]] * 4
    assert np.isnan(found.positions[4:]).all()
    assert found.excluded.tolist() == [True] * 4 + [False] * 2
    assert found.bank.tolist() == [0] * 4 + [1] * 2
    assert found.names == ("a", "b")
    assert found.source == (0, 0, -9)
    assert found.remarks == ("nothing tells where the pixels of b are",)


def test_banks_that_disagree_on_the_source_leave_it_unknown():
    parts = [
        (name, Playing(name, []), layout((2,), first_id=first), Geometry(np.ones((2, 3)), (0.0, 0.0, z)))
        for name, first, z in (("a", 1, -9.0), ("b", 5, -8.0))
    ]
    found = join_events(parts)[2]

    assert found.source is None
    assert "disagree on where the source is" in found.remarks[0]


def test_an_arrangement_of_ones_own_takes_the_geometry_along():
    told = Geometry(np.arange(12.0).reshape(4, 3), sizes=np.arange(12.0).reshape(4, 3))
    found = rearranged(told, layout((2, 2)), layout(detector_number=[[4, -1], [1, 7]]))

    assert np.array_equal(found.positions, [[9, 10, 11], [np.nan] * 3, [0, 1, 2], [np.nan] * 3], equal_nan=True)
    feed, held, geometry = join_events(
        [("a", Playing("a", []), layout((2, 2)), told)], layout(detector_number=[[4, 3], [2, 1]])
    )
    assert held.shape == (2, 2)
    assert geometry.positions[0].tolist() == [9, 10, 11]
    assert isinstance(feed, JoinedFeed)


@pytest.mark.parametrize("names", [[], ["a", "a"]])
def test_nothing_and_the_same_twice_cannot_be_joined(names):
    with pytest.raises(ArgumentError, match="join needs different streams"):
        join_events([(name, Playing(name, []), None, None) for name in names])


# Files


def test_files_are_read_one_after_the_other_and_end_together():
    a, b = Playing("a", [batch([1, 2]), batch([3, 99], offset=1)]), Playing("b", [batch([1, 1])])
    feed, joint, _ = join_events([("a", a, layout((2, 2)), None), ("b", b, layout((1, 2)), None)])
    book = Book()
    subscription = feed.subscribe(book)

    assert feed.is_finite
    assert book.is_finished
    assert book.ids == [1, 2, 3, UNKNOWN, 5, 5]
    assert joint.places_of(book.ids).tolist() == [0, 1, 2, -1, 4, 4]
    assert sorted(book.told) == [("a", 0, 0, 1), ("a", 0, 1, 2), ("b", 0, 0, 1)]
    assert subscription.progress == Progress(6, 6, "events")


def test_a_range_is_covered_when_all_parts_on_its_topic_have_covered_it():
    a, b = Playing("t", [batch([1]), batch([1])]), Playing("t", [batch([1])])
    book = Book()
    join_events([("a", a, None, None), ("b", b, None, None)])[0].subscribe(book)

    # the second file ends early: what it does not have is covered when all is over
    assert book.told == [("t", 0, 0, 1), ("t", 0, 1, 2)]
    assert book.is_finished


def test_the_first_error_ends_everything():
    a, b = Playing("a", [batch([1])], error=FileError("broken")), Playing("b", [batch([1])])
    book = Book()
    join_events([("a", a, None, None), ("b", b, None, None)])[0].subscribe(book)

    assert str(book.error) == "broken"
    assert not book.is_finished
    assert b.n_subscribed == 0


def test_what_was_handed_over_can_be_read_again_with_the_same_numbers():
    a, b = Playing("a", [batch([1, 2]), batch([2, 2])]), Playing("b", [batch([2])])
    feed, _, _ = join_events([("a", a, layout((1, 2)), None), ("b", b, layout((1, 2)), None)])
    ranges = {Partition("a", 0): ((1, 2),), Partition("b", 0): ((0, 1),)}

    assert [one.event_id.tolist() for one in feed.reread(ranges)] == [[2, 2], [4]]


# Topics


@pytest.fixture
def live(request):
    stream = Stream(f"joined-{request.node.name}", partitions=2)
    connections = []

    def connect(**options):
        connections.append(stream.connect(**options))
        return connections[-1]

    stream.make = connect
    yield stream
    for connection in connections:
        connection.close()
    stream.producer.close()
    stream.transport.close()


def joint_feed(connection):
    parts = [
        (source, LiveFeed(connection, StreamKey(TOPIC, source, "events")), layout((1000,), first_id=0), None)
        for source in ("det", "other")
    ]
    return join_events(parts)


def send(stream, n, sources=("det", "other", "third")):
    for i in range(n):
        stream.send(5, partition=i % 2, source=sources[i % len(sources)])
    stream.flush()


def test_two_sources_of_one_topic_are_one_stream_past_and_present(live):
    send(live, 60)
    connection = live.make()
    feed, joint, _ = joint_feed(connection)
    book = Book()
    subscription = feed.subscribe(book)
    send(live, 60)
    wait_until(lambda: book.n_events >= 400 and sum(book.offsets.values()) >= 120)
    subscription.close()
    send_ids = [(i + 1) + 3 * k + (0 if i % 3 == 0 else 1000) for i in range(120) if i % 3 < 2 for k in range(5)]

    assert not feed.is_finite
    assert joint.size == 2000
    assert sorted(joint.places_of(book.ids).tolist()) == sorted(send_ids)
    assert set(book.times.values()) == {1}
    assert set(book.offsets.values()) == {1}, "covered twice"
    assert set(book.offsets) == {(p, i) for p in range(2) for i in range(60)}
    assert book.error is None


def test_an_extent_of_offsets_ends_by_itself_and_holds_nothing_else(live):
    send(live, 60)
    feed, _, _ = joint_feed(live.make())
    book = Book()
    feed.subscribe(book, Extent(offsets={Partition(TOPIC, 0): (6, 18), Partition(TOPIC, 1): (0, 3)}))
    wait_until(lambda: book.is_finished)

    # of six messages in a row, two of each partition are of the third source
    assert book.n_events == 5 * (8 + 2)
    assert set(book.offsets) == {(0, i) for i in range(6, 18)} | {(1, i) for i in range(3)}
    assert set(book.offsets.values()) == {1}


def test_closing_hands_over_nothing_more_and_leaves_no_thread(live):
    send(live, 30)
    feed, _, _ = joint_feed(live.make())
    book = Book()
    subscription = feed.subscribe(book)
    wait_until(lambda: book.n_events == 100 and sum(book.offsets.values()) == 30)
    subscription.close()
    send(live, 30)
    after = Book()
    feed.subscribe(after, Extent(offsets={Partition(TOPIC, p): (0, 30) for p in range(2)}))
    wait_until(lambda: after.is_finished)

    assert after.n_events == 200
    assert book.n_events == 100
    wait_until(lambda: not [t for t in threading.enumerate() if t.name.startswith("livedata-history")])
