"""Results divided by a monitor, a region, pulses, time, charge: both sides counted apart, exactly."""

import time
from dataclasses import replace

import numpy as np
import pytest

import livedata as ld
from livedata.errors import ArgumentError
from livedata.reduce.counting import Counting
from tests.session.conftest import PULSE_NS

TOA = ld.bins(0, 71.43, n=100, unit="ms")


@pytest.fixture
def beside_a_monitor(bench, connect):
    """Return the streams of a detector and of a monitor with 300 events, and how many events the detector has."""
    live = connect()
    bench.send(5, partitions=2)
    n = bench.n_events
    bench.send(3, topic="mon", source="monitor", partitions=1)
    return live, n


def times_of(bench):
    return np.unique(np.concatenate([times for times, *_ in bench.sent]))


def test_counts_by_a_monitor_are_divided_with_their_variances(beside_a_monitor):
    live, n = beside_a_monitor
    view = live["det"].histogram(toa=TOA)
    divided = view.normalise(monitor=live["monitor"])
    deadline = time.monotonic() + 10
    while (view.latest.ledger.seen < n or np.isnan(divided.latest.values()).any()) and time.monotonic() < deadline:
        time.sleep(0.01)
    deadline = time.monotonic() + 10
    while divided.latest.values().sum() != pytest.approx(view.latest.total / 300) and time.monotonic() < deadline:
        time.sleep(0.01)

    d, m = view.latest.values().astype(float), 300.0
    np.testing.assert_allclose(divided.latest.values(), d / m, rtol=1e-12)
    np.testing.assert_allclose(divided.latest.variances(), d / m**2 + d**2 / m**3, rtol=1e-12)


def test_a_monitor_divides_bin_by_bin_along_an_axis(beside_a_monitor):
    live, n = beside_a_monitor
    coarse = ld.bins(0, 80, n=4, unit="ms")
    view = live["det"].histogram(event_id=ld.bins(0, 70, n=2), toa=coarse).wait(events=n, timeout=10)
    monitor = live["monitor"].histogram(toa=coarse).wait(events=300, timeout=10)
    divided = view.normalise(monitor="monitor", along="toa")
    deadline = time.monotonic() + 10
    while np.isnan(divided.latest.values()).any() and time.monotonic() < deadline:
        time.sleep(0.01)

    np.testing.assert_allclose(divided.latest.values(), view.values() / monitor.values(), rtol=1e-12)


def test_another_region_divides(bench, detector):
    image = detector.image().wait(events=bench.n_events, timeout=10)
    left, right = ld.rectangle(x=(0, 4), y=(0, 8)), ld.rectangle(x=(4, 8), y=(0, 8))
    ratio = image.region(left).spectrum(toa=TOA).normalise(region=right)
    top, bottom = image.region(left).spectrum(toa=TOA), image.region(right).spectrum(toa=TOA)
    for view in (ratio, top, bottom):
        view.wait(events=bench.n_events, timeout=10)

    with np.errstate(all="ignore"):
        wanted = top.values() / np.where(bottom.values() == 0, np.nan, bottom.values())
    np.testing.assert_allclose(ratio.latest.values(), wanted, rtol=1e-12)


def test_dividing_by_pulses_and_by_time(bench, detector):
    spectrum = detector.histogram(toa=TOA).wait(events=bench.n_events, timeout=10)
    per_pulse, per_second = spectrum.normalise(pulses=True), spectrum.normalise(time=True)
    for view in (per_pulse, per_second):
        deadline = time.monotonic() + 10
        while np.isnan(view.latest.values()).any() and time.monotonic() < deadline:
            time.sleep(0.01)
    n = len(times_of(bench))

    np.testing.assert_allclose(per_pulse.latest.values(), spectrum.values() / n, rtol=1e-12)
    np.testing.assert_allclose(per_second.latest.values(), spectrum.values() / (n * PULSE_NS / 1e9), rtol=1e-9)


def test_nothing_to_divide_by_is_refused(detector):
    with pytest.raises(ArgumentError, match="monitor="):
        detector.histogram(toa=TOA).normalise()


def until(view, is_met, timeout_s=10.0):
    """Return the first result that is as wanted."""
    deadline = time.monotonic() + timeout_s
    while not is_met(view.latest):
        assert time.monotonic() < deadline, view.latest
        time.sleep(0.01)
    return view.latest


def counts_in_slots(sent, every_ns, keep=lambda ids: np.ones(len(ids), bool)):
    """Return the counts in each slot, by the number of the slot."""
    found = {}
    for times, index, toa, ids in sent:
        slots = np.repeat(times, np.diff(index, append=len(toa))) // every_ns
        for slot in slots[keep(ids)].tolist():
            found[slot] = found.get(slot, 0) + 1
    return found


