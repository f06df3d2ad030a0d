"""Views of what was already seen: other bins, filters, windows and regions, at once and as if from the start."""

import gc
import time

import numpy as np
import pytest

import livedata as ld
from livedata import schemas
from livedata.errors import ArgumentError, WaitTimeout
from livedata.reduce.counting import Counting
from livedata.testing import message_bytes
from tests.session.conftest import PULSE_NS
from tests.system.oracle import Truth, expected

TOA = ld.bins(0, 71.43, n=100, unit="ms")
SHAPE = (8, 8)


def truth_of(bench, keep=lambda time: True):
    """Return what was sent, of entries with some times."""
    truth = Truth()
    for times, index, toa, ids in bench.sent:
        of_event = np.repeat(times, np.diff(index, append=len(toa)))
        events = zip(of_event.tolist(), ids.tolist(), toa.tolist(), strict=True)
        truth.events += [(t, i, x, 1) for t, i, x in events if keep(t)]
    return truth


def check(view, bench, *, keep=lambda time: True, timeout_s=10.0):
    """Wait until a view shows what was sent, of entries with some times."""
    values, _, fates = expected(view.description, truth_of(bench, keep))
    deadline = time.monotonic() + timeout_s
    while time.monotonic() < deadline:
        shown = view.latest
        if np.array_equal(shown.values(), values) and shown.ledger.seen == sum(fates.values()):
            break
        time.sleep(0.005)
    assert shown.values().tolist() == values.tolist()
    assert {name: n for name, n in shown.ledger.to_dict().items() if n and name not in ("seen", "late")} == fates
    assert shown.ledger.adds_up
    assert shown.ledger.seen > 0
    return shown


def times_of(bench):
    return np.unique(np.concatenate([times for times, *_ in bench.sent]))


# Other bins, masks, regions


def test_other_bins_apply_to_what_was_already_seen(bench, detector):
    spectrum = detector.histogram(toa=TOA).wait(events=bench.n_events, timeout=10)

    check(spectrum.rebin(toa=ld.bins(3, 30, n=41, unit="ms")), bench)


def test_a_region_of_an_image_gives_its_spectrum_and_its_counts(bench, detector):
    image = detector.image()
    peak = image.region(ld.rectangle(x=(1, 5), y=(2, 8)))

    check(peak, bench)
    check(peak.spectrum(toa=TOA), bench)


def test_a_mask_leaves_pixels_out_and_counts_them(bench, detector):
    masked = detector.image().mask([1, 2, 3]).mask(ld.rectangle(x=(4, 8), y=(0, 4)))

    assert check(masked, bench).ledger.masked > 0


def test_deriving_leaves_the_view_alone(bench, detector):
    image = detector.image().wait(events=bench.n_events, timeout=10)
    before = image.description
    image.mask([5]).region(ld.rectangle(x=(0, 4), y=(0, 4))).spectrum(toa=TOA)

    assert image.description == before
    check(image, bench)


def test_what_comes_later_reaches_all_of_them(bench, detector):
    views = [detector.image(), detector.image(toa=TOA), detector.histogram(toa=TOA, event_id=ld.bins(0, 70, n=7))]
    views.append(views[1].region(ld.rectangle(x=(0, 3), y=(0, 3))).spectrum())
    bench.send(10, partitions=2)

    for view in views:
        check(view, bench)


# Sharing


def test_equal_views_share_one_count(bench, detector):
    first, second = detector.histogram(toa=TOA), detector.histogram(toa=TOA)

    assert first._engine is second._engine
    first.stop()
    bench.send(5, partitions=2)
    check(second, bench)
    assert first.state == "stopped"
    assert first.latest.ledger.seen < second.latest.ledger.seen


def test_a_region_spectrum_is_cut_from_a_cube_that_is_there(bench, detector):
    cube = detector.image(toa=TOA).wait(events=bench.n_events, timeout=10)
    peak = cube.region(ld.rectangle(x=(1, 5), y=(2, 8))).mask([20]).spectrum()

    assert peak._engine is cube._engine
    check(peak, bench)
    check(cube.spectrum(), bench)


