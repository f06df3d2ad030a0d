"""Engines among threads: nobody who holds the feed's lock ever waits for one that wants it."""

import threading
import time

import numpy as np
import pytest

import livedata as ld
from livedata.reduce.anchored import LEEWAY_NS
from livedata.reduce.condition import Compare
from livedata.reduce.counting import Counting
from livedata.reduce.description import Description
from livedata.reduce.engine import Engine
from livedata.reduce.fold.pool import N_THREADS, submit
from livedata.reduce.making import make_fold
from livedata.reduce.setting import Setting
from livedata.reduce.window import Window
from livedata.streams.batch import EventBatch, LogBatch, Messages
from livedata.streams.extent import Partition
from livedata.streams.feed import Progress
from livedata.streams.log import LogTimeline
from livedata.streams.runs import Run

TOA = ld.bins(0, 100, n=10).named("toa", unit="ns")
COLD = Description(axes=(TOA,), filters=(Compare("temperature", "<", 5.0),))
HANGS_S = 5.0


class Feed:
    is_finite = False
    progress = Progress(0, 0)

    def subscribe(self, sink, extent=None, after=None):
        return self

    def reread(self, ranges, start_ns=None, stop_ns=None):
        return iter(())

    def close(self):
        pass


class Logs:
    """A timeline behind a lock that whoever hands on batches holds, too."""

    def __init__(self):
        self.lock = threading.Lock()
        self.asked = threading.Event()
        self.timeline = LogTimeline()
        zero = np.zeros(1, np.int64)
        self.timeline.accept(LogBatch(zero, np.ones(1), Messages("l", zero, zero, zero, zero, zero)))

    def __call__(self, name):
        if self.lock.locked():
            self.asked.set()
        with self.lock:
            return self.timeline


def batch(offset):
    ids = np.arange(20, dtype=np.int32)
    zero = np.zeros(1, np.int64)
    return EventBatch(ids, ids, zero + offset + 1, zero, Messages("t", zero, zero + offset, zero, zero, zero))


@pytest.fixture
def logs():
    return Logs()


@pytest.fixture
def engine(logs):
    counting = Counting(COLD, Setting(log=logs), Feed(), None, make_fold)
    engine = Engine(counting, is_finite=False)
    engine.start(Feed(), {})
    give(engine, 0)
    assert comes(lambda: engine.n_seen == 20)
    yield engine
    engine.stop()


def give(engine, offset):
    engine.accept(batch(offset))
    engine.covered({Partition("t", 0): (offset, offset + 1)})
    engine.work()


def comes(is_met, timeout_s=30.0):
    deadline = time.monotonic() + timeout_s
    while not is_met() and time.monotonic() < deadline:
        time.sleep(0.005)
    return is_met()


def ends(target):
    """Say whether a call returns."""
    thread = threading.Thread(target=target, daemon=True)
    thread.start()
    thread.join(HANGS_S)
    return not thread.is_alive()


def test_batches_are_taken_while_the_engine_waits_for_a_log(engine, logs):
    with logs.lock:
        threading.Thread(target=engine.work, daemon=True).start()
        assert logs.asked.wait(HANGS_S)

        assert ends(lambda: engine.accept(batch(1)))
        assert ends(lambda: engine.covered({Partition("t", 0): (1, 2)}))
    engine.work()
    assert comes(lambda: engine.n_seen == 40)


def test_the_end_is_told_while_others_look_at_the_result(engine):
    with engine._folding:
        assert ends(engine.finished)
    assert comes(lambda: engine.state == "complete")


def test_what_was_left_out_on_request_is_missing_from_what_the_result_covers(engine):
    assert engine.snapshot().coverage.is_complete
    engine.skipped(3, 60)
    shown = engine.snapshot()

    assert shown.coverage.skipped == 3
    assert not shown.coverage.is_complete
    assert shown.to_dict()["coverage"]["skipped"] == 3
    assert "3 messages skipped on request" in shown.remarks


LAMBDA = ld.bins(0, 10, n=10).named("wavelength", unit="angstrom")


@pytest.mark.parametrize("axis", [TOA, LAMBDA], ids=["what was counted", "what has not begun"])
def test_what_cannot_be_judged_again_keeps_no_thread_from_others(logs, monkeypatch, axis):
    setting = Setting(log=logs, runs=lambda: (Run("1", 0),), moved_ns=lambda: 1)
    engines = []
    for _ in range(N_THREADS):
        counting = Counting(Description(axes=(axis,), window=Window("run")), setting, Feed(), None, make_fold)
        engine = Engine(counting, is_finite=False)
        engine.start(Feed(), {})
        if axis is TOA:
            give(engine, 0)
            assert comes(lambda engine=engine: engine.n_seen == 20)
            counting.newest_ns = LEEWAY_NS  # the run is due
            assert counting.is_stale
        engines.append(engine)
    monkeypatch.setattr(Counting, "look_again", lambda self, **_: False)

    for engine in engines:
        engine.work()
        engine.snapshot()
    done = threading.Event()
    submit(done.set)
    is_done = done.wait(HANGS_S)
    for engine in engines:
        engine.stop()

    assert is_done
