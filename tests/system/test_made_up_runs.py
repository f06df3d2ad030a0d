"""A run with periods and a muon run through real Kafka: what is known of each frame reaches each of its entries."""

import time
from collections import defaultdict

import numpy as np
import pytest

import livedata as ld
from livedata.transport import open_transport
from tests.system.isis_run import isis_run
from tests.system.madeup import UNKNOWN, Collector, in_order, partition_of
from tests.system.muon_run import muon_run

pytestmark = pytest.mark.kafka


def moments_ago(seconds):
    return (time.time_ns() // 1_000_000 - 1000 * seconds) * 1_000_000


@pytest.fixture
def transport(kafka_url):
    transport = open_transport(kafka_url)
    yield transport
    transport.close()


@pytest.fixture
def connect(kafka_url, topic_prefix):
    """A function that connects to the test's topics."""
    connections = []

    def make(**kw):
        connections.append(ld.connect(kafka_url, topics=f"{topic_prefix}_*", **kw))
        return connections[-1]

    yield make
    for live in connections:
        live.close()


def collected(stream, n_entries, timeout_s=60, *, begun=lambda: None):
    """Return all entries of a stream as soon as there are as many."""
    sink = Collector()
    subscription = stream.feed.subscribe(sink)
    begun()
    deadline = time.monotonic() + timeout_s
    while sink.n_entries < n_entries and not sink.is_finished and time.monotonic() < deadline:
        time.sleep(0.02)
    subscription.close()
    assert sink.error is None
    return sink.entries()


def check_entries(streams, run):
    for source, entries in run.entries.items():
        assert collected(streams[source], len(entries)) == in_order(entries)


def test_period_vetoes_and_charge_of_each_entry_are_those_of_its_frame(connect, transport, topic_prefix):
    run = isis_run(moments_ago(30))
    run.make_topics(transport, topic_prefix)
    live = connect()
    run.send(transport, topic_prefix)

    check_entries(live, run)
    check_entries(connect(start="earliest"), run)


@pytest.mark.parametrize("cut", [398, 402, 404])
def test_past_and_present_of_one_who_joins_late_know_the_same(connect, transport, topic_prefix, cut):
    run = isis_run(moments_ago(30))
    run.make_topics(transport, topic_prefix)
    run.send(transport, topic_prefix, run.messages[:cut])
    live = connect(start="-10 min")
    entries = run.entries["detector"]
    found = collected(
        live["detector"], len(entries), begun=lambda: run.send(transport, topic_prefix, run.messages[cut:])
    )

    assert found == in_order(entries)


@pytest.mark.parametrize("cut", [95, 99, 104])
def test_one_who_begins_amid_a_frame_knows_nothing_wrong_of_it(connect, transport, topic_prefix, cut):
    run = isis_run(moments_ago(30))
    run.make_topics(transport, topic_prefix)
    run.send(transport, topic_prefix, run.messages[:cut])
    live = connect()
    run.send(transport, topic_prefix, run.messages[cut:])

    known = as_known(run.messages[cut:])
    assert known != run.entries_in(run.messages[cut:])
    for source, entries in known.items():
        assert collected(live[source], len(entries)) == in_order(entries)


def as_known(messages):
    """Return the entries by source, without what nobody knows who has read only these messages."""
    told, entries = set(), defaultdict(list)
    for m in messages:
        if m.topic != "events":
            continue
        place = partition_of(m.key) if m.partition is None else m.partition
        if m.entry is None:
            told.add(place)
        else:
            entry = m.entry if place in told else m.entry._replace(period=UNKNOWN, veto=UNKNOWN, charge=None)
            entries[m.source].append(entry)
    return entries


def test_a_recorded_run_read_back_knows_the_same(connect, transport, topic_prefix, tmp_path):
    run = isis_run(moments_ago(30))
    run.make_topics(transport, topic_prefix)
    live = connect()
    rec = live.record(tmp_path / "run.nxs")
    run.send(transport, topic_prefix)
    check_entries(live, run)
    rec.stop(wait=True)

    written = ld.open(rec.path)
    check_entries(written, run)
    check_variables(written, run)


def test_a_recorded_run_sent_again_says_the_same(connect, kafka_url, transport, topic_prefix, tmp_path):
    run = isis_run(moments_ago(30))
    run.make_topics(transport, topic_prefix)
    live = connect()
    rec = live.record(tmp_path / "run.nxs")
    run.send(transport, topic_prefix)
    check_entries(live, run)
    rec.stop(wait=True)
    ld.replay(rec.path, to=kafka_url, speed="max", topics=f"{topic_prefix}again", times="original", partitions=3).wait(
        timeout=60
    )

    again = ld.connect(kafka_url, topics=f"{topic_prefix}again_*", start="earliest")
    try:
        check_entries(again, run)
        check_variables(again, run)
    finally:
        again.close()


def check_variables(streams, run):
    for name, told in run.variables.items():
        stream = streams[name]
        deadline = time.monotonic() + 60
        while len(stream.data) < len(told.time) and time.monotonic() < deadline:
            time.sleep(0.02)
        assert stream.data.time.tolist() == told.time
        np.testing.assert_array_equal(stream.data.value, np.array(told.value))
        assert stream.unit == told.unit
        alarm, connection = stream.alarm, stream.connection
        said = zip(alarm.time.tolist(), alarm.value.tolist(), _column(alarm, "message"), strict=True)
        assert list(said) == told.alarms
        seen = zip(connection.time.tolist(), connection.value.tolist(), _column(connection, "service_id"), strict=True)
        assert list(seen) == told.connections


def _column(data, name):
    return data.columns[name].tolist() if len(data) else []


def test_values_alarms_connections_and_units_of_a_variable_are_one_stream(connect, transport, topic_prefix):
    run = isis_run(moments_ago(30))
    run.make_topics(transport, topic_prefix)
    live = connect()
    run.send(transport, topic_prefix)

    check_variables(live, run)
    check_variables(connect(start="earliest"), run)


def test_the_run_is_that_of_the_run_start(connect, transport, topic_prefix):
    start_ns = moments_ago(30)
    run = isis_run(start_ns)
    run.make_topics(transport, topic_prefix)
    run.send(transport, topic_prefix)
    (told,) = connect(start="earliest").runs

    assert (told.name, told.start_ns, told.stop_ns) == ("9001", start_ns, start_ns + 24_000_000_000)


def test_vetoes_have_the_names_that_were_told(connect, transport, topic_prefix):
    run = isis_run(moments_ago(30))
    run.make_topics(transport, topic_prefix)
    run.send(transport, topic_prefix)
    live = connect(start="earliest")
    check_entries(live, run)

    assert live.vetoes.switched_on == ("FIFO", "run control")
    assert live.vetoes.names_of(1 << 31 | 1 << 6) == ("bit 6", "fast chopper")


def test_frames_of_muons_tell_their_own_period_and_vetoes(connect, kafka_url, transport, topic_prefix, tmp_path):
    run = muon_run(moments_ago(10))
    run.make_topics(transport, topic_prefix)
    live = connect()
    rec = live.record(tmp_path / "muons.nxs")
    run.send(transport, topic_prefix)
    (entries,) = run.entries.values()
    name = f"{topic_prefix}_frames"

    assert collected(live[name], len(entries)) == in_order(entries)
    assert collected(connect(start="earliest")[name], len(entries)) == in_order(entries)
    rec.stop(wait=True)
    (stream,) = [s for s in ld.open(rec.path).values() if s.kind == "events"]
    assert collected(stream, len(entries)) == in_order(entries)
    ld.replay(rec.path, to=kafka_url, speed="max", topics=f"{topic_prefix}_again", times="original", partitions=3).wait(
        timeout=60
    )
    assert collected(connect(start="earliest")[stream.name], len(entries)) == in_order(entries)