def test_the_count_goes_on_while_one_of_its_views_is_held(bench, detector):
    cube = detector.image(toa=TOA).wait(events=bench.n_events, timeout=10)
    peak = cube.region(ld.rectangle(x=(1, 5), y=(2, 8))).spectrum()
    engine = peak._engine
    del cube
    gc.collect()
    bench.send(5, partitions=2)
    check(peak, bench)
    del peak
    gc.collect()

    assert engine.state == "stopped"


# Reset


def test_what_is_derived_after_a_reset_begins_where_the_reset_was(bench, detector):
    spectrum = detector.histogram(toa=TOA).wait(events=bench.n_events, timeout=10)
    before = len(bench.sent)
    spectrum.reset()
    assert spectrum.latest.ledger.seen == 0
    assert spectrum.generation == 2
    bench.send(7, partitions=2)
    others = spectrum.rebin(toa=ld.bins(0, 20, n=13, unit="ms"))
    bench.sent = bench.sent[before:]

    check(spectrum, bench)
    check(others, bench)


# Windows


def test_the_last_pulse_is_all_that_its_window_shows(bench, detector):
    last = detector.histogram(toa=TOA).window(pulses=1)
    bench.send(9, partitions=2)
    newest = times_of(bench)[-1]

    check(last, bench, keep=lambda t: t == newest)


@pytest.mark.parametrize("n", [2, 7, 1000])
def test_a_window_of_pulses_counts_the_newest_distinct_ones(bench, detector, n):
    last = detector.image().window(pulses=n)
    bench.send(9, partitions=2)
    first = times_of(bench)[-n:][0]

    check(last, bench, keep=lambda t: t >= first)


def test_a_window_of_seconds_slides_with_the_data(bench, detector):
    sliding = detector.histogram(toa=TOA).window(seconds="0.5 s")
    bench.send(20, partitions=2)
    newest = times_of(bench)[-1]

    shown = check(sliding, bench, keep=lambda t: t > newest - 500_000_000)
    assert shown.coverage.last_ns == newest
    assert shown.ledger.seen < bench.n_events


def test_a_pulse_that_comes_late_belongs_to_the_window_that_holds_it(bench, detector):
    last = detector.histogram(toa=TOA).window(pulses=4)
    bench.send(3, partitions=2)
    bench.pulse -= 3  # pulses between those that were sent, and one of them again
    bench.t0 += PULSE_NS // 2
    bench.send(1, partitions=2)
    first = times_of(bench)[-4:][0]

    check(last, bench, keep=lambda t: t >= first)


