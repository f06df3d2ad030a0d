"""Pictures a second in a real browser, as the browser tests see them painted."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from .measure import Row

ROOT = Path(__file__).resolve().parents[1]
TEST = "tests/browser/test_live.py"
WANTED_PER_S = 10.0
SAID = re.compile(r"^(?:(?P<when>[a-z ]+): )?(?P<rate>[\d.]+) pictures/s", re.MULTILINE)


def rows(*, quick: bool, turns: int) -> Iterator[Row]:
    """Run the browser tests of the live picture and read the rates that they print: 5 s of watching each."""
    if quick or not (ROOT / TEST).exists():
        return
    command = [sys.executable, "-m", "pytest", TEST, "-q", "-rP", "-p", "no:cacheprovider", "--durations=0"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=600)
    found = list(SAID.finditer(done.stdout))
    if not found:
        raise RuntimeError(f"the browser tests gave no rate:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
    for match in found:
        rate = float(match["rate"])
        yield Row(
            f"pictures in the browser, 1e6 events/s, {match['when'] or 'idle notebook'}",
            "pictures/s",
            rate,
            "the pace that is kept",
            WANTED_PER_S,
            rate / WANTED_PER_S,
            None,
            1,
            target=0.8,
            note="5 s of one run in JupyterLab in Chromium; ages are in the tests' output",
        )
