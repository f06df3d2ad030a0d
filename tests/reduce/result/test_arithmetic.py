"""Arithmetic: exact where it can be, variances propagated, units kept, differences of axes named."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import livedata as ld
from livedata.reduce.axis import Axes

from .samples import ODD, TOA, X, counts, made, small_counts, snapshot


@given(small_counts)
def test_the_sum_of_counts_is_exact_and_stays_counts(array):
    double = made(array) + made(array)

    assert double.values().dtype == np.int64
    assert double.values().tolist() == [2 * n for n in array.tolist()]
    assert double.variances().tolist() == double.values().tolist()
    assert double.unit == "counts"


@given(small_counts, st.integers(-(2**20), 2**20))
def test_counts_times_an_integer_are_exact(array, k):
    product = k * made(array)

    assert product.values().tolist() == [k * n for n in array.tolist()]
    assert product.variances() == pytest.approx(k * k * array.astype(float))


def test_the_variance_of_a_difference_is_the_sum():
    difference = made([5, 2]) - made([1, 3])

    assert difference.values().tolist() == [4, -1]
    assert difference.variances().tolist() == [6, 5]
    assert difference.values().dtype == difference.variances().dtype == np.int64


def test_what_would_not_fit_into_64_bits_becomes_a_double():
    big = made([2**62])

    assert (big + big).values().tolist() == [2.0**63]
    assert (big * 4).values().tolist() == [2.0**64]
    assert (-big).values().tolist() == [-(2**62)]


def test_a_ratio_of_counts_has_the_variance_of_the_formula():
    ratio = made([8, 9]) / made([2, 3])

    assert ratio.values().tolist() == [4.0, 3.0]
    # (d/m)² (σ_d²/d² + σ_m²/m²)
    assert ratio.variances() == pytest.approx([16 * (1 / 8 + 1 / 2), 9 * (1 / 9 + 1 / 3)])
    assert ratio.unit == "dimensionless"


@pytest.mark.parametrize("divisor", [0.0, np.nan, np.inf, -np.inf])
def test_a_divisor_of_nothing_gives_no_value(divisor):
    quotient = made([1.0, 2.0]) / made([divisor, 1.0], spread=np.ones(2))

    assert np.isnan(quotient.values()[0])
    assert np.isnan(quotient.variances()[0])
    assert quotient.values()[1] == 2
    assert np.isnan((made([1, 2]) / divisor).values()).all()


def test_no_counts_over_some_have_a_value_and_a_variance():
    quotient = made([0], spread=np.array([3])) / made([2])

    assert quotient.values().tolist() == [0.0]
    assert quotient.variances().tolist() == [0.75]


@given(small_counts, small_counts)
def test_a_product_has_the_variance_of_the_formula(x, y):
    n = min(len(x), len(y))
    x, y = x[:n].astype(float), y[:n].astype(float)
    product = made(x) * made(y)

    assert product.variances() == pytest.approx(y * y * x + x * x * y)
    assert product.unit == "counts**2"


def test_numbers_stand_on_either_side():
    h = made([1, 2, 4])

    assert (10 - h).values().tolist() == [9, 8, 6]
    assert (10 - h).variances().tolist() == [1, 2, 4]
    assert (8 / h).values().tolist() == [8, 4, 2]
    assert (8 / h).variances() == pytest.approx([64.0, 8.0, 1.0])
    assert (8 / h).unit == "1/counts"
    assert (1 + h).values().tolist() == [2, 3, 5]
    assert sum([h, h, h]).values().tolist() == [3, 6, 12]


def test_an_array_is_as_many_exact_numbers():
    h = made([1, 2, 4])

    assert (np.array([1, 2, 3]) * h).values().tolist() == [1, 4, 12]
    assert (h / np.array([1, 2, 0])).variances()[:2].tolist() == [1, 0.5]
    assert (h * np.array([2**64 - 1, 1, 1], np.uint64)).values().dtype == np.float64


def test_one_value_with_its_variance_divides_all_bins():
    monitor = made([50, 50])
    normalised = counts(TOA, X) / monitor.sum()

    assert normalised.values() == pytest.approx(counts(TOA, X).values() / 100)
    assert normalised.variances()[0, 0] == pytest.approx(
        (counts(TOA, X).values() / 1e4 + counts(TOA, X).values() ** 2 / 1e6)[0, 0]
    )


def test_a_spectrum_is_repeated_along_the_axes_that_it_lacks():
    cube, spectrum = counts(X, TOA), counts(TOA, high=9, seed=4)

    assert ((cube - spectrum).values() == cube.values() - spectrum.values()).all()
    assert ((spectrum - cube).values() == spectrum.values() - cube.values()).all()
    assert ((cube - counts(X, seed=3)).values() == cube.values() - counts(X, seed=3).values()[:, None]).all()
    assert tuple((spectrum - cube).axes) == (X, TOA)


def test_other_axes_are_refused_with_the_difference():
    with pytest.raises(ld.ArgumentError, match="'toa' has 10 bins and 5"):
        counts() + counts(ld.bins(0, 71.43, n=5, unit="ms").named("toa"))
    with pytest.raises(ld.ArgumentError, match=r"edge 1 is 7\.143 and 7\.144"):
        counts() + counts(ld.bins(0, 71.44, n=10, unit="ms").named("toa"))
    with pytest.raises(ld.ArgumentError, match="in ms and in us"):
        counts() + counts(ld.bins(0, 71.43, n=10, unit="us").named("toa"))
    with pytest.raises(ld.ArgumentError, match="axes toa and wavelength"):
        counts() / counts(ODD)
    with pytest.raises(ld.ArgumentError, match=r"shape \(3,\); expected .* shape \(10,\)"):
        counts() * np.arange(3)


def test_what_is_no_number_is_left_to_python():
    with pytest.raises(TypeError):
        made([1]) + "5"
    with pytest.raises(TypeError):
        made([1]) * True


def test_rates_in_other_units_are_added_in_the_first_ones_unit():
    a = made([60], unit="counts/s", spread=np.array([60]))
    b = made([60], unit="counts/minute", spread=np.array([60]))

    assert (a + b).values().tolist() == [61.0]
    assert (a + b).unit == "counts/s"
    assert (b + a).values().tolist() == [3660]
    assert (b + a).variances().tolist() == [60 + 3600 * 60]
    with pytest.raises(ld.ArgumentError, match="'counts/s' and 'counts/ms\\*\\*2'"):
        a + made([1], unit="counts/ms**2")


def test_results_are_read_only_and_plain():
    result = snapshot() + snapshot()

    assert type(result).__name__ == "Histogram"
    with pytest.raises(ValueError, match="read-only"):
        result.values()[0] = 1
    assert snapshot().values().flags.writeable


def test_the_span_of_time_survives_what_does_not_change_it():
    one = snapshot()

    assert (2 * one).span == one.span == (1_000_000_000, 11_000_000_000)
    assert (one / one).span == one.span
    assert (one - counts()).span is None


def test_a_histogram_is_no_sequence_and_has_one_number_only_when_it_is_one():
    assert float(made([1, 2]).sum()) == 3.0
    assert int(made([1, 2]).sum()) == 3
    with pytest.raises(TypeError, match=r"2 bins are no single number; .* \.total"):
        float(made([1, 2]))
    with pytest.raises(TypeError):
        iter(made([1, 2]))
    assert np.asarray(made([1, 2])).tolist() == [1, 2]


def test_weighted_counts_keep_their_own_variance():
    weighted = made([4, 6], spread=np.array([10, 12]))

    assert (weighted + made([1, 1])).variances().tolist() == [11, 13]
    assert weighted.counts().tolist() == [1.6, 3.0]
    assert weighted.errors() == pytest.approx(np.sqrt([10, 12]))


def test_a_value_without_axes_can_be_computed_with():
    assert float(counts().sum() / counts().sum()) == 1.0
    assert (counts().sum() / counts().sum()).axes == Axes()
