"""Any view of any run: live, over its recording, from the file, and made when all is over, it is the same."""

import time
from collections import Counter

import numpy as np
import pytest

import livedata as ld
from livedata.reduce.counting import Counting
from livedata.reduce.result.compare import compare
from tests.system.anyview import any_run, any_view, instrument
from tests.system.place import Place

PATIENCE_S = 15.0


def comes_to(view, wanted, patience_s):
    """Wait until a live view shows the same as a complete one; return what still differs then."""
    deadline = time.monotonic() + patience_s
    while True:
        said = compare(view.snapshot(), wanted)
        if said or view.error is not None or time.monotonic() > deadline:
            return "" if said else f"{view.error or ''} {said}"
        time.sleep(0.01)


def looked_at(folder, seed, n_views, patience_s=PATIENCE_S):
    """Send a run in two parts with views of it made before, between and behind; return what differs, and what not."""
    rng = np.random.default_rng(seed)
    run = any_run(seed, int(rng.integers(1, 4)))
    seeds = [seed * 1000 + i for i in range(n_views)]
    with Place(run, instrument=instrument(folder), **({"memory": 0} if seed % 3 == 0 else {})) as place:
        live = place.live
        recording = live.record(folder / f"run-{seed}.nxs", start="connect")
        cut = int(rng.integers(0, len(run.messages)))
        early = {one: any_view(live, one) for one in seeds[::2]}
        place.send(run.messages[:cut])
        between = {one: any_view(live, one) for one in seeds[1::2]}
        for view, name in {**early, **between}.values():  # what is counted now is judged by the logs so far
            view.wait(events=run.n_events(name.split()[0], cut), timeout=PATIENCE_S)
        place.send(run.messages[cut:])
        path = recording.stop(wait=True).path

        differing, told = [], Counter()
        file = ld.open(path)
        for one, (view, name) in {**early, **between}.items():
            written = any_view(file, one)[0].snapshot()
            n_seen = run.n_events(name.split()[0])
            if written.ledger.seen != n_seen or not written.ledger.adds_up:
                differing.append(f"{name}: {written.ledger} of {n_seen}")
            told[name] += written.ledger.binned
            if said := comes_to(view, written, patience_s):
                differing.append(f"{name}, live and file: {said}")
            if not (said := compare(view.over(recording).snapshot(), written)):
                differing.append(f"{name}, over the recording and file: {said}")
            if said := comes_to(any_view(live, one)[0], written, patience_s):
                differing.append(f"{name}, made afterwards: {said}")
    return differing, told


@pytest.mark.slow
def test_any_view_is_the_same_live_past_and_from_the_file(tmp_path):
    told = Counter()
    for seed in range(12):
        differing, found = looked_at(tmp_path, seed, n_views=12)
        assert differing == [], f"seed {seed}"
        told += found

    assert sum(n > 0 for n in told.values()) > 60
    for word in (
        "joined",
        "monitor",
        "smooth plane",
        "sparse",
        "series",
        "unwrapped",
        "region spectrum",
        "where",
        "by",
    ):
        assert any(word in name and n for name, n in told.items()), f"{word} was never tried"


def test_what_is_judged_once_and_never_again_is_found(tmp_path, monkeypatch):
    monkeypatch.setattr(Counting, "_judge_again", lambda *args: None)
    assert any(looked_at(tmp_path, seed, n_views=6, patience_s=0.3)[0] for seed in range(4))
