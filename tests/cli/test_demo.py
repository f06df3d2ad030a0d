"""``livedata demo``: from nothing to a picture, a file, and the proof that they agree."""

from __future__ import annotations

import signal
import subprocess
import sys

import pytest

from livedata.cli.demo import NAMES, report
from livedata.reduce.result.comparison import Comparison
from livedata.reduce.result.ledger import Ledger

SHORT = ("--seconds", "3", "--rate", "2e5")


@pytest.fixture(scope="module")
def shown(livedata, tmp_path_factory):
    """Run the demo once; return how it ended and where its files are."""
    folder = tmp_path_factory.mktemp("demo")
    return livedata("demo", *SHORT, "--out", folder), folder


def test_it_proves_that_live_and_file_are_equal(shown):
    ended, _ = shown
    assert (ended.code, ended.err) == (0, "")
    assert "Equal, bin for bin" in ended.out
    assert all(
        any(line.startswith(name) and "same in all" in line for line in ended.out.splitlines()) for name in NAMES
    )


def test_it_saves_a_file_and_a_picture_and_nothing_else(shown):
    _, folder = shown
    assert sorted(path.name for path in folder.iterdir()) == ["demo.nxs", "demo.png"]
    assert (folder / "demo.png").read_bytes().startswith(b"\x89PNG")


def test_the_file_holds_what_was_simulated(shown, livedata):
    ended, folder = shown
    streams = livedata("info", folder / "demo.nxs", "--json").json["streams"]
    assert set(streams) == {"detector", "monitor", "temperature", "chopper_speed"}
    assert streams["detector"]["events"] > 300_000
    assert f"{streams['detector']['events']:,}" in ended.out


def test_output_that_is_no_terminal_gets_plain_lines(shown):
    assert "\x1b" not in shown[0].out


def test_a_second_run_replaces_the_files_of_the_first(shown, livedata):
    _, folder = shown
    before = (folder / "demo.nxs").stat().st_ino
    assert livedata("demo", *SHORT, "--out", folder).code == 0
    assert (folder / "demo.nxs").stat().st_ino != before


def test_a_file_of_somebody_else_is_not_replaced(livedata, run_file, tmp_path):
    (tmp_path / "demo.nxs").write_bytes(run_file.path.read_bytes())
    ended = livedata("demo", *SHORT, "--out", tmp_path)
    assert (ended.code, ended.out) == (1, "")
    assert "demo.nxs" in ended.error
    assert (tmp_path / "demo.nxs").read_bytes() == run_file.path.read_bytes()


@pytest.mark.parametrize(("how", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)], ids=["SIGINT", "SIGTERM"])
def test_an_interrupt_ends_it_and_leaves_nothing(tmp_path, how, code):
    process = subprocess.Popen(
        [sys.executable, "-m", "livedata", "demo", "--seconds", "60", "--rate", "1e5", "--out", str(tmp_path)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    while not process.stdout.readline().startswith("detector:"):
        assert process.poll() is None
    process.send_signal(how)
    _, errors = process.communicate(timeout=30)
    assert (process.returncode, errors) == (code, "")
    assert list(tmp_path.iterdir()) == []


def all_equal() -> tuple[dict[str, int], dict[str, Ledger], dict[str, Comparison]]:
    ledgers = dict.fromkeys(NAMES, Ledger(seen=100, binned=90, overflow=10))
    return {"detector": 100, "monitor": 100}, ledgers, dict.fromkeys(NAMES, Comparison(True, "same"))


def test_the_verdict_is_equal_only_when_all_is(capsys):
    assert report(*all_equal()) is True


def test_a_bin_that_differs_is_noticed(capsys):
    simulated, ledgers, compared = all_equal()
    assert report(simulated, ledgers, compared | {NAMES[0]: Comparison(False, "1 of 65536 bins differ")}) is False


def test_an_event_that_was_simulated_but_never_arrived_is_noticed(capsys):
    simulated, ledgers, compared = all_equal()
    assert report(simulated | {"detector": 101}, ledgers, compared) is False


def test_a_ledger_that_does_not_add_up_is_noticed(capsys):
    simulated, ledgers, compared = all_equal()
    assert report(simulated, ledgers | {NAMES[2]: Ledger(seen=100, binned=90)}, compared) is False
