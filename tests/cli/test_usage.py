"""How commands end: help, version, exit codes, and one line on stderr for every error."""

from __future__ import annotations

import socket
import subprocess
import sys

import pytest

COMMANDS = ["broker", "decode", "demo", "histogram", "info", "record", "replay", "topics"]


@pytest.fixture(scope="module")
def nobody() -> str:
    """Return an address at which nobody answers: the port is ours, but we do not listen."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        yield f"kafka://127.0.0.1:{held.getsockname()[1]}"


def test_help_names_all_commands(livedata):
    ended = livedata("--help")
    assert ended.code == 0
    assert [command for command in COMMANDS if command not in ended.out] == []


def test_nothing_at_all_shows_the_help(livedata):
    assert livedata().out == livedata("--help").out


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help(livedata, command):
    ended = livedata(command, "--help")
    assert (ended.code, ended.err) == (0, "")
    assert f"livedata {command}" in ended.out


def test_help_loads_nothing_heavy():
    code = (
        "import sys; from livedata.cli import main; sys.argv = ['livedata', '--help']\n"
        "try:\n    main()\nexcept SystemExit:\n    pass\n"
        "heavy = ('numpy', 'pandas', 'h5py', 'numba', 'bokeh', 'ipywidgets', 'pint', 'pydantic', 'confluent_kafka')\n"
        "print('loaded:', *(name for name in heavy if name in sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert "decode" in done.stdout
    assert done.stdout.splitlines()[-1].strip() == "loaded:"


def test_version_says_the_version(livedata):
    ended = livedata("--version")
    assert ended.code == 0
    assert ended.out.startswith("livedata ")


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["nonsense"], "nonsense"),
        (["info"], "Missing argument"),
        (["info", "--nonsense", "file.nxs"], "--nonsense"),
        (["histogram", "file.nxs"], "--stream"),
        (["histogram", "file.nxs", "--stream", "detector"], "--toa"),
        (["replay", "file.nxs"], "--to"),
        (["replay", "file.nxs", "--to", "memory://x", "--times", "yesterday"], "--times"),
        (["replay", "file.nxs", "--to", "memory://x", "--speed", "fast"], "--speed"),
        (["broker", "--port", "70000"], "--port"),
        (["broker", "--nodes", "0"], "--nodes"),
        (["demo", "--seconds", "-1"], "--seconds"),
        (["demo", "--rate", "0"], "--rate"),
        (["info", "kafka://"], "kafka://"),
        (["info", "http://localhost"], "http://localhost"),
        (["info", "memory://demo"], "one process"),
        (["record", "memory://demo", "out.nxs"], "one process"),
        (["decode"], "Missing argument"),
        (["decode", "memory://demo"], "one process"),
        (["decode", "kafka://one", "kafka://two"], "one address"),
        (["decode", "kafka://one", "--schema", "f14"], "four characters"),
        (["decode", "kafka://one", "-n", "0"], "-n"),
        (["decode", "kafka://one", "--start", "yesterday"], "yesterday"),
        (["decode", "a/file.bin", "--topic", "T"], "--topic"),
        (["topics", "memory://demo"], "one process"),
        (["topics", "a/file.nxs"], "is a file"),
    ],
)
def test_wrong_usage_is_one_line_and_exit_code_2(livedata, arguments, reason):
    ended = livedata(*arguments)
    assert ended.code == 2
    assert ended.out == ""
    assert reason in ended.error


@pytest.mark.parametrize("toa", ["0:100", "0:100:0", "100:0:10", "a:b:c", "0:100:10:7", "0:nan:3", ""])
def test_bins_that_make_no_sense_are_wrong_usage(livedata, run_file, toa):
    ended = livedata("histogram", run_file.path, "--stream", "detector_events", "--toa", toa, "--unit", "us")
    assert (ended.code, ended.out) == (2, "")
    assert ended.error


@pytest.mark.parametrize("unit", ["parsec", "K", "nonsense", "%", "us+", "us)"])
def test_a_unit_that_is_no_time_is_wrong_usage(livedata, run_file, unit):
    ended = livedata("histogram", run_file.path, "--stream", "detector_events", "--toa", "0:100:10", "--unit", unit)
    assert (ended.code, ended.out) == (2, "")
    assert unit in ended.error


COMMANDS_ON_FILES = [
    ["info"],
    ["info", "--json"],
    ["histogram", "--stream", "detector", "--toa", "0:100:10", "--unit", "us", "--json"],
    ["replay", "--to", "memory://x"],
]


@pytest.mark.parametrize("command", COMMANDS_ON_FILES, ids=" ".join)
def test_a_missing_file_is_one_line_and_exit_code_1(livedata, tmp_path, command):
    ended = livedata(command[0], tmp_path / "missing.nxs", *command[1:])
    assert (ended.code, ended.out) == (1, "")
    assert "missing.nxs" in ended.error


@pytest.mark.parametrize("command", COMMANDS_ON_FILES, ids=" ".join)
def test_a_file_that_is_not_hdf5_is_one_line_and_exit_code_1(livedata, text_file, command):
    ended = livedata(command[0], text_file, *command[1:])
    assert (ended.code, ended.out) == (1, "")
    assert "notes.nxs" in ended.error


@pytest.mark.parametrize("command", COMMANDS_ON_FILES, ids=" ".join)
def test_a_truncated_file_is_one_line_and_exit_code_1(livedata, truncated_file, command):
    ended = livedata(command[0], truncated_file, *command[1:])
    assert (ended.code, ended.out) == (1, "")
    assert "truncated.nxs" in ended.error


def test_a_folder_is_no_file(livedata, tmp_path):
    ended = livedata("info", tmp_path)
    assert (ended.code, ended.out) == (1, "")
    assert str(tmp_path) in ended.error


def test_an_unknown_stream_names_the_near_misses(livedata, run_file):
    ended = livedata("histogram", run_file.path, "--stream", "detektor_events", "--toa", "0:100:10", "--unit", "us")
    assert (ended.code, ended.out) == (1, "")
    assert "detektor_events" in ended.error
    assert "detector_events" in ended.error


def test_a_log_has_no_histogram_of_arrival_times(livedata, run_file):
    ended = livedata("histogram", run_file.path, "--stream", "temperature", "--toa", "0:100:10", "--unit", "us")
    assert ended.code in (1, 2)
    assert "temperature" in ended.error


@pytest.mark.parametrize(
    "command",
    [
        ["info"],
        ["histogram", "--stream", "detector", "--toa", "0:100:10", "--unit", "us", "--json"],
        ["record", "{out}"],
        ["decode", "--topic", "T"],
        ["topics"],
    ],
    ids=lambda command: command[0],
)
def test_a_broker_that_is_not_there_is_one_line_and_exit_code_1(livedata, nobody, tmp_path, command):
    arguments = [text.format(out=tmp_path / "out.nxs") for text in command[1:]]
    ended = livedata(command[0], nobody, *arguments)
    assert (ended.code, ended.out) == (1, "")
    assert nobody in ended.error
    assert list(tmp_path.iterdir()) == []


def test_replay_to_a_broker_that_is_not_there_is_one_line_and_exit_code_1(livedata, nobody, run_file):
    ended = livedata("replay", run_file.path, "--to", nobody)
    assert (ended.code, ended.out) == (1, "")
    assert nobody in ended.error


@pytest.mark.parametrize("place", ["before", "after"])
def test_debug_shows_the_traceback(livedata, tmp_path, place):
    command = ["info", tmp_path / "missing.nxs"]
    ended = livedata(*(["--debug", *command] if place == "before" else [*command, "--debug"]))
    assert ended.code == 1
    assert "Traceback" in ended.err
    assert "FileError" in ended.err


def test_a_reader_that_leaves_early_causes_no_complaint(run_file):
    command = f"{sys.executable} -m livedata info {run_file.path} | true"
    done = subprocess.run(command, shell=True, capture_output=True, text=True, timeout=60)
    assert done.stderr == ""
