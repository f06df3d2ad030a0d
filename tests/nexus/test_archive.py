"""A recorded file stands in for its topics, and its messages can be read once more by offset."""

import itertools

import numpy as np
import pytest

import livedata as ld
from livedata.errors import FileError
from livedata.nexus import open_file
from livedata.nexus.archive import FileArchive
from livedata.streams.connection import Connection
from livedata.streams.extent import Extent
from livedata.streams.livefeed import LiveFeed
from livedata.streams.spans import size
from livedata.transport import Partition, open_transport
from tests.streams.flow import KEY, SOURCE, TOPIC, Notebook, Stream, assert_got, wait_until

_names = itertools.count()


@pytest.fixture
def recorded(tmp_path):
    """A topic with two partitions and two streams of which most has expired, and the file that was recorded of it."""
    stream = Stream(f"archive-{next(_names)}", partitions=2, retention="?retention=60000")
    live = ld.connect(stream.url, topics=TOPIC)
    rec = live.record(tmp_path / "run.nxs", start="connect")
    wait_until(lambda: rec.state == "recording")
    for i in range(120):
        stream.send(100, partition=i % 3 // 2, n_entries=1 + i % 2, source=SOURCE if i % 5 else "other")
    rec.stop(wait=True)
    live.close()
    for i in range(20):
        stream.send(100, partition=i % 2)
    return stream, tmp_path / "run.nxs"


def test_what_has_expired_comes_from_the_file(recorded):
    stream, path = recorded
    connection = Connection(open_transport(stream.url), topics=[TOPIC], start="now", memory=0)
    try:
        lows = {p: m.low for p, m in connection.transport.watermarks(list(stream.ends())).items()}
        assert all(low > 20 for low in lows.values())
        connection.add_archive(FileArchive(path))
        sink = Notebook()
        whole = {p: (0, end) for p, end in stream.ends().items()}

        connection.subscribe(KEY, sink, Extent(offsets=whole))
        wait_until(lambda: sink.is_finished or sink.error)

        assert_got(sink, stream.sent)
        assert sink.n_lost == 0
        assert sum(sink.offsets.values()) == sum(stream.next.values())
    finally:
        connection.close()


def test_without_the_file_it_is_lost(recorded):
    stream, _ = recorded
    connection = Connection(open_transport(stream.url), topics=[TOPIC], start="now", memory=0)
    try:
        lows = {p: m.low for p, m in connection.transport.watermarks(list(stream.ends())).items()}
        sink = Notebook()
        connection.subscribe(KEY, sink, Extent(offsets={p: (0, end) for p, end in stream.ends().items()}))
        wait_until(lambda: sink.is_finished or sink.error)
        assert sink.n_lost == sum(lows.values())
    finally:
        connection.close()


def test_messages_are_reread_from_the_file_exactly(recorded):
    stream, path = recorded
    connection = Connection(open_transport(stream.url), topics=[TOPIC], start="now", memory=0)
    try:
        connection.add_archive(FileArchive(path))
        again = Notebook()
        wanted = {Partition(TOPIC, 0): ((3, 5), (9, 20), (stream.next[0] - 2, stream.next[0]))}
        for batch in LiveFeed(connection, KEY).reread(wanted):
            again.accept(batch)
        places = {(0, i) for first, stop in wanted[Partition(TOPIC, 0)] for i in range(first, stop)}
        expected = {place: sent for place, sent in stream.sent.items() if place in places}
        assert {p: (again.events[p], again.checks[p]) for p in again.times} == expected
        assert set(again.times.values()) == {1}
    finally:
        connection.close()


def test_a_file_stands_for_the_offsets_that_its_recording_passed(recorded):
    _, path = recorded
    archive = FileArchive(path)

    assert size(archive.ranges(KEY)) == 120
    assert archive.ranges(KEY._replace(source="nobody")) == {}
    assert "det" in repr(archive)


def test_a_file_of_another_program_cannot_stand_in(make):
    path = make(event_time_offset=([1.0], {"units": "us"}), event_id=([1], {}), event_time_zero=([0.0], {"units": "s"}))

    with pytest.raises(FileError, match="does not say"):
        FileArchive(path)


@pytest.mark.parametrize("is_ours", [True, False])
def test_a_file_feed_rereads_exactly_what_is_asked_for(recorded, make, is_ours):
    stream, path = recorded
    if is_ours:
        wanted = {Partition(TOPIC, 0): ((3, 5), (9, 20)), Partition(TOPIC, 1): ((0, 4),)}
        feed = open_file(path).feed(SOURCE)
    else:
        n = 500
        path = make(
            event_time_offset=(np.arange(4 * n, dtype=np.int32), {"units": "ns"}),
            event_id=(np.arange(4 * n, dtype=np.int32), {}),
            event_time_zero=(np.arange(n, dtype=np.int64), {"units": "ns", "offset": "2020-01-01T00:00:00Z"}),
            event_index=(4 * np.arange(n), {}),
        )
        (name,) = open_file(path)
        feed = open_file(path).feed(name)
        wanted = {Partition(feed.topic, 0): ((0, 1), (7, 9), (100, 400))}

    batches = list(feed.reread(wanted))

    if is_ours:
        again = Notebook()
        for batch in batches:
            again.accept(batch)
        places = {(p.partition, i) for p, ranges in wanted.items() for a, b in ranges for i in range(a, b)}
        assert set(again.times) == {place for place in places if place in stream.sent}
        assert set(again.times.values()) == {1}
    else:
        entries = [e for a, b in wanted[Partition(feed.topic, 0)] for e in range(a, b)]
        toa = np.concatenate([b.event_time_offset for b in batches])
        assert toa.tolist() == [4 * e + i for e in entries for i in range(4)]


def test_a_file_feed_leaves_out_batches_outside_a_span_of_time(recorded):
    _, path = recorded
    feed = open_file(path).feed(SOURCE)
    extent = open_file(path).extent

    assert list(feed.reread({p: (r,) for p, r in extent.offsets.items()}, extent.stop_ns + 1)) == []
