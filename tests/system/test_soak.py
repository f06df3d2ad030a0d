"""A minute of hard use: five million events a second, views that come and go, and everything adds up."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def soak(*arguments, timeout_s=280):
    """Run in a process of its own: what it leaves behind is part of what it looks at."""
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(ROOT / "src"), os.environ.get("PYTHONPATH", "")])}
    command = [sys.executable, "-m", "soak", *arguments]
    return subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=timeout_s, check=False
    )


def figure(done, name):
    """Return the first number of a row of the table."""
    told = next(line for line in done.stdout.splitlines() if line.startswith(f"{name}  "))
    return int(told.removeprefix(name).split()[0].rstrip(":,").replace(",", ""))


@pytest.mark.slow
@pytest.mark.alone
def test_a_minute_of_hard_use_adds_up():
    done = soak("--seconds", "60", "--seed", "11")

    assert done.returncode == 0, done.stdout + done.stderr
    assert "everything adds up" in done.stdout
    assert figure(done, "events") > 1_000_000
    assert figure(done, "views made") > 10
    assert figure(done, "snapshots checked") > 10
    assert figure(done, "compared when all was still") > 3


@pytest.mark.slow
@pytest.mark.alone
@pytest.mark.parametrize(
    ("plant", "seconds", "told"),
    [
        ("lose", "20", "(were sent|and expected)"),
        ("twice", "20", "(were sent|and expected)"),
        ("late", "20", "after the last message"),
        ("thread", "5", "livedata-planted"),
        ("memory", "20", "memory grew"),
    ],
)
def test_a_planted_fault_is_found(plant, seconds, told):
    share = "1" if plant == "memory" else "0.1"
    done = soak("--seconds", seconds, "--seed", "3", "--share", share, "--patience", "5", "--plant", plant)

    assert done.returncode == 1, done.stdout + done.stderr
    assert "FAULT" in done.stdout
    assert re.search(told, done.stdout.partition("FAULT")[2]), done.stdout
