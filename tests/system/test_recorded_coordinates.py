"""Views in coordinates of an instrument: over a recording, live, and from its file they are the same, bin for bin."""

import json
import shutil

import h5py
import pytest

import livedata as ld
from livedata.reduce.result.compare import compare
from livedata.sources import start_simulation
from tests.system.equality import shift_one_bin

SECONDS = 2
VIEWS = {
    "wavelength": lambda stream: stream.histogram(wavelength=ld.bins(0.5, 8, n=300, unit="angstrom")),
    "dspacing": lambda stream: stream.histogram(dspacing=ld.bins(0.4, 3, n=400, unit="angstrom")),
    "two_theta and wavelength": lambda stream: stream.histogram(
        two_theta=ld.bins(1, 60, n=90, unit="deg"), wavelength=ld.bins(0.5, 8, n=40, unit="angstrom")
    ),
    "phi": lambda stream: stream.histogram(phi=ld.bins(-180, 180, n=72, unit="deg")),
    "plane": lambda stream: stream.image(ld.plane((100, 120))),
    "smooth plane": lambda stream: stream.image(ld.plane((90, 90), smooth=3)),
    "angles": lambda stream: stream.image(ld.angles((60, 70))),
}


def monitor_view(stream):
    return stream.histogram(wavelength=ld.bins(0.2, 12, n=300, unit="angstrom"))


@pytest.fixture(params=["memory", pytest.param("kafka", marks=pytest.mark.kafka)])
def url(request, topic_prefix):
    if request.param == "kafka":
        return request.getfixturevalue("kafka_url")
    return f"memory://{topic_prefix}?retention=1GB"


def instrument(folder, prefix):
    """Write the description of an instrument whose detector is turned and whose sample is not at the origin."""
    pixels = {
        "position": [0.31, 0.07, 1.7],
        "pixel_size": [0.0043, 0.0039],
        "turns": [{"axis": [0.2, 1, 0], "angle": 13}],
    }
    streams = {
        "detector": {"shape": [256, 256], "first_id": 1, "geometry": pixels},
        "monitor": {"geometry": {"position": [0.01, 0.0, -1.3]}},
    }
    told = {name: {"topic": f"{prefix}_events", "source": name, **held} for name, held in streams.items()}
    path = folder / "instrument.json"
    path.write_text(json.dumps({"name": prefix, "source": [0, 0.1, -17.2], "sample": [0, 0, 0.013], "streams": told}))
    return path


def same_everywhere(live, rec, n_events, make, name):
    """Compare a view live, over the recording, and from its file; return that of the file."""
    view = make(live[name]).wait(events=n_events[name], timeout=60)
    written = make(ld.open(rec.path)[name]).snapshot()
    assert written.ledger.seen == n_events[name]
    assert written.ledger.adds_up
    assert written.ledger.binned > 0
    for other in (view.snapshot(), view.over(rec).snapshot()):
        outcome = compare(other, written)
        assert outcome, outcome
        assert other.ledger == written.ledger
    assert not compare(shift_one_bin(written), view.snapshot())
    return written


def test_views_in_coordinates_are_the_same_from_a_recorded_file(url, topic_prefix, tmp_path):
    live = ld.connect(url, topics=f"{topic_prefix}_*", instrument=instrument(tmp_path, topic_prefix))
    rec = live.record(tmp_path / "run.nxs")
    sim = start_simulation(url, rate=2e5, seed=5, name=topic_prefix, duration=SECONDS, speed="max")
    try:
        sim.wait(timeout=60)
        n_events = {name: held.events for name, held in sim.truth.streams.items()}
        rec.stop(wait=True)
        for make in VIEWS.values():
            same_everywhere(live, rec, n_events, make, "detector")
        same_everywhere(live, rec, n_events, monitor_view, "monitor")
    finally:
        sim.stop(wait=False)
        live.close()


def test_what_the_demonstration_shows_in_coordinates_its_recording_shows(topic_prefix, tmp_path):
    live = ld.demo(rate=5e4, url=f"memory://{topic_prefix}")
    rec = live.record(tmp_path / "demo.nxs", start="connect")
    try:
        live["detector"].histogram(toa=ld.bins(0, 72, n=10, unit="ms")).wait(events=20_000, timeout=60)
        live.source.stop(wait=True)
        n_events = {name: held.events for name, held in live.source.truth.streams.items()}
        rec.stop(wait=True)
        for make in VIEWS.values():
            same_everywhere(live, rec, n_events, make, "detector")
        same_everywhere(live, rec, n_events, monitor_view, "monitor")

        shutil.copy(rec.path, tmp_path / "moved.nxs")
        with h5py.File(tmp_path / "moved.nxs", "a") as file:
            file["entry/instrument/detector/x_pixel_offset"][...] *= 1.01
        moved = VIEWS["dspacing"](ld.open(tmp_path / "moved.nxs")["detector"]).snapshot()
        assert not compare(moved, VIEWS["dspacing"](live["detector"]).over(rec).snapshot())
    finally:
        live.close()
