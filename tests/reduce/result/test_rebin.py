"""Sums, other bins, densities and rates."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import livedata as ld
from livedata.reduce.axis import integers

from .samples import ODD, TOA, X, counts, edge_lists, made, snapshot


def test_a_sum_over_everything_is_one_value_with_its_variance():
    total = counts(X, TOA).sum()

    assert total.axes == ()
    assert int(total) == counts(X, TOA).values().sum()
    assert total.variances() == total.values()


def test_sums_that_do_not_fit_become_doubles():
    large = made([2**62, 2**62, 1])

    assert large.total == 2.0**63
    assert large.sum().values() == 2.0**63
    assert made([2**62, -(2**62), 1])[1:].total == 1 - 2**62


def test_named_axes_are_summed():
    cube = counts(X, TOA, ODD)

    assert (cube.sum("toa").values() == cube.values().sum(1)).all()
    assert [a.name for a in cube.sum("x", "wavelength").axes] == ["toa"]
    with pytest.raises(ld.ArgumentError, match="no axis 'y'; there is x, toa, wavelength"):
        cube.sum("y")


def test_a_projection_has_the_order_of_its_names():
    cube = counts(X, TOA, ODD)
    turned = cube.project("wavelength", "x")

    assert (turned.values() == cube.values().sum(1).T).all()
    assert [a.name for a in turned.axes] == ["wavelength", "x"]
    with pytest.raises(ld.ArgumentError, match="named twice"):
        cube.project("x", "x")


def test_sums_of_a_snapshot_keep_its_fates_and_its_picture_its_first_two_dimensions():
    cube = snapshot(X, TOA, ODD)

    assert cube.sum("toa").ledger == cube.ledger
    assert (cube.picture().values() == cube.values().sum(2)).all()
    assert cube.picture().ledger.adds_up


def test_counts_are_shared_out_by_overlap():
    rebinned = made([4, 6], ld.edges([0, 2, 4]).named("x")).rebin(x=[0, 1, 3, 5])

    assert rebinned.values().tolist() == [2.0, 5.0, 3.0]
    assert rebinned.variances().tolist() == [2.0, 5.0, 3.0]
    assert rebinned.values().dtype == np.float64


def test_edges_that_coincide_keep_integers():
    rebinned = made([1, 2, 3, 4]).rebin(toa=ld.edges([0, 1000, 4000], "us"))

    assert rebinned.values().tolist() == [1, 9]
    assert rebinned.values().dtype == np.int64
    assert rebinned.axes["toa"] == ld.edges([0, 1, 4], "ms").named("toa")


def test_even_axes_of_tenths_coincide_although_their_doubles_do_not():
    fine = made(np.arange(30), ld.bins(0, 0.3, n=30, unit="ms").named("toa"))

    assert fine.rebin(toa=ld.bins(0, 300, n=3, unit="us")).values().tolist() == [45, 145, 245]


def test_bins_are_merged_by_a_factor():
    merged = counts(X, TOA).rebin(toa=5, x=2)

    assert (merged.values() == counts(X, TOA).values().reshape(2, 2, 2, 5).sum((1, 3))).all()
    assert merged.axes["toa"] == ld.bins(0, 71.43, n=2, unit="ms").named("toa")
    assert made([1, 2], integers(0, 2).named("x")).rebin(x=2).axes["x"].scale == "even"
    assert made([1, 2, 3, 4], ODD).rebin(wavelength=2).axes[0] == ld.edges([0, 1, 10], "angstrom").named("wavelength")
    with pytest.raises(ld.ArgumentError, match="cannot merge 10 bins of 'toa' by 3"):
        counts().rebin(toa=3)


@given(edge_lists, edge_lists, st.data())
def test_rebinning_follows_the_formula(old, new, data):
    values = data.draw(st.lists(st.integers(0, 10**6), min_size=len(old) - 1, max_size=len(old) - 1))
    rebinned = made(values, ld.edges(old).named("x")).rebin(x=ld.edges(new)).values()

    expected = [
        sum(n * max(0, min(b, high) - max(a, low)) / (b - a) for n, a, b in zip(values, old[:-1], old[1:], strict=True))
        for low, high in pairwise(new)
    ]
    assert rebinned.tolist() == pytest.approx(expected)


@given(edge_lists, edge_lists, st.data())
def test_counts_are_conserved_in_a_wider_range(old, new, data):
    values = data.draw(st.lists(st.integers(0, 10**6), min_size=len(old) - 1, max_size=len(old) - 1))
    wide = sorted({-2000, 2000, *new})

    assert made(values, ld.edges(old).named("x")).rebin(x=wide).total == pytest.approx(sum(values))


def test_weights_keep_their_variance_when_rebinned():
    rebinned = made([4, 6], ld.edges([0, 2, 4]).named("x"), spread=np.array([8, 2])).rebin(x=[0, 1, 3, 5])

    assert rebinned.variances().tolist() == [4.0, 5.0, 1.0]


def test_rebinning_beside_the_axis_gives_nothing():
    assert made([4, 6], ld.edges([0, 2, 4]).named("x")).rebin(x=[7, 8, 9]).values().tolist() == [0, 0]


def test_one_dimension_of_several_is_rebinned():
    cube = counts(X, TOA)

    assert (cube.rebin(x=[0, 2, 4]).values() == cube.values().reshape(2, 2, 10).sum(1)).all()


def test_a_rate_divides_by_data_time():
    rate = snapshot().rate()

    assert rate.values() == pytest.approx(snapshot().values() / 10)
    assert rate.variances() == pytest.approx(snapshot().values() / 100)
    assert rate.unit == "counts/s"
    assert counts().rate(5).values() == pytest.approx(counts().values() / 5)


def test_there_is_no_rate_without_a_duration():
    with pytest.raises(ld.ArgumentError, match=r"\.rate\(seconds=60\)"):
        counts().rate()
    with pytest.raises(ld.ArgumentError, match="0 s, so there is no rate"):
        counts(span_ns=(5, 5)).rate()


def test_a_density_divides_by_widths():
    spectrum = made([2, 9, 30, 15], ODD)

    assert spectrum.density().values() == pytest.approx([20, 10, 20, 2])
    assert spectrum.density().variances() == pytest.approx([200, 90 / 8.1, 30 / 2.25, 15 / 56.25])
    assert spectrum.density().unit == "counts/angstrom"
    assert counts(X, TOA).density().values() == pytest.approx(counts(X, TOA).values() / 7.143)
    with pytest.raises(ld.ArgumentError, match="name one"):
        counts(X).density()


def test_a_peak_is_measured():
    peak = made([0, 2, 8, 4, 0]).peak()

    assert (peak.maximum, peak.position, peak.integral) == (8, 2.5, 14)
    assert peak.centroid == pytest.approx((2 * 1.5 + 8 * 2.5 + 4 * 3.5) / 14)
    assert peak.fwhm == pytest.approx(3.5 - (1.5 + 1 / 3))
    assert peak.integral_error == pytest.approx(np.sqrt(14))
    assert "at 2.5 ms" in repr(peak)


def test_a_peak_that_is_cut_off_has_no_width():
    assert np.isnan(made([9, 8, 1]).peak().fwhm)
    assert np.isnan(made([0, 0]).peak().centroid)


def test_bins_without_a_value_are_left_out_of_a_peak():
    assert made([1.0, np.nan, 5.0, 1.0]).peak().integral == 7


def test_peaks_need_one_axis_and_a_value():
    with pytest.raises(ld.ArgumentError, match="this has x, toa"):
        counts(X, TOA).peak()
    with pytest.raises(ld.ArgumentError, match="no bin has a value"):
        made([np.nan]).peak()


def test_units_of_products_are_named():
    from livedata.reduce.result.unitname import product

    assert product("counts/s", "counts/s", -1) == "dimensionless"
    assert product("counts", "1/angstrom", -1) == "counts*angstrom"
    assert product("counts*m**2", "m") == "counts*m**3"
    assert product("dimensionless", "s", -1) == "1/s"
    assert product("count", "ms", -1) == "counts/ms"
    assert product("meV A", "s") == "(meV A)*s"
