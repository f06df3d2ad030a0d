"""Descriptions of our own in service: on a real Kafka."""

from __future__ import annotations

import time

import numpy as np
import pytest

from livedata.testing import message_bytes
from tests.service.facility import event_bytes, until

pytestmark = pytest.mark.kafka

SPECTRUM = {"format": 1, "axes": [{"name": "toa", "bins": {"start": 0, "stop": 100, "n": 4}, "unit": "ns"}]}


def describe(client, description=SPECTRUM, *, topic="events", source="det", command=(), **keys):
    view = {"stream": f"{client.name(topic)}/{source}", "description": description, "topic": client.name("hist")}
    return {"cmd": "describe", "views": [{**view, "id": "h", **keys}], **dict(command)}


def ask(client, command):
    reply = client.ask(command)
    assert reply["response"] == "ACK", reply
    return reply


def test_a_description_is_counted_and_published_as_da00(client, service):
    ask(client, describe(client))
    client.events([1, 2, 3, 4], [0, 30, 99, 100])
    found = client.last(sum=3)
    assert (found.schema, found.data.tolist(), found.info["state"]) == ("da00", [1, 1, 0, 1], "COUNTING")
    assert (found.edges[0].tolist(), found.info["flow"]["overflow"]) == ([0, 25, 50, 75, 100], 1)
    assert client.ask({"cmd": "stop"})["response"] == "ACK"
    assert client.histograms()[-1].info["state"] == "FINISHED"


def test_events_sent_right_after_the_answer_are_counted_though_nothing_was_there_before(client, service):
    client.events([9], [9], source="another")
    ask(client, describe(client))
    for i in range(20):
        client.events([i], [i], partition=i % 2)
    assert client.last(sum=20)


def test_a_region_of_a_picture_is_counted(client, service):
    description = {
        "format": 1,
        "projection": {"logical": {"layout": {"shape": [4, 4], "first_id": 1}}},
        "region": {"rectangle": {"x": [0, 2], "y": [0, 1]}},
    }
    ask(client, describe(client, description))
    client.events([1, 2, 3, 5], [1, 1, 1, 1])
    found = client.last(sum=2)
    assert found.data[0].tolist() == [1, 1, 0, 0]
    assert found.info["flow"]["outside"] == 2


def test_a_layout_may_stand_beside_the_description(client, service):
    description = {"format": 1, "projection": {"logical": {}}}
    ask(client, describe(client, description, layout={"shape": [2, 3], "first_id": 11}))
    client.events([11, 16, 17], [1, 1, 1])
    found = client.last(sum=2)
    assert found.data.tolist() == [[1, 0, 0], [0, 0, 1]]


def test_a_filter_on_a_log_takes_the_logs_of_the_topics_named_for_it(client, service):
    client.transport.create_topic(client.name("logs"))
    now = time.time_ns()

    def log(t, kelvin):
        client.send_raw("logs", message_bytes("f144", source_name="temperature", timestamp=t, value=np.float64(kelvin)))

    log(now - 10_000_000_000, 3.0)
    logs = {"log_topics": [client.name("logs")]}
    ask(client, describe(client, {**SPECTRUM, "where": ["temperature < 5"]}, command=logs))
    client.events([1, 2], [1, 2], pulse_ns=now)
    client.events([1, 2, 3], [1, 2, 3], pulse_ns=now + 2_000_000_000)
    client.last(sum=5)
    log(now + 1_000_000_000, 8.0)  # late: the entries behind it are judged again
    found = client.last(sum=2)
    assert until(lambda: client.histograms()[-1].info["flow"]["filtered"] == 3)
    assert found.info["flow"]["binned"] == 2


def test_a_span_of_data_time_in_the_past_is_counted_and_ends(client, service):
    start = time.time_ns() // 1_000_000_000 * 1000 - 20_000
    for i in range(5):
        client.send_raw("events", event_bytes([1], [1], pulses_ns=[(start + 1000 * i) * 1_000_000]))
    ask(client, describe(client, command={"start": start + 1000, "stop": start + 3000}))
    assert client.last(state="FINISHED").info["sum"] == 2


def test_reset_counts_anew(client, service):
    ask(client, describe(client))
    client.events([1, 2], [1, 2])
    client.last(sum=2)
    ask(client, {"cmd": "reset_counts"})
    client.last(sum=0)
    client.events([1], [1])
    assert client.last(sum=1)


def test_every_problem_of_every_description_is_told_before_anything_is_stopped(client, service):
    client.start()
    command = describe(client, {"format": 1, "axis": []})
    command["views"].append({"topic": "t"})
    reply = client.ask(command)
    assert reply["response"] == "ERR"
    assert "views[0].description: axis" in reply["message"]
    assert "views[1].data_topics: is missing" in reply["message"]
    client.events([1], [1])
    assert client.last(sum=1).info["state"] == "COUNTING"


def test_a_stream_that_cannot_be_told_is_an_error_that_names_those_there_are(client, service):
    client.events([1], [1], source="left")
    client.events([1], [1], source="right")
    reply = client.ask(describe(client, source=""))
    assert reply["response"] == "ERR"
    assert "'left', 'right'" in reply["message"]


def test_a_topic_that_is_not_there_is_an_error(client, service):
    reply = client.ask(describe(client, topic="nowhere"))
    assert "has no topic" in reply["message"]
