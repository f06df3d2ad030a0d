"""Views of the run that is on, from one run to the next."""

import time

import numpy as np
import pytest

import livedata as ld
from livedata.streams.past import Past
from livedata.testing import message_bytes
from tests.session.conftest import PULSE_NS

TOA = ld.bins(0, 71.43, n=100, unit="ms")
THRESHOLDS = np.array([714_300 * i for i in range(101)])
MS = 1_000_000


@pytest.fixture
def live(bench):
    bench.transport.create_topic("ev", partitions=2)
    bench.transport.create_topic("runs", partitions=1)
    with ld.connect(bench.url, start="earliest") as live:
        yield live


def moment(bench, pulse):
    return (bench.t0 + pulse * PULSE_NS) // MS * MS


def begin(bench, name, pulse):
    start = moment(bench, pulse)
    run = message_bytes("pl72", run_name=name, job_id=name, start_time=start // MS, stop_time=0)
    bench.producer.produce("runs", run)
    return start


def end(bench, name, pulse):
    stop = moment(bench, pulse)
    bench.producer.produce("runs", message_bytes("6s4t", run_name=name, job_id=name, stop_time=stop // MS))
    return stop


def check(view, bench, start, stop=None):
    wanted = bench.spectrum(THRESHOLDS, start, stop)
    deadline = time.monotonic() + 10
    while not np.array_equal(view.latest.values(), wanted) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert view.latest.values().tolist() == wanted.tolist()
    assert view.ledger.adds_up
    assert wanted.any()
    return view.latest


def test_a_run_that_ended_is_followed_by_the_next_one(bench, live):
    first = begin(bench, "first", 0)
    bench.send(30, partitions=2)
    view = live["det"].histogram(toa=TOA).window(run=True)
    check(view, bench, first)
    stop = end(bench, "first", 40)
    bench.send(10, partitions=2)
    check(view, bench, first, stop)
    second = begin(bench, "second", 70)
    bench.send(40, partitions=2)

    check(view, bench, second)


def test_what_came_behind_the_end_of_a_run_is_taken_away_once_it_is_told(bench, live):
    first = begin(bench, "first", 0)
    bench.send(30, partitions=2)
    view = live["det"].histogram(toa=TOA).window(run=True)
    before = check(view, bench, first)
    stop = end(bench, "first", 40)

    after = check(view, bench, first, stop)
    assert after.ledger.seen < before.ledger.seen
    assert after.generation == before.generation
    assert after.coverage.last_ns < stop


def test_a_run_is_not_read_anew_because_it_ended(bench, live, monkeypatch):
    spans, reread = [], Past.reread

    def noted(self, key, wanted, start_ns=None, stop_ns=None):
        spans.append((start_ns, stop_ns))
        return reread(self, key, wanted, start_ns, stop_ns)

    first = begin(bench, "first", 0)
    bench.send(30, partitions=2)
    view = live["det"].histogram(toa=TOA).window(run=True)
    check(view, bench, first)
    monkeypatch.setattr(Past, "reread", noted)
    stop = end(bench, "first", 40)
    check(view, bench, first, stop)

    assert spans
    assert all(start >= stop for start, _ in spans)


def test_an_end_that_is_told_anew_gives_back_what_belongs_to_the_run(bench, live):
    first = begin(bench, "first", 0)
    bench.send(30, partitions=2)
    view = live["det"].histogram(toa=TOA).window(run=True)
    check(view, bench, first, end(bench, "first", 20))

    check(view, bench, first, end(bench, "first", 50))