def test_other_bins_are_other_bins_of_the_monitor_too(beside_a_monitor):
    live, n = beside_a_monitor
    coarse = ld.bins(10, 50, n=4, unit="ms")
    fine = live["det"].histogram(toa=TOA).normalise(monitor="monitor", along="toa")
    top = live["det"].histogram(toa=coarse).wait(events=n, timeout=10)
    bottom = live["monitor"].histogram(toa=coarse).wait(events=300, timeout=10)

    again = fine.rebin(toa=coarse)
    wanted = top.values() / bottom.values()
    shown = until(again, lambda held: np.array_equal(held.values(), wanted))
    assert shown.ledger.seen == n
    assert again.description.normalise[0].axis == again.axes["toa"]


EVERY_NS = 200_000_000


@pytest.mark.parametrize("by", ["monitor", "region", "pulses", "time"])
def test_a_series_is_divided_by_what_came_in_its_own_slots(bench, connect, by):
    live = connect()
    bench.send(8, partitions=2)
    sent = list(bench.sent)
    bench.pulse = 3  # the monitor begins later, and ends later
    bench.send(9, topic="mon", source="monitor", partitions=1)
    left, right = ld.rectangle(x=(0, 4), y=(0, 8)), ld.rectangle(x=(4, 8), y=(0, 8))
    image = live["det"].with_layout(ld.layout((8, 8))).image()
    how = {"monitor": "monitor"} if by == "monitor" else {"region": right} if by == "region" else {by: True}
    view = image.region(left).series(EVERY_NS / 1e9).normalise(**how)

    def in_columns(first, stop):
        return lambda ids: (ids >= 1) & (ids <= 64) & ((ids - 1) % 8 >= first) & ((ids - 1) % 8 < stop)

    top = counts_in_slots(sent, EVERY_NS, in_columns(0, 4))
    pulses = np.unique(np.concatenate([times for times, *_ in sent]))
    n_pulses = {slot: int(np.sum(pulses // EVERY_NS == slot)) for slot in (pulses // EVERY_NS).tolist()}
    bottom = {
        "monitor": counts_in_slots(bench.sent[len(sent) :], EVERY_NS),
        "region": counts_in_slots(sent, EVERY_NS, in_columns(4, 8)),
        "pulses": n_pulses,
        "time": {slot: n * PULSE_NS / 1e9 for slot, n in n_pulses.items()},
    }[by]
    slots = range(min(n_pulses), max(n_pulses) + 1)
    wanted = np.array([top.get(slot, 0) / bottom[slot] if bottom.get(slot) else np.nan for slot in slots])

    shown = until(view, lambda held: held.values().shape == wanted.shape and _alike(held.values(), wanted))
    assert int(shown.axes["time"].exact[0]) == slots[0] * EVERY_NS
    assert np.isnan(wanted).any() == (by == "monitor")
    assert np.nanmax(wanted) > 0


def _alike(a, b):
    return np.allclose(a, b, rtol=1e-9, atol=0, equal_nan=True)


@pytest.mark.parametrize("how", [{"pulses": True}, {"time": True}, {"monitor": "det"}, {"region": ld.pixels([1, 2])}])
def test_a_series_that_has_not_begun_can_be_looked_at(connect, bench, how):
    bench.send(1, partitions=2)
    detector = connect()["det"].with_layout(ld.layout((8, 8)))
    view = detector.histogram(toa=TOA).normalise(**how).over(1, 2).series(1)

    assert np.isnan(view.latest.values()).all()
    assert view.snapshot().values().shape == (1,)
    assert np.isnan(view.snapshot().values()).all()


def test_what_cannot_divide_is_refused_at_once(bench, detector):
    spectrum = detector.histogram(toa=TOA)
    with pytest.raises(ArgumentError, match=r"lies on a picture"):
        spectrum.normalise(region=ld.rectangle(x=(0, 4), y=(0, 4)))
    with pytest.raises(ArgumentError, match=r"series has no axis 'toa'.*\.series\(1\)\.normalise"):
        spectrum.normalise(monitor="det", along="toa").series(1)
    with pytest.raises(ArgumentError, match=r"another run has others"):
        spectrum.series(1).normalise(run="other.nxs")
    told = spectrum.normalise(monitor="det", along="toa").description
    with pytest.raises(ArgumentError, match=r"along 'toa', which is no axis.*event_id"):
        detector.view(replace(told, axes=(ld.bins(0, 70, n=7).named("event_id"),)))


def test_a_divisor_that_fails_is_told(bench, connect, monkeypatch):
    live = connect()
    bench.send(3, topic="mon", source="monitor", partitions=1)
    bench.send(3, partitions=2)
    live["det"]
    take = Counting.take

    def failing(self, batch, now_ns):
        if self.setting.name == "monitor":
            raise ArgumentError("planted")
        take(self, batch, now_ns)

    monkeypatch.setattr(Counting, "take", failing)
    view = live["det"].histogram(toa=TOA).normalise(monitor="monitor")
    shown = until(view, lambda held: view.error is not None)

    assert view.state == "failed"
    assert "planted" in str(view.error)
    assert any("monitor failed: planted" in said for said in (*shown.remarks, *view.latest.remarks))
