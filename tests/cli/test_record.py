"""``livedata record``: a broker's topics become a file, ended by time or by Ctrl-C."""

from __future__ import annotations

import signal
import subprocess
import sys
import time

import pytest

pytestmark = pytest.mark.kafka


@pytest.fixture
def topics(livedata, run_file, kafka_url, topic_prefix) -> str:
    """Return a pattern for topics that hold the generated run."""
    sent = livedata("replay", run_file.path, "--to", kafka_url, "--speed", "max", "--topics", topic_prefix)
    assert sent.code == 0
    return f"{topic_prefix}_*"


def numbers(livedata, path) -> dict[str, tuple[int, int]]:
    streams = livedata("info", path, "--json").json["streams"]
    return {name: (facts["events"], facts["entries"]) for name, facts in streams.items() if facts["kind"] == "events"}


def test_what_was_on_the_topics_is_in_the_file(livedata, run_file, kafka_url, topics, tmp_path):
    out = tmp_path / "again.nxs"
    ended = livedata("record", kafka_url, out, "--topics", topics, "--start", "earliest", "--seconds", "1")
    assert ended.code == 0, ended.err
    assert "again.nxs" in ended.out
    assert numbers(livedata, out) == numbers(livedata, run_file.path)
    assert [path.name for path in tmp_path.iterdir()] == ["again.nxs"]


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM], ids=lambda how: how.name)
def test_an_interrupt_ends_it_with_a_whole_file(livedata, run_file, kafka_url, topics, tmp_path, how):
    out = tmp_path / "again.nxs"
    command = ["record", kafka_url, str(out), "--topics", topics, "--start", "earliest"]
    process = subprocess.Popen(
        [sys.executable, "-m", "livedata", *command], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    process.stderr.readline()  # it has said how it gets on, so it is recording
    time.sleep(0.5)
    process.send_signal(how)
    _, errors = process.communicate(timeout=60)
    assert (process.returncode, "Traceback" in errors) == (0, False), errors
    assert numbers(livedata, out) == numbers(livedata, run_file.path)


def test_a_file_that_is_there_is_not_touched(livedata, kafka_url, topics, tmp_path):
    out = tmp_path / "mine.nxs"
    out.write_text("do not touch")
    ended = livedata("record", kafka_url, out, "--topics", topics, "--seconds", "1")
    assert (ended.code, ended.out) == (1, "")
    assert "mine.nxs" in ended.error
    assert out.read_text() == "do not touch"


def test_a_folder_that_is_missing_is_one_line_and_exit_code_1(livedata, kafka_url, topics, tmp_path):
    ended = livedata("record", kafka_url, tmp_path / "nowhere" / "out.nxs", "--topics", topics, "--seconds", "1")
    assert (ended.code, ended.out) == (1, "")
    assert "nowhere" in ended.error
