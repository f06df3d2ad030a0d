"""What histograms hold, how they are published, and when they begin and end: on a real Kafka."""

from __future__ import annotations

import time

import numpy as np
import pytest

from livedata import schemas
from tests.service.facility import event_bytes, now_ms, until

pytestmark = pytest.mark.kafka


def test_a_histogram_counts_all_partitions_until_it_is_stopped(client, service):
    client.start()
    rng = np.random.default_rng(1)
    sent = 0
    for i in range(10):
        n = int(rng.integers(500, 1500))
        client.events(rng.integers(1, 513, n), rng.normal(5e7, 1e7, n).clip(0, 99_999_999), partition=i % 2)
        sent += n
    counting = client.last(sum=sent)
    assert (counting.info["state"], counting.data.sum(), counting.schema) == ("COUNTING", sent, "hs01")
    assert client.ask({"cmd": "stop"})["response"] == "ACK"
    finished = client.histograms()[-1]
    assert (finished.info["state"], finished.data.sum()) == ("FINISHED", sent)


def test_the_first_state_is_empty_and_published_before_the_answer(client, service):
    client.start()
    first = client.histograms()[0]
    assert (first.info["state"], first.data.sum(), first.info["sum"]) == ("INITIALISED", 0, 0)


def test_events_sent_right_after_the_answer_are_counted_by_sixteen_histograms(client, service):
    client.start(*(client.entry(id=f"h{i}") for i in range(16)))
    client.events([1, 2, 3], [10, 20, 30])
    for i in range(16):
        assert client.last(f"h{i}", sum=3).data.sum() == 3


def test_events_from_before_the_command_do_not_count(client, service):
    client.events([1, 2], [10, 20])
    client.start()
    client.events([3], [30])
    assert client.last(sum=1).info["state"] == "COUNTING"


def test_hist1d_has_the_edges_that_were_asked_for_and_counts_half_open_with_what_falls_out_told(client, service):
    client.start(client.entry(tof_range=[0, 100], num_bins=5))
    client.events([1] * 6, [0, 19, 20, 99, 100, 101])
    found = client.last(sum=4)
    assert found.data.tolist() == [2, 1, 0, 0, 1]
    assert found.edges[0].tolist() == [0, 20, 40, 60, 80, 100]
    assert (found.info["flow"]["overflow"], found.info["flow"]["seen"]) == (2, 6)


def test_hist1d_with_a_range_of_pixels_counts_both_its_ends(client, service):
    client.start(client.entry(tof_range=[0, 100], num_bins=1, det_range=[3, 5]))
    client.events([2, 3, 4, 5, 6], [1] * 5)
    found = client.last(sum=3)
    assert found.info["flow"]["unmapped"] == 2


def test_hist2d_counts_time_against_pixels_with_the_last_pixel_in_the_last_bin(client, service):
    client.start(client.entry("hist2d", tof_range=[0, 10], det_range=[1, 5], num_bins=[2, 4]))
    client.events([1, 2, 5, 5, 6, 0], [0, 9, 4, 5, 5, 5])
    found = client.last(sum=4)
    assert found.data.tolist() == [[1, 0, 0, 1], [0, 1, 0, 1]]
    assert [e.tolist() for e in found.edges] == [[0, 5, 10], [1, 2, 3, 4, 5]]


def test_hist2d_takes_one_number_of_bins_for_both(client, service):
    client.start(client.entry("hist2d", num_bins=7))
    assert client.last().data.shape == (7, 7)


def test_dethist_holds_columns_before_rows_and_forgets_the_upper_end(client, service):
    client.start(client.entry("dethist", det_range=[11, 500], width=3, height=2))
    client.events([11, 12, 13, 14, 16, 16, 17, 10], [0] * 8)
    found = client.last(sum=6)
    assert found.data.tolist() == [[1, 1], [1, 0], [1, 2]]
    assert [e.tolist() for e in found.edges] == [[0, 1, 2, 3], [0, 1, 2]]
    assert found.info["flow"]["unmapped"] == 2


