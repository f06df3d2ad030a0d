"""The contract on the in-process log, and its retention."""

from __future__ import annotations

import gc
import threading
import time
import uuid

import pytest

from livedata.errors import SettingsError, TransportError
from livedata.testing.contract import TransportContract, collect
from livedata.transport import Partition, Watermarks, open_transport
from livedata.transport.memory import forget_log
from livedata.transport.memory.shelf import RECORD_COST

A = Partition("a", 0)


@pytest.fixture
def name():
    name = f"test-{uuid.uuid4().hex}"
    yield name
    forget_log(name)


@pytest.fixture
def small(name):
    """Room for ten messages of 1000 bytes."""
    return open_transport(f"memory://{name}?retention={10 * (1000 + RECORD_COST)}")


class TestMemoryKeepsTheContract(TransportContract):
    @pytest.fixture
    def transport(self, name):
        transport = open_transport(f"memory://{name}")
        yield transport
        transport.close()


def fill(transport, n, topic="a"):
    producer = transport.producer()
    for _ in range(n):
        producer.produce(topic, bytes(1000), partition=0)
    return producer


def produce_aside(transport, n):
    """Produce from a thread and return it with the producer."""
    producer = transport.producer()

    def work():
        for _ in range(n):
            producer.produce("a", bytes(1000), partition=0)

    thread = threading.Thread(target=work)
    thread.start()
    return thread, producer


def test_the_same_name_is_the_same_log(name):
    open_transport(f"memory://{name}").create_topic("a", partitions=2)
    assert open_transport(f"memory://{name}").topics() == {"a": 2}


def test_payloads_are_the_objects_that_were_given(name):
    transport = open_transport(f"memory://{name}")
    payload = bytes(1000)
    transport.producer().produce("a", payload)
    consumer = transport.consumer()
    consumer.assign({A: 0})
    assert consumer.fetch(1.0)[0].value is payload


def test_retention_drops_the_oldest_messages_of_all_partitions(small):
    fill(small, 5, "a")
    fill(small, 5, "b")
    fill(small, 3, "b")
    assert small.watermarks([A, Partition("b", 0)]) == {A: Watermarks(3, 5), Partition("b", 0): Watermarks(0, 8)}
    assert small.retention.dropped_messages == 3
    assert small.retention.kept_bytes <= small.retention.limit_bytes


def test_a_position_that_expired_goes_on_at_the_low_watermark(small):
    consumer = small.consumer()
    consumer.assign({A: 0})
    fill(small, 15)
    assert [r.offset for r in collect(consumer, 10)] == list(range(5, 15))


def test_a_message_larger_than_the_retention_is_kept_alone(small):
    fill(small, 3)
    small.producer().produce("a", bytes(100_000), partition=0)
    assert small.watermarks([A])[A] == Watermarks(3, 4)


def test_a_holding_consumer_makes_the_producer_wait_and_loses_nothing(small):
    small.create_topic("a")
    consumer = small.consumer(holds_retention=True)
    consumer.assign({A: 0})
    thread, producer = produce_aside(small, 50)
    time.sleep(0.4)
    assert small.watermarks([A])[A] == Watermarks(0, 10)
    assert thread.is_alive()
    offsets = [r.offset for r in collect(consumer, 50)]
    thread.join(5.0)
    assert offsets == list(range(50))
    assert producer.sent.n_waits >= 1
    assert producer.sent.waited_s >= 0.2
    assert small.retention.n_waits == producer.sent.n_waits


def test_a_paused_holding_consumer_still_holds(small):
    small.create_topic("a")
    consumer = small.consumer(holds_retention=True)
    consumer.assign({A: 0})
    consumer.pause([A])
    thread, producer = produce_aside(small, 11)
    time.sleep(0.3)
    assert thread.is_alive()
    consumer.resume([A])
    assert len(collect(consumer, 11)) == 11
    thread.join(5.0)
    assert producer.sent.messages == 11


def test_partitions_that_nobody_holds_give_way_first(small):
    small.create_topic("a")
    consumer = small.consumer(holds_retention=True)
    consumer.assign({A: 0})
    fill(small, 5, "a")
    fill(small, 20, "b")
    assert small.watermarks([A, Partition("b", 0)]) == {A: Watermarks(0, 5), Partition("b", 0): Watermarks(15, 20)}


def test_closing_a_holding_consumer_lets_the_producer_go_on(small):
    small.create_topic("a")
    consumer = small.consumer(holds_retention=True)
    consumer.assign({A: 0})
    thread, _ = produce_aside(small, 30)
    time.sleep(0.2)
    consumer.close()
    thread.join(2.0)
    assert small.watermarks([A])[A] == Watermarks(20, 30)


def test_a_forgotten_holding_consumer_lets_the_producer_go_on(small):
    small.create_topic("a")
    consumer = small.consumer(holds_retention=True)
    consumer.assign({A: 0})
    thread, _ = produce_aside(small, 30)
    time.sleep(0.2)
    assert thread.is_alive()
    del consumer
    gc.collect()
    thread.join(2.0)
    assert not thread.is_alive()


def test_closing_a_waiting_producer_is_an_error_to_its_caller(small):
    small.create_topic("a")
    consumer = small.consumer(holds_retention=True)
    consumer.assign({A: 0})
    fill(small, 10)
    producer = small.producer()
    threading.Timer(0.3, producer.close).start()
    with pytest.raises(TransportError, match="closed while it waited"):
        producer.produce("a", bytes(1000), partition=0)


def test_offsets_by_time_do_not_need_sorted_times(name):
    transport = open_transport(f"memory://{name}")
    producer = transport.producer()
    for stamp in (10, 50, 20, 60, 30):
        producer.produce("a", b"", timestamp_ms=stamp)
    assert transport.offsets_at([A], 55)[A] == 3
    assert transport.offsets_at([A], 11)[A] == 1


def test_client_settings_mean_nothing_in_memory(name):
    with pytest.raises(SettingsError, match="no client settings"):
        open_transport(f"memory://{name}", settings={"security.protocol": "SSL"})
