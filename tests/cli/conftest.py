"""Files for the commands to read, and a way to run a command as a user does: in a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest


@dataclass(frozen=True)
class Ended:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """The one document on stdout."""
        return json.loads(self.out)

    @property
    def error(self) -> str:
        """The one line on stderr."""
        lines = self.err.splitlines()
        assert len(lines) == 1, self.err
        assert lines[0].startswith("livedata: ")
        return lines[0]


def run_command(*arguments: object, timeout: float = 120, **environment: str) -> Ended:
    """Run a command to its end, as a user does."""
    done = subprocess.run(
        [sys.executable, "-m", "livedata", *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=timeout,
        env={**os.environ, "COLUMNS": "200", **environment},
        stdin=subprocess.DEVNULL,
    )
    return Ended(done.returncode, done.stdout, done.stderr)


@pytest.fixture(scope="session")
def livedata() -> Callable[..., Ended]:
    """Return a function that runs ``livedata ARGUMENTS`` to its end."""
    return run_command


@dataclass(frozen=True)
class Written:
    """A generated file and what is in it."""

    path: Path
    ids: np.ndarray
    offsets_ns: np.ndarray
    monitor_offsets_ns: np.ndarray
    entries: int
    pulses: int
    temperatures: np.ndarray


@pytest.fixture(scope="session")
def run_file(tmp_path_factory: pytest.TempPathFactory) -> Written:
    """Return a file as a facility writes it: a detector of 8 x 8 pixels, a monitor without pixels, a log."""
    path = tmp_path_factory.mktemp("files") / "run.nxs"
    random = np.random.default_rng(7)
    n, entries, pulses = 5000, 40, 30
    ids = random.integers(1, 65, n).astype(np.int32)
    offsets = random.integers(0, 110_000_000, n).astype(np.int32)
    monitor = random.integers(0, 100_000_000, 600).astype(np.int32)
    start = 1_460_429_932_000_000_000
    times = start + np.sort(np.concatenate([np.arange(pulses), np.arange(entries - pulses)])) * 71_428_571
    index = np.sort(random.integers(0, n, entries))
    index[0] = 0
    temperatures = np.array([3.0, 3.5, 4.25])
    with h5py.File(path, "w") as file:
        file.attrs["NX_class"] = "NXroot"
        entry = group(file, "entry", "NXentry")
        instrument = group(entry, "instrument", "NXinstrument")
        detector = group(instrument, "detector", "NXdetector")
        detector["detector_number"] = np.arange(1, 65, dtype=np.int32).reshape(8, 8)
        write_events(group(detector, "detector_events", "NXevent_data"), ids, offsets, times, index)
        monitor_times = start + np.arange(pulses) * 71_428_571
        write_events(
            group(entry, "monitor_events", "NXevent_data"), None, monitor, monitor_times, np.arange(pulses) * 20
        )
        log = group(group(entry, "sample", "NXsample"), "temperature", "NXlog")
        log["time"] = np.array([0.0, 1.0, 2.0])
        log["time"].attrs.update(units="s", start="2016-04-12T02:58:52Z")
        log["value"] = temperatures
        log["value"].attrs["units"] = "K"
    return Written(path, ids, offsets, monitor, entries, pulses, temperatures)


def group(parent: h5py.Group, name: str, nx_class: str) -> h5py.Group:
    made = parent.create_group(name)
    made.attrs["NX_class"] = nx_class
    return made


def write_events(where: h5py.Group, ids, offsets, times, index) -> None:
    if ids is not None:
        where["event_id"] = ids
    where["event_time_offset"] = offsets
    where["event_time_offset"].attrs["units"] = "ns"
    where["event_time_zero"] = times
    where["event_time_zero"].attrs.update(units="ns", offset="1970-01-01T00:00:00Z")
    where["event_index"] = index.astype(np.uint64)


@pytest.fixture
def truncated_file(run_file: Written, tmp_path: Path) -> Path:
    """Return the file without its last third, as an interrupted copy leaves it."""
    path = tmp_path / "truncated.nxs"
    content = run_file.path.read_bytes()
    path.write_bytes(content[: len(content) * 2 // 3])
    return path


@pytest.fixture
def text_file(tmp_path: Path) -> Path:
    """Return a file that is not HDF5 at all."""
    path = tmp_path / "notes.nxs"
    path.write_text("temperature was 3 K\n")
    return path