def test_roihist_takes_rows_in_any_order_and_has_an_edge_more_than_bins(client, service):
    client.start(client.entry("roihist", left_edges=[20, 4], width=3))
    client.events([20, 21, 22, 23, 4, 4, 6, 7], [0] * 8)
    found = client.last(sum=6)
    assert found.data.tolist() == [[1, 2], [1, 0], [1, 1]]
    assert [len(e) for e in found.edges] == [4, 3]


@pytest.mark.parametrize("schema", ["hs00", "hs01", "da00"])
def test_every_schema_of_results_holds_the_same(client, service, schema):
    client.start(client.entry(tof_range=[0, 100], num_bins=2), output_schema=schema)
    client.events([1, 2, 3], [10, 20, 60])
    found = client.last(sum=3)
    assert (found.schema, found.data.tolist(), found.edges[0].tolist()) == (schema, [2, 1], [0, 50, 100])
    assert schemas.check(found.message) == []


def test_the_input_schema_alone_is_counted_and_the_others_are_told(client, service):
    client.send({**client.config(), "msg_id": "m", "input_schema": "ev42"})
    assert client.reply_to("m")["response"] == "ACK"
    client.events([1, 2, 3], [1, 2, 3], schema="ev44")
    client.events([1, 2], [1, 2], schema="ev42")
    assert client.last(sum=2).info["flow"]["messages_of_other_schemas"] == 1


def test_ev42_and_hs00_are_meant_when_nothing_is_said(client, service):
    command = {"cmd": "config", "histograms": [client.entry()]}
    assert client.ask(command)["response"] == "ACK"
    client.events([1, 2], [1, 2], schema="ev42")
    assert client.last(sum=2).schema == "hs00"


def test_a_source_filter_counts_that_source_alone(client, service):
    client.start(client.entry(id="one", source="a"), client.entry(id="all", source=" "))
    client.events([1], [1], source="a")
    client.events([1, 2], [1, 2], source="b")
    assert client.last("all", sum=3).info["sum"] == 3
    assert client.last("one", sum=1).info["flow"]["seen"] == 1


def test_all_data_topics_are_counted(client, service):
    client.transport.create_topic(client.name("more"))
    client.start(client.entry(data_topics=[client.name("events"), client.name("more")]))
    client.events([1], [1])
    client.send_raw("more", event_bytes([1, 1], [5, 6]))
    assert client.last(sum=3).info["state"] == "COUNTING"
    client.ask({"cmd": "stop"})
    assert [h.info["state"] for h in client.histograms()].count("FINISHED") == 1


def test_the_last_pulse_of_a_message_with_several_is_told(client, service):
    client.start()
    client.send_raw("events", event_bytes([1, 1, 1], [5, 6, 7], pulses_ns=[1000, 2000, 3000], index=[0, 1, 2]))
    assert client.last(sum=3).info["last_pulse_time"] == 3000


def test_messages_that_contradict_themselves_are_told_and_counting_goes_on(client, service):
    client.start()
    client.send_raw("events", b"\x08\x00\x00\x00ev44 no message at all")
    client.send_raw("events", event_bytes([1, 2], [5, 6, 7]))
    client.events([1, 2], [5, 6])
    assert client.last(sum=2).info["flow"]["malformed_messages"] == 2


def test_reset_goes_on_from_zero(client, service):
    client.start()
    client.events([1, 2, 3], [1, 2, 3])
    client.last(sum=3)
    assert client.ask({"cmd": "reset_counts"})["response"] == "ACK"
    assert client.last(sum=0).info["state"] == "COUNTING"
    client.events([1], [1])
    assert client.last(sum=1).info["flow"]["seen"] == 1


