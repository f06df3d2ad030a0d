"""What is answered to commands, and what a service makes of bad ones: on a real Kafka."""

from __future__ import annotations

import json
import time
from itertools import pairwise

import pytest

from tests.service.facility import now_ms, until

pytestmark = pytest.mark.kafka


def refused(client, command):
    reply = client.ask(command)
    assert reply["response"] == "ERR"
    return reply["message"]


def test_an_obeyed_command_is_acknowledged_with_its_id_and_nothing_else(client, service):
    client.send({**client.config(), "msg_id": "4711"})
    assert client.reply_to("4711") == {"msg_id": "4711", "response": "ACK"}


def test_a_command_without_an_id_is_obeyed_without_an_answer(client, service):
    client.send(client.config())
    assert client.last().info["state"] == "INITIALISED"
    assert client.replies() == []


def test_a_command_that_does_not_exist_is_an_error(client, service):
    assert refused(client, {**client.config(), "cmd": "not a valid command"}).startswith(
        "Unknown command type 'not a valid command'"
    )


def test_an_interval_beside_a_start_is_an_error(client, service):
    message = refused(client, client.config(interval=5, start=now_ms()))
    assert message == "Cannot define 'interval' in combination with start and/or stop"


def test_a_negative_interval_is_an_error_and_one_of_zero_is_none(client, service):
    assert refused(client, client.config(interval=-1)) == "Interval cannot be negative"
    client.start(interval=0, start=now_ms() - 1000)
    assert "stop" not in client.last().info


def test_every_problem_is_told_at_once(client, service):
    bad = client.entry(num_bins=[5, 5], tof_range=[3, 3], surprise=1)
    message = refused(client, client.config(bad, client.entry("dethist", width=1.5), start="soon"))
    assert message.split("; ") == [
        "start: expected a number, not 'soon'",
        "histograms[0].tof_range: expected [low, high] with low below high, not [3, 3]",
        "histograms[0].num_bins: expected a number, not [5, 5]",
        "histograms[0].surprise: unknown key",
        "histograms[1].width: expected a whole number, not 1.5",
    ]


def test_an_invalid_configuration_leaves_alone_what_is_counted(client, service):
    client.start()
    refused(client, client.config(client.entry("roihist", width=0)))
    client.events([1, 2], [1, 2])
    assert client.last(sum=2).info["state"] == "COUNTING"


def test_keys_of_other_types_are_taken_as_clients_send_them_all(client, service):
    everything = {"tof_range": [0, 10], "det_range": [0, 100], "num_bins": 5, "width": 10, "height": 10}
    for kind in ("hist1d", "hist2d", "dethist"):
        client.start(client.entry(kind, **everything, left_edges=[], source=""))


def test_brokers_and_topics_may_stand_outside_the_entries_as_older_clients_have_it(client, service):
    entry = client.entry()
    outside = {key: entry.pop(key) for key in ("data_brokers", "data_topics")}
    client.start(entry, **outside)
    client.events([1], [1])
    assert client.last(sum=1)


def test_a_topic_that_is_not_there_is_an_error_and_nothing_runs_then(client, service):
    client.start(client.entry(id="old"))
    message = refused(client, client.config(client.entry(id="a"), client.entry(id="b", data_topics=["nowhere"])))
    assert "has no topic 'nowhere'" in message
    assert client.histograms("old")[-1].info["state"] == "FINISHED"
    assert client.histograms("a") == []


def test_a_dead_broker_is_an_error_and_signs_of_life_go_on_meanwhile(client, service):
    until(lambda: len(client.beats()) > 1)
    begin = now_ms()
    message = refused(client, client.config(client.entry(data_brokers=["127.0.0.1:9"])))
    took_s = (now_ms() - begin) / 1000
    assert "no broker answers at kafka://127.0.0.1:9" in message
    started = [json.loads(beat.status_json)["message"]["sent_at"] for beat in client.beats()]
    gaps = [b - a for a, b in pairwise(started)]
    assert max(gaps) < 1.9e9, (took_s, gaps)


