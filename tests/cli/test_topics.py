"""``livedata topics``: what the topics of a broker hold and carry."""

from __future__ import annotations

import time

import numpy as np
import pytest

from livedata import schemas
from livedata.transport import open_transport

pytestmark = pytest.mark.kafka


@pytest.fixture
def prefix(kafka_url, topic_prefix):
    """Fill topics: a busy one, one that ended an hour ago, one with strange things, and an empty one."""
    transport = open_transport(kafka_url)
    producer = transport.producer()
    now_ms = time.time_ns() // 10**6
    transport.create_topic(f"{topic_prefix}_busy", partitions=2)
    transport.create_topic(f"{topic_prefix}_empty", partitions=3)
    for i in range(100):
        message = schemas.encode_f144(f"PV:{i % 5}", now_ms * 10**6, np.float64(i + 1))
        producer.produce(f"{topic_prefix}_busy", message, partition=i % 2, timestamp_ms=now_ms - 5000 + 50 * i)
        producer.produce(f"{topic_prefix}_ended", message, timestamp_ms=now_ms - 3_600_000 + 1000 * i)
    for value in (b"", b"short", b"\x08\0\0\0y2gw----", b"\x08\0\0\0abcd----"):
        producer.produce(f"{topic_prefix}_strange", value, key=b"k")
    assert producer.flush(10) == 0
    producer.close()
    transport.close()
    return topic_prefix


def test_json_tells_sizes_rates_schemas_and_sources(livedata, kafka_url, prefix):
    ended = livedata("topics", kafka_url, "--topics", f"{prefix}_*", "--json")
    assert (ended.code, ended.err) == (0, "")
    topics = ended.json["topics"]
    assert list(topics) == [f"{prefix}_{name}" for name in ("busy", "empty", "ended", "strange")]
    busy = topics[f"{prefix}_busy"]
    assert (busy["partitions"], busy["messages"], busy["sampled"]) == (2, 100, 100)
    assert busy["bytes_estimated"] == sum(
        len(schemas.encode_f144(f"PV:{i % 5}", 1, np.float64(i + 1))) for i in range(100)
    )
    assert busy["rate_estimated"] == pytest.approx(10, rel=0.3)
    assert busy["schemas"] == {"f144": 100}
    assert busy["sources"] == {f"PV:{i}": 20 for i in range(5)}
    assert 0 <= busy["age_s"] < 60


def test_what_has_ended_has_an_age_and_no_rate(livedata, kafka_url, prefix):
    ended = livedata("topics", kafka_url, "--topics", f"{prefix}_ended", "--json").json["topics"][f"{prefix}_ended"]
    assert ended["rate_estimated"] is None
    assert 3490 < ended["age_s"] < 3600
    assert ended["sampled"] == 50


def test_an_empty_topic_is_shown(livedata, kafka_url, prefix):
    empty = livedata("topics", kafka_url, "--topics", f"{prefix}_empty", "--json").json["topics"][f"{prefix}_empty"]
    assert (empty["partitions"], empty["messages"], empty["newest_ms"], empty["remarks"]) == (3, 0, None, [])


def test_retired_unknown_and_unsound_messages_are_named(livedata, kafka_url, prefix):
    found = livedata("topics", kafka_url, "--topics", f"{prefix}_strange", "--json").json["topics"][f"{prefix}_strange"]
    assert found["schemas"] == {"no payload": 1, "unsound": 1, "y2gw": 1, "abcd": 1}
    remarks = "; ".join(found["remarks"])
    assert "1 of 4 unsound" in remarks
    assert "'y2gw' is no known schema (replaced by pl72" in remarks
    assert "'abcd' is no known schema" in remarks


def test_people_get_a_line_for_every_topic(livedata, kafka_url, prefix):
    ended = livedata("topics", kafka_url, "--topics", f"{prefix}_*")
    assert (ended.code, ended.err) == (0, "")
    lines = ended.out.splitlines()
    assert len(lines) == 5
    assert "PV:0, PV:1, PV:2, 2 more" in lines[1]
