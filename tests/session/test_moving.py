"""Detectors that move: what is counted begins anew when they do."""

import time

import numpy as np
import pytest

import livedata as ld
from livedata import schemas
from livedata.errors import ArgumentError
from livedata.reduce.physics.geometry import Geometry
from livedata.session.live import LiveStreams
from livedata.streams.connection import Connection
from livedata.streams.key import StreamKey
from livedata.transport import open_transport
from tests.session.conftest import PULSE_NS

ANGLES = ld.bins(0, 90, n=90, unit="deg")


def teller(newest=None):
    """Tell the place of two pixels on an arm that a motor turns, in degrees."""
    angle = newest("logs", "arm") if newest is not None else None
    logs = (("logs", "arm"),)
    if angle is None:
        return Geometry(None, (0.0, 0.0, -10.0), (0.0, 0.0, 0.0), "arm.json", logs=logs)
    turned = np.deg2rad(np.array([angle, angle + 10]))
    places = np.stack([np.sin(turned), np.zeros(2), np.cos(turned)], axis=1) * 2
    return Geometry(places, (0.0, 0.0, -10.0), (0.0, 0.0, 0.0), "arm.json", logs=logs)


@pytest.fixture
def live(bench):
    bench.transport.create_topic("ev", partitions=2)
    bench.log("arm", 20.5, age_s=60)
    connection = Connection(open_transport(bench.url), start="earliest")
    known = {"det": (StreamKey("ev", "det", "events"), ld.layout((2,), first_id=1))}
    streams = LiveStreams(connection, known=known, geometries={"det": teller})
    yield streams
    streams.close()


def until(condition):
    deadline = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_a_detector_that_moves_begins_a_new_generation(bench, live):
    until(lambda: len(live["arm"].data))
    bench.send(10, partitions=2)
    view = live["det"].histogram(two_theta=ANGLES).wait(events=bench.n_events, timeout=10)
    assert np.flatnonzero(view.latest.values()).tolist() == [20, 30]
    moved = bench.t0 + 12 * PULSE_NS
    bench.producer.produce("logs", schemas.encode_f144("arm", moved, np.float64(40.5)))
    bench.producer.flush(5)
    bench.send(10, partitions=2)
    kept = sum(int(np.sum(np.diff(index, append=len(toa))[times >= moved])) for times, index, toa, _ in bench.sent)
    until(lambda: view.latest.ledger.seen == kept and view.generation == 2)

    assert np.flatnonzero(view.latest.values()).tolist() == [40, 50]
    assert view.latest.coverage.first_ns >= moved
    assert view.latest.ledger.adds_up


def test_a_detector_whose_place_is_not_told_yet_says_which_file_leaves_it_out(bench):
    bench.transport.create_topic("ev", partitions=2)
    connection = Connection(open_transport(bench.url), start="earliest")
    known = {"det": (StreamKey("ev", "det", "events"), ld.layout((2,), first_id=1))}
    streams = LiveStreams(connection, known=known, geometries={"det": teller})
    try:
        with pytest.raises(ArgumentError, match=r"arm\.json"):
            streams["det"].histogram(two_theta=ANGLES)
    finally:
        streams.close()


def test_a_cube_that_does_not_fit_is_refused_before_anything_is_allocated(bench, live):
    until(lambda: len(live["arm"].data))
    with pytest.raises(ArgumentError, match=r"GB.*sparse"):
        live["det"].histogram(toa=ld.bins(0, 71, n=100_000, unit="ms"), event_id=ld.bins(0, 10_000_000, n=10_000_000))


def test_a_recording_holds_where_things_are_when_it_begins(bench, live, tmp_path):
    rec = live.record(tmp_path / "run.nxs", start="connect")
    bench.send(10, partitions=2)
    view = live["det"].histogram(two_theta=ANGLES).wait(events=bench.n_events, timeout=10)
    rec.stop(wait=True)
    written = ld.open(rec.path)["det"]

    assert np.array_equal(written.geometry.positions, live["det"].geometry.positions)
    assert written.geometry.remarks == ("where things were when the recording began; they follow logs/arm",)
    assert view.same_as(written.histogram(two_theta=ANGLES))
