"""Layouts through a recording: what is arranged live is arranged so in the file, names and gaps included."""

import json

import h5py
import numpy as np
import pytest

from livedata.nexus import open_file
from livedata.nexus.place import Place
from livedata.nexus.skeleton import Skeleton
from livedata.nexus.spec import RecorderSpec
from livedata.reduce.pixels.layout import layout
from livedata.streams.key import StreamKey

KEY = StreamKey("topic", "det", "events")
LAYOUTS = {
    "plain": layout((4, 3), first_id=5),
    "named": layout((2, 3, 4), dims=("tube", "straw", "pixel")),
    "one place deep": layout((1, 2, 3)),
    "a list": layout((6,)),
    "one gap": layout(detector_number=[[1, 2], [3, -1]]),
    "gaps": layout(detector_number=[[1, -1], [-1, 7]]),
    "pixel 0 and a gap": layout(detector_number=[[0, 2], [3, -1]]),
    "sparse": layout(detector_number=[[2_000_000_000, 2], [3, -1]], dims=("wire", "strip")),
}


@pytest.mark.parametrize("held", LAYOUTS.values(), ids=LAYOUTS.keys())
def test_a_layout_is_read_from_a_recorded_file_as_it_was(tmp_path, held):
    path = tmp_path / "run.nxs"
    with h5py.File(path, "w") as file:
        group, _ = Skeleton(file, title="t", instrument="i", start_ns=10**18).event_group(KEY, held)
        group["event_id"] = np.array([2], np.int32)
        group["event_time_offset"] = np.array([2], np.int32)
        group["event_time_zero"] = np.array([10**18])
        group["event_index"] = np.array([0])
    found = open_file(path).layouts()["det"]

    assert found == held
    assert found.dims == held.dims


@pytest.mark.parametrize("held", LAYOUTS.values(), ids=LAYOUTS.keys())
def test_a_layout_reaches_a_recorder_in_another_process_as_it_was(tmp_path, held):
    spec = RecorderSpec(Place(tmp_path / "a", tmp_path / "b"), None, {}, layouts={KEY: held})

    assert RecorderSpec.from_json(json.loads(json.dumps(spec.to_json()))).layouts == {KEY: held}
