"""Axes: edges are the numbers as they were written."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import livedata as ld
from livedata.errors import ArgumentError
from livedata.reduce.axis import Axes, categories, edges_in, integers, log_bins, parse_bins, thresholds
from livedata.reduce.quantity import bind_axes, kind_of
from livedata.reduce.units import exact_conversion


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


def test_logarithmic_edges_are_the_nearest_doubles_and_exact_where_they_should_be():
    axis = log_bins(0.001, 1000, n=60, unit="angstrom")

    assert axis.edges[::10].tolist() == [0.001, 0.01, 0.1, 1, 10, 100, 1000]
    assert np.allclose(axis.edges, np.geomspace(0.001, 1000, 61), rtol=1e-14, atol=0)
    assert axis == log_bins(0.001, 1000, n=60, unit="angstrom")
    assert axis != ld.edges(axis.edges, "angstrom")
    assert axis.exact == ld.edges(axis.edges, "angstrom").exact


@given(st.floats(1e-6, 1e3), st.floats(1.01, 1e6), st.integers(1, 200))
def test_logarithmic_edges_begin_and_end_as_written_and_grow_evenly(start, factor, n):
    stop = start * factor
    axis = log_bins(start, stop, n=n)

    assert (axis.edges[0], axis.edges[-1]) == (start, stop)
    ratios = axis.edges[1:] / axis.edges[:-1]
    assert np.allclose(ratios, factor ** (1 / n), rtol=1e-12)


def test_integers_have_a_bin_each():
    axis = integers(-1, 3)

    assert axis.edges.tolist() == [-1, 0, 1, 2, 3]
    assert thresholds(axis.named("period"), None).tolist() == [-1, 0, 1, 2, 3]


def test_categories_are_discrete():
    axis = categories(["open", "closed"])

    assert list(axis) == ["open", "closed"]
    assert axis[1] == "closed"
    assert axis.traits.discrete
    assert not ld.bins(0, 1, n=1).traits.discrete
    assert axis.edges.tolist() == [0, 1, 2]


@given(
    st.lists(st.integers(-(10**6), 10**6), min_size=2, max_size=20, unique=True).map(sorted),
    st.sampled_from([("degC", "K", 1, Fraction(27315, 100)), ("ms", "us", 1000, 0), ("nm", "angstrom", 10, 0)]),
)
def test_edges_in_another_unit_are_correctly_rounded(values, units):
    unit, to, factor, offset = units

    found = edges_in(ld.edges([v / 100 for v in values], unit).named("x"), to)

    assert found.dtype == np.float64
    assert found.tolist() == [float(Fraction(v, 100) * factor + offset) for v in values]


def test_edges_of_even_bins_in_another_unit_are_correctly_rounded():
    found = edges_in(ld.bins(0, 1, n=3, unit="nm").named("x"), "angstrom")

    assert found.tolist() == [0.0, float(Fraction(10, 3)), float(Fraction(20, 3)), 10.0]


def test_a_unit_that_nobody_knows_fits_itself():
    assert edges_in(ld.bins(0, 2, n=2, unit="counts of sheep").named("x"), "counts of sheep").tolist() == [0, 1, 2]


def test_axes_are_bound_to_what_their_names_say():
    toa, wavelength, temperature = bind_axes(
        {"temperature": "K"},
        toa=ld.bins(0, 10, n=10),
        wavelength=log_bins(0.05, 2, n=10, unit="nm"),
        temperature=ld.bins(0, 300, n=3),
    )

    assert (toa.name, toa.unit) == ("toa", "ns")
    assert (wavelength.name, wavelength.unit) == ("wavelength", "nm")
    assert (temperature.name, temperature.unit) == ("temperature", "K")
    assert [kind_of(name) for name in ("event_id", "wavelength", "veto", "anything")] == [
        "event",
        "coordinate",
        "entry",
        "log",
    ]


@pytest.mark.parametrize(
    ("bind", "says"),
    [
        (lambda: bind_axes({}, tao=ld.bins(0, 1, n=1)), "did you mean 'tof' or 'toa'"),
        (lambda: bind_axes({"temperature": "K"}, temperatur=ld.bins(0, 1, n=1)), "did you mean 'temperature'"),
        (lambda: bind_axes({"sample/temperature": "K"}, temperature=ld.bins(0, 1, n=1)), "'sample/temperature'"),
        (lambda: bind_axes({"temperature": "K"}, temperature=ld.bins(0, 1, n=1, unit="m")), "is in 'K'"),
        (lambda: bind_axes(toa=ld.bins(0, 1, n=1, unit="K")), "is in 'ns': cannot convert 'K'"),
        (lambda: bind_axes(period=ld.bins(0, 1, n=1, unit="K")), "has no unit"),
        (lambda: bind_axes(toa=(0, 1)), "expected bins such as"),
        (lambda: bind_axes(toa=categories([1, 2])), "categories"),
        (lambda: bind_axes(period=categories(["a"])), "categories"),
        (lambda: bind_axes(event_id=categories(["a"])), "categories"),
        (lambda: bind_axes(wavelength=categories([1])), "categories"),
        (lambda: log_bins(0, 1, n=3), "above zero"),
        (lambda: log_bins(1, 1 + 1e-15, n=100), "too narrow"),
        (lambda: integers(0, 0), "below the stop"),
        (lambda: integers(0.5, 2), "an integer"),
        (lambda: categories([]), "0 categories"),
        (lambda: categories([1, 1]), "given twice"),
        (lambda: categories([1, "a"]), "all texts or all integers"),
        (lambda: categories([1.5]), "a text or an integer"),
        (lambda: categories("open").named("x") and edges_in(categories("open").named("x"), None), "has categories"),
        (lambda: parse_bins("0:1:2:lin", None), "START:STOP:N"),
        (lambda: parse_bins("0.5:2", None), "START:STOP:N"),
        (lambda: parse_bins("a,b", "K"), "no unit"),
    ],
)
def test_axes_that_do_not_fit_are_refused(bind, says):
    with pytest.raises(ArgumentError, match=says):
        bind()


@pytest.mark.parametrize(
    ("text", "axis"),
    [
        ("0:100:10", ld.bins(0, 100, n=10)),
        ("0.1:100:3:log", log_bins(0.1, 100, n=3)),
        ("0:5", integers(0, 5)),
        ("1,2,5", categories([1, 2, 5])),
        ("open, closed", categories(["open", "closed"])),
    ],
)
def test_bins_are_read_from_text(text, axis):
    assert parse_bins(text, None) == axis


@pytest.mark.parametrize(
    ("written", "meant"), [("Angstrom", "angstrom"), ("Celsius", "degC"), ("Kelvin", "K"), ("Volt/Second", "V/s")]
)
def test_units_may_be_spelt_with_a_capital(written, meant):
    assert exact_conversion(written, meant) == (1, 0)
