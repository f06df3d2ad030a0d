import threading
import time
from collections import Counter

import numpy as np
import pytest

from livedata.errors import ArgumentError, WaitTimeout
from livedata.reduce.pixels.layout import layout
from livedata.sources import start_simulation
from livedata.sources.beam import PERIOD_NS

T0 = 1_700_000_000_123_456_789


@pytest.fixture(scope="module")
def minute(topics_of):
    """A finished simulation of 45 s at 20 000 events/s, and all its messages."""
    from livedata.transport import open_transport
    from livedata.transport.memory.registry import forget_log

    transport = open_transport("memory://simulated-minute?retention=2GB")
    simulation = start_simulation(transport, rate=20_000, seed=5, duration=45, speed="max", start_ns=T0).wait(60)
    yield simulation, topics_of(transport)
    forget_log("simulated-minute")


def entries(message):
    bounds = [*message.reference_time_index.tolist(), len(message.time_of_flight)]
    return [(t, b - a) for t, a, b in zip(message.reference_time.tolist(), bounds, bounds[1:], strict=False)]


def test_truth_counts_every_message_entry_and_event_by_stream_and_partition(minute):
    simulation, topics = minute
    found = Counter()
    for record, message in topics.of("ev44"):
        found[message.source_name, record.partition, "messages"] += 1
        found[message.source_name, record.partition, "entries"] += len(message.reference_time)
        found[message.source_name, record.partition, "events"] += len(message.time_of_flight)

    told = {
        (*where, kind): getattr(counts, kind)
        for where, counts in simulation.truth.partitions.items()
        if counts.events
        for kind in ("messages", "entries", "events")
    }

    assert dict(found) == told
    assert {where[1] for where in found} == {0, 1, 2}


