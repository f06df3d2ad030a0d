"""Starting a broker of our own, and that nothing of it stays."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from livedata.errors import ArgumentError, MissingExtra, TransportError
from livedata.testing import kafka_broker
from livedata.testing.contract import collect, send
from livedata.transport import Partition, open_transport
from livedata.transport.broker import distribution, start_broker

pytestmark = pytest.mark.kafka


def is_alive(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().split(")")[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


def wait_for_end(pids, timeout_s):
    deadline = time.monotonic() + timeout_s
    while any(map(is_alive, pids)) and time.monotonic() < deadline:
        time.sleep(0.05)
    return not any(map(is_alive, pids))


def run_script(script, *arguments):
    """Start a Python process and return it with the words of its first line."""
    process = subprocess.Popen(
        [sys.executable, "-c", script, *arguments], stdout=subprocess.PIPE, text=True, start_new_session=True
    )
    return process, process.stdout.readline().split()


HOLD = """
import time
from livedata.testing import kafka_broker
with kafka_broker() as broker:
    print(broker._temporary, *broker.pids, flush=True)
    time.sleep(100)
"""

SERVE = """
import sys
from livedata.transport.broker import serve
serve(port=int(sys.argv[1]), data=sys.argv[2], started=lambda b: print(b.url, *b.pids, flush=True))
print("ended in good order", flush=True)
"""


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def test_a_killed_parent_leaves_nothing_behind():
    process, (folder, *pids) = run_script(HOLD)
    process.kill()
    process.wait()
    process.stdout.close()
    assert wait_for_end(pids, 15.0)
    deadline = time.monotonic() + 5.0
    while Path(folder).exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not Path(folder).exists()


def test_an_interrupt_ends_a_served_broker_in_good_order_and_its_data_is_found_again(tmp_path):
    for number, expected in ((signal.SIGINT, [b"first"]), (signal.SIGTERM, [b"first", b"second"])):
        port = free_port()
        process, (url, *pids) = run_script(SERVE, str(port), str(tmp_path))
        assert url == f"kafka://127.0.0.1:{port}"
        transport = open_transport(url)
        producer, consumer = transport.producer(), transport.consumer()
        send(producer, "kept", expected[-1:])
        consumer.assign({Partition("kept", 0): 0})
        values = [r.value for r in collect(consumer, len(expected))]
        consumer.close()
        producer.close()
        transport.close()
        assert values == expected

        os.killpg(process.pid, number)
        output, _ = process.communicate(timeout=15)
        assert (process.returncode, output) == (0, "ended in good order\n")
        assert wait_for_end(pids, 1.0)


def test_a_data_folder_of_another_size_is_refused(tmp_path):
    (tmp_path / "node-1" / "log").mkdir(parents=True)
    (tmp_path / "node-1" / "log" / "meta.properties").touch()
    with pytest.raises(ArgumentError, match="holds a broker of 1 node"):
        start_broker(data=tmp_path, nodes=3)


def test_the_steps_of_a_start_are_told():
    steps = []
    with start_broker(progress=steps.append) as broker:
        pids, folder = broker.pids, broker._temporary
    assert [step.step.split()[0] for step in steps][-2:] == ["preparing", "waiting"]
    assert not any(map(is_alive, pids))
    assert not folder.exists()


def test_a_taken_port_is_said_before_anything_starts():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(TransportError, match=r"port \d+ on 127\.0\.0\.1 cannot be used"):
            start_broker(port=taken.getsockname()[1])


def test_a_server_that_fails_shows_the_end_of_its_log():
    with pytest.raises(TransportError, match=r"num\.io\.threads"), kafka_broker(settings={"num.io.threads": "none"}):
        pass


def test_a_number_of_nodes_that_makes_no_sense_is_refused():
    with pytest.raises(ArgumentError, match="1 to 9 nodes"):
        start_broker(nodes=0)


def test_missing_packages_are_named_with_their_cure(monkeypatch):
    monkeypatch.setattr(distribution.importlib.util, "find_spec", lambda name: None)
    monkeypatch.delenv("KAFKA_HOME", raising=False)
    with pytest.raises(MissingExtra, match=r"pip install 'livedata\[broker\]'"):
        start_broker()


def test_an_empty_kafka_home_is_an_error(monkeypatch, tmp_path):
    monkeypatch.setenv("KAFKA_HOME", str(tmp_path))
    with pytest.raises(TransportError, match="no jars"):
        start_broker()
