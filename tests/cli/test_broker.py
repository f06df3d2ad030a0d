"""``livedata broker``: a real Kafka that ends when it is told to, and leaves nothing."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
from collections.abc import Iterator

import psutil
import pytest

from livedata.transport import open_transport

pytestmark = pytest.mark.kafka


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def running() -> Iterator[subprocess.Popen[str]]:
    """Yield the command in a process of its own, with its broker not yet up."""
    process = subprocess.Popen(
        [sys.executable, "-m", "livedata", "broker", "--port", str(free_port())],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    yield process
    if process.poll() is None:
        process.kill()
    process.communicate()


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM], ids=lambda how: how.name)
def test_it_says_its_address_serves_and_ends_cleanly(running, how):
    url = running.stdout.readline().strip()
    assert url.startswith("kafka://127.0.0.1:")
    transport = open_transport(url)
    assert transport.topics() == {}
    transport.close()
    children = psutil.Process(running.pid).children(recursive=True)
    assert children
    running.send_signal(how)
    _, errors = running.communicate(timeout=30)
    assert running.returncode == 0
    assert "Traceback" not in errors
    assert psutil.wait_procs(children, timeout=10)[1] == []


def test_a_taken_port_is_one_line_and_exit_code_1(livedata):
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        port = holder.getsockname()[1]
        ended = livedata("broker", "--port", port)
    assert (ended.code, ended.out) == (1, "")
    assert str(port) in ended.error


def test_fetching_says_that_kafka_is_ready(livedata):
    ended = livedata("broker", "--fetch")
    assert ended.code == 0
    assert "Kafka is ready" in ended.out
