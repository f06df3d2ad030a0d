"""A program that ends while files are being read ends at once, and quietly."""

import os
import subprocess
import sys
from pathlib import Path

import h5py
import numpy as np
import pytest

from livedata.errors import FileError
from livedata.nexus import open_file

SOURCE = Path(__file__).resolve().parents[2] / "src"
SCRIPT = """
import atexit
import sys
import threading

# Called last: whoever still reads then would be frozen, perhaps with the lock of HDF5 in its hands.
atexit.register(lambda: print([t.name for t in threading.enumerate() if t is not threading.main_thread()]))

import livedata as ld

view = ld.open(sys.argv[1])["bank_events"].series(every=1)
while not view.latest.ledger.seen:
    pass
print("left")
"""


def test_leaving_while_files_are_read_does_not_wait_for_ever(tmp_path):
    rng = np.random.default_rng(1)
    path = tmp_path / "large.nxs"
    with h5py.File(path, "w") as file:
        group = file.create_group("entry/bank_events")
        group.attrs["NX_class"] = "NXevent_data"
        squeezed = {"compression": "gzip", "chunks": (100_000,)}  # takes a second to read
        group.create_dataset("event_id", data=rng.integers(1, 65, 20_000_000).astype("u4"), **squeezed)
        group.create_dataset("event_time_offset", data=np.zeros(20_000_000, "f4"), **squeezed)
        group["event_time_zero"] = np.arange(1_000) / 14
        group["event_time_zero"].attrs["offset"] = "2020-01-01T00:00:00Z"
        group["event_index"] = np.arange(1_000, dtype="u8") * 20_000
    for _ in range(2):
        done = subprocess.run(
            [sys.executable, "-c", SCRIPT, str(path)],
            env=os.environ | {"PYTHONPATH": str(SOURCE)},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert (done.returncode, done.stderr) == (0, "")
        assert "file-feed" not in done.stdout.removeprefix("left\n")


def test_a_file_that_is_gone_is_told_as_such(make):
    path = make(
        event_id=(np.array([1, 2], "u4"), {}),
        event_time_offset=(np.array([1.0, 2.0], "f4"), {"units": "us"}),
        event_time_zero=(np.array([0.0]), {"units": "s"}),
        event_index=(np.array([0], "u8"), {}),
    )
    file = open_file(path)
    path.rename(path.with_name("elsewhere.nxs"))

    with pytest.raises(FileError, match=r"quirk\.nxs is gone"):
        file.feed(next(iter(file)))
