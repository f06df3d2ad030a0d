"""Looking into the last messages of a topic, and surveying topics, without a stream in between."""

import time

import numpy as np
import pytest

import livedata as ld
from livedata import schemas
from livedata.errors import ArgumentError, TransportError
from livedata.session.peek import peek
from livedata.session.tail import find_topics, last_records
from livedata.session.topics import survey_topics
from livedata.transport import Partition

NOW_MS = 1_700_000_100_000


def fill(bench, values, *, topic="logs", partitions=1, name="T1"):
    """Send samples, one each 10 ms of record time, to partitions in turn."""
    bench.transport.create_topic(topic, partitions=partitions)
    for i, value in enumerate(values):
        message = schemas.encode_f144(name, NOW_MS * 10**6, np.float64(value))
        bench.producer.produce(topic, message, partition=i % partitions, timestamp_ms=NOW_MS - 10_000 + 10 * i)
    bench.producer.flush(5)


def values(found):
    return [float(message.value) for message in found.messages]


def test_the_last_messages_of_all_partitions_come_in_order_of_time(bench):
    fill(bench, range(1, 100), partitions=3)
    found = peek(bench.transport, "logs", 5)
    assert values(found) == [95, 96, 97, 98, 99]
    assert (found[-1].record.partition, found[-1].record.offset) == (2, 32)
    assert found[-1].schema == "f144"
    assert found[-1].source == "T1"
    assert found.note == ""


def test_fewer_than_wanted_are_all(bench):
    fill(bench, [1, 2, 3])
    assert values(peek(bench.transport, "logs", 10)) == [1, 2, 3]


def test_an_empty_topic_says_so(bench):
    bench.transport.create_topic("logs")
    found = peek(bench.transport, "logs")
    assert len(found) == 0
    assert repr(found) == "<logs: no messages>"
    assert "no messages" in found._repr_html_()


def test_one_partition_far_ahead_of_the_others_gives_all_of_them(bench):
    bench.transport.create_topic("logs", partitions=2)
    fill(bench, range(1, 60))
    old = schemas.encode_f144("old", 1, np.float64(-1))
    bench.producer.produce("logs", old, partition=1, timestamp_ms=5)
    bench.producer.flush(5)
    assert values(peek(bench.transport, "logs", 40)) == list(range(20, 60))


def test_a_source_is_found_among_thousands_of_others(bench):
    fill(bench, [7, 8], name="rare")
    fill(bench, range(1, 3000))
    assert values(peek(bench.transport, "logs", 5, source="rare")) == [7, 8]
    assert values(peek(bench.transport, "logs", 1, source="r?r*")) == [8]
    assert len(peek(bench.transport, "logs", 5, schema="ev44")) == 0


def test_a_search_that_was_given_up_says_so(bench):
    fill(bench, range(1, 50))
    tail = last_records(bench.transport, [Partition("logs", 0)], 5, patience_s=0.0)
    assert tail.records == ()
    assert "0 messages only" in tail.note


def test_the_live_connection_peeks_into_any_topic_of_its_broker(bench):
    fill(bench, [1.5, 2.5], topic="other")
    bench.send(1)
    live = ld.connect(bench.url, topics="ev")
    try:
        assert values(live.peek("other", 1)) == [2.5]
    finally:
        live.close()


def test_an_unknown_topic_names_the_near_misses(bench):
    fill(bench, [1], topic="SANS2D_sampleEnv")
    with pytest.raises(TransportError, match="did you mean SANS2D_sampleEnv"):
        peek(bench.transport, "SANS2D_sampelEnv")


@pytest.mark.parametrize("n", [0, -1, 2.5, True])
def test_a_number_that_is_none_is_refused(bench, n):
    fill(bench, [1])
    with pytest.raises(ArgumentError, match="how many"):
        peek(bench.transport, "logs", n)


