"""Connections: every view of a stream counts the same messages, whenever it is made."""

import gc
import threading
import time
import weakref

import numpy as np
import pytest

import livedata as ld
from livedata.errors import ArgumentError, StreamNameError, WaitTimeout
from livedata.reduce.axis import thresholds
from livedata.transport import Partition

TOA = ld.bins(0, 71.43, n=300, unit="ms")
LIMITS = thresholds(TOA.named("toa"), "ns")


@pytest.fixture
def connect(bench):
    opened = []

    def connect(**options):
        opened.append(ld.connect(bench.url, **options))
        return opened[-1]

    yield connect
    for live in opened:
        live.close()


def test_a_view_begins_at_the_start_of_the_connection_however_late_it_is_made(bench, connect):
    bench.send(20, partitions=2)
    live = connect(start="earliest")
    first = live["det"].histogram(toa=TOA).wait(events=bench.n_events, timeout=10)
    bench.send(20, partitions=2)
    second = live["det"].histogram(toa=TOA).wait(events=bench.n_events, timeout=10)
    first.wait(events=bench.n_events, timeout=10)

    assert second.values().tolist() == bench.spectrum(LIMITS).tolist()
    assert first.same_as(second)
    assert first.ledger.underflow > 0
    assert first.ledger.overflow > 0


def test_views_made_while_messages_arrive_miss_and_double_nothing(bench, connect):
    bench.transport.create_topic("ev", partitions=3)
    live = connect(start="earliest")
    views, stop = [], threading.Event()

    def produce():
        while not stop.is_set():
            bench.send(5, n_events=300, partitions=3)
            time.sleep(0.001)

    producer = threading.Thread(target=produce)
    producer.start()
    try:
        for _ in range(6):
            views.append(live["det"].histogram(toa=TOA))
            time.sleep(0.05)
    finally:
        stop.set()
        producer.join()

    for view in views:
        view.wait(events=bench.n_events, timeout=20)
        assert view.values().tolist() == bench.spectrum(LIMITS).tolist()
        assert view.ledger.seen == bench.n_events > 10_000
        assert view.ledger.adds_up


def test_starting_now_leaves_out_what_was_there(bench, connect):
    bench.send(10)
    live = connect()
    view = live["det"].histogram(toa=TOA)
    before = bench.n_events
    bench.send(10)

    view.wait(events=bench.n_events - before, timeout=10)
    time.sleep(0.2)

    assert view.ledger.seen == bench.n_events - before


def test_a_topic_made_after_the_connection_is_found_and_read_from_its_beginning(bench, connect):
    live = connect(topics="e*")
    bench.send(10)

    view = live["det"].image(shape=(8, 8)).wait(events=bench.n_events, timeout=10)

    assert view.values().ravel().tolist() == bench.image(64).tolist()
    assert view.ledger.unmapped > 0


def test_a_span_takes_entries_by_their_time_also_inside_a_message(bench, connect):
    bench.send(50, partitions=3)
    live = connect(start="earliest")
    start, stop = bench.t0 + 11 * 71_428_571, bench.t0 + 40 * 71_428_571

    view = live["det"].histogram(toa=TOA).over(start, stop)

    expected = bench.spectrum(LIMITS, start, stop)
    assert view.values().tolist() == expected.tolist()
    assert 0 < expected.sum() < bench.spectrum(LIMITS).sum()
    assert view.state == "complete"


def test_a_span_that_is_not_over_yet_completes_when_the_data_have_passed_it(bench, connect):
    bench.send(5)
    live = connect(start="earliest")
    stop = bench.t0 + 15 * 71_428_571
    view = live["det"].histogram(toa=TOA).over(bench.t0, stop)
    assert view.state != "complete"

    bench.send(60)
    view.wait(timeout=10)

    assert view.values().tolist() == bench.spectrum(LIMITS, bench.t0, stop).tolist()