def test_a_window_follows_the_run_that_is_on(bench, connect):
    bench.transport.create_topic("runs", partitions=1)
    live = connect()
    bench.send(3, partitions=2)
    view = live["det"].histogram(toa=TOA).window(run=True)
    start_ns = (bench.t0 + 20 * PULSE_NS) // 1_000_000 * 1_000_000
    bench.producer.produce("runs", message_bytes("pl72", run_name="second", start_time=start_ns // 1_000_000))
    bench.send(40, partitions=2)

    check(view, bench, keep=lambda t: t >= start_ns)
    assert view.generation > 1


def test_a_window_begins_where_a_log_last_changed(bench, connect):
    live = connect()
    bench.send(10, partitions=2)
    bench.log("step", 1.0, age_s=60)
    view = live["det"].histogram(toa=TOA).window(log="step")
    check(view, bench)
    changed = bench.t0 + 11 * PULSE_NS
    bench.producer.produce("logs", sample("step", changed, 2.0))
    bench.producer.flush(5)

    check(view, bench, keep=lambda t: t >= changed)


def sample(name, when, value):
    return schemas.encode_f144(name, when, np.float64(value))


# Logs that come late


def test_a_log_that_comes_late_judges_again(bench, connect):
    live = connect()
    bench.log("temperature", 3.0, age_s=60)
    bench.send(10, partitions=2)
    cold = live["det"].histogram(toa=TOA).where(live["temperature"] < 5)
    values = cold.wait(events=bench.n_events, timeout=10).latest
    assert values.ledger.filtered == 0
    warm = bench.t0 + 9 * PULSE_NS
    bench.producer.produce("logs", sample("temperature", warm, 8.0))
    bench.producer.flush(5)
    deadline = time.monotonic() + 10
    while not cold.latest.ledger.filtered and time.monotonic() < deadline:
        time.sleep(0.01)

    kept = truth_of(bench, lambda t: t < warm)
    assert cold.latest.ledger.filtered == bench.n_events - len(kept.events)
    assert cold.latest.values().sum() == expected(live["det"].histogram(toa=TOA).description, kept)[0].sum()


def test_not_judging_again_would_be_seen(bench, connect, monkeypatch):
    monkeypatch.setattr(Counting, "_judge_again", lambda *args: None)
    with pytest.raises(AssertionError):
        test_a_log_that_comes_late_judges_again(bench, connect)


def test_a_result_says_up_to_when_it_is_settled(bench, connect):
    live = connect()
    bench.log("temperature", 3.0, age_s=60)
    bench.send(3, partitions=2)
    cold = live["det"].histogram(toa=TOA).where(live["temperature"] < 5).wait(events=bench.n_events, timeout=10)

    assert cold.latest.settled_until is not None
    assert cold.latest.settled_until <= cold.latest.coverage.last_ns
    assert live["det"].histogram(toa=TOA).wait(events=1, timeout=10).latest.settled_until is not None


def test_counts_against_a_log(bench, connect):
    live = connect()
    for pulse, value in ((0, 1.0), (6, 2.0), (11, 3.0)):
        bench.producer.produce("logs", sample("temperature", bench.t0 + pulse * PULSE_NS, value))
    bench.send(10, partitions=2)
    view = live["det"].histogram(temperature=ld.integers(0, 5))
    truth = truth_of(bench)
    truth.logs = {"temperature": [(bench.t0 + p * PULSE_NS, v) for p, v in ((0, 1.0), (6, 2.0), (11, 3.0))]}
    wanted = expected(view.description, truth)[0].tolist()
    deadline = time.monotonic() + 10
    while view.latest.values().tolist() != wanted and time.monotonic() < deadline:
        time.sleep(0.01)

    assert view.latest.values().tolist() == wanted
    assert sum(wanted) == bench.n_events


# Series


def test_a_series_counts_in_slots_of_data_time(bench, detector):
    series = detector.image().region(ld.rectangle(x=(0, 8), y=(0, 4))).series(every="0.5 s")
    bench.send(20, partitions=2)
    deadline = time.monotonic() + 10
    while series.latest.ledger.seen < bench.n_events and time.monotonic() < deadline:
        time.sleep(0.01)
    shown = series.latest

    inside = [t for t, i, _, _ in truth_of(bench).events if 1 <= i <= 32]
    slots, counts = np.unique(np.array(inside) // 500_000_000, return_counts=True)
    assert shown.values()[shown.values() > 0].tolist() == counts.tolist()
    assert shown.axes[0].name == "time"
    assert shown.ledger.binned == len(inside)
    assert len(slots) > 2


def test_a_series_of_a_spectrum_counts_what_the_spectrum_bins(bench, detector):
    spectrum = detector.histogram(toa=ld.bins(10, 50, n=4, unit="ms")).wait(events=bench.n_events, timeout=10)
    series = spectrum.series().wait(events=bench.n_events, timeout=10)

    assert series.latest.total == spectrum.latest.total > 0
    assert series.latest.ledger.outside == spectrum.latest.ledger.underflow + spectrum.latest.ledger.overflow


# Waiting


def test_waiting_for_a_view_that_failed_raises_what_ended_it(bench, detector, monkeypatch):
    def broken(self, batch, now_ns):
        raise ArgumentError("planted")

    monkeypatch.setattr(Counting, "take", broken)
    with pytest.raises(ArgumentError, match="planted"):
        detector.histogram(toa=ld.bins(0, 1, n=3, unit="ms")).wait(events=1, timeout=10)


def test_waiting_for_a_relative_error(bench, detector):
    spectrum = detector.histogram(toa=TOA).wait(rel_error=0.05, timeout=10)

    assert spectrum.latest.ledger.binned >= 400
    with pytest.raises(WaitTimeout, match=r"were waited for|after"):
        spectrum.wait(rel_error=0.001, timeout=0.2)


def test_waiting_for_a_monitor(bench, connect):
    live = connect()
    bench.send(5, partitions=2)
    bench.send(3, topic="mon", source="monitor", partitions=1)
    spectrum = live["det"].histogram(toa=TOA).wait(monitor=(live["monitor"], 300), timeout=10)

    with pytest.raises(WaitTimeout):
        spectrum.wait(monitor=("monitor", 301), timeout=0.2)


def test_waiting_for_something_unknown_names_what_there_is(detector):
    with pytest.raises(ArgumentError, match="rel_error"):
        detector.histogram(toa=TOA).wait(evnets=5)


# Several banks


def test_banks_with_the_same_numbers_are_joined(bench, connect):
    live = connect()
    bench.send(4, source="bank1")
    first = bench.sent[:]
    bench.send(4, source="bank2")
    second = bench.sent[len(first) :]
    banks = [live[name].with_layout(ld.layout((8, 8))) for name in ("bank1", "bank2")]
    image = ld.join(banks).image().wait(events=bench.n_events, timeout=10)

    def counted(sent):
        ids = np.concatenate([ids for *_, ids in sent])
        return np.bincount(ids[(ids >= 1) & (ids <= 64)] - 1, minlength=64).reshape(8, 8)

    assert image.values().tolist() == np.vstack([counted(first), counted(second)]).tolist()
    assert image.ledger.adds_up


# For others


def test_a_published_view_is_read_by_others_as_the_same_numbers(bench, detector):
    spectrum = detector.histogram(toa=TOA).wait(events=bench.n_events, timeout=10)
    live = ld.connect(bench.url, start="earliest")
    publication = spectrum.publish("results", source_name="spectrum", every=0.05)
    deadline = time.monotonic() + 10
    while not publication.sent and time.monotonic() < deadline:
        time.sleep(0.01)
    publication.stop()
    try:
        assert publication.error is None
        stream = live["spectrum"]
        while stream.latest is None and time.monotonic() < deadline:
            time.sleep(0.01)
        assert stream.values().tolist() == spectrum.values().tolist()
    finally:
        live.close()


def test_a_saved_view_holds_its_description(bench, detector, tmp_path):
    import json

    import h5py

    spectrum = detector.histogram(toa=TOA).where(ld.pulse_time >= 1).wait(events=bench.n_events, timeout=10)
    path = spectrum.save(tmp_path / "spectrum.nxs")
    with h5py.File(path) as file:
        told = []
        file.visititems(lambda name, item: told.extend(str(v) for v in item.attrs.values()) or None)
        file.visititems(lambda name, item: told.append(str(item[()])) if isinstance(item, h5py.Dataset) else None)

    assert any("pulse" in text or "time" in text for text in told)
    assert detector.view(json.loads(json.dumps(spectrum_json(spectrum)))).description == spectrum.description


def spectrum_json(view):
    from livedata.reduce.asjson import description_to_json

    return description_to_json(view.description)


def test_views_compute_like_histograms(bench, detector):
    spectrum = detector.histogram(toa=TOA).wait(events=bench.n_events, timeout=10)

    assert (spectrum - spectrum).total == 0
    assert (spectrum / 2).values().sum() == spectrum.total / 2
    assert spectrum["10 ms":"20 ms"].total < spectrum.total


def test_streams_of_different_places_are_not_joined(bench, connect, tmp_path):
    live = connect()
    bench.send(4, source="bank1")
    rec = live.record(tmp_path / "run.nxs", start="connect")
    rec.stop(wait=True)
    with pytest.raises(ArgumentError, match="one connection or one file"):
        ld.join([live["bank1"], ld.open(rec.path)["bank1"]])