def test_an_unsound_message_is_a_row_and_not_an_error(bench):
    fill(bench, [1])
    bench.producer.produce("logs", b"\x08\0\0\0y2gw----", timestamp_ms=NOW_MS)
    bench.producer.produce("logs", b"", key=b"k", timestamp_ms=NOW_MS + 1)
    bench.producer.flush(5)
    found = peek(bench.transport, "logs", 5)
    assert values(found) == [1]
    assert [seen.schema for seen in found] == ["f144", "y2gw", ""]
    assert "replaced by pl72" in found[1].problem
    assert found[2].problem == "no payload (its key is to be forgotten)"


def test_a_table_shows_time_place_schema_source_and_summary(bench):
    fill(bench, [21.5])
    found = peek(bench.transport, "logs", 5)
    line = repr(found).splitlines()[1]
    assert line.startswith("2023-11-14 22:14:50.000  logs  0/0  f144  T1  21.5 float64, at 2023-11-14 22:15:00.000")
    html = found._repr_html_()
    assert all(text in html for text in ("2023-11-14 22:14:50.000", "0/0", "f144", "T1", "21.5 float64"))


def test_hostile_names_are_escaped_in_text_and_html(bench):
    fill(bench, [1], name="<script>alert(1)</script>\x1b[31m")
    found = peek(bench.transport, "logs")
    assert "\x1b" not in repr(found)
    assert "<script>" not in found._repr_html_()


def test_a_table_of_many_large_messages_stays_small(bench):
    for _ in range(30):
        bench.send(1, n_events=20_000)
    html = peek(bench.transport, "ev", 30)._repr_html_()
    assert len(html) < 250_000


def test_slices_are_tables_too(bench):
    fill(bench, [1, 2, 3])
    assert values(peek(bench.transport, "logs")[1:]) == [2, 3]


def test_topics_are_counted_exactly_and_sampled_at_their_ends(bench):
    fill(bench, range(1, 1001), partitions=4)
    bench.transport.create_topic("nothing")
    logs, nothing = survey_topics(bench.transport, find_topics(bench.transport, None), now_ms=NOW_MS)
    assert (logs.name, logs.partitions, logs.messages, logs.n_sampled) == ("logs", 4, 1000, 200)
    assert logs.bytes == 1000 * len(schemas.encode_f144("T1", NOW_MS * 10**6, np.float64(1)))
    assert logs.rate == pytest.approx(100)
    assert logs.newest_ms == NOW_MS - 10
    assert (dict(logs.schemas), dict(logs.sources)) == ({"f144": 200}, {"T1": 200})
    assert (nothing.messages, nothing.rate, nothing.newest_ms, nothing.remarks) == (0, None, None, ())


def test_slow_topics_have_the_rate_of_their_last_messages(bench):
    bench.transport.create_topic("logs")
    message = schemas.encode_f144("T1", 1, np.float64(1))
    for i in range(10):
        bench.producer.produce("logs", message, timestamp_ms=NOW_MS - 4000 * (10 - i))
    bench.producer.flush(5)
    (logs,) = survey_topics(bench.transport, [Partition("logs", 0)], now_ms=NOW_MS)
    assert logs.rate == pytest.approx(0.25)
    (later,) = survey_topics(bench.transport, [Partition("logs", 0)], now_ms=NOW_MS + 100_000)
    assert later.rate is None


def test_a_broker_of_five_hundred_topics_is_surveyed_in_bounded_time(bench):
    for i in range(500):
        fill(bench, [1, 2, 3], topic=f"t{i:03}")
    before = time.monotonic()
    found = survey_topics(bench.transport, find_topics(bench.transport, None), seconds=20.0, now_ms=NOW_MS)
    assert time.monotonic() - before < 25
    assert [topic.n_sampled for topic in found] == [3] * 500


def test_what_there_was_no_time_to_sample_says_so(bench):
    fill(bench, [1, 2, 3])
    (logs,) = survey_topics(bench.transport, [Partition("logs", 0)], seconds=0.0, now_ms=NOW_MS)
    assert (logs.messages, logs.n_sampled, logs.remarks) == (3, 0, ("not sampled",))
