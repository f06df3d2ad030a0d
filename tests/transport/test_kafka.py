"""The contract on a real Kafka, and what only Kafka does."""

from __future__ import annotations

import time
import uuid

import pytest
from confluent_kafka import Producer as RawProducer
from confluent_kafka.admin import AdminClient

from livedata.errors import BrokerUnreachable, SettingsError
from livedata.testing.contract import TransportContract, collect, send
from livedata.transport import Partition, open_transport

pytestmark = pytest.mark.kafka


@pytest.fixture
def transport(kafka_url):
    transport = open_transport(kafka_url)
    yield transport
    transport.close()


@pytest.fixture
def topic(transport, topic_prefix):
    name = f"{topic_prefix}-data"
    transport.create_topic(name)
    return name


def wait_for(condition, timeout_s=20.0):
    deadline = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline


class TestKafkaKeepsTheContract(TransportContract):
    @pytest.fixture
    def transport(self, kafka_url):
        transport = open_transport(kafka_url)
        yield transport
        transport.close()


def test_a_message_without_payload_comes_back_empty(transport, kafka_url, topic):
    raw = RawProducer({"bootstrap.servers": kafka_url.removeprefix("kafka://")})
    raw.produce(topic, None, key=b"k", partition=0, headers=[("h", None)])
    raw.flush(10)
    consumer = transport.consumer()
    consumer.assign({Partition(topic, 0): 0})
    (record,) = collect(consumer, 1)
    consumer.close()
    assert (record.value, record.headers) == (b"", (("h", b""),))


def test_positions_count_what_transactions_leave_behind(transport, kafka_url, topic):
    raw = RawProducer({"bootstrap.servers": kafka_url.removeprefix("kafka://"), "transactional.id": uuid.uuid4().hex})
    raw.init_transactions(30)
    for _ in range(2):
        raw.begin_transaction()
        raw.produce(topic, b"x", partition=0)
        raw.commit_transaction(30)
    where = Partition(topic, 0)
    consumer = transport.consumer()
    consumer.assign({where: 0})
    records = collect(consumer, 2)
    consumer.fetch(0.5)
    position = consumer.positions()[where]
    consumer.close()
    assert [r.offset for r in records] == [0, 2]
    assert position == transport.watermarks([where])[where].high == 4


def test_record_times_that_a_broker_would_refuse_or_expire_become_now(transport, topic):
    producer = transport.producer()
    now_ms = time.time_ns() // 1_000_000
    for stamp in (1_460_000_000_000, now_ms + 2 * 3_600_000, 0):
        producer.produce(topic, b"x", partition=0, timestamp_ms=stamp)
    assert producer.flush(30.0) == 0
    assert (producer.sent.delivered, producer.sent.failed, producer.sent.restamped) == (3, 0, 3)
    consumer = transport.consumer()
    consumer.assign({Partition(topic, 0): 0})
    stamps = [r.timestamp_ms for r in collect(consumer, 3)]
    consumer.close()
    producer.close()
    assert all(abs(stamp - now_ms) < 60_000 for stamp in stamps)


def test_a_position_that_expired_goes_on_at_the_low_watermark(transport, kafka_url, topic):
    producer = transport.producer()
    send(producer, topic, [b"%d" % i for i in range(10)])
    admin = AdminClient({"bootstrap.servers": kafka_url.removeprefix("kafka://")})
    from confluent_kafka import TopicPartition

    for future in admin.delete_records([TopicPartition(topic, 0, 6)]).values():
        future.result(10)
    consumer = transport.consumer()
    consumer.assign({Partition(topic, 0): 2})
    records = collect(consumer, 4)
    consumer.close()
    producer.close()
    assert [r.offset for r in records] == [6, 7, 8, 9]


def test_a_position_beyond_the_end_goes_back_to_the_start_and_says_so(transport, topic):
    producer = transport.producer()
    send(producer, topic, [b"a", b"b"])
    consumer = transport.consumer()
    consumer.assign({Partition(topic, 0): 100})
    records = collect(consumer, 2)
    reason = consumer.contact.reason
    consumer.close()
    producer.close()
    assert [r.offset for r in records] == [0, 1]
    assert "began anew" in reason


def test_a_message_that_the_broker_refuses_is_reported_and_counted(transport, topic_prefix):
    name = f"{topic_prefix}-small"
    transport.create_topic(name, settings={"max.message.bytes": "1000"})
    producer = transport.producer()
    reports = []
    producer.produce(name, bytes(5000), partition=0, on_delivery=reports.append)
    assert producer.flush(30.0) == 0
    sent = producer.sent
    producer.close()
    assert (sent.messages, sent.delivered, sent.failed) == (1, 0, 1)
    assert "too large" in sent.last_error.lower()
    assert reports[0].error
    assert reports[0].offset == -1


def test_a_failing_delivery_callback_does_not_stop_the_reports(transport, topic):
    producer = transport.producer()
    reports = []
    producer.produce(topic, b"x", on_delivery=lambda _: 1 / 0)
    producer.produce(topic, b"y", on_delivery=reports.append)
    assert producer.flush(30.0) == 0
    sent = producer.sent
    producer.close()
    assert (sent.delivered, len(reports)) == (2, 1)


def test_a_missing_topic_is_said_until_it_is_there(transport, topic_prefix):
    consumer = transport.consumer()
    consumer.assign({Partition(topic_prefix, 0): 0})
    wait_for(lambda: consumer.fetch(0.1) or "nknown" in consumer.contact.reason)
    transport.create_topic(topic_prefix)
    wait_for(lambda: consumer.fetch(0.1) or consumer.contact.reason == "")
    consumer.close()


def test_nobody_at_the_address_is_said_within_seconds():
    transport = open_transport("kafka://127.0.0.1:9")
    begin = time.monotonic()
    with pytest.raises(BrokerUnreachable, match=r"no broker answers at kafka://127\.0\.0\.1:9 .*livedata broker"):
        transport.topics()
    transport.close()
    assert time.monotonic() - begin < 8.0


def test_an_unknown_client_setting_is_refused_when_opening():
    with pytest.raises(SettingsError, match=r"no\.such\.setting"):
        open_transport("kafka://127.0.0.1:9", settings={"no.such.setting": "1"})


def test_settings_that_livedata_decides_are_refused():
    with pytest.raises(SettingsError, match=r"enable\.auto\.commit"):
        open_transport("kafka://127.0.0.1:9", settings={"enable.auto.commit": "true"})


def test_credentials_never_show(caplog):
    caplog.set_level("DEBUG")
    settings = {"security.protocol": "sasl_plaintext", "sasl.mechanism": "PLAIN"}
    transport = open_transport("kafka://reader:s3cr3t-w0rd@127.0.0.1:9", settings=settings)
    with pytest.raises(BrokerUnreachable) as caught:
        transport.topics(timeout_s=1.0)
    consumer = transport.consumer()
    shown = f"{transport!r} {transport.url} {transport.address!r} {caught.value} {consumer.contact} {caplog.text}"
    consumer.close()
    transport.close()
    assert "s3cr3t-w0rd" not in shown


def test_closing_without_a_broker_returns_at_once():
    transport = open_transport("kafka://127.0.0.1:9")
    consumer, producer = transport.consumer(), transport.producer()
    consumer.assign({Partition("x", 0): 0})
    producer.produce("x", b"y")
    begin = time.monotonic()
    consumer.close()
    producer.close(0.2)
    transport.close()
    assert time.monotonic() - begin < 2.5
    assert (producer.sent.messages, producer.sent.failed) == (1, 1)
