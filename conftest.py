"""Where real instrument files are found, a word at the end about the tests that went without them, and taking turns.

Several processes may share the tests out (``-n``). One that is marked `alone` looks at how fast or how soon something
is, and has the machine to itself: everybody else waits until it is done.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

CHECKOUT = Path(__file__).resolve().parent
ABSENT = "no shared data"
TURNS = pytest.StashKey[str]()
"""Folder of the locks."""


def shared_folder() -> Path:
    """Return the folder of real files: LIVEDATA_SHARED, or `shared` beside the checkout; it may not exist."""
    return Path(os.environ.get("LIVEDATA_SHARED") or CHECKOUT.parent / "shared")


@pytest.fixture(scope="session")
def shared() -> Path:
    """Return the folder of real instrument files and wire messages."""
    return shared_folder()


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip what needs the shared folder where there is none."""
    needs = item.get_closest_marker("shared") or "shared" in getattr(item, "fixturenames", ())
    if needs and not shared_folder().is_dir():
        pytest.skip(f"{ABSENT} at {shared_folder()}; set LIVEDATA_SHARED")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say how many tests went without the shared folder."""
    skipped = terminalreporter.stats.get("skipped", [])
    n = sum(ABSENT in str(report.longrepr) for report in skipped)
    if n:
        terminalreporter.write_line(f"{n} tests on real instrument files were skipped: {ABSENT} at {shared_folder()}")


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Tell a process that shares in the tests where the locks are."""
    stash = node.config.stash
    if TURNS not in stash:
        stash[TURNS] = tempfile.mkdtemp(prefix="livedata-turns-")
    node.workerinput["turns"] = stash[TURNS]


def pytest_unconfigure(config: pytest.Config) -> None:
    """Take the locks away."""
    if folder := config.stash.get(TURNS, None):
        shutil.rmtree(folder, ignore_errors=True)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """Let a test that is to be alone wait for all others, and others for it."""
    told = getattr(item.config, "workerinput", None)
    if told is None:
        return (yield)
    with _turn(Path(told["turns"]), is_alone=item.get_closest_marker("alone") is not None):
        return (yield)


@contextmanager
def _turn(folder: Path, *, is_alone: bool) -> Iterator[None]:
    """Hold one lock, shared or alone; whoever waits for it holds another one, so that nobody is passed by."""
    with (folder / "next").open("w") as queue, (folder / "turn").open("w") as turn:
        fcntl.flock(queue, fcntl.LOCK_EX)
        fcntl.flock(turn, fcntl.LOCK_EX if is_alone else fcntl.LOCK_SH)
        fcntl.flock(queue, fcntl.LOCK_UN)
        yield
