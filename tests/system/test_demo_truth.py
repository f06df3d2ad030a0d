"""The simulated instrument against its own ground truth: nothing lost, every ledger adds up, four ways agree."""

import os

import numpy as np
import pytest

import livedata as ld
from livedata.reduce.axis import thresholds
from livedata.reduce.result.compare import compare
from livedata.sources import start_simulation
from livedata.streams.batch import entry_sizes
from livedata.streams.split import Splitter
from livedata.transport import open_transport
from livedata.transport.protocol import Partition
from tests.system.equality import four_views, shift_one_bin, toa_bins

SECONDS = 60
REAL_TIME = bool(os.environ.get("LIVEDATA_REAL_TIME"))
"""Set to run the minute as a minute; else the same minute of data comes as fast as it goes."""


@pytest.fixture(params=["memory", pytest.param("kafka", marks=pytest.mark.kafka)])
def url(request, topic_prefix):
    if request.param == "kafka":
        return request.getfixturevalue("kafka_url")
    return f"memory://{topic_prefix}?retention=4GB"


def boundary_inside_a_message(transport, topic, moments):
    """Count messages with entries on both sides of a moment, and events that come behind newer ones of a partition."""
    splitter, found, stragglers = Splitter(), 0, 0
    newest = {}
    consumer = transport.consumer()
    marks = transport.watermarks([Partition(topic, i) for i in range(3)])
    consumer.assign({p: m.low for p, m in marks.items()})
    left = sum(m.high - m.low for m in marks.values())
    while left > 0:
        records = consumer.fetch(1.0)
        left -= len(records)
        for _, batch in splitter.split(records):
            ends = np.append(batch.messages.first_entry[1:], batch.n_entries)
            for first, end in zip(batch.messages.first_entry, ends, strict=True):
                times = batch.event_time_zero[first:end]
                found += any(times.min() < moment <= times.max() for moment in moments if len(times) > 1)
            partition = np.repeat(batch.messages.partition, np.diff(batch.messages.first_entry, append=batch.n_entries))
            for place, time, size in zip(partition, batch.event_time_zero, entry_sizes(batch), strict=True):
                stragglers += int(size) if time < newest.get(place, 0) else 0
                newest[place] = max(newest.get(place, 0), time)
    consumer.close()
    return found, stragglers


def test_a_minute_at_a_million_events_per_second_is_counted_to_the_last_event(url, topic_prefix, tmp_path):
    transport = open_transport(url)
    live = ld.connect(url, topics=f"{topic_prefix}_*")
    rec = live.record(tmp_path / "demo.nxs")
    speed = 1.0 if REAL_TIME else "max"
    sim = start_simulation(url, rate=1e6, seed=3, name=topic_prefix, duration=SECONDS, speed=speed)
    places = {"live": live}
    try:
        spectrum = live["detector"].histogram(toa=toa_bins())
        sim.wait(timeout=150)
        truth = sim.truth
        n_events = truth.streams["detector"].events
        spectrum.wait(events=n_events, timeout=60)
        rec.stop(wait=True)
        places["again"] = ld.connect(url, topics=f"{topic_prefix}_*", start="earliest")
        places["written"] = ld.open(rec.path)

        def image(streams):
            return streams["detector"].image(shape=(256, 256), first_id=1)

        def cut(streams):
            return streams["detector"].image(shape=(256, 200), first_id=1)

        def toa(streams):
            return streams["detector"].histogram(toa=toa_bins())

        limits = thresholds(toa_bins().named("toa"), "ns")
        width = len(truth.toa["detector"])
        assert n_events > 0.9 * SECONDS * 1e6
        assert width > 60_000  # the truth is kept in bins of one microsecond
        exact = np.add.reduceat(truth.toa["detector"], limits[:-1] // 1000)[: len(limits) - 1]
        exact[-1] = truth.toa["detector"][limits[-2] // 1000 : limits[-1] // 1000].sum()

        for make in (image, cut, toa):
            snapshots = four_views(make, **places, original=None, n_events=n_events)
            for snapshot in snapshots.values():
                assert snapshot.ledger.adds_up
                assert snapshot.ledger.seen == n_events
                outcome = compare(snapshot, snapshots["live"])
                assert outcome, outcome
            assert not compare(shift_one_bin(snapshots["live"]), snapshots["written"])
            if make is image:
                assert np.array_equal(snapshots["live"].array, truth.image)
            if make is cut:
                assert snapshots["live"].ledger.unmapped > 0
            if make is toa:
                assert np.array_equal(snapshots["live"].array, exact)
                assert snapshots["live"].ledger.underflow > 0
                assert snapshots["live"].ledger.overflow > 0

        runs = truth.runs
        assert len(runs) >= 2
        inside, stragglers = boundary_inside_a_message(
            transport, f"{topic_prefix}_events", [r.start_ns for r in runs[1:]]
        )
        assert inside >= 1
        assert stragglers >= 1
        for run in runs[:2]:
            by_run = {
                place: streams["detector"].image(shape=(256, 256)).over(run.start_ns, run.stop_ns).snapshot()
                for place, streams in places.items()
            }
            for snapshot in by_run.values():
                assert snapshot.ledger.seen == run.streams["detector"].events > 100_000
                assert compare(snapshot, by_run["live"])
        assert {(r.start_ns, r.stop_ns) for r in live.runs} == {(r.start_ns, r.stop_ns) for r in runs}
        over_rec = spectrum.over(rec)
        assert over_rec.same_as(places["written"]["detector"].histogram(toa=toa_bins()))
        for row in live.table():
            ledger = live.ledgers[row.name]
            assert (
                ledger.messages
                == ledger.decoded + ledger.malformed + ledger.unwanted
                == truth.streams[row.name].messages
            )
            assert (ledger.malformed, ledger.lost) == (0, 0)
    finally:
        sim.stop(wait=False)
        for streams in places.values():
            if hasattr(streams, "close"):
                streams.close()
        transport.close()


def test_a_message_sent_twice_is_seen_in_the_comparison(url, topic_prefix, tmp_path):
    live = ld.connect(url, topics=f"{topic_prefix}_*")
    sim = start_simulation(url, rate=2e5, seed=3, name=topic_prefix, duration=4, speed="max")
    transport = open_transport(url)
    try:
        view = live["detector"].image(shape=(256, 256))
        sim.wait(timeout=60)
        n_events = sim.truth.streams["detector"].events
        before = view.wait(events=n_events, timeout=30).snapshot()
        consumer = transport.consumer()
        topic = Partition(f"{topic_prefix}_events", 0)
        consumer.assign({topic: transport.watermarks([topic])[topic].low})
        records = [r for r in consumer.fetch(5.0) if b"detector" in r.value[:200]]
        consumer.close()
        producer = transport.producer()
        producer.produce(topic.topic, records[0].value, partition=0)
        producer.flush(10)
        producer.close()
        view.wait(events=n_events + 1, timeout=30)

        assert np.array_equal(before.array, sim.truth.image)
        assert not view.same_as(before)
    finally:
        sim.stop(wait=False)
        live.close()
        transport.close()
