"""Connections: whenever a view is made, whatever the ring holds by then, each message reaches it once."""

import itertools
import threading
import time
import uuid

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import livedata.streams.past
from livedata.errors import TransportError
from livedata.streams.connection import Connection
from livedata.streams.extent import Extent
from livedata.streams.key import StreamKey
from livedata.streams.livefeed import LiveFeed
from livedata.transport import Partition, open_transport

from .flow import KEY, SOURCE, TOPIC, Notebook, Stream, assert_got, wait_until

_names = itertools.count()


@pytest.fixture
def name():
    return f"ring-{next(_names)}"


def caught_up(sink, stream):
    def has_all():  # what came, and the note behind it
        with sink.lock:
            return len(sink.times) >= len(stream.sent) and stream.sent.keys() <= sink.offsets.keys()

    wait_until(lambda: sink.error is not None or has_all())
    time.sleep(0.01)


MESSAGES = st.lists(
    st.tuples(
        st.integers(0, 2),  # partition
        st.integers(0, 300),  # events
        st.sampled_from([SOURCE, SOURCE, SOURCE, "other"]),
        st.sampled_from([True, True, True, True, False]),  # ids
        st.integers(1, 3),
    ),
    min_size=1,
    max_size=40,
)
WHAT = st.sampled_from(["messages", "messages", "view", "view", "span", "close", "pause", "full", "free"])


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(WHAT, MESSAGES), min_size=2, max_size=10),
    st.sampled_from([0, 3_000, 20_000, 80_000, 10_000_000]),
)
def test_every_view_gets_each_message_once_whenever_it_is_made(doings, memory):
    run(doings, memory)