def test_a_planted_fault_is_seen(bench, connect):
    bench.send(10)
    live = connect(start="earliest")
    view = live["det"].histogram(toa=TOA).wait(events=bench.n_events, timeout=10)
    reference = view.snapshot()

    bench.send(1)
    bench.producer.produce("ev", b"".join([_last_message(bench)]))
    view.wait(events=bench.n_events + 100, timeout=10)

    assert not view.same_as(reference)
    assert view.values().tolist() != bench.spectrum(LIMITS).tolist()


def _last_message(bench):
    from livedata import schemas

    times, index, toa, ids = bench.sent[-1]
    return schemas.encode_ev44("det", 0, times, index, toa, ids)


def test_reset_counts_from_now_on_in_a_new_generation(bench, connect):
    bench.send(10)
    live = connect(start="earliest")
    view = live["det"].histogram(toa=TOA).wait(events=bench.n_events, timeout=10)
    generation = view.generation

    view.reset()
    assert view.ledger.seen == 0
    bench.send(3)
    view.wait(events=300, timeout=10)

    assert view.ledger.seen == 300
    assert view.generation == generation + 1


def test_a_reset_with_nothing_new_since_the_last_one_is_a_new_generation_at_zero_too(bench, connect):
    bench.send(10)
    live = connect(start="earliest")
    view = live["det"].histogram(toa=TOA).wait(events=bench.n_events, timeout=10)
    generations = [view.generation]
    for _ in range(3):
        view.reset()
        other = view.rebin(toa=TOA)  # begins at the same place, with a generation of its own
        generations.append(view.generation)
    other.reset()
    bench.send(3)
    view.wait(events=300, timeout=10)
    other.wait(events=300, timeout=10)
    time.sleep(0.2)

    assert generations == [1, 2, 3, 4]
    assert other.generation > 1
    assert view.ledger.seen == other.ledger.seen == 300


def test_a_stopped_view_keeps_its_last_result(bench, connect):
    bench.send(10)
    live = connect(start="earliest")
    view = live["det"].histogram(toa=TOA).wait(events=bench.n_events, timeout=10)
    before = view.values()

    view.stop()
    bench.send(10)
    time.sleep(0.3)

    assert view.state == "stopped"
    assert view.values().tolist() == before.tolist()


def test_snapshots_do_not_change_and_cannot_be_changed(bench, connect):
    bench.send(1)
    live = connect(start="earliest")
    view = live["det"].histogram(toa=TOA).wait(events=100, timeout=10)
    held = view.snapshot()
    total = held.total

    bench.send(10)
    view.wait(events=bench.n_events, timeout=10)

    assert held.total == total
    with pytest.raises(ValueError, match="read-only"):
        held.array[0] = 1


def test_a_dropped_view_ends_its_work(bench, connect):
    bench.send(1)
    live = connect(start="earliest")
    view = live["det"].histogram(toa=TOA).wait(events=100, timeout=10)
    gone = weakref.ref(view)

    del view
    gc.collect()
    bench.send(5)
    time.sleep(0.3)

    assert gone() is None
    assert not live._connection.is_watched(live["det"].key)


def test_closing_leaves_no_thread(bench):
    before = set(threading.enumerate())
    bench.send(10)
    live = ld.connect(bench.url, start="earliest")
    live["det"].histogram(toa=TOA).wait(events=bench.n_events, timeout=10)

    live.close()
    deadline = time.monotonic() + 3
    while time.monotonic() < deadline:
        left = {
            t for t in set(threading.enumerate()) - before if not t.name.startswith(("livedata-fold", "livedata-warm"))
        }
        if not left:
            break
        time.sleep(0.05)

    assert not left


def test_only_watched_streams_are_decoded(bench, connect):
    bench.send(5, source="det")
    bench.send(5, source="other")
    live = connect(start="earliest")

    live["det"].histogram(toa=TOA).wait(events=500, timeout=10)
    live["det"].histogram(toa=TOA)
    rows = {row.name: row for row in live.table()}

    assert rows["det"].events == 500
    assert rows["other"].events == 0
    assert "not watched" in rows["other"].remarks


