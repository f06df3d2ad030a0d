"""Runs through real Kafka: live, read again, written and original give the same numbers, bin for bin.

Proven on two real runs where they are at hand, and always on a made-up file with the same oddities.
"""

import json
import time
from dataclasses import dataclass
from typing import Any

import h5py
import numpy as np
import pytest

import livedata as ld
from livedata.reduce.result.compare import compare
from tests.system.equality import EventTable, as_stored, four_views, shift_one_bin, toa_bins

pytestmark = pytest.mark.kafka


@dataclass(frozen=True)
class Case:
    """A file, and what must come out of it."""

    path: Any
    group: str
    image: dict[str, Any]
    n_events: int
    n_entries: int
    times: str


REAL = {
    "SANS2D": ("SANS_test_reduced.hdf5", "/raw_data_1/detector_1_events", (384, 320), 9, 237_078, "now"),
    "AMOR": ("amor2025n004107.hdf", "/entry1/Amor/detector/data", (448, 64), 1, 84_620, "original"),
}


def made_up_run(path):
    """Write a run as ISIS did (float32 µs without units), with stragglers and two entries a pulse."""
    rng = np.random.default_rng(11)
    sizes = rng.poisson(300, 250)
    sizes[[3, 4, 100]] = 0
    n = int(sizes.sum())
    seconds = np.repeat(np.arange(125) * 0.1, 2)
    seconds[[40, 90]] -= 1.5
    with h5py.File(path, "w") as file:
        entry = file.create_group("raw_data_1")
        entry.attrs["NX_class"] = "NXentry"
        entry["name"] = np.array([b"MADEUP"])
        events = entry.create_group("detector_1_events")
        events.attrs["NX_class"] = "NXevent_data"
        events["event_id"] = rng.integers(1, 24 * 32 + 5, n, dtype=np.uint32)
        events["event_time_offset"] = rng.uniform(0, 99_999, n).astype(np.float32)
        events["event_index"] = np.concatenate(([0], np.cumsum(sizes)))[:-1].astype(np.uint64)
        events["event_time_zero"] = seconds
        events["event_time_zero"].attrs["offset"] = "2026-04-12T02:58:52"
    return Case(path, "/raw_data_1/detector_1_events", {"shape": (24, 32), "first_id": 1}, n, len(sizes), "now")


@pytest.fixture(params=["made up", *(pytest.param(name, marks=pytest.mark.shared) for name in REAL)])
def case(request, tmp_path):
    if request.param == "made up":
        return made_up_run(tmp_path / "made_up.nxs")
    shared = request.getfixturevalue("shared")
    file, group, shape, first_id, n_events, times = REAL[request.param]
    files = json.loads((shared / "data" / "manifest.json").read_text())["files"]
    told = next(f for f in files if f["path"] == f"events/{file}")["events"][group]
    assert told["event_id"]["n"] == n_events
    image = {"shape": shape, "first_id": first_id}
    return Case(shared / "data" / "events" / file, group, image, n_events, told["event_time_zero"]["n"], times)


def test_four_ways_give_the_same_numbers(case, kafka_url, topic_prefix, tmp_path):
    original = ld.open(case.path)
    name = original.file.stream(case.group).name
    live = ld.connect(kafka_url, topics=f"{topic_prefix}_*")
    rec = live.record(tmp_path / "run.nxs")
    started = time.time_ns()
    sent = ld.replay(
        case.path, to=kafka_url, speed="max", topics=topic_prefix, times=case.times, message_size=2000, partitions=3
    )
    sent.wait(timeout=120)

    def image(streams):
        return streams[name].image(**case.image)

    def spectrum(streams):
        return streams[name].histogram(toa=toa_bins())

    image(live).wait(events=case.n_events, timeout=60)
    rec.stop(wait=True)
    again = ld.connect(kafka_url, topics=f"{topic_prefix}_*", start="earliest")
    written = ld.open(rec.path)
    places = {"live": live, "again": again, "written": written, "original": original}
    try:
        for make in (image, spectrum):
            snapshots = four_views(make, **places, n_events=case.n_events)
            for snapshot in snapshots.values():
                assert snapshot.ledger.adds_up
                assert snapshot.ledger.seen == case.n_events
                outcome = compare(snapshot, snapshots["original"])
                assert outcome, outcome
            assert snapshots["live"].total > 0.5 * case.n_events
            assert not compare(shift_one_bin(snapshots["live"]), snapshots["original"])
        assert snapshots["live"].ledger.overflow > 0
        assert len({p.partition for p in snapshots["live"].coverage.offsets}) == 3
        assert live.ledgers[name].entries == case.n_entries
        assert written.file.stream(name).n_entries == case.n_entries

        stored = as_stored(case.path, case.group)
        table = EventTable.of(written.file.read(name))
        if case.times == "now":
            assert abs(int(table.entries[0]) - started) < 60e9
            table = table.shifted_to(stored)
        assert table.same_as(stored)
        assert np.array_equal(table.entries, stored.entries)
    finally:
        sent.stop()
        live.close()
        again.close()
