"""Real runs through real Kafka: live, read again, written and original give the same numbers, bin for bin."""

import json
import time

import numpy as np
import pytest

import livedata as ld
from livedata.reduce.compare import compare
from tests.system.equality import EventTable, as_stored, four_views, shift_one_bin, toa_bins

CASES = {
    "SANS2D": {
        "file": "events/SANS_test_reduced.hdf5",
        "group": "/raw_data_1/detector_1_events",
        "image": {"shape": (384, 320), "first_id": 9},
        "n_events": 237_078,
        "times": "now",
    },
    "AMOR": {
        "file": "events/amor2025n004107.hdf",
        "group": "/entry1/Amor/detector/data",
        "image": {"shape": (448, 64), "first_id": 1},
        "n_events": 84_620,
        "times": "original",
    },
}


@pytest.mark.shared
@pytest.mark.kafka
@pytest.mark.parametrize("case", CASES)
def test_four_ways_give_the_same_numbers(case, shared, kafka_url, topic_prefix, tmp_path):
    about = CASES[case]
    path = shared / "data" / about["file"]
    told = next(
        f for f in json.loads((shared / "data" / "manifest.json").read_text())["files"] if f["path"] == about["file"]
    )
    expected = told["events"][about["group"]]
    original = ld.open(path)
    name = original.file.stream(about["group"]).name

    live = ld.connect(kafka_url, topics=f"{topic_prefix}_*")
    rec = live.record(tmp_path / "run.nxs")
    started = time.time_ns()
    sent = ld.replay(
        path, to=kafka_url, speed="max", topics=topic_prefix, times=about["times"], message_size=2000, partitions=3
    )
    sent.wait(timeout=120)

    def image(streams):
        return streams[name].image(**about["image"])

    def spectrum(streams):
        return streams[name].histogram(toa=toa_bins())

    image(live).wait(events=about["n_events"], timeout=60)
    rec.stop(wait=True)
    again = ld.connect(kafka_url, topics=f"{topic_prefix}_*", start="earliest")
    written = ld.open(rec.path)
    places = {"live": live, "again": again, "written": written, "original": original}
    try:
        for make in (image, spectrum):
            snapshots = four_views(make, **places, n_events=expected["event_id"]["n"])
            for snapshot in snapshots.values():
                assert snapshot.ledger.adds_up
                assert snapshot.ledger.seen == about["n_events"] == expected["event_id"]["n"]
                outcome = compare(snapshot, snapshots["original"])
                assert outcome, outcome
            assert snapshots["live"].total > 0.5 * about["n_events"]
            assert not compare(shift_one_bin(snapshots["live"]), snapshots["original"])
        assert snapshots["live"].ledger.overflow > 0
        assert len({p.partition for p in snapshots["live"].coverage.offsets}) == 3
        assert live.ledgers[name].entries == expected["event_time_zero"]["n"]
        assert written.file.stream(name).n_entries == expected["event_time_zero"]["n"]

        stored = as_stored(path, about["group"])
        table = EventTable.of(written.file.read(name))
        if about["times"] == "now":
            assert abs(int(table.entries[0]) - started) < 60e9
            table = table.shifted_to(stored)
        assert table.same_as(stored)
        assert len(np.unique(table.entries)) == len(np.unique(stored.entries))
    finally:
        sent.stop()
        live.close()
        again.close()