def test_commands_that_wait_together_are_all_obeyed_in_their_order(client, service):
    for i in range(3):
        client.producer.produce(
            client.name("commands"), json.dumps({**client.config(client.entry(id=f"h{i}")), "msg_id": f"m{i}"}).encode()
        )
    client.producer.flush(10)
    assert [client.reply_to(f"m{i}")["response"] for i in range(3)] == ["ACK"] * 3
    client.events([1], [1])
    assert client.last("h2", sum=1)
    assert client.histograms("h0")[-1].info["state"] == "FINISHED"


def test_a_command_that_had_to_wait_counts_from_when_it_was_said(client, service):
    for command in (client.config(client.entry(data_brokers=["127.0.0.1:9"])), client.config()):
        client.send(command)
    time.sleep(0.5)
    client.events([1, 2, 3], [1, 2, 3])  # the first command is still busy with its dead broker
    assert client.last(sum=3).info["state"] == "COUNTING"


def test_text_that_is_no_json_is_answered_where_its_id_can_be_made_out_and_counted_everywhere(client, service):
    client.send(b'{"cmd": "config", "msg_id": "half"')
    assert "not valid JSON" in client.reply_to("half")["message"]
    for odd in (b"", b"\xff\xfe", b"[1, 2]", b"17", b'{"msg_id": "a", "msg_id": "b", }', b"[" * 100_000):
        client.send(odd)

    def malformed():
        return json.loads(client.beats()[-1].status_json)["message"]["commands"]["malformed"] if client.beats() else 0

    until(lambda: malformed() == 7)
    assert len(client.replies()) == 1
    client.start()


def test_results_that_their_topic_does_not_take_are_an_error_that_says_so(client, service):
    client.transport.create_topic(client.name("small"), settings={"max.message.bytes": "5000"})
    message = refused(client, client.config(client.entry(topic=client.name("small"), num_bins=10_000)))
    assert "too large" in message.lower()
    assert client.name("small") in message


def test_a_message_beyond_what_kafka_takes_at_all_is_refused_before_anything_is_made(client, service):
    message = refused(client, client.config(client.entry("dethist", width=100_000, height=1000)))
    assert "100,000,000 bins make messages of 800 MB" in message


def test_a_picture_of_a_thousand_by_a_thousand_pixels_is_published(client, service):
    client.transport.create_topic(client.name("large"), settings={"max.message.bytes": "20000000"})
    client.start(client.entry("dethist", det_range=[1, 2], width=1024, height=1024, topic=client.name("large")))
    client.events([1024 * 1024], [1])
    found = until(lambda: [h for h in client.histograms(topic="large") if h.info["sum"] == 1])
    assert found[-1].data[1023, 1023] == 1


def test_a_login_in_a_command_is_refused(client, service):
    message = refused(client, client.config(client.entry(data_brokers=["user:secret@127.0.0.1:9092"])))
    assert "secret" not in message


def test_signs_of_life_come_every_second_and_say_what_is_going_on(client, service):
    client.start(client.entry(id="a"), client.entry(id="b"))
    beats = until(lambda: beats if len(beats := client.beats()) >= 4 else None)
    assert {beat.update_interval for beat in beats} == {1000}
    assert {beat.software_name for beat in beats} == {"livedata"}
    status = json.loads(beats[-1].status_json)
    assert (status["status"], status["message"]["state"]) == (200, "running")
    assert status["message"]["active_job_count"] == 2
    assert [h["id"] for h in status["message"]["histograms"]] == ["a", "b"]


def test_stop_and_reset_without_anything_to_stop_are_fine(client, service):
    assert client.ask({"cmd": "stop"})["response"] == "ACK"
    assert client.ask({"cmd": "reset_counts"})["response"] == "ACK"
    assert client.ask(client.config(histograms=[]))["response"] == "ACK"