def test_the_last_value_of_a_log_from_before_the_start_is_found(bench, connect):
    bench.log("T", 290.0, age_s=600)
    bench.log("T", 291.0, age_s=300)
    bench.log("p", 1.0, age_s=200)
    live = connect()

    log = live["T"]
    deadline = time.monotonic() + 3
    while not len(log.value) and time.monotonic() < deadline:
        time.sleep(0.02)
    bench.log("T", 292.0)
    while len(log.value) < 2 and time.monotonic() < deadline:
        time.sleep(0.02)

    assert log.value.tolist() == [291.0, 292.0]
    assert 250 < (time.time_ns() - log.time[0]) / 1e9 < 350


def test_unknown_names_are_refused_with_near_misses(bench, connect):
    bench.send(1)
    live = connect(start="earliest")

    started = time.monotonic()
    with pytest.raises(StreamNameError, match="did you mean 'det'"):
        live["dett"]

    assert time.monotonic() - started < 4
    assert live._ipython_key_completions_() == ["det"]


def test_a_pattern_is_asked_for_where_there_are_many_topics(bench):
    for i in range(51):
        bench.transport.create_topic(f"topic-{i}")

    with pytest.raises(ArgumentError, match="51 topics"):
        ld.connect(bench.url)


def test_an_image_without_layout_says_which_argument_is_missing(bench, connect):
    bench.send(1)
    live = connect(start="earliest")

    with pytest.raises(ArgumentError, match=r"shape=\(rows, columns\)"):
        live["det"].image()


def test_waiting_for_more_than_comes_ends_with_the_state(bench, connect):
    bench.send(1)
    live = connect(start="earliest")
    view = live["det"].histogram(toa=TOA)

    with pytest.raises(WaitTimeout, match="100 events"):
        view.wait(events=1000, timeout=0.5)


def test_a_cube_sums_to_the_image_and_the_spectrum(bench, connect):
    bench.send(50)
    live = connect(start="earliest")
    det = live["det"]
    cube = det.image(shape=(8, 8), toa=TOA).wait(events=bench.n_events, timeout=10)
    image = det.image(shape=(8, 8)).wait(events=bench.n_events, timeout=10)

    inside = cube.snapshot()
    assert inside.array.shape == (8, 8, 300)
    assert inside.sum("toa").array.tolist() == cube.picture().array.tolist()
    assert inside.ledger.unmapped == image.ledger.unmapped > 0
    assert inside.total + inside.ledger.underflow + inside.ledger.overflow == image.values().sum()


def test_expired_messages_are_counted_as_lost():
    from livedata.transport import open_transport

    url = "memory://session-expired?retention=1MB"
    transport = open_transport(url)
    producer = transport.producer()
    producer.produce("ev", b"x")
    live = ld.connect(url, start={("ev", 0): 0})
    try:
        from livedata import schemas

        toa = np.arange(100_000, dtype=np.int32)
        message = schemas.encode_ev44("det", 0, np.array([time.time_ns()]), np.zeros(1, np.int32), toa, toa)
        for _ in range(10):
            producer.produce("ev", message)
        producer.flush(5)
        low, high = transport.watermarks([Partition("ev", 0)])[Partition("ev", 0)]
        view = live["det"].histogram(toa=TOA).wait(events=(high - low) * len(toa), timeout=10)

        assert low > 0
        assert view.ledger.seen == (high - low) * len(toa)
        assert view.coverage.lost == low
        assert any("expired" in remark for remark in view.remarks)
    finally:
        live.close()
        producer.close()
        transport.close()


def test_a_stream_that_fell_silent_long_ago_is_found_when_asked_for(bench, connect):
    bench.send(3, source="quiet")
    bench.send(200, source="det", n_events=3)
    live = connect(start="earliest")

    view = live["quiet"].histogram(toa=TOA).wait(events=300, timeout=10)

    assert view.ledger.seen == 300
