"""The recorder as a process of its own, beside a real Kafka."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from livedata.errors import RecordingError
from livedata.nexus import open_file, record
from livedata.transport import open_transport

from .test_recorder import send, totals, until

pytestmark = pytest.mark.kafka


@pytest.fixture
def kafka(kafka_url, topic_prefix):
    transport = open_transport(kafka_url)
    transport.create_topic(f"{topic_prefix}_events", partitions=3)
    yield transport
    transport.close()


def alive(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def test_a_process_records_everything_up_to_the_stop(kafka, topic_prefix, tmp_path):
    recording = record(kafka, tmp_path / "run.nxs", topics=f"{topic_prefix}_*")
    expected = send(kafka, 200, topic=f"{topic_prefix}_events")
    recording.stop(wait=True)
    assert totals(recording.path) == (10_000, 400, expected)
    assert open_file(recording.path).extent == recording.extent
    assert recording.counts["detector"].messages == 200
    until(lambda: not alive(recording._machine.pid), 5)


def test_a_process_that_is_killed_is_a_clear_error_and_its_file_stays(kafka, topic_prefix, tmp_path):
    recording = record(kafka, tmp_path / "run.nxs", topics=f"{topic_prefix}_*")
    until(lambda: recording.state == "recording")
    os.kill(recording._machine.pid, signal.SIGKILL)
    with pytest.raises(RecordingError, match=r"ended by signal 9; what it wrote is at .*run\.nxs\.part"):
        recording.wait(20)
    assert not (tmp_path / "run.nxs").exists()


PARENT = """
import sys, time
from livedata.nexus import record
recording = record(sys.argv[1], sys.argv[2], topics=sys.argv[3])
while recording.state != "recording":
    time.sleep(0.02)
print(recording._machine.pid, flush=True)
time.sleep(60)
"""


def test_a_process_whose_kernel_is_killed_finishes_its_file_and_ends(kafka, kafka_url, topic_prefix, tmp_path):
    path = tmp_path / "run.nxs"
    command = [sys.executable, "-c", PARENT, kafka_url, str(path), f"{topic_prefix}_*"]
    parent = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    pid = int(parent.stdout.readline())
    expected = send(kafka, 60, topic=f"{topic_prefix}_events")
    time.sleep(0.5)
    parent.kill()
    parent.wait()
    parent.stdout.close()
    until(path.exists)
    assert totals(path) == (3000, 120, expected)
    until(lambda: not alive(pid), 5)


def test_credentials_reach_the_process_only_through_its_stdin(tmp_path):
    from livedata.nexus.place import claim
    from livedata.nexus.remote import RemoteMachine
    from livedata.nexus.spec import RecorderSpec

    settings = {"sasl.password": "very-secret-word", "sasl.username": "reader", "socket.timeout.ms": "1000"}
    broker = {"name": "127.0.0.1:1", "settings": settings | {"no.such.setting": "very-secret-word"}}
    machine = RemoteMachine(broker, RecorderSpec(claim(tmp_path / "run.nxs"), None, {}))
    machine.start()
    process = Path(f"/proc/{machine.pid}")
    assert "secret" not in (process / "cmdline").read_text() + (process / "environ").read_text()
    assert machine.wait(20)
    assert machine.status.state == "failed"
    assert "very-secret-word" not in machine.status.error


@pytest.mark.slow
def test_a_recording_stopped_while_the_broker_is_away_goes_on_when_it_is_back(tmp_path):
    from livedata.transport.broker import start_broker

    with start_broker() as broker:
        transport = open_transport(broker.url)
        transport.create_topic("X_events", partitions=3)
        recording = record(transport, tmp_path / "run.nxs", topics="X_*")
        first = send(transport, 50)
        until(lambda: recording.events == 2500)
        broker.kill()
        until(lambda: "broker lost" in repr(recording), 8)
        recording.stop()
        time.sleep(2)
        assert recording.state == "recording"
        broker.restart()
        recording.wait(60)
        assert totals(recording.path) == (2500, 100, first)
        transport.close()
