"""Every real event file, replayed: the numbers on the topic are those measured in the file."""

import json

import h5py
import numpy as np
import pytest

from livedata.nexus import open_file
from livedata.sources import start_replay
from livedata.transport import open_transport
from livedata.transport.memory.registry import forget_log

pytestmark = pytest.mark.shared

FILES = (
    "EQSANS_1466_event.nxs",
    "REF_L_188300.nxs.h5",
    "SANS2D_reduced_with_geometry.nxs",
    "SANS_test_reduced.hdf5",
    "amor2025n004107.hdf",
    "minimal_example_with_geometry.nxs",
)


@pytest.fixture(scope="module", params=FILES)
def real(request, event_files, topics_of):
    """(path, manifest's event groups, finished replay, its topics)."""
    path = event_files / "events" / request.param
    manifest = json.loads((event_files / "manifest.json").read_text())
    rows = manifest["files"] if isinstance(manifest, dict) else manifest
    groups = next(row["events"] for row in rows if row["path"] == f"events/{request.param}")
    name = f"real-{request.param}"
    transport = open_transport(f"memory://{name}?retention=2GB")
    replay = start_replay(path, transport, speed="max", times="original").wait(120)
    yield path, groups, replay, topics_of(transport)
    forget_log(name)


def test_totals_ids_and_offsets_are_those_of_the_file(real):
    path, groups, replay, topics = real
    file = open_file(path)
    compared = {}
    with h5py.File(path) as raw:
        for hdf_path, told in groups.items():
            stream = file.stream(hdf_path)
            messages = [m for _, m in topics.of("ev44", stream.name)]
            counts = replay.sent[stream.name] if messages else None
            if stream.n_events == 0:
                assert not sum(len(m.time_of_flight) for m in messages)
                continue
            assert counts.events == told["event_id"]["n"]
            assert counts.entries == told["event_time_zero"]["n"]
            ids = np.concatenate([m.pixel_id for m in messages]).view(np.uint32)
            assert int(ids.astype(np.uint64).sum()) == told["event_id"]["sum"]
            np.testing.assert_array_equal(ids, raw[hdf_path]["event_id"][:].view(np.uint32))
            offsets = raw[hdf_path]["event_time_offset"]
            scale = 1 if offsets.attrs.get("units") in ("ns", b"ns") else 1000
            expected = np.rint(offsets[:].astype(np.float64) * scale).astype(np.int64)
            np.testing.assert_array_equal(np.concatenate([m.time_of_flight for m in messages]), expected)
            compared[stream.name] = counts.events
    assert compared == {name: c.events for name, c in replay.sent.items() if c.events}
    assert sum(compared.values()) == replay.progress.total >= 7


def test_entries_keep_the_order_of_the_file(real):
    path, _, _, topics = real
    file = open_file(path)

    for name in [s.name for s in file.streams.values() if s.kind == "events" and s.n_entries]:
        times = np.concatenate([m.reference_time for _, m in topics.of("ev44", name)])
        np.testing.assert_array_equal(times, file.read(name).event_time_zero)


def test_all_samples_of_all_logs_are_sent_with_their_units(real):
    path, _, replay, topics = real
    logs = [s for s in open_file(path).streams.values() if s.kind in ("log", "text")]

    for stream in logs:
        assert len(topics.of("f142" if stream.kind == "text" else "f144", stream.name)) == stream.n_points
        ((_, told),) = topics.of("un00", stream.name)
        assert told.units == stream.unit
    assert not {row.name for row in replay.not_sent} & {s.name for s in logs}
