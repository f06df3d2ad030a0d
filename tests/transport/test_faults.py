"""A broker that is killed, freezes or loses its data: seen within 5 s, healed by itself, nothing lost or doubled."""

from __future__ import annotations

import threading
import time

import pytest

from livedata.testing import kafka_broker
from livedata.transport import Partition, open_transport

pytestmark = [pytest.mark.kafka, pytest.mark.slow, pytest.mark.alone]

RATE = 400


@pytest.fixture(scope="module")
def broker():
    with kafka_broker() as broker:
        yield broker


class Traffic:
    """Numbered messages at a steady rate, and all that comes of them."""

    def __init__(self, broker, topic):
        self.transport = open_transport(broker.url)
        self.transport.create_topic(topic)
        self.where = Partition(topic, 0)
        self.consumer = self.transport.consumer()
        self.consumer.assign({self.where: 0})
        self.producer = self.transport.producer()
        self.values = []
        self.n_sent = 0
        self.stopping = threading.Event()
        self.threads = [threading.Thread(target=self.send), threading.Thread(target=self.receive)]

    def send(self):
        while not self.stopping.wait(1 / RATE):
            self.producer.produce(self.where.topic, b"%d" % self.n_sent, partition=0)
            self.n_sent += 1

    def receive(self):
        while not (self.stopping.is_set() and len(self.values) >= self.n_sent):
            self.values += [int(r.value) for r in self.consumer.fetch(0.1)]

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.finish(30.0)
        self.consumer.close()
        self.producer.close()
        self.transport.close()

    def finish(self, timeout_s):
        self.stopping.set()
        self.threads[0].join(5.0)
        self.threads[1].join(timeout_s)
        # Whatever went wrong, the thread must end with the test.
        self.n_sent = min(self.n_sent, len(self.values))
        self.threads[1].join(1.0)


def wait_until(condition, timeout_s):
    """Return the seconds until a condition came true."""
    begin = time.monotonic()
    while not condition():
        assert time.monotonic() - begin < timeout_s, f"not within {timeout_s} s"
        time.sleep(0.02)
    return time.monotonic() - begin


def both(traffic):
    return (traffic.consumer.contact, traffic.producer.contact)


def assert_nothing_lost_or_doubled(traffic, n_at_fault):
    n_after = len(traffic.values)
    wait_until(lambda: len(traffic.values) > n_after + RATE // 4, 20.0)
    traffic.stopping.set()
    traffic.threads[0].join()
    assert traffic.producer.flush(30.0) == 0
    wait_until(lambda: len(traffic.values) >= traffic.n_sent, 20.0)
    assert traffic.values == list(range(traffic.n_sent))
    assert traffic.n_sent > n_at_fault + RATE
    assert (traffic.producer.sent.failed, traffic.producer.sent.delivered) == (0, traffic.n_sent)


def test_a_killed_broker_shows_and_heals_without_loss(broker, topic_prefix):
    with Traffic(broker, topic_prefix) as traffic:
        wait_until(lambda: len(traffic.values) > RATE, 20.0)
        fault_ns, n_at_fault = time.time_ns(), traffic.n_sent
        broker.kill()
        wait_until(lambda: all(contact.is_lost for contact in both(traffic)), 5.0)
        for contact in both(traffic):
            assert abs(contact.lost_since_ns - fault_ns) < 3e9
            assert "127.0.0.1" in contact.reason
        time.sleep(3.0)
        broker.restart()
        wait_until(lambda: not any(contact.is_lost for contact in both(traffic)), 5.0)
        assert_nothing_lost_or_doubled(traffic, n_at_fault)
        assert traffic.consumer.contact.reason == ""


def test_a_frozen_broker_shows_and_heals_without_loss(broker, topic_prefix):
    with Traffic(broker, topic_prefix) as traffic:
        wait_until(lambda: len(traffic.values) > RATE, 20.0)
        fault_ns, n_at_fault = time.time_ns(), traffic.n_sent
        broker.freeze()
        try:
            wait_until(lambda: all(contact.is_lost for contact in both(traffic)), 5.0)
            for contact in both(traffic):
                assert abs(contact.lost_since_ns - fault_ns) < 3e9
            time.sleep(max(10.0 - (time.time_ns() - fault_ns) / 1e9, 0))
        finally:
            broker.thaw()
        wait_until(lambda: not any(contact.is_lost for contact in both(traffic)), 5.0)
        assert_nothing_lost_or_doubled(traffic, n_at_fault)


def test_an_idle_connection_sees_a_frozen_broker_and_closes_at_once(broker, topic_prefix):
    transport = open_transport(broker.url)
    transport.create_topic(topic_prefix)
    consumer, producer = transport.consumer(), transport.producer()
    consumer.assign({Partition(topic_prefix, 0): 0})
    assert consumer.fetch(1.5) == []
    broker.freeze()
    try:
        wait_until(lambda: consumer.contact.is_lost and producer.contact.is_lost, 5.0)
        begin = time.monotonic()
        consumer.close()
        producer.close()
        transport.close()
        assert time.monotonic() - begin < 2.0
    finally:
        broker.thaw()


def test_a_broker_that_comes_back_empty_is_read_from_its_start(broker, topic_prefix):
    where = Partition(topic_prefix, 0)
    transport = open_transport(broker.url)
    transport.create_topic(topic_prefix)
    consumer, producer = transport.consumer(), transport.producer()
    consumer.assign({where: 0})
    for i in range(50):
        producer.produce(where.topic, b"old %d" % i, partition=0)
    records = []
    wait_until(lambda: records.extend(consumer.fetch(0.1)) or len(records) == 50, 10.0)

    broker.restart(empty=True)
    transport.create_topic(topic_prefix)
    for i in range(3):
        producer.produce(where.topic, b"new %d" % i, partition=0)
    records.clear()
    wait_until(lambda: records.extend(consumer.fetch(0.1)) or len(records) >= 3, 20.0)
    reason = consumer.contact.reason
    consumer.close()
    producer.close()
    transport.close()
    assert [(r.offset, r.value) for r in records] == [(i, b"new %d" % i) for i in range(3)]
    assert topic_prefix in reason
    assert (producer.sent.delivered, producer.sent.failed) == (53, 0)
