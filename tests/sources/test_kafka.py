"""Sources on a real Kafka, also while it is gone."""

import time

import pytest

from livedata.sources import start_replay, start_simulation
from livedata.testing import kafka_broker
from livedata.transport import open_transport

pytestmark = pytest.mark.kafka


def totals(topics, source):
    messages = [m for _, m in topics.of("ev44", source)]
    return len(messages), sum(len(m.reference_time) for m in messages), sum(len(m.time_of_flight) for m in messages)


def told(counts):
    return counts.messages, counts.entries, counts.events


@pytest.fixture
def own(kafka_url, topic_prefix, topics_of):
    """(transport, prefix, function that reads the messages of topics with the prefix)."""
    transport = open_transport(kafka_url)
    whole = transport.topics

    def read():
        transport.topics = lambda **kw: {t: n for t, n in whole(**kw).items() if t.startswith(topic_prefix)}
        return topics_of(transport)

    yield transport, topic_prefix, read
    transport.close()


def test_the_truth_of_a_simulation_is_what_kafka_holds(own):
    transport, prefix, read = own
    simulation = start_simulation(transport, rate=200_000, name=prefix, duration=20, speed="max").wait(60)
    topics = read()

    for name in ("detector", "monitor"):
        assert totals(topics, name) == told(simulation.truth.streams[name])
    assert {r.partition for r, _ in topics.of("ev44")} == {0, 1, 2}
    assert simulation.truth.events > 3_900_000


def test_a_replay_reaches_kafka_whole(own, steady):
    transport, prefix, read = own
    replay = start_replay(steady, transport, speed="max", topics=prefix).wait(60)

    assert totals(read(), "bank") == told(replay.sent["bank"]) == (40, 40, 1000)


def test_nothing_is_lost_or_doubled_while_the_broker_is_gone(topics_of):
    with kafka_broker() as broker:
        transport = open_transport(broker.url)
        simulation = start_simulation(transport, rate=100_000, duration=11)
        time.sleep(2)
        broker.kill()
        time.sleep(5)
        assert "broker lost" in repr(simulation)
        broker.restart()
        simulation.wait(60)
        topics = topics_of(transport)
        transport.close()

    assert simulation.error is None
    for name in ("detector", "monitor"):
        assert totals(topics, name) == told(simulation.truth.streams[name])
    assert len(topics.of("f144", "temperature")) == len(simulation.truth.logs["temperature"][0]) == 22


def test_a_simulation_without_a_broker_stops_soon_and_says_what_was_not_delivered():
    with kafka_broker() as broker:
        transport = open_transport(broker.url)
        simulation = start_simulation(transport, rate=10_000)
        time.sleep(1.5)
        broker.kill()
        time.sleep(1)
        began = time.monotonic()
        simulation.stop(wait=True)
        transport.close()

    assert time.monotonic() - began < 15
    assert simulation.state == "failed"
    assert "not delivered" in str(simulation.error)
    assert simulation.truth.undelivered > 0
