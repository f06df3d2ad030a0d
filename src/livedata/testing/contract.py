"""What every transport promises, as one test class; an implementation's test subclasses it and gives `transport`."""

# The names of the tests say what they check.
# ruff: noqa: D102

from __future__ import annotations

import threading
import time
import uuid
import zlib
from collections.abc import Iterator, Sequence

import pytest

from ..errors import ArgumentError, TransportError
from ..transport.protocol import Consumer, Delivery, Partition, Producer, Record, Transport, Watermarks


def collect(consumer: Consumer, n: int, timeout_s: float = 30.0) -> list[Record]:
    """Fetch until `n` records came or the time is over."""
    records: list[Record] = []
    deadline = time.monotonic() + timeout_s
    while len(records) < n and time.monotonic() < deadline:
        records += consumer.fetch(0.2)
    return records


def send(producer: Producer, topic: str, values: Sequence[bytes], *, partition: int = 0) -> None:
    """Produce values and wait until they are there."""
    for value in values:
        producer.produce(topic, value, partition=partition)
    assert producer.flush(30.0) == 0


class TransportContract:
    """Subclass it, name the subclass ``Test...`` and override the fixture `transport`."""

    @pytest.fixture
    def transport(self) -> Iterator[Transport]:
        """Yield the transport to test."""
        raise NotImplementedError

    @pytest.fixture
    def topic(self, transport: Transport) -> str:
        """Return an empty topic with one partition."""
        name = f"contract-{uuid.uuid4().hex[:12]}"
        transport.create_topic(name)
        return name

    @pytest.fixture
    def wide_topic(self, transport: Transport) -> str:
        """Return an empty topic with three partitions."""
        name = f"contract-{uuid.uuid4().hex[:12]}"
        transport.create_topic(name, partitions=3)
        return name

    @pytest.fixture
    def consumer(self, transport: Transport) -> Iterator[Consumer]:
        """Yield a consumer, closed afterwards."""
        consumer = transport.consumer()
        yield consumer
        consumer.close()

    @pytest.fixture
    def producer(self, transport: Transport) -> Iterator[Producer]:
        """Yield a producer, closed afterwards."""
        producer = transport.producer()
        yield producer
        producer.close()

    def test_a_message_comes_back_as_it_was_sent(self, topic: str, producer: Producer, consumer: Consumer) -> None:
        stamp = time.time_ns() // 1_000_000 - 60_000
        headers = (("schema", b"ev44"), ("schema", b"again"), ("empty", b""))
        producer.produce(topic, b"\x00\xffpayload", partition=0, key=b"k", timestamp_ms=stamp, headers=headers)
        assert producer.flush(30.0) == 0
        consumer.assign({Partition(topic, 0): 0})
        assert collect(consumer, 1) == [Record(topic, 0, 0, stamp, b"k", b"\x00\xffpayload", headers)]

    def test_messages_of_a_partition_keep_their_order(self, topic: str, producer: Producer, consumer: Consumer) -> None:
        send(producer, topic, [b"%d" % i for i in range(2000)])
        consumer.assign({Partition(topic, 0): 0})
        records = collect(consumer, 2000)
        assert [r.value for r in records] == [b"%d" % i for i in range(2000)]
        assert [r.offset for r in records] == list(range(2000))

    def test_a_key_always_goes_to_the_same_partition(
        self, wide_topic: str, producer: Producer, consumer: Consumer
    ) -> None:
        for i in range(60):
            producer.produce(wide_topic, b"", key=b"source-%d" % (i % 6))
        producer.flush(30.0)
        consumer.assign({Partition(wide_topic, p): 0 for p in range(3)})
        places = {(r.key, r.partition) for r in collect(consumer, 60)}
        assert places == {(key, zlib.crc32(key) % 3) for key in (b"source-%d" % i for i in range(6))}

    def test_empty_payload_and_missing_key_come_back(self, topic: str, producer: Producer, consumer: Consumer) -> None:
        send(producer, topic, [b""])
        consumer.assign({Partition(topic, 0): 0})
        (record,) = collect(consumer, 1)
        assert (record.value, record.key, record.headers) == (b"", None, ())

    def test_the_record_time_is_now_if_none_is_given(self, topic: str, producer: Producer, consumer: Consumer) -> None:
        before = time.time_ns() // 1_000_000
        send(producer, topic, [b"x"])
        consumer.assign({Partition(topic, 0): 0})
        (record,) = collect(consumer, 1)
        assert before <= record.timestamp_ms <= time.time_ns() // 1_000_000

    def test_reading_starts_at_the_given_offset(self, topic: str, producer: Producer, consumer: Consumer) -> None:
        send(producer, topic, [b"%d" % i for i in range(10)])
        consumer.assign({Partition(topic, 0): 7})
        assert [r.offset for r in collect(consumer, 3)] == [7, 8, 9]

    def test_reading_from_now_sees_only_what_comes_later(
        self, transport: Transport, topic: str, producer: Producer, consumer: Consumer
    ) -> None:
        send(producer, topic, [b"old"] * 3)
        where = Partition(topic, 0)
        consumer.assign({where: transport.watermarks([where])[where].high})
        send(producer, topic, [b"new"])
        assert [r.value for r in collect(consumer, 1)] == [b"new"]

    def test_offsets_are_found_by_record_time(self, transport: Transport, topic: str, producer: Producer) -> None:
        base = time.time_ns() // 1_000_000 - 100_000
        for i in range(10):
            producer.produce(topic, b"", partition=0, timestamp_ms=base + 1000 * i)
        producer.flush(30.0)
        where = Partition(topic, 0)
        assert transport.offsets_at([where], base + 4000)[where] == 4
        assert transport.offsets_at([where], base + 4001)[where] == 5
        assert transport.offsets_at([where], 0)[where] == 0

    def test_a_time_after_the_last_message_gives_the_high_watermark(
        self, transport: Transport, topic: str, producer: Producer
    ) -> None:
        send(producer, topic, [b"x"] * 4)
        where = Partition(topic, 0)
        assert transport.offsets_at([where], time.time_ns() // 1_000_000 + 3_600_000)[where] == 4

    def test_watermarks_span_what_is_held(self, transport: Transport, wide_topic: str, producer: Producer) -> None:
        send(producer, wide_topic, [b"x"] * 5, partition=1)
        places = [Partition(wide_topic, p) for p in range(3)]
        assert transport.watermarks(places) == {
            places[0]: Watermarks(0, 0),
            places[1]: Watermarks(0, 5),
            places[2]: Watermarks(0, 0),
        }

    def test_topics_are_listed_with_their_partitions(self, transport: Transport, topic: str, wide_topic: str) -> None:
        found = transport.topics()
        assert (found[topic], found[wide_topic]) == (1, 3)
        assert not [name for name in found if name.startswith("__")]

    def test_creating_a_topic_twice_does_nothing(self, transport: Transport, wide_topic: str) -> None:
        transport.create_topic(wide_topic, partitions=3)
        assert transport.topics()[wide_topic] == 3

    def test_a_topic_appears_when_it_is_produced_to(self, transport: Transport, producer: Producer) -> None:
        name = f"contract-{uuid.uuid4().hex[:12]}"
        producer.produce(name, b"x")
        assert producer.flush(30.0) == 0
        assert transport.topics()[name] == 1

    def test_paused_partitions_are_silent_and_lose_nothing(
        self, wide_topic: str, producer: Producer, consumer: Consumer
    ) -> None:
        for p in (0, 1):
            send(producer, wide_topic, [b"first"] * 5, partition=p)
        places = {Partition(wide_topic, p): 0 for p in (0, 1)}
        consumer.assign(places)
        assert len(collect(consumer, 10)) == 10
        consumer.pause([Partition(wide_topic, 0)])
        for p in (0, 1):
            send(producer, wide_topic, [b"second"] * 5, partition=p)
        assert {r.partition for r in collect(consumer, 6, 0.8)} == {1}
        assert consumer.positions() == {Partition(wide_topic, 0): 5, Partition(wide_topic, 1): 10}
        consumer.resume([Partition(wide_topic, 0)])
        assert [(r.partition, r.offset) for r in collect(consumer, 5)] == [(0, i) for i in range(5, 10)]

    def test_pausing_with_messages_under_way_loses_nothing(
        self, topic: str, producer: Producer, consumer: Consumer
    ) -> None:
        send(producer, topic, [b"%d" % i for i in range(500)])
        where = Partition(topic, 0)
        consumer.assign({where: 0})
        offsets: list[int] = []
        while len(offsets) < 500:
            records = consumer.fetch(5.0, max_records=37)
            assert records
            offsets += [r.offset for r in records]
            consumer.pause([where])
            assert consumer.fetch(0.0) == []
            consumer.resume([where])
        assert offsets == list(range(500))

    def test_every_assigned_partition_is_read(self, wide_topic: str, producer: Producer, consumer: Consumer) -> None:
        for p in range(3):
            send(producer, wide_topic, [b"%d" % i for i in range(100)], partition=p)
        consumer.assign({Partition(wide_topic, p): 0 for p in range(3)})
        records = collect(consumer, 300)
        for p in range(3):
            assert [r.offset for r in records if r.partition == p] == list(range(100))

    def test_assigning_again_replaces_what_was_assigned(
        self, wide_topic: str, producer: Producer, consumer: Consumer
    ) -> None:
        for p in (0, 1):
            send(producer, wide_topic, [b"x"] * 4, partition=p)
        consumer.assign({Partition(wide_topic, 0): 0})
        assert len(collect(consumer, 4)) == 4
        consumer.assign({Partition(wide_topic, 1): 2})
        assert [(r.partition, r.offset) for r in collect(consumer, 2)] == [(1, 2), (1, 3)]
        assert consumer.positions() == {Partition(wide_topic, 1): 4}

    def test_an_idle_fetch_returns_empty_after_its_time(self, topic: str, consumer: Consumer) -> None:
        consumer.assign({Partition(topic, 0): 0})
        begin = time.monotonic()
        assert consumer.fetch(0.3) == []
        assert time.monotonic() - begin >= 0.29

    def test_a_waiting_fetch_sees_a_message_that_comes(
        self, topic: str, producer: Producer, consumer: Consumer
    ) -> None:
        consumer.assign({Partition(topic, 0): 0})
        timer = threading.Timer(0.3, lambda: producer.produce(topic, b"late", partition=0))
        timer.start()
        assert [r.value for r in consumer.fetch(20.0)] == [b"late"]
        timer.join()

    def test_many_small_messages_are_drained_in_few_calls(
        self, topic: str, producer: Producer, consumer: Consumer
    ) -> None:
        send(producer, topic, [b"x" * 64] * 20_000)
        consumer.assign({Partition(topic, 0): 0})
        calls = total = 0
        while total < 20_000:
            total += len(consumer.fetch(10.0))
            calls += 1
        assert total == 20_000
        assert calls < 2_000

    def test_a_message_of_100_mb_passes(self, topic: str, producer: Producer, consumer: Consumer) -> None:
        payload = bytes(range(256)) * (100 * 2**20 // 256)
        send(producer, topic, [b"before", payload, b"after"])
        consumer.assign({Partition(topic, 0): 0})
        before, large, after = collect(consumer, 3, 60.0)
        assert (before.value, after.value) == (b"before", b"after")
        assert large.value == payload

    def test_a_larger_message_is_refused(self, topic: str, producer: Producer) -> None:
        with pytest.raises(TransportError, match="larger"):
            producer.produce(topic, bytes(100 * 2**20 + 1))

    def test_a_partition_that_does_not_exist_is_refused(
        self, transport: Transport, topic: str, producer: Producer
    ) -> None:
        with pytest.raises(TransportError, match="1 partition"):
            producer.produce(topic, b"x", partition=1)
        with pytest.raises(TransportError, match="1 partition"):
            transport.watermarks([Partition(topic, 1)])

    def test_an_unknown_topic_is_an_error_that_names_it(self, transport: Transport) -> None:
        with pytest.raises(TransportError, match="no topic 'nowhere-to-be-seen'"):
            transport.watermarks([Partition("nowhere-to-be-seen", 0)])
        with pytest.raises(TransportError, match="no topic 'nowhere-to-be-seen'"):
            transport.offsets_at([Partition("nowhere-to-be-seen", 0)], 0)

    def test_a_topic_name_that_kafka_would_not_take_is_refused(self, transport: Transport, producer: Producer) -> None:
        with pytest.raises(ArgumentError, match="not a topic name"):
            producer.produce("with space", b"x")
        with pytest.raises(ArgumentError, match="not a topic name"):
            transport.create_topic("a/b")

    def test_a_topic_that_appears_later_is_read_from_its_start(
        self, transport: Transport, producer: Producer, consumer: Consumer
    ) -> None:
        name = f"contract-{uuid.uuid4().hex[:12]}"
        consumer.assign({Partition(name, 0): 0})
        assert consumer.fetch(0.3) == []
        transport.create_topic(name)
        send(producer, name, [b"x", b"y"])
        assert [r.offset for r in collect(consumer, 2)] == [0, 1]

    def test_delivery_reports_say_where_a_message_is(self, topic: str, producer: Producer) -> None:
        reports: list[Delivery] = []
        stamp = time.time_ns() // 1_000_000
        for i in range(3):
            producer.produce(topic, b"x", partition=0, timestamp_ms=stamp + i, on_delivery=reports.append)
        assert producer.flush(30.0) == 0
        assert reports == [Delivery(topic, 0, i, stamp + i) for i in range(3)]

    def test_several_threads_may_produce(self, topic: str, producer: Producer, consumer: Consumer) -> None:
        def work(name: int) -> None:
            for i in range(200):
                producer.produce(topic, b"%d:%d" % (name, i), partition=0)

        threads = [threading.Thread(target=work, args=(name,)) for name in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert producer.flush(30.0) == 0
        consumer.assign({Partition(topic, 0): 0})
        values = [r.value for r in collect(consumer, 800)]
        for name in range(4):
            mine = [value for value in values if value.startswith(b"%d:" % name)]
            assert mine == [b"%d:%d" % (name, i) for i in range(200)]

    def test_closing_returns_at_once_and_ends_a_waiting_fetch(self, transport: Transport, topic: str) -> None:
        consumer = transport.consumer()
        consumer.assign({Partition(topic, 0): 0})
        results: list[list[Record]] = []
        thread = threading.Thread(target=lambda: results.append(consumer.fetch(60.0)))
        thread.start()
        time.sleep(0.2)
        begin = time.monotonic()
        consumer.close()
        thread.join(5.0)
        assert time.monotonic() - begin < 2.0
        assert results == [[]]

    def test_closing_twice_does_nothing(self, transport: Transport, topic: str) -> None:
        consumer, producer = transport.consumer(), transport.producer()
        consumer.assign({Partition(topic, 0): 0})
        for _ in range(2):
            consumer.close()
            producer.close()
        assert consumer.fetch(0.0) == []

    def test_a_closed_producer_takes_no_message(self, transport: Transport, topic: str) -> None:
        producer = transport.producer()
        producer.close()
        with pytest.raises(TransportError, match="closed"):
            producer.produce(topic, b"x")

    def test_a_broker_that_answers_is_in_contact(self, topic: str, producer: Producer, consumer: Consumer) -> None:
        consumer.assign({Partition(topic, 0): 0})
        consumer.fetch(0.1)
        assert not consumer.contact.is_lost
        assert not producer.contact.is_lost
