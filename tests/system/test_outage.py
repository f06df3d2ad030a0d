"""A broker that dies or freezes in the middle of a run: view and recorder go on, and nothing is lost or doubled."""

import time

import numpy as np
import pytest

import livedata as ld
from livedata.sources import start_simulation
from livedata.testing import kafka_broker

SANS2D = "events/SANS_test_reduced.hdf5"
N_SANS2D = 237_078


@pytest.fixture(params=["killed", "frozen"])
def fault(request):
    return request.param


@pytest.fixture
def broker():
    with kafka_broker() as broker:
        yield broker


def strike(broker, fault):
    (broker.kill if fault == "killed" else broker.freeze)()


def mend(broker, fault):
    (broker.restart if fault == "killed" else broker.thaw)()


def watch_through_outage(live, view, rec, broker, fault, *, at_s, outage_s):
    """Let the fault happen; return how many events were seen before it, and the remarks shown during it."""
    time.sleep(at_s)
    seen_before = view.ledger.seen
    strike(broker, fault)
    shown, struck = [], time.monotonic()
    while time.monotonic() < struck + outage_s:
        shown.append((time.monotonic() - struck, view.remarks))
        time.sleep(0.25)
    mend(broker, fault)
    return seen_before, shown


def first_mention(shown, text):
    return next((after for after, remarks in shown if any(text in remark for remark in remarks)), None)


@pytest.mark.shared
@pytest.mark.kafka
@pytest.mark.slow
def test_a_real_run_survives_an_outage_of_ten_seconds(shared, broker, fault, tmp_path):
    live = ld.connect(broker.url, topics="SANS2D_*")
    rec = live.record(tmp_path / "run.nxs")
    sent = ld.replay(shared / "data" / SANS2D, to=broker.url, speed=1)
    try:
        view = live["detector_1_events"].image(shape=(384, 320), first_id=9)
        before, shown = watch_through_outage(live, view, rec, broker, fault, at_s=10, outage_s=10)
        sent.wait(timeout=90)
        view.wait(events=N_SANS2D, timeout=60)
        rec.stop(wait=True)
        original = ld.open(shared / "data" / SANS2D)["detector_1_events"].image(shape=(384, 320), first_id=9)
        written = ld.open(rec.path)["detector_1_events"].image(shape=(384, 320), first_id=9)

        assert 0 < before < 0.7 * N_SANS2D
        assert first_mention(shown, "broker lost") < 5
        assert "broker lost" not in " ".join(view.remarks)
        assert view.ledger.seen == N_SANS2D
        assert view.compare(original), view.compare(original)
        assert view.compare(written), view.compare(written)
    finally:
        sent.stop()
        live.close()


@pytest.mark.kafka
@pytest.mark.slow
def test_a_simulated_run_survives_an_outage_of_six_seconds(broker, fault, tmp_path):
    live = ld.connect(broker.url, topics="DEMO_*")
    rec = live.record(tmp_path / "run.nxs")
    sim = start_simulation(broker.url, rate=1e5, seed=5, duration=18)
    try:
        view = live["detector"].image(shape=(256, 256))
        before, shown = watch_through_outage(live, view, rec, broker, fault, at_s=5, outage_s=6)
        sim.wait(timeout=90)
        truth = sim.truth
        n_events = truth.streams["detector"].events
        view.wait(events=n_events, timeout=60)
        rec.stop(wait=True)
        written = ld.open(rec.path)["detector"].image(shape=(256, 256))

        assert 0 < before < 0.7 * n_events
        assert first_mention(shown, "broker lost") < 5
        assert np.array_equal(view.values(), truth.image)
        assert view.compare(written), view.compare(written)
        assert view.ledger.seen == n_events
    finally:
        sim.stop(wait=False)
        live.close()
