"""Comparing results: every bin and every fate counts."""

from dataclasses import replace

import numpy as np

import livedata as ld
from livedata.reduce.axis import Axes
from livedata.reduce.result.compare import compare
from livedata.reduce.result.histogram import Histogram
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


def histogram(values, **parts):
    array = np.asarray(values)
    return Histogram(array=array, axes=Axes((ld.bins(0, len(array), n=len(array), unit="ms").named("toa"),)), **parts)


def test_doubles_are_compared_exactly_and_nan_equals_nan():
    a = histogram([0.1, np.nan, 0.3])

    assert compare(a, histogram([0.1, np.nan, 0.3]))
    assert not compare(a, histogram([0.1, np.nan, np.nextafter(0.3, 1)]))
    assert not compare(a, histogram([0.1, 0.0, 0.3]))


def test_integers_and_doubles_are_compared_without_rounding():
    big = 2**53 + 1

    assert compare(histogram([1, 2]), histogram([1.0, 2.0]))
    assert not compare(histogram([big]), histogram([float(big)]))
    assert not compare(histogram([float(big)]), histogram([big]))
    assert not compare(histogram([2**63 - 1]), histogram([2.0**63]))
    assert not compare(histogram([0]), histogram([np.nan]))


def test_variances_and_units_are_differences_too():
    outcome = compare(histogram([1, 2]), histogram([1, 2], spread=np.array([1, 5])))

    assert "1 of 2 variances differ, the first at (1,): 2 and 5" in repr(outcome)
    assert compare(histogram([1, 2]), histogram([1, 2], spread=np.array([1, 2])))
    assert "'counts' and 'counts/s'" in repr(compare(histogram([1]), histogram([1], unit="counts/s")))


def test_bins_that_differ_are_listed():
    outcome = compare(histogram(range(100)), histogram([0, 1, *range(3, 101)]))

    assert len(outcome.listing) == 20
    assert outcome.listing[0].index == (2,)
    assert (outcome.listing[0].a, outcome.listing[0].b) == (2, 3)
    assert repr(outcome.listing[0]) == "(2,) toa 2 … 3 ms: values 2 and 3"
    assert "98 of 100 bins differ" in repr(outcome)


def test_axes_that_differ_are_told_apart():
    assert "has 2 bins and 3" in repr(compare(histogram([1, 2]), histogram([1, 2, 3])))


def test_a_plain_histogram_is_compared_without_fates():
    assert repr(compare(ONE, ONE.derived(array=ONE.array))) == "same in all 3 bins"
