"""How a service begins, ends and comes back: on a real Kafka, as a process of its own where signals matter."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time

import pytest

from livedata.service.service import Service, Topics
from tests.service.facility import now_ms, served, until

pytestmark = pytest.mark.kafka


def test_it_waits_for_the_topic_of_commands_and_misses_none(client):
    topics = Topics(client.name("later"), client.name("responses"))
    service = Service(client.transport.url, topics, say=client.said.append)
    thread = threading.Thread(target=service.run)
    thread.start()
    try:
        until(lambda: any("waiting for it" in line for line in client.said))
        client.transport.create_topic(client.name("later"))
        client.send_raw("later", json.dumps({**client.config(), "msg_id": "first"}).encode())
        assert client.reply_to("first")["response"] == "ACK"
    finally:
        service.stop()
        thread.join(10)
        service.close()


def test_commands_from_before_its_start_are_left_alone(client):
    client.send({**client.config(), "msg_id": "old"})
    with served(client):
        client.start(client.entry(id="new"))
        assert client.histograms("h") == []


def test_it_resumes_with_what_was_counted_before_and_meanwhile(client):
    with served(client):
        client.start()
        client.events([1, 2, 3], [1, 2, 3])
        client.last(sum=3)
    client.events([1, 2], [1, 2], partition=1)
    with served(client, resume=True):
        client.events([1], [1])
        assert client.last(sum=6).info["state"] == "COUNTING"


def test_it_resumes_with_what_is_left_when_messages_have_expired(client):
    client.send(client.config())
    for _ in range(5):
        client.events([1], [1])
    client.expire("events", before=2)
    with served(client, resume=True):
        assert client.last(sum=3).info["state"] == "COUNTING"


def test_it_obeys_when_it_comes_back_what_was_commanded_while_it_was_away(client):
    client.send({**client.config(), "msg_id": "away"})
    client.events([1, 2], [1, 2])
    with served(client, resume=True):
        assert client.reply_to("away")["response"] == "ACK"
        assert client.last(sum=2)


def test_it_resumes_behind_the_last_reset_and_not_after_a_stop(client):
    with served(client):
        client.start()
        client.events([1, 2, 3], [1, 2, 3])
        client.last(sum=3)
        client.ask({"cmd": "reset_counts"})
        client.events([1], [1])
        client.last(sum=1)
    with served(client, resume=True):
        assert client.last(sum=1).info["state"] == "COUNTING"
        client.ask({"cmd": "stop"})
    n = len(client.histograms())
    with served(client, resume=True):
        client.ask({"cmd": "reset_counts"})
    assert len(client.histograms()) == n


def test_an_interval_is_resumed_from_when_it_was_commanded(client):
    begin = now_ms()
    client.send(client.config(interval=1))
    client.events([1, 2], [1, 2])
    with served(client, resume=True):
        found = client.last(state="FINISHED")
    assert found.info["sum"] == 2
    assert begin - 100 <= found.info["start"] <= begin + 5000


def test_its_last_words_are_the_last_state_and_that_it_has_stopped(client):
    with served(client):
        client.start()
        client.events([1, 2], [1, 2])
        client.last(sum=2)
        until(client.beats)
    assert client.histograms()[-1].info["state"] == "FINISHED"
    status = json.loads(client.beats()[-1].status_json)
    assert (status["status"], status["message"]["state"]) == (235, "stopped")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_command_ends_cleanly_at_a_signal(client, number):
    process = subprocess.Popen(
        [
            *(sys.executable, "-m", "livedata", "serve", client.transport.url),
            *("--commands", client.name("commands"), "--responses", client.name("responses")),
            *("--heartbeat", client.name("beats"), "--topic", client.name("hist"), "--name", "counter"),
        ],
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ,
    )
    try:
        assert process.stderr is not None
        assert "listening to" in process.stderr.readline()
        entry = client.entry()
        del entry["topic"]
        client.start(entry)
        client.events([1, 2], [1, 2])
        assert client.last(sum=2).message.source == "counter"
        process.send_signal(number)
        assert process.wait(15) == 0
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate()
    assert client.histograms()[-1].info["state"] == "FINISHED"
    assert json.loads(client.beats()[-1].status_json)["message"]["state"] == "stopped"


def test_statistics_go_to_graphite(client, tmp_path):
    received = []

    def take(listening):
        while True:
            try:
                connection, _ = listening.accept()
            except OSError:
                return
            with connection:
                received.append(connection.makefile().read())

    with socket.create_server(("127.0.0.1", 0)) as listening:
        taker = threading.Thread(target=take, args=(listening,))
        taker.start()
        settings = {"address": "127.0.0.1", "port": listening.getsockname()[1], "prefix": "lab", "metric": "hist-"}
        path = tmp_path / "graphite.json"
        path.write_text(json.dumps(settings))
        with served(client, graphite=str(path)):
            client.start()
            client.events([1, 2, 3], [1, 2, 3], pulse_ns=1_700_000_000_000_000_000)
            until(lambda: any("lab.hist-0-0-sum 3 1700000000\n" in text for text in received))
        listening.shutdown(socket.SHUT_RDWR)
    taker.join(5)
    assert "lab.hist-0-0-diff" in received[-1]


@pytest.mark.slow
def test_states_that_could_not_be_sent_in_time_are_left_out_and_never_queued():
    from livedata.testing.broker import kafka_broker
    from livedata.transport import open_transport
    from tests.service.facility import Client

    with kafka_broker() as broker:
        transport = open_transport(broker.url)
        client = Client(transport, "t")
        with served(client) as service:
            client.start()
            client.events([1, 2], [1, 2])
            client.last(sum=2)
            broker.freeze()
            frozen_ns = time.time_ns()
            time.sleep(3.0)
            broker.thaw()
            thawed_ns = time.time_ns()
            until(lambda: client.histograms()[-1].message.timestamp > thawed_ns)
            stamps = [h.message.timestamp for h in client.histograms()]
            assert sum(frozen_ns < stamp < thawed_ns for stamp in stamps) <= 1
            assert service.counts["done"] == 1
        client.producer.close()
        transport.close()


@pytest.mark.slow
def test_a_broker_that_was_away_for_a_while_costs_no_events():
    from livedata.testing.broker import kafka_broker
    from livedata.transport import open_transport
    from tests.service.facility import Client

    with kafka_broker() as broker:
        transport = open_transport(broker.url)
        client = Client(transport, "t")
        with served(client) as service:
            client.start()
            client.events([1, 2], [1, 2])
            client.last(sum=2)
            broker.kill()
            until(lambda: service._run.troubles())
            broker.restart()
            client.events([1, 2, 3], [1, 2, 3])
            assert client.last(sum=5).info["state"] == "COUNTING"
            client.start(client.entry(id="again"))
        client.producer.close()
        transport.close()


@pytest.mark.parametrize("address", ["memory://here", "./run.nxs", "kafka://host:port"])
def test_an_address_that_is_no_broker_ends_the_command_with_one_line(address):
    done = subprocess.run(
        [sys.executable, "-m", "livedata", "serve", address, "--commands", "c"],
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--commands", "two words"], "--commands 'two words' is no topic name"),
        (["--commands", ".."], "--commands '..' is no topic name"),
        (["--commands", "c", "--responses", "c"], "--responses and --commands are both 'c'"),
        (["--commands", "c", "--heartbeat", "c"], "--heartbeat and --commands are both 'c'"),
        (["--commands", "c", "--topic", "c"], "--topic and --commands are both 'c'"),
    ],
)
def test_topics_that_cannot_be_or_that_it_would_hear_itself_on_are_refused_at_once(options, told):
    done = subprocess.run(
        [sys.executable, "-m", "livedata", "serve", "kafka://127.0.0.1:1", *options],
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 2
    assert told in done.stderr
    assert len(done.stderr.splitlines()) == 1