def run(doings, memory):
    stream = Stream(f"any-{uuid.uuid4().hex}", partitions=3)
    connection = stream.connect(memory=memory)
    connection.ring._chunk_bytes = 4096
    connection._patience.most_s = 0.0
    kept, finite, given = [], [], []
    try:
        for what, messages in doings:
            if what == "view":
                kept.append(Notebook())
                given.append(connection.subscribe(KEY, kept[-1]))
            elif what == "span":
                offsets = {
                    Partition(TOPIC, p): (n // 3, n - n // 4) for p, n in stream.next.items() if n - n // 4 > n // 3
                }
                expected = {
                    place: sent
                    for place, sent in stream.sent.items()
                    if (r := offsets.get(Partition(TOPIC, place[0]))) and r[0] <= place[1] < r[1]
                }
                if expected:
                    finite.append((Notebook(), expected))
                    connection.subscribe(KEY, finite[-1][0], Extent(offsets=offsets))
            elif what == "close" and given:
                given.pop(0).close()
                kept.pop(0)
            elif what == "pause":
                time.sleep(0.03)
            elif what in ("full", "free"):
                for sink in kept[::2]:
                    sink.is_full = what == "full"
            if what != "span":
                for partition, n_events, source, has_ids, n_entries in messages:
                    stream.send(n_events, partition=partition, source=source, has_ids=has_ids, n_entries=n_entries)
                stream.flush()
            if what == "full":
                time.sleep(0.02)  # so that something comes that a sink cannot take
            assert connection.ring.nbytes <= memory
        for sink in kept:
            sink.is_full = False
        kept.append(Notebook())
        connection.subscribe(KEY, kept[-1])
        stream.send(3)
        stream.flush()
        for sink in kept:
            caught_up(sink, stream)
            assert_got(sink, stream.sent)
        for sink, expected in finite:
            wait_until(lambda sink=sink: sink.is_finished or sink.error)
            assert_got(sink, expected)
    finally:
        connection.close()


@pytest.mark.parametrize("off", [-1, 1])
def test_a_join_that_is_off_by_one_is_found(name, monkeypatch, off):
    """The test above would notice: what is held is claimed one message too far, or one too few."""
    held = livedata.streams.past.Past.held

    def wrong(self, key, wanted):
        found = held(self, key, wanted)
        return {p: ((a, b + off), *more) for p, ((a, b), *more) in found.items()}

    def sloppy(self, step):
        for batch in step.batches:
            self.sink.accept(batch)
        self._left = {}

    monkeypatch.setattr(livedata.streams.past.Past, "held", wrong)
    monkeypatch.setattr(livedata.streams.subscription.TopicSubscription, "_take", sloppy)
    stream = Stream(name)
    for _ in range(20):
        stream.send()
    connection = stream.connect(memory=10_000_000)
    try:
        first = Notebook()
        connection.subscribe(KEY, first)
        caught_up(first, stream)
        for place in list(connection.book.start):
            connection.ring._lanes[KEY].live[0].parts[0].covered[place] = ((3, 20),)
        second = Notebook()
        connection.subscribe(KEY, second)
        time.sleep(0.5)
        with pytest.raises(AssertionError, match=r"given twice|missed|not asked"):
            assert_got(second, stream.sent)
    finally:
        connection.close()


def test_a_view_of_what_the_ring_holds_asks_nobody_else(name, monkeypatch):
    stream = Stream(name, partitions=2)
    for i in range(40):
        stream.send(100, partition=i % 2)
    connection = stream.connect(memory=10_000_000)
    try:
        first = Notebook()
        connection.subscribe(KEY, first)
        caught_up(first, stream)
        monkeypatch.setattr(livedata.streams.past, "reading", None)

        second = Notebook()
        subscription = connection.subscribe(KEY, second)
        caught_up(second, stream)

        assert_got(second, stream.sent)
        wait_until(lambda: subscription.progress.total == 0)
        assert subscription.progress.done == 40
    finally:
        connection.close()


def test_a_span_by_offsets_that_the_ring_holds_ends_by_itself(name, monkeypatch):
    stream = Stream(name)
    for _ in range(30):
        stream.send(100)
    connection = stream.connect(memory=10_000_000)
    try:
        first = Notebook()
        connection.subscribe(KEY, first)
        caught_up(first, stream)
        monkeypatch.setattr(livedata.streams.past, "reading", None)

        part = Notebook()
        connection.subscribe(KEY, part, Extent(offsets={Partition(TOPIC, 0): (7, 19)}))
        wait_until(lambda: part.is_finished)

        assert_got(part, {place: sent for place, sent in stream.sent.items() if 7 <= place[1] < 19})
    finally:
        connection.close()


def test_what_was_read_back_is_in_memory_for_the_next_view(name, monkeypatch):
    stream = Stream(name)
    for _ in range(30):
        stream.send(100)
    connection = stream.connect(memory=10_000_000, start="now")
    try:
        whole = {Partition(TOPIC, 0): (0, 30)}
        first = Notebook()
        connection.subscribe(KEY, first, Extent(offsets=whole))
        wait_until(lambda: first.is_finished)
        monkeypatch.setattr(livedata.streams.past, "reading", None)

        second = Notebook()
        connection.subscribe(KEY, second, Extent(offsets=whole))
        wait_until(lambda: second.is_finished)

        assert_got(second, stream.sent)
    finally:
        connection.close()


def test_a_full_sink_holds_nobody_up_and_misses_nothing(name):
    stream = Stream(name)
    connection = stream.connect(memory=10_000_000)
    try:
        slow, fast = Notebook(), Notebook()
        behind, quick = connection.subscribe(KEY, slow), connection.subscribe(KEY, fast)
        slow.is_full = True
        for _ in range(50):
            stream.send(100)
        caught_up(fast, stream)
        assert_got(fast, stream.sent)
        assert not slow.times
        assert behind.lag.messages == 50
        assert quick.lag.messages == 0

        slow.is_full = False
        caught_up(slow, stream)

        assert_got(slow, stream.sent)
        wait_until(lambda: behind.is_attached)
        assert behind.lag.messages == 0
    finally:
        connection.close()


def test_a_slow_sink_gets_its_own_thread(name):
    stream = Stream(name)
    connection = stream.connect(memory=10_000_000)
    try:
        slow, fast = Notebook(delay_s=0.15), Notebook()
        behind = connection.subscribe(KEY, slow)
        connection.subscribe(KEY, fast)
        detached = []
        for _ in range(60):
            stream.send(100)
            time.sleep(0.01)
            detached.append(not behind.is_attached)

        assert any(detached)
        slow.delay_s = 0.0
        caught_up(fast, stream)
        caught_up(slow, stream)

        assert_got(fast, stream.sent)
        assert_got(slow, stream.sent)
    finally:
        connection.close()


def test_what_is_behind_is_read_back_when_the_ring_has_dropped_it(name):
    stream = Stream(name)
    connection = stream.connect(memory=40_000)
    connection.ring._chunk_bytes = 4096
    try:
        slow, fast = Notebook(), Notebook()
        connection.subscribe(KEY, slow)
        connection.subscribe(KEY, fast)
        slow.is_full = True
        for i in range(100):
            stream.send(300)
            wait_until(lambda i=i: len(fast.times) > i)
        assert connection.ring.dropped_messages > 50

        slow.is_full = False
        caught_up(slow, stream)

        assert_got(slow, stream.sent)
    finally:
        connection.close()


def test_the_topic_keeps_what_nobody_can_take_and_the_ring_cannot_hold(name):
    stream = Stream(name)
    connection = stream.connect(memory=40_000)
    connection.ring._chunk_bytes = 4096
    try:
        sinks = [Notebook(), Notebook()]
        for sink in sinks:
            connection.subscribe(KEY, sink)
            sink.is_full = True
        for _ in range(20):
            for _ in range(10):
                stream.send(300)
            time.sleep(0.02)
        position = connection.book.position[Partition(TOPIC, 0)]
        assert 0 < position < 200
        assert connection.ring.nbytes <= 40_000

        for sink in sinks:
            sink.is_full = False
        for sink in sinks:
            caught_up(sink, stream)
            assert_got(sink, stream.sent)
    finally:
        connection.close()


def test_skipping_ahead_tells_what_was_left_out(name):
    stream = Stream(name)
    connection = stream.connect(memory=10_000_000)
    try:
        slow, fast = Notebook(), Notebook()
        behind = connection.subscribe(KEY, slow)
        connection.subscribe(KEY, fast)
        stream.send(100)
        caught_up(slow, stream)
        slow.is_full = True
        for _ in range(50):
            stream.send(100)
        caught_up(fast, stream)

        behind.skip_ahead()
        slow.is_full = False
        stream.send(7)
        wait_until(lambda: (0, 51) in slow.times)

        assert slow.left_out == [(50, 5000)]
        assert set(slow.times) == {(0, 0), (0, 51)}
        assert behind.lag.messages == 0
    finally:
        connection.close()


def test_skipping_ahead_also_leaves_out_what_has_not_been_read(name):
    stream = Stream(name)
    connection = stream.connect(memory=40_000)
    connection.ring._chunk_bytes = 4096
    try:
        slow, other = Notebook(), Notebook()
        behind = connection.subscribe(KEY, slow)
        connection.subscribe(KEY, other)
        slow.is_full = other.is_full = True
        for _ in range(200):
            stream.send(300)
        wait_until(lambda: connection._paused)

        behind.skip_ahead()
        slow.is_full = other.is_full = False
        stream.send(7)
        wait_until(lambda: (0, 200) in slow.times)
        caught_up(other, stream)

        assert [n for n, _ in slow.left_out] == [200 - len(slow.times) + 1]
        assert slow.times.total() + slow.left_out[0][0] == 201
        assert_got(other, stream.sent)
    finally:
        connection.close()


def test_only_messages_from_some_offsets_on_are_handed_over(name):
    stream = Stream(name, partitions=2)
    for i in range(40):
        stream.send(10, partition=i % 2)
    connection = stream.connect(memory=10_000_000)
    try:
        first, later = Notebook(), Notebook()
        connection.subscribe(KEY, first)
        caught_up(first, stream)
        connection.subscribe(KEY, later, after={Partition(TOPIC, 0): 15, Partition(TOPIC, 1): 20})
        stream.send(3, partition=1)
        wait_until(lambda: (1, 20) in later.times)
        wait_until(lambda: (0, 19) in later.times)

        assert set(later.times) == {(0, offset) for offset in range(15, 20)} | {(1, 20)}
    finally:
        connection.close()


def test_messages_are_reread_exactly(name):
    stream = Stream(name, partitions=2)
    for i in range(60):
        stream.send(20 + i, partition=i % 2, n_entries=2)
    connection = stream.connect(memory=20_000)
    connection.ring._chunk_bytes = 2048
    try:
        sink = Notebook()
        connection.subscribe(KEY, sink)
        caught_up(sink, stream)
        assert 0 < connection.ring.spans[KEY].messages < 60
        feed = LiveFeed(connection, KEY)

        again = Notebook()
        wanted = {Partition(TOPIC, 0): ((1, 3), (10, 28)), Partition(TOPIC, 1): ((0, 1), (29, 30))}
        for batch in feed.reread(wanted):
            again.accept(batch)

        places = {(p.partition, i) for p, ranges in wanted.items() for a, b in ranges for i in range(a, b)}
        assert set(again.times) == places
        assert set(again.times.values()) == {1}
        assert all((again.events[p], again.checks[p]) == stream.sent[p] for p in places)
    finally:
        connection.close()


def test_what_has_expired_cannot_be_reread(name):
    stream = Stream(name, retention="?retention=20000")
    connection = stream.connect(memory=0)
    try:
        for _ in range(100):
            stream.send(100)
        feed = LiveFeed(connection, KEY)
        with pytest.raises(TransportError, match=r"expired.*live\.archive"):
            list(feed.reread({Partition(TOPIC, 0): ((0, 100),)}))
    finally:
        connection.close()


def test_expired_messages_are_lost_and_said_so(name):
    stream = Stream(name, retention="?retention=20000")
    for _ in range(100):
        stream.send(100)
    connection = stream.connect(memory=0)
    try:
        low = connection.transport.watermarks([Partition(TOPIC, 0)])[Partition(TOPIC, 0)].low
        sink = Notebook()
        connection.subscribe(KEY, sink, Extent(offsets={Partition(TOPIC, 0): (0, 100)}))
        wait_until(lambda: sink.is_finished)
        assert sink.n_lost == low > 0
        assert_got(sink, {place: sent for place, sent in stream.sent.items() if place[1] >= low})
    finally:
        connection.close()


def test_an_expired_stretch_that_the_ring_holds_is_not_lost(name):
    stream = Stream(name, retention="?retention=20000")
    connection = stream.connect(memory=10_000_000)
    try:
        first, late = Notebook(), Notebook()
        connection.subscribe(KEY, first)
        for i in range(100):
            stream.send(100)
            wait_until(lambda i=i: len(first.times) > i)

        connection.subscribe(KEY, late)
        caught_up(late, stream)

        assert late.n_lost == 0
        assert_got(late, stream.sent)
    finally:
        connection.close()


class Shelf:
    """An archive in memory: what another connection read of the same topic."""

    def __init__(self, ranges, ring):
        self._ranges = ranges
        self._ring = ring

    def ranges(self, key):
        return {p: r for p, r in self._ranges.items() if p.topic == key.topic}

    def batches(self, key, wanted):
        for held in self._ring.read(key, wanted):
            yield held.batch, held.covered


def test_an_archive_stands_in_for_what_has_expired(name):
    stream = Stream(name, retention="?retention=20000")
    connection = stream.connect(memory=10_000_000)
    later = stream.connect(memory=0)
    try:
        first, sink = Notebook(), Notebook()
        connection.subscribe(KEY, first)
        for i in range(100):
            stream.send(100)
            wait_until(lambda i=i: len(first.times) > i)

        later.add_archive(Shelf({Partition(TOPIC, 0): ((10, 95),)}, connection.ring))
        later.subscribe(KEY, sink, Extent(offsets={Partition(TOPIC, 0): (0, 100)}))
        wait_until(lambda: sink.is_finished)

        assert sink.n_lost == 10
        assert_got(sink, {place: sent for place, sent in stream.sent.items() if place[1] >= 10})
    finally:
        connection.close()
        later.close()


def threads():
    return {t for t in threading.enumerate() if t.name.startswith("livedata") and "warm" not in t.name}


@pytest.mark.parametrize("end", ["close", "stop"])
def test_closing_in_the_midst_of_catching_up_ends_all_threads(name, end):
    before = threads()
    stream = Stream(name)
    for _ in range(200):
        stream.send(100)
    connection = stream.connect(memory=10_000_000)
    sinks = [Notebook() for _ in range(3)]
    subscriptions = [connection.subscribe(KEY, sink) for sink in sinks[:1]]
    caught_up(sinks[0], stream)
    for sink in sinks[1:]:
        sink.is_full = True
        subscriptions.append(connection.subscribe(KEY, sink))

    if end == "stop":
        for subscription in subscriptions:
            subscription.close()
        wait_until(lambda: not any("history" in t.name for t in threads() - before))
    connection.close()

    wait_until(lambda: not threads() - before, 3.0)
    assert connection.ring.nbytes == 0


def test_streams_of_one_topic_are_held_apart(name):
    stream = Stream(name)
    other = StreamKey(TOPIC, "other", "events")
    for i in range(40):
        stream.send(10, source=SOURCE if i % 2 else "other")
    connection = stream.connect(memory=10_000_000)
    try:
        mine, theirs = Notebook(), Notebook()
        connection.subscribe(KEY, mine)
        caught_up(mine, stream)
        connection.subscribe(other, theirs)
        wait_until(lambda: len(theirs.times) == 20)

        assert_got(mine, stream.sent)
        assert set(theirs.times) == {(0, i) for i in range(0, 40, 2)}
        assert set(connection.ring.spans) == {KEY, other}
    finally:
        connection.close()


def test_what_the_topic_gives_faster_than_it_is_taken_is_left_to_the_topic(name):
    stream = Stream(name)
    for _ in range(200):
        stream.send(5000)
    connection = stream.connect(memory=100_000_000)
    connection._backlog.deep_bytes = 1 << 20
    try:
        first, second = Notebook(), Notebook()
        connection.subscribe(KEY, first)
        caught_up(first, stream)
        n_held = connection.ring.spans[KEY].messages
        assert 0 < n_held < 200

        connection.subscribe(KEY, second)
        caught_up(second, stream)

        assert_got(first, stream.sent)
        assert_got(second, stream.sent)
        assert connection.ring.spans[KEY].messages == 200
    finally:
        connection.close()


class Part(Notebook):
    """A sink of one of several streams that belong together."""

    def __init__(self, group):
        super().__init__()
        self.group = group


def test_streams_that_belong_together_are_read_back_once(name, monkeypatch):
    stream = Stream(name)
    sources = [SOURCE, "b", "c", "d"]
    for i in range(80):
        stream.send(10, source=sources[i % 4])
    connection = stream.connect(memory=10_000_000, start="now")
    read, reading = [], livedata.streams.past.reading

    def counted(*arguments, **options):
        for step in reading(*arguments, **options):
            read.extend(record.offset for record in step.records)
            time.sleep(0.02)
            yield step

    monkeypatch.setattr(livedata.streams.past, "reading", counted)
    try:
        group = Notebook()
        parts = {source: Part(group) for source in sources}
        for source, part in parts.items():
            whole = Extent(offsets={Partition(TOPIC, 0): (0, 80)})
            connection.subscribe(StreamKey(TOPIC, source, "events"), part, whole)
        wait_until(lambda: all(part.is_finished or part.error for part in parts.values()))

        assert_got(parts[SOURCE], stream.sent)
        for i, source in enumerate(sources):
            assert set(parts[source].times) == {(0, j) for j in range(i, 80, 4)}
            assert set(parts[source].offsets) == {(0, j) for j in range(80)}
        assert len(read) < 2 * 80
    finally:
        connection.close()


@pytest.mark.kafka
@pytest.mark.parametrize("memory", [40_000, 100_000_000])
def test_on_kafka_every_view_gets_each_message_once(kafka_url, topic_prefix, memory):
    topic = f"{topic_prefix}-ring"
    key = StreamKey(topic, SOURCE, "events")
    stream = KafkaStream(kafka_url, topic)
    connection = Connection(open_transport(kafka_url), topics=[topic], start="earliest", memory=memory)
    try:
        kept = []
        for i in range(6):
            for j in range(60):
                stream.send(50 + j, partition=(i + j) % 2, source=SOURCE if j % 3 else "other", topic=topic)
            stream.flush()
            kept.append(Notebook())
            connection.subscribe(key, kept[-1])
            for sink in kept:
                sink.is_full = i % 2 == 0 and sink is not kept[0]
            time.sleep(0.05)
        for sink in kept:
            sink.is_full = False
        for sink in kept:
            wait_until(lambda sink=sink: sink.error or len(sink.times) >= len(stream.sent), 30.0)
            assert_got(sink, stream.sent)
        assert connection.ring.nbytes <= memory
    finally:
        connection.close()


class KafkaStream(Stream):
    """The same on a real broker."""

    def __init__(self, url, topic):
        transport = open_transport(url)
        transport.create_topic(topic, partitions=2)
        self.topic = topic
        self.transport, self.producer, self.partitions = transport, transport.producer(), 2
        self.next, self.sent, self.n = np.zeros(2, int), {}, 0

    def send(self, n_events=5, *, partition=0, source=SOURCE, **kind):
        n = len(self.sent)
        super().send(n_events, partition=partition, source=source, **kind)
        if source == SOURCE and len(self.sent) == n:
            place = (partition, int(self.next[partition]) - 1)
            self.sent[place] = self.told(n_events)

    def told(self, n_events):
        toa, ids = np.arange(n_events) * 7 + self.n, np.arange(n_events) * 3 + self.n
        return n_events, (int(toa.sum()), int(ids.sum()), n_events * 1000 * self.n)
