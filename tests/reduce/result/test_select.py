"""Choosing bins by number and by value."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import livedata as ld

from .samples import ODD, TOA, X, counts, edge_lists, made, snapshot

H = made([3, 1, 4, 1, 5, 9, 2, 6, 5, 3], ld.bins(0, 50, n=10, unit="ms").named("toa"))


def test_edges_that_coincide_choose_exactly_the_bins_between():
    part = H["5 ms":"20 ms"]

    assert part.values().tolist() == [1, 4, 1]
    assert part.axes["toa"] == ld.bins(5, 20, n=3, unit="ms").named("toa")


def test_bins_that_contain_the_ends_are_taken_whole():
    part = H["7 ms":"20.001 ms"]

    assert part.axes["toa"] == ld.bins(5, 25, n=4, unit="ms").named("toa")


def test_a_value_chooses_the_bin_that_holds_it():
    assert H["7 ms"] == H["5 ms"] == 1
    assert H["10 ms"] == 4
    assert H["9999.999 us"] == 1


def test_units_are_converted_exactly():
    tenths = made(np.arange(3), ld.bins(0, 0.3, n=3, unit="ms").named("toa"))

    # In doubles 0.3 / 3 * 2 lies below 0.2.
    assert tenths["200 us"] == 2
    assert tenths["100 us":"200 us"].values().tolist() == [1]


def test_integers_count_bins():
    assert H[0] == 3
    assert H[-1] == 3
    assert H[2:4].values().tolist() == [4, 1]
    assert H[-2:].values().tolist() == [5, 3]
    assert isinstance(H[np.int64(5)], int)


def test_open_ends_reach_to_the_ends_of_the_axis():
    assert H[:"10 ms"].values().tolist() == [3, 1]
    assert H["45 ms":].values().tolist() == [3]
    assert H[:].values().tolist() == H.values().tolist()
    assert H["-5 ms":"900 ms"].values().tolist() == H.values().tolist()


def test_what_lies_outside_is_an_error_that_names_the_axis():
    with pytest.raises(ld.ArgumentError, match="'50 ms' lies outside of <Axis toa 10 bins 0 … 50 ms>"):
        H["50 ms"]
    with pytest.raises(ld.ArgumentError, match="holds no bin"):
        H["60 ms":"70 ms"]
    with pytest.raises(ld.ArgumentError, match="holds no bin"):
        H["20 ms":"5 ms"]
    with pytest.raises(ld.ArgumentError, match="expected -10 to 9"):
        H[10]


def test_plain_floats_are_refused_with_the_text_to_write():
    with pytest.raises(ld.ArgumentError, match=r"'7\.5 ms'"):
        H[7.5]
    with pytest.raises(ld.ArgumentError, match="such as '5 ms'"):
        H["soon"]
    with pytest.raises(ld.ArgumentError, match="step 2 along 'toa'"):
        H[::2]


def test_units_that_measure_something_else_are_refused():
    with pytest.raises(ld.ArgumentError, match="K"):
        H["5 K"]
    with pytest.raises(ld.ArgumentError, match="'x' has no unit"):
        counts(X)["2 mm"]


def test_dimensions_are_chosen_one_after_the_other():
    cube = counts(X, TOA, ODD)

    assert (cube[1].values() == cube.values()[1]).all()
    assert (cube[..., "0.5 angstrom"].values() == cube.values()[:, :, 1]).all()
    assert (cube[1:3, "7.143 ms":].values() == cube.values()[1:3, 1:]).all()
    assert cube[1, 2, 3] == cube.values()[1, 2, 3]
    assert cube[0, ..., "1 angstrom":].axes["wavelength"] == ld.edges([1, 2.5, 10], "angstrom").named("wavelength")


def test_axes_can_be_named():
    cube = counts(X, TOA)

    assert (cube[{"toa": slice("7.143 ms", None)}].values() == cube.values()[:, 1:]).all()
    assert (cube.sel(toa=("0 ms", "14.286 ms"), x=2).values() == cube.values()[2, :2]).all()
    assert (cube[{0: 1}].values() == cube.values()[1]).all()
    with pytest.raises(ld.ArgumentError, match="no axis 'tof'; there is x, toa"):
        cube.sel(tof=3)


def test_more_selections_than_axes_are_refused():
    with pytest.raises(ld.ArgumentError, match="2 selections for 1 axes"):
        H[1, 2]
    with pytest.raises(ld.ArgumentError, match="at most one each"):
        counts(X, TOA)[..., ...]


def test_the_marks_of_uhi_sum_and_merge():
    assert float(H[::sum]) == 39
    assert float(H[2:4:sum]) == 5
    assert H[::2j].values().tolist() == [4, 5, 14, 8, 8]
    assert H[7j] == 1
    assert H[5j:20j].values().tolist() == [1, 4, 1]
    assert (counts(X, TOA)[1:3:sum, ::5j].values() == counts(X, TOA).values()[1:3].sum(0).reshape(2, 5).sum(1)).all()


def test_categories_are_chosen_by_their_names():
    from livedata.reduce.axis import categories

    shutter = made([7, 8, 9], categories(["open", "closed", "moving"]).named("shutter"))

    assert shutter["closed"] == 8
    assert shutter["closed":].axes["shutter"].categories == ("closed", "moving")
    with pytest.raises(ld.ArgumentError, match="no 'ajar' in"):
        shutter["ajar"]


def test_variances_are_chosen_alike():
    weighted = made([1, 2, 3], spread=np.array([4, 5, 6]))

    assert weighted[1:].variances().tolist() == [5, 6]


@given(edge_lists, st.fractions(-1200, 1200, max_denominator=7), st.fractions(-1200, 1200, max_denominator=7))
def test_chosen_spans_hold_the_ends_and_nothing_beside(values, low, high):
    from livedata.reduce.result.exactaxis import bin_below, edge_above

    axis = ld.edges(values)
    first, stop = bin_below(axis, low), edge_above(axis, high)

    assert first == sum(e <= low for e in map(Fraction, values)) - 1
    assert stop == min(sum(e < high for e in map(Fraction, values)), axis.n)


@given(st.integers(1, 50), st.integers(0, 49), st.integers(1, 50))
def test_parts_of_an_even_axis_have_its_very_edges(n, start, length):
    from livedata.reduce.result.exactaxis import edge, part

    axis = ld.bins(0.1, 71.43, n=n, unit="ms")
    start = start % n
    stop = min(start + length, n)
    cut = part(axis, start, stop)

    assert [edge(cut, i) for i in range(cut.n + 1)] == [edge(axis, i) for i in range(start, stop + 1)]
    assert cut.edges.tolist() == axis.edges[start : stop + 1].tolist()


def test_slices_of_snapshots_are_plain_and_know_their_span_of_time():
    part = snapshot()[2:4]

    assert type(part).__name__ == "Histogram"
    assert part.span == snapshot().span
    assert part.rate().unit == "counts/s"