def test_states_are_published_at_whole_half_seconds_with_what_has_changed(client, service):
    client.start()
    client.events([1, 2, 3], [1, 2, 3])
    client.last(sum=3)
    until(lambda: len(client.histograms()) >= 6)
    found = client.histograms()
    since = [h.message.timestamp // 1_000_000 % 500 for h in found[1:]]
    assert sum(ms < 250 for ms in since) > len(since) / 2
    assert sum(h.info["diff"] for h in found) == 3
    assert max(h.info["rate"] for h in found) > 0


def test_a_span_in_the_past_is_counted_both_ends_included(client, service):
    begin = now_ms() - 60_000
    for i in range(10):
        client.events([1] * (i + 1), [5] * (i + 1), partition=i % 2, at_ms=begin + 1000 * i)
    client.start(start=begin + 3000, stop=begin + 7000)
    found = client.last(state="FINISHED")
    assert found.info["sum"] == 4 + 5 + 6 + 7 + 8
    assert (found.info["start"], found.info["stop"]) == (begin + 3000, begin + 7000)


def test_messages_out_of_order_are_counted_by_their_own_time(client, service):
    begin = now_ms() - 60_000
    for n, after in ((1, 3000), (2, 9000), (4, 4000), (8, 2999), (16, 7000), (32, 20_000)):
        client.events([1] * n, [5] * n, at_ms=begin + after)
    client.start(start=begin + 3000, stop=begin + 7000)
    assert client.last(state="FINISHED").info["sum"] == 1 + 4 + 16


def test_a_start_at_the_very_first_message_and_empty_partitions_are_no_error(client, service):
    at = now_ms() - 30_000
    client.events([1, 2], [1, 2], partition=1, at_ms=at)
    client.start(start=at, stop=at + 1000)
    assert client.last(state="FINISHED").info["sum"] == 2


def test_a_start_without_a_stop_counts_from_there_on_and_on(client, service):
    at = now_ms() - 30_000
    client.events([1], [1], at_ms=at - 5)
    client.events([1, 2], [1, 2], at_ms=at)
    client.start(start=at)
    client.events([1, 2, 3], [1, 2, 3])
    assert client.last(sum=5).info["state"] == "COUNTING"


def test_the_end_waits_for_the_partition_that_is_behind(client, service):
    begin = now_ms() - 2000
    client.start(start=begin, stop=begin + 3000)
    client.events([1], [1], partition=0, at_ms=begin + 3500)  # this partition is over
    client.events([1, 2, 3], [1, 2, 3], partition=1, at_ms=begin + 2900)
    client.events([1], [1], partition=1, at_ms=begin + 3600)
    assert client.last(state="FINISHED").info["sum"] == 3


def test_an_interval_counts_what_falls_into_it_and_ends(client, service):
    client.start(interval=2)
    client.events([1, 2], [1, 2])
    time.sleep(2.5)
    client.events([1], [1])
    found = client.last(state="FINISHED")
    assert (found.info["sum"], found.info["stop"] - found.info["start"]) == (2, 2000)


def test_an_interval_without_data_ends_five_seconds_after_it(client, service):
    client.start(interval=1)
    found = client.last(state="FINISHED")
    ended = found.message.timestamp // 1_000_000 - found.info["stop"]
    assert found.info["sum"] == 0
    assert 5000 <= ended < 8000


def test_a_start_that_has_expired_is_an_error_of_the_histogram(client, service):
    at = now_ms() - 30_000
    for i in range(4):
        client.events([1], [1], at_ms=at + i)
    client.expire("events", before=2)
    client.start(start=at)
    found = client.last(state="ERROR")
    assert "too old" in found.info["error_message"]


def test_a_second_configuration_ends_the_first(client, service):
    client.start(client.entry(id="first"))
    client.start(client.entry(id="second"))
    client.events([1], [1])
    assert client.last("second", sum=1).info["state"] == "COUNTING"
    assert client.histograms("first")[-1].info["state"] == "FINISHED"
    assert client.histograms("first")[-1].info["sum"] == 0


def test_what_was_sent_before_a_stop_is_counted(client, service):
    client.start()
    for i in range(200):
        client.producer.produce(client.name("events"), event_bytes([1], [5], pulses_ns=[1000 + i]), partition=i % 2)
    client.producer.flush(10)
    client.ask({"cmd": "stop"})
    assert client.histograms()[-1].info["sum"] == 200
