"""``livedata decode``: what messages say, from files and from live topics."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

from livedata import schemas
from livedata.transport import open_transport

T = 1_700_000_000_123_456_789
AT = "2023-11-14 22:13:20.123"


def sample(value, name="T1"):
    return schemas.encode_f144(name, T, np.float64(value))


def alarm(message="HIGH", name="T1", severity=1):
    return schemas.encode(schemas.al00(source_name=name, timestamp=T, severity=severity, message=message))


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "a.bin").write_bytes(sample(21.5))
    (tmp_path / "below").mkdir()
    (tmp_path / "below" / "b.bin").write_bytes(alarm())
    (tmp_path / "notes.txt").write_text("not a message")
    return tmp_path


def test_a_file_is_one_line_with_schema_source_and_summary(livedata, folder):
    ended = livedata("decode", folder / "a.bin")
    assert (ended.code, ended.err) == (0, "")
    assert ended.out.splitlines() == [f"{folder / 'a.bin'}  f144  T1  21.5 float64, at {AT}"]


def test_a_folder_is_all_its_messages(livedata, folder):
    ended = livedata("decode", folder)
    assert (ended.code, ended.err) == (0, "")
    assert [line.split()[1] for line in ended.out.splitlines()] == ["f144", "al00"]


def test_json_is_the_plain_content_a_line(livedata, folder):
    ended = livedata("decode", folder / "a.bin", folder / "below", "--json")
    assert (ended.code, ended.err) == (0, "")
    expected = [schemas.wire(sample(21.5)), schemas.wire(alarm())]
    assert [json.loads(line) for line in ended.out.splitlines()] == expected


def test_messages_are_chosen_by_schema_source_and_number(livedata, tmp_path):
    for i in range(4):
        (tmp_path / f"{i}.bin").write_bytes(sample(i, name=f"PV:{i % 2}"))
    (tmp_path / "9.bin").write_bytes(alarm())

    def chosen(*options):
        return [line.split()[3] for line in livedata("decode", tmp_path, *options).out.splitlines()]

    assert chosen("--schema", "f144") == ["0", "1", "2", "3"]
    assert chosen("--source", "PV:1") == ["1", "3"]
    assert chosen("--source", "PV:*", "-n", "3") == ["0", "1", "2"]


def test_stdin_is_a_message_too():
    command = [sys.executable, "-m", "livedata", "decode", "-"]
    done = subprocess.run(command, input=sample(3), capture_output=True, timeout=60)
    assert (done.returncode, done.stderr) == (0, b"")
    assert b"3 float64" in done.stdout


def test_an_unsound_file_is_one_line_and_exit_code_1(livedata, folder):
    (folder / "bad.bin").write_bytes(sample(1)[:-6])
    ended = livedata("decode", folder)
    assert ended.code == 1
    assert ended.error == "livedata: 1 of 3 files hold no sound message"
    bad = next(line for line in ended.out.splitlines() if "bad.bin" in line)
    assert "  f144  " in bad
    assert " ! f144" in bad


def test_in_json_an_unsound_message_is_told_on_stderr_only(livedata, folder):
    (folder / "bad.bin").write_bytes(b"")
    ended = livedata("decode", folder, "--json")
    assert ended.code == 1
    assert len(ended.out.splitlines()) == 2
    assert "bad.bin: message (byte 0): 0 bytes" in ended.err


def test_what_is_odd_stands_after_an_exclamation_mark(livedata, tmp_path):
    beat = schemas.x5f2(software_name="demo", status_json="{state: idle}")
    (tmp_path / "odd.bin").write_bytes(schemas.encode(beat))
    ended = livedata("decode", tmp_path)
    assert (ended.code, ended.err) == (0, "")
    said, odd = ended.out.split("  ! ")
    assert "software_name 'demo'" in said
    assert odd.startswith("status_json is not JSON")


def test_texts_do_not_steer_the_terminal(livedata, tmp_path):
    (tmp_path / "a.bin").write_bytes(alarm("\x1b[2J\x9b\r\n\u202e", name="\x1b]0;evil\x07"))
    for option in ([], ["--json"]):
        ended = livedata("decode", tmp_path, *option)
        assert ended.code == 0
        assert len(ended.out.splitlines()) == 1
        assert ended.out.rstrip("\n").isprintable()


def test_a_nexus_file_is_pointed_to_the_command_that_reads_it(livedata, run_file):
    ended = livedata("decode", run_file.path)
    assert ended.code == 1
    assert "livedata info" in ended.error


def test_a_folder_without_messages_says_so(livedata, tmp_path):
    ended = livedata("decode", tmp_path)
    assert ended.code == 1
    assert "*.bin" in ended.error


def test_a_reader_that_leaves_early_causes_no_complaint(folder):
    command = f"{sys.executable} -m livedata decode {folder} | true"
    done = subprocess.run(command, shell=True, capture_output=True, text=True, timeout=60)
    assert done.stderr == ""


@pytest.mark.shared
def test_every_hostile_file_is_one_line(livedata, shared):
    hostile = shared / "vectors" / "hostile"
    ended = livedata("decode", hostile)
    assert ended.code == 1
    assert len(ended.out.splitlines()) == len(list(hostile.glob("*.bin")))


@pytest.mark.shared
def test_json_of_the_shared_messages_is_what_their_readme_says(livedata, shared):
    files = sorted((shared / "vectors" / "ev44").glob("*.bin"))
    ended = livedata("decode", shared / "vectors" / "ev44", "--json")
    expected = [json.loads(file.with_suffix(".json").read_text())["fields"] for file in files]
    assert [json.loads(line) for line in ended.out.splitlines()] == expected


@pytest.fixture
def topic(kafka_url, topic_prefix):
    """Return a topic of two partitions with 30 samples, an alarm among them, the last one cut off."""
    name = f"{topic_prefix}_sampleEnv"
    transport = open_transport(kafka_url)
    transport.create_topic(name, partitions=2)
    producer = transport.producer()
    now_ms = time.time_ns() // 10**6 - 60_000
    messages = [sample(i, name=f"PV:{i % 3}") for i in range(30)]
    messages[3] = alarm()
    messages[29] = messages[29][:-6]
    for i, message in enumerate(messages):
        producer.produce(name, message, partition=i % 2, timestamp_ms=now_ms + i)
    assert producer.flush(10) == 0
    producer.close()
    transport.close()
    return name


@pytest.mark.kafka
def test_the_last_messages_of_a_topic_come_in_order_of_their_time(livedata, kafka_url, topic):
    ended = livedata("decode", kafka_url, "--topic", topic, "-n", "4")
    assert (ended.code, ended.err) == (0, "")
    lines = [line.split() for line in ended.out.splitlines()]
    assert [line[2:4] for line in lines] == [[topic, "0/13"], [topic, "1/13"], [topic, "0/14"], [topic, "1/14"]]
    assert [line[6] for line in lines[:3]] == ["26", "27", "28"]
    assert " ! f144" in ended.out.splitlines()[3]


@pytest.mark.kafka
def test_what_lies_far_back_is_found_by_its_schema(livedata, kafka_url, topic):
    ended = livedata("decode", kafka_url, "--topic", topic, "--schema", "al00", "-n", "5")
    assert (ended.code, ended.err) == (0, "")
    assert len(ended.out.splitlines()) == 1
    assert "severity MINOR" in ended.out


@pytest.mark.kafka
def test_all_that_is_there_can_be_read_without_waiting(livedata, kafka_url, topic):
    ended = livedata("decode", kafka_url, "--topic", topic, "--start", "earliest", "--no-follow", "--source", "PV:1")
    assert (ended.code, ended.err) == (0, "")
    assert sorted(int(line.split()[6]) for line in ended.out.splitlines()) == list(range(1, 30, 3))


@pytest.mark.kafka
def test_json_from_a_topic_is_the_plain_content(livedata, kafka_url, topic):
    ended = livedata("decode", kafka_url, "--topic", topic, "--schema", "al00", "-n", "1", "--json")
    assert json.loads(ended.out) == schemas.wire(alarm())


@pytest.mark.kafka
def test_new_messages_are_shown_as_they_come_until_interrupted(kafka_url, topic):
    command = [sys.executable, "-m", "livedata", "decode", kafka_url, "--topic", topic]
    running = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env={**os.environ})
    try:
        past = [running.stdout.readline() for _ in range(10)]
        assert "28 float64" in past[-2]
        transport = open_transport(kafka_url)
        producer = transport.producer()
        producer.produce(topic, sample(4711))
        producer.flush(10)
        producer.close()
        transport.close()
        assert "4711 float64" in running.stdout.readline()
        running.send_signal(signal.SIGINT)
        assert running.wait(30) == 0
        assert running.stderr.read() == ""
    finally:
        running.kill()
        running.communicate()


@pytest.mark.kafka
def test_an_unknown_topic_names_the_near_misses(livedata, kafka_url, topic):
    ended = livedata("decode", kafka_url, "--topic", topic[:-1])
    assert (ended.code, ended.out) == (1, "")
    assert topic in ended.error
