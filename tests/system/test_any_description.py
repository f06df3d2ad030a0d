"""Any description of any run: live, the past and the file give what was sent, whatever came when."""

import time
from dataclasses import replace

import numpy as np
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

import livedata as ld
from livedata.reduce import moving
from livedata.reduce.condition import Compare
from livedata.reduce.counting import Counting
from livedata.reduce.moving import Moving
from livedata.reduce.result.ledger import FATES
from tests.system.descriptions import descriptions, made_run
from tests.system.oracle import expected
from tests.system.place import Place

SLOW = [HealthCheck.too_slow, HealthCheck.data_too_large]


def differs(snapshot, wanted):
    """Return what differs between a result and what was expected; nothing when they agree."""
    values, squares, fates = wanted
    if snapshot.values().shape != values.shape or not np.array_equal(snapshot.values(), values):
        return f"{int(np.sum(snapshot.values()))} counts, expected {int(values.sum())}"
    if not np.array_equal(snapshot.variances(), squares):
        return "variances"
    told = {name: getattr(snapshot.ledger, name) for name in FATES}
    if told != {name: fates.get(name, 0) for name in FATES} or not snapshot.ledger.adds_up:
        return f"fates {snapshot.ledger}, expected {dict(fates)}"
    return ""


def comes_to(view, wanted, timeout_s=10.0):
    """Wait until a live view shows what was expected; return what still differs then."""
    deadline = time.monotonic() + timeout_s
    while (said := differs(view.latest, wanted)) and view.error is None and time.monotonic() < deadline:
        time.sleep(0.005)
    return f"{view.error}: {said}" if view.error is not None else said


@given(st.integers(0, 2**32), descriptions(), st.integers(1, 3), st.floats(0, 1))
@settings(max_examples=25, deadline=None, suppress_health_check=SLOW)
def test_live_past_and_file_give_what_was_sent(tmp_path_factory, seed, description, n_partitions, cut):
    run = made_run(seed, n_partitions=n_partitions)
    assume(run.truth.events)
    wanted = expected(description, run.truth)
    with Place(run, **({"memory": 0} if seed % 2 else {})) as place:
        half = max(int(len(run.messages) * cut), run.n_known)
        place.send(run.messages[:half])
        recording = place.live.record(tmp_path_factory.mktemp("any") / "run.nxs", start="connect")
        early = place.stream.view(description)
        early.wait(events=sum(run.n_events(m) for m in run.messages[:half]), timeout=10)  # judged by the logs so far
        place.send(run.messages[half:])
        late = place.stream.view(replace(description, masks=(), region=None, filters=()))
        derived = late.mask(*description.masks) if description.masks else late
        derived = derived.where(*description.filters) if description.filters else derived
        derived = derived.region(description.region) if description.region is not None else derived

        assert comes_to(early, wanted) == ""
        assert comes_to(derived, wanted) == ""
        path = recording.stop(wait=True).path
        past = early.over(recording)
        file = ld.open(path)
        again = file["det"].with_layout(ld.layout((8, 8))).view(description)

        assert differs(past.snapshot(), wanted) == ""
        assert differs(again.snapshot(), wanted) == ""
        assert early.same_as(again)
        assert again.ledger.seen == len(run.truth.events) > 0

        begin, end = edges_of(run.truth)
        between = expected(description, between_times(run.truth, begin, end))
        assert differs(again.over(begin, end).snapshot(), between) == ""
        assert comes_to(early.over(begin, end), between) == ""


def edges_of(truth):
    """Return two moments at which there are events: the first belongs to what lies between, the other does not."""
    times = sorted({time for time, *_ in truth.events})
    return times[len(times) // 4], times[-1]


def between_times(truth, begin, end):
    """Return the truth of the entries between two moments."""
    return replace(truth, events=[event for event in truth.events if begin <= event[0] < end])


def windows():
    """Windows that move with the data."""
    return st.one_of(
        st.integers(1, 30).map(lambda n: {"pulses": n}), st.integers(1, 900).map(lambda n: {"seconds": f"{n} ms"})
    )


def inside(window, truth):
    """Return the truth of the entries that lie in a window in the end."""
    times = sorted({time for time, *_ in truth.events} | truth.empty)
    first = times[-window["pulses"] :][0] if "pulses" in window else times[-1] - int(window["seconds"][:-3]) * 10**6 + 1
    return replace(truth, events=[event for event in truth.events if event[0] >= first])


@given(st.integers(0, 2**32), descriptions(), windows(), st.integers(1, 3))
@settings(max_examples=15, deadline=None, suppress_health_check=SLOW)
def test_a_window_ends_with_what_lies_in_it_whatever_came_when(seed, description, window, n_partitions):
    run = made_run(seed, n_partitions=n_partitions)
    assume(run.truth.events)
    wanted = expected(description, inside(window, run.truth))
    with Place(run) as place:
        half = run.n_known
        place.send(run.messages[:half])
        view = place.stream.view(description).window(**window)
        place.send(run.messages[half:])

        assert comes_to(view, wanted) == ""
        assert view.latest.ledger.seen == sum(wanted[2].values())


def test_a_window_too_large_to_be_held_ends_alike(monkeypatch):
    monkeypatch.setattr(moving, "HELD_BYTES", 200)
    for seed in range(12):
        run, window = made_run(seed), {"pulses": 3} if seed % 2 else {"seconds": "250 ms"}
        with Place(run) as place:
            place.send(run.messages[: run.n_known])
            view = place.stream.histogram(toa=ld.bins(0, 71.43, n=20, unit="ms")).window(**window)
            place.send(run.messages[run.n_known :])

            assert comes_to(view, expected(view.description, inside(window, run.truth))) == ""


def test_a_log_that_is_not_judged_again_is_found(monkeypatch):
    monkeypatch.setattr(Counting, "_judge_again", lambda *args: None)
    assert _found_at_some_seed()


def test_an_entry_that_is_counted_twice_is_found(monkeypatch):
    take = Counting.take
    monkeypatch.setattr(Counting, "take", lambda self, batch, now: [take(self, batch, now) for _ in range(2)])
    assert _found_at_some_seed()


def test_a_window_that_lets_nothing_go_is_found(monkeypatch):
    monkeypatch.setattr(Moving, "leaving", lambda self: None)
    assert _found_at_some_seed(window={"pulses": 2})


def _found_at_some_seed(window=None):
    """Return whether a fault that was planted shows within some runs whose logs and events come in any order."""
    condition = Compare("temperature", "<", 4.0)
    for seed in range(6):
        run = made_run(seed)
        if not run.truth.events:
            continue
        truth = run.truth if window is None else inside(window, run.truth)
        with Place(run) as place:
            half = max(len(run.messages) // 2, run.n_known)
            place.send(run.messages[:half])
            view = place.stream.histogram(toa=ld.bins(0, 71.43, n=20, unit="ms")).where(condition)
            view = view if window is None else view.window(**window)
            if window is None:
                view.wait(events=sum(run.n_events(m) for m in run.messages[:half]), timeout=10)
            else:
                view.wait(events=1, timeout=10)
            place.send(run.messages[half:])
            if comes_to(view, expected(view.description, truth), timeout_s=1.0):
                return True
    return False
