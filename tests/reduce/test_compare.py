"""Comparing results: every bin and every fate counts."""

from dataclasses import replace

import numpy as np

import livedata as ld
from livedata.reduce.axis import Axes
from livedata.reduce.result.compare import compare
from livedata.reduce.result.ledger import Ledger
from livedata.reduce.result.snapshot import Snapshot
from livedata.streams.extent import Coverage

ONE = Snapshot(
    array=np.array([1, 2, 3]),
    axes=Axes((ld.bins(0, 3, n=3).named("toa"),)),
    ledger=Ledger(seen=7, overflow=1, binned=6),
    coverage=Coverage(),
    state="complete",
    generation=1,
    version=1,
    settled_until=None,
    taken_ns=0,
)


def test_equal_results_say_what_was_compared():
    assert "3 bins, 7 events" in repr(compare(ONE, replace(ONE, version=5)))


def test_one_count_in_another_bin_is_found():
    outcome = compare(ONE, replace(ONE, array=np.array([2, 1, 3])))

    assert not outcome
    assert "first at (0,): 1 and 2" in repr(outcome)


def test_another_fate_is_a_difference():
    assert not compare(ONE, replace(ONE, ledger=Ledger(seen=7, underflow=1, binned=6)))


def test_late_events_are_a_remark_and_no_difference():
    assert compare(ONE, replace(ONE, ledger=Ledger(seen=7, overflow=1, binned=6, late=3)))


def test_other_axes_are_a_difference():
    assert not compare(ONE, replace(ONE, axes=Axes((ld.bins(0, 4, n=3).named("toa"),))))
