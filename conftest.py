"""Where real instrument files are found, and a word at the end of a run about the tests that went without them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parent
ABSENT = "no shared data"


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
