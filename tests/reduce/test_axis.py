"""Axes: edges are the numbers as they were written."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import livedata as ld
from livedata.errors import ArgumentError
from livedata.reduce.axis import Axes, parse_bins, thresholds


def test_an_edge_is_the_decimal_that_was_written():
    axis = ld.bins(0, 71.43, n=1000, unit="ms").named("toa")

    limits = thresholds(axis, "ns")

    assert limits.tolist() == [71_430 * i for i in range(1001)]


@given(st.integers(-(10**6), 10**6), st.integers(1, 10**7), st.integers(1, 500))
def test_thresholds_of_even_bins_are_the_exact_edges_rounded_up(start, width, n):
    limits = thresholds(ld.bins(start / 1000, (start + width) / 1000, n=n, unit="us").named("toa"), "ns")

    exact = [Fraction(start) + Fraction(width * i, n) for i in range(n + 1)]
    assert limits.tolist() == [-((-e.numerator) // e.denominator) for e in exact]


@given(st.lists(st.integers(-(10**9), 10**9), min_size=2, max_size=50, unique=True))
def test_thresholds_of_given_edges_are_the_edges(values):
    values.sort()

    assert thresholds(ld.edges(values, "ns").named("toa"), "ns").tolist() == values


def test_edges_in_another_unit_mean_the_same():
    micro = thresholds(ld.edges([0.1, 0.2, 0.7], "us").named("toa"), "ns")
    nano = thresholds(ld.edges([100, 200, 700], "ns").named("toa"), "ns")

    assert micro.tolist() == nano.tolist()


def test_axes_are_found_by_name_and_position():
    a, b = ld.bins(0, 1, n=2).named("y"), ld.bins(0, 1, n=3).named("x")

    axes = Axes((a, b))

    assert axes["x"] is axes[1]
    with pytest.raises(ArgumentError, match="y, x"):
        axes["z"]


def test_iterating_gives_lower_and_upper_edges():
    assert list(ld.bins(0, 3, n=3)) == [(0.0, 1.0), (1.0, 2.0), (2.0, 3.0)]


def test_edges_are_the_nearest_doubles():
    assert ld.bins(0, 1, n=10).edges.tolist() == [i / 10 for i in range(11)]


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: ld.bins(1, 1, n=5), "below the stop"),
        (lambda: ld.bins(0, float("nan"), n=5), "finite"),
        (lambda: ld.bins(0, 1, n=0), "number of bins"),
        (lambda: ld.bins(0, 1, n=2.5), "number of bins"),
        (lambda: ld.bins("a", 1, n=2), "a number"),
        (lambda: ld.edges([1]), "at least two"),
        (lambda: ld.edges([0, 2, 1]), "edge 2 .1. is not above edge 1"),
        (lambda: ld.edges([[0, 1]]), "list"),
        (lambda: parse_bins("0:1", "us"), "START:STOP:N"),
        (lambda: parse_bins("a:b:c", "us"), "START:STOP:N"),
        (lambda: thresholds(ld.bins(0, 1, n=1, unit="K").named("toa"), "ns"), "cannot convert 'K'"),
        (lambda: thresholds(ld.bins(0, 1, n=1, unit="apples").named("toa"), "ns"), "cannot convert 'apples'"),
        (lambda: thresholds(ld.bins(0, 1e30, n=1, unit="s").named("toa"), "ns"), "out of range"),
        (lambda: thresholds(ld.bins(0, 1, n=1, unit="ms").named("event_id"), None), "has no unit"),
    ],
)
def test_wrong_arguments_are_refused_with_what_is_expected(make, says):
    with pytest.raises(ArgumentError, match=says):
        make()


def test_float32_edges_are_taken_as_the_doubles_they_are():
    axis = ld.edges(np.array([0.1, 0.2], np.float32), "s").named("toa")

    assert thresholds(axis, "ns").tolist() == [100_000_002, 200_000_003]
