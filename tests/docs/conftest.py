"""A folder with the files that pages speak of, and the real ones where they are found."""

from __future__ import annotations

import itertools
import os
from pathlib import Path

import pytest

from . import imaging, instruments
from .pages import DOCS, Reader, blocks

_names = itertools.count()


@pytest.fixture(scope="session")
def runs(tmp_path_factory):
    """Return a folder with a simulated run for each example."""
    folder = tmp_path_factory.mktemp("runs")
    instruments.write_sans(folder / "EQSANS_1466_event.nxs")
    instruments.write_reflectometer(folder / "REF_L_188300.nxs.h5")
    instruments.write_spectrometer(folder / "spectrometer.nxs")
    imaging.write_imaging(folder, "memory://docs-imaging")
    return folder


@pytest.fixture(scope="session")
def real_runs():
    """Return the folder of real files."""
    folder = Path(os.environ.get("LIVEDATA_SHARED") or Path(__file__).parents[3] / "shared") / "data" / "events"
    if not folder.is_dir():
        pytest.skip(f"no real files in {folder}; set LIVEDATA_SHARED")
    return folder


@pytest.fixture
def url():
    """Return the address of an empty broker."""
    return f"memory://docs-{next(_names)}"


@pytest.fixture
def example(monkeypatch):
    """Run the one block of an example in a folder; return its names."""

    def run(name, folder, code=None):
        monkeypatch.chdir(folder)
        (block,) = blocks(DOCS / "examples" / f"{name}.md")
        return Reader().run(block, None if code is None else code(block.code))

    return run
