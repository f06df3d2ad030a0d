"""Live views of many regions are counted together, and nobody sees it but by the load."""

import gc
import time

import pytest

import livedata as ld
from livedata.reduce.counting import Counting
from livedata.streams.batch import select_entries
from tests.session.conftest import PULSE_NS
from tests.session.test_views import SHAPE, TOA, check

REGIONS = [ld.rectangle(x=(k % 4, k % 4 + 4), y=(k // 4, k // 4 + 5)) for k in (0, 2, 5, 7)]


@pytest.fixture
def detector(bench):
    bench.transport.create_topic("ev", partitions=2)
    live = ld.connect(bench.url, start="earliest")
    bench.send(5, partitions=2)
    yield live["det"].with_layout(ld.layout(SHAPE))
    live.close()


@pytest.fixture
def peaks(detector):
    image = detector.image()
    return [image.region(region).spectrum(toa=TOA) for region in REGIONS]


def until_together(bench, views):
    """Send events until all views are counted by one engine."""
    deadline = time.monotonic() + 20
    while len({id(view._engine) for view in views}) > 1:
        assert time.monotonic() < deadline
        bench.send(1, n_events=20, partitions=2)
        time.sleep(0.02)
    return views[0]._engine


def test_spectra_of_many_regions_are_counted_together_and_stay_what_they_were(bench, peaks):
    last = [(view.generation, view.version, view.latest.ledger.seen) for view in peaks]
    deadline = time.monotonic() + 20
    while len({id(view._engine) for view in peaks}) > 1:
        assert time.monotonic() < deadline
        bench.send(1, n_events=20, partitions=2)
        time.sleep(0.02)
        now = []
        for view in peaks:
            shown = view.latest
            now.append((shown.generation, shown.version, shown.ledger.seen))
            assert shown.state in ("live", "catching up")
            assert shown.ledger.adds_up
        for (generation, version, seen), (generation_now, version_now, seen_now) in zip(last, now, strict=True):
            assert generation_now == generation == 1
            assert version_now >= version
            assert seen_now >= seen
        last = now

    assert [view.state for view in peaks] == ["live"] * len(peaks)
    for view in peaks:
        check(view, bench)
    bench.send(5, partitions=2)
    for view in peaks:
        check(view, bench)


def test_an_event_that_is_missing_from_the_joint_count_would_be_seen(bench, peaks, monkeypatch):
    right = Counting.take

    def wrong(self, batch, now_ns):
        right(
            self, select_entries(batch, batch.event_time_zero > bench.t0) if self.description.apart else batch, now_ns
        )

    monkeypatch.setattr(Counting, "take", wrong)
    until_together(bench, peaks)
    with pytest.raises(AssertionError):
        check(peaks[0], bench, timeout_s=1.0)


def test_masks_ranges_and_filters_are_counted_together_alike(bench, detector):
    image = detector.image()
    in_time = ld.span(toa=("5 ms", "60 ms"))
    early = ld.during(None, bench.t0 + 15 * PULSE_NS)
    views = [image.region(region & in_time).where(early).spectrum(toa=TOA) for region in REGIONS[:3]]
    views += [view.mask([k, k + 9, 30]) for k, view in enumerate(views)]
    until_together(bench, views)

    for view in views:
        check(view, bench)


def test_a_region_that_comes_later_is_taken_in_with_others(bench, peaks):
    first = until_together(bench, peaks)
    more = [peaks[0].region(None).region(ld.rectangle(x=(0, k), y=(0, 3))) for k in (2, 4)]
    second = until_together(bench, [*peaks, *more])

    assert second is not first
    assert first.state == "stopped"
    for view in (*peaks, *more):
        check(view, bench)


def test_the_joint_count_ends_with_the_last_of_its_views(bench, peaks):
    engine = until_together(bench, peaks)
    peaks[0].stop()
    assert engine.state == "live"
    peaks.clear()
    gc.collect()

    assert engine.state == "stopped"


def test_a_view_that_is_waited_for_stays_with_its_count(bench, peaks):
    with peaks[0]._running.staying() as engine:
        for _ in range(40):
            bench.send(1, n_events=20, partitions=2)
            time.sleep(0.02)
        assert peaks[0]._engine is engine
        assert engine.state == "live"
        until_together(bench, peaks[1:])

    for view in peaks:
        check(view, bench)


def test_a_view_that_is_reset_counts_for_itself_from_then_on(bench, peaks):
    engine = until_together(bench, peaks)
    peaks[0].reset()
    n_before = bench.n_events
    bench.send(3, partitions=2)
    deadline = time.monotonic() + 10
    while peaks[0].latest.ledger.seen < bench.n_events - n_before:
        assert time.monotonic() < deadline
        time.sleep(0.01)

    assert peaks[0].generation == 2
    assert peaks[0].latest.ledger.seen == bench.n_events - n_before
    assert peaks[1]._engine is engine
    check(peaks[1], bench)


def test_few_views_and_those_of_moving_windows_are_left_alone(bench, detector):
    image = detector.image()
    two = [image.region(region).spectrum(toa=TOA) for region in REGIONS[:2]]
    moving = [image.region(region).spectrum(toa=TOA).window(pulses=3) for region in REGIONS[:4]]
    for _ in range(40):
        bench.send(1, n_events=20, partitions=2)
        time.sleep(0.02)

    assert len({id(view._engine) for view in (*two, *moving)}) == 6
