"""The guide runs from top to bottom as it is printed, and its tables say what the code says."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import livedata as ld

from .pages import DOCS, ROOT, Reader, blocks
from .tables import GUIDE, TABLES, held

VIEWS = ("spectrum", "pattern", "against", "finer", "image", "in_ring", "of_ring", "thermal", "cold", "steady")


@pytest.fixture(scope="module")
def reader(tmp_path_factory):
    """Run all Python blocks of the guide, then its commands, in a folder of their own."""
    folder = tmp_path_factory.mktemp("guide")
    before = Path.cwd()
    os.chdir(folder)
    reader = Reader()
    try:
        for block in blocks(GUIDE):
            reader.run(block)
        for name in VIEWS:
            reader[name].wait(events=500_000, timeout=60)
            # Views that go on are not equally far at any moment; of the same span they agree exactly.
            reader.names[f"{name} recorded"] = reader[name].over(reader["recording"]).snapshot()
    finally:
        if "live" in reader.names:
            reader["live"].close()
        os.chdir(before)
    reader.names["folder"] = folder
    return reader


@pytest.mark.parametrize("name", TABLES)
def test_the_tables_of_the_guide_are_those_of_the_code(name):
    found = held(GUIDE.read_text(encoding="utf-8"), name)

    assert found[1] == TABLES[name](), "run python -m tests.docs.tables"


def test_every_page_of_the_guide_is_run_here():
    assert list((DOCS / "guide").glob("*.md")) == [GUIDE]


def test_every_block_of_the_guide_is_short():
    assert max(block.n_lines for block in blocks(GUIDE)) <= 15


def test_what_the_guide_counts_adds_up(reader):
    for name in VIEWS:
        ledger = reader[name].latest.ledger
        assert ledger.adds_up, name
        assert ledger.seen >= 500_000, name
        assert ledger.binned > 0, name


def test_views_of_the_guide_agree_with_each_other(reader):
    in_ring, of_ring = reader["in_ring recorded"], reader["of_ring recorded"]

    assert in_ring.total == of_ring.ledger.binned + of_ring.ledger.underflow + of_ring.ledger.overflow
    assert in_ring.ledger.masked > 0
    y, x = np.indices((256, 256)) + 0.5
    away = np.hypot(x - 133.2, y - 121.6)
    assert not in_ring.values()[(away < 39) | (away > 61)].any()
    thermal, pattern = reader["thermal recorded"], reader["pattern recorded"]
    assert thermal.ledger.outside > 0
    assert (thermal.values() <= pattern.values()).all()
    assert pattern["3.5 angstrom":"4.5 angstrom"].total == reader["finer recorded"].total
    assert (reader["steady recorded"].values() <= reader["cold recorded"].values()).all()
    assert reader["last_ten"].latest.total > 0
    assert reader["first_run"].latest.total > 0


def test_the_guide_finds_the_peak_of_the_demo(reader):
    peak = reader["peak"]

    assert peak.position == pytest.approx(10.25 * 1.003 / 6**0.5, rel=0.01)
    assert reader["pattern"].sum().errors() / reader["pattern"].total < 0.01
    assert reader["change"].total == pytest.approx(0, abs=1e-9)


def test_the_guide_divides_by_the_monitor(reader):
    per_monitor, by_wavelength = reader["per_monitor"].latest, reader["by_wavelength"].latest

    assert 1 < per_monitor.total < 10
    assert np.isfinite(by_wavelength.values()).any()
    assert reader["everything"].latest.ledger.binned > 0


def test_saved_results_are_read_back(reader):
    assert ld.load_histogram(reader["folder"] / "spectrum.nxs").total > 0


def test_the_commands_of_the_guide_do_the_same_as_its_views(reader, monkeypatch):
    monkeypatch.chdir(reader["folder"])
    run, said = reader["run"], ""
    for line in blocks(GUIDE, "console")[0].code.splitlines():
        command = line.removeprefix("$ livedata ")
        done = subprocess.run(
            f"{sys.executable} -m livedata {command}",
            shell=True,
            env=os.environ | {"PYTHONPATH": str(ROOT / "src")},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        said = done.stdout
        if " > " in line:
            assert said == ""
    wanted = run["detector"].view(reader["spectrum"].description).where(run["temperature"] < "40 K")
    (result,) = json.loads(said)["results"]

    assert result["values"] == wanted.values().tolist()
    assert wanted.total > 0
    assert (reader["folder"] / "cold.csv").exists()


def test_what_the_readme_says_of_views_runs(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    ten_lines, views, _ = blocks(ROOT / "README.md")
    reader = Reader().run(ten_lines)
    with reader["live"]:
        reader.run(views)
        for name in ("pattern", "cold", "times", "per_monitor"):
            ledger = reader[name].wait(events=1_000_000, timeout=60).latest.ledger
            assert ledger.adds_up
            assert ledger.binned > 0, name

    assert reader["again"].same_as(reader["spectrum"].over(reader["rec"]))