def test_truth_holds_the_exact_image_and_times_of_arrival(minute):
    simulation, topics = minute
    truth = simulation.truth
    detector = [m for _, m in topics.of("ev44", "detector")]
    monitor = [m for _, m in topics.of("ev44", "monitor")]

    image = np.bincount(np.concatenate([m.pixel_id for m in detector]), minlength=65537)[1:].reshape(256, 256)

    np.testing.assert_array_equal(truth.image, image)
    assert image.sum() > 500_000
    for name, messages in (("detector", detector), ("monitor", monitor)):
        toa = np.concatenate([m.time_of_flight for m in messages])
        np.testing.assert_array_equal(truth.toa[name], np.bincount(toa // 1000, minlength=71429))


def test_truth_holds_the_totals_of_each_run(minute):
    simulation, topics = minute
    messages = [m for _, m in topics.of("ev44")]

    assert len(simulation.truth.runs) == 3
    for run in simulation.truth.runs:
        for name in ("detector", "monitor"):
            inside = [
                n for m in messages if m.source_name == name for t, n in entries(m) if run.start_ns <= t < run.stop_ns
            ]
            assert (run.streams[name].entries, run.streams[name].events) == (len(inside), sum(inside))
            assert len(inside) > 30


def test_runs_are_announced_in_ms_and_matched_by_their_job(minute):
    simulation, topics = minute
    starts = [m for _, m in topics.of("pl72")]
    stops = [m for _, m in topics.of("6s4t")]

    assert [m.start_time * 1_000_000 for m in starts] == [r.start_ns for r in simulation.truth.runs]
    assert [m.stop_time * 1_000_000 for m in stops] == [r.stop_ns for r in simulation.truth.runs]
    assert [m.job_id for m in starts] == [m.job_id for m in stops]
    assert len({m.job_id for m in starts}) == 3
    assert [m.run_name for m in starts] == ["1", "2", "3"]
    assert starts[0].instrument_name == "DEMO"


def test_run_boundaries_fall_between_the_pulses_of_one_message(minute):
    simulation, topics = minute
    messages = [m for _, m in topics.of("ev44")]
    boundaries = [ns for run in simulation.truth.runs for ns in (run.start_ns, run.stop_ns)][1:-1]

    for boundary in boundaries:
        assert any(m.reference_time.min() < boundary <= m.reference_time.max() for m in messages)


def test_truth_holds_all_samples_of_the_logs(minute):
    simulation, topics = minute

    for name, low, high in (("temperature", 4.0, 126.0), ("chopper_speed", 13.9, 14.1)):
        found = {int(m.timestamp): float(m.value) for _, m in topics.of("f144", name)}
        times, values = simulation.truth.logs[name]
        assert found == dict(zip(times.tolist(), values.tolist(), strict=True))
        assert len(found) > 40
        assert low < values.min()
        assert values.max() < high


def test_several_messages_share_a_pulse_and_monitors_have_no_pixels(minute):
    _, topics = minute
    first = [m for _, m in topics.of("ev44", "detector") if m.reference_time.tolist() == [T0]]

    assert len(first) >= 2
    assert all(len(m.pixel_id) == 0 and len(m.time_of_flight) for _, m in topics.of("ev44", "monitor"))


def test_some_messages_come_after_later_ones_of_their_partition(minute):
    _, topics = minute
    newest, late = Counter(), 0
    for record, message in topics.of("ev44", "detector"):
        late += message.reference_time.max() < newest[record.partition] - PERIOD_NS
        newest[record.partition] = max(newest[record.partition], message.reference_time.max())

    assert late > 10


def test_message_ids_are_consecutive_in_each_stream(minute):
    _, topics = minute

    for name in ("detector", "monitor"):
        ids = sorted(m.message_id for _, m in topics.of("ev44", name))
        assert ids == list(range(len(ids)))


def test_the_rate_is_that_asked_for_in_seconds_of_data(minute):
    simulation, _ = minute
    truth = simulation.truth
    seconds = (truth.last_ns - truth.first_ns + PERIOD_NS) / 1e9

    assert seconds == pytest.approx(45.0, abs=0.1)
    assert truth.events / seconds == pytest.approx(20_000, rel=0.01)
    assert truth.streams["monitor"].events / truth.events == pytest.approx(0.1, abs=0.01)


def test_pulses_are_exactly_one_period_apart(minute):
    _, topics = minute
    times = np.unique(np.concatenate([m.reference_time for _, m in topics.of("ev44")]))

    assert times[0] == T0
    assert set(np.diff(times).tolist()) == {PERIOD_NS}


def payloads(topics):
    return [(r.topic, r.partition, r.value) for r in topics.records]


def test_the_same_seed_gives_the_same_bytes_whatever_the_speed(memory, read):
    start_simulation(memory, name="A", rate=5_000, seed=3, duration=1.5, speed="max", start_ns=T0).wait(20)
    first = [(topic[1:], partition, value) for topic, partition, value in payloads(read())]
    start_simulation(memory, name="B", rate=5_000, seed=3, duration=1.5, speed=4, start_ns=T0).wait(20)
    both = payloads(read())
    second = [(topic[1:], partition, value) for topic, partition, value in both if topic.startswith("B")]

    events = [row for row in first if row[0] == "_events"]
    assert events == [row for row in second if row[0] == "_events"]
    assert len(events) > 40


def test_another_seed_gives_other_events(memory, read):
    for name, seed in (("A", 1), ("B", 2)):
        start_simulation(memory, name=name, rate=2_000, seed=seed, duration=1, speed="max", start_ns=T0).wait(20)
    images = [sorted(m.time_of_flight.sum() for r, m in read().of("ev44") if r.topic == f"{n}_events") for n in "AB"]

    assert images[0] != images[1]


def test_a_paused_simulation_sends_nothing_until_resumed(memory):
    simulation = start_simulation(memory, rate=10_000)
    while not simulation.truth.events:
        time.sleep(0.01)
    simulation.pause()
    time.sleep(0.2)
    held = simulation.delivered
    time.sleep(0.4)
    assert simulation.delivered == held
    assert simulation.state == "paused"
    simulation.resume()
    while simulation.delivered == held:
        time.sleep(0.01)
    simulation.stop(wait=True)
    assert simulation.state == "stopped"


def test_a_stopped_simulation_ends_its_run_and_leaves_no_thread(memory, read):
    simulation = start_simulation(memory, rate=10_000, name="GONE")
    with pytest.raises(WaitTimeout, match="goes on"):
        simulation.wait(0.3)
    simulation.stop(wait=True)
    (run,) = simulation.truth.runs

    assert simulation.error is None
    assert not [t for t in threading.enumerate() if t.name == "livedata GONE"]
    assert run.stop_ns > simulation.truth.last_ns
    assert len(read().of("6s4t")) == 1
    assert sum(c.events for c in run.streams.values()) == simulation.truth.events > 0


def test_starting_again_on_the_same_log_stops_the_one_before(memory):
    before = start_simulation(memory, rate=1_000)
    after = start_simulation(memory, rate=1_000)

    assert before.state == "stopped"
    assert after.state == "running"
    after.stop(wait=True)


def test_what_is_not_delivered_is_taken_out_of_the_truth(memory, read):
    class Refusing:
        """The real log behind a broker that refuses every seventh message."""

        url, shared_between_processes = memory.url, False
        create_topic, topics = memory.create_topic, memory.topics

        def close(self):
            pass

        def producer(self):
            from livedata.transport import Contact, Delivery

            inner, count = memory.producer(), iter(range(10**9))

            class Producer:
                contact = Contact()
                flush, close = inner.flush, inner.close

                def produce(self, topic, value, *, partition=None, key=None, on_delivery=None):
                    if next(count) % 7 == 3:
                        on_delivery(Delivery(topic, 0, -1, -1, "refused"))
                    else:
                        inner.produce(topic, value, partition=partition, key=key, on_delivery=on_delivery)

            return Producer()

    simulation = start_simulation(Refusing(), rate=5_000, duration=2, speed="max")
    with pytest.raises(OSError, match="not delivered"):
        simulation.wait(20)
    truth = simulation.truth

    assert truth.undelivered > 5
    assert simulation.state == "failed"
    assert truth.image.sum() == sum(len(m.pixel_id) for _, m in read().of("ev44", "detector"))
    assert truth.streams["detector"].messages == len(read().of("ev44", "detector"))


def test_the_layout_has_every_pixel_from_one(memory):
    simulation = start_simulation(memory, rate=1_000, duration=0.2, speed="max").wait(20)

    assert simulation.layouts == {"detector": layout((256, 256), first_id=1)}


def test_it_says_what_it_does(memory):
    simulation = start_simulation(memory, rate=1_000, duration=1, speed="max").wait(20)

    assert "simulated instrument DEMO" in repr(simulation)
    assert "14 of 14 pulses" in repr(simulation)
    assert "finished" in simulation._repr_html_()
    assert simulation._repr_mimebundle_()["text/plain"] == repr(simulation)


@pytest.mark.parametrize(
    "wrong",
    [
        {"rate": 0},
        {"rate": float("nan")},
        {"duration": -1},
        {"seed": -1},
        {"partitions": 0},
        {"speed": 0},
        {"speed": "fast"},
    ],
)
def test_wrong_arguments_raise_at_the_call(memory, wrong):
    with pytest.raises(ArgumentError, match=f"{next(iter(wrong))} is"):
        start_simulation(memory, **wrong)
