"""Histograms that come as such, converted with their edges."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from livedata.errors import ArgumentError
from livedata.reduce.physics.constants import H_OVER_M
from livedata.reduce.physics.coordinates import formula_of
from livedata.reduce.physics.edges import convert_edges, convert_histogram
from livedata.reduce.physics.flight import ARRIVAL, Flight
from livedata.reduce.physics.lookup import LookupTable, write_table

from .instruments import compute, monitor, right_angle

PERIOD = 70_000_000.0
MONITOR = monitor(30.0)


def formula(name="wavelength", flight=ARRIVAL):
    return formula_of(name, MONITOR, flight, 1)


def test_edges_are_converted_like_events():
    edges, is_reversed = convert_edges(formula(), [0, 10_000, 20_000])
    assert not is_reversed
    assert np.array_equal(edges, compute("wavelength", MONITOR, [0, 10_000, 20_000]))


def test_edges_of_a_falling_coordinate_are_reversed():
    edges, is_reversed = convert_edges(formula("energy"), [10_000, 20_000, 40_000])
    assert is_reversed
    assert np.array_equal(edges, compute("energy", MONITOR, [40_000, 20_000, 10_000]))


def test_an_edge_without_a_value_is_refused():
    with pytest.raises(ArgumentError, match="neither rises nor falls"):
        convert_edges(formula("energy"), [0, 10_000, 20_000])


def test_edges_across_a_wrap_are_refused():
    with pytest.raises(ArgumentError, match="convert_histogram cuts at the wrap"):
        convert_edges(formula(flight=Flight(period=PERIOD, wrap_offset=3e7)), [0, 2e7, 6e7])


def test_counts_follow_a_falling_coordinate():
    found = convert_histogram(formula("energy"), [10_000, 20_000, 40_000], [5, 7])
    assert found.counts.tolist() == [7, 5]
    assert (np.diff(found.edges) > 0).all()


def test_a_frame_is_cut_at_the_start_of_the_band_and_put_in_order():
    found = convert_histogram(
        formula("tof", Flight(period=PERIOD, wrap_offset=3e7)), np.arange(0, 8e7, 1e7), np.arange(7)
    )
    assert found.edges.tolist() == [3e7, 4e7, 5e7, 6e7, 7e7, 8e7, 9e7, 10e7]
    assert found.counts.tolist() == [3, 4, 5, 6, 0, 1, 2]
    assert found.dropped == 0


def test_a_bin_across_the_wrap_is_shared_by_width():
    found = convert_histogram(
        formula("tof", Flight(period=PERIOD, wrap_offset=3.25e7)), np.arange(0, 8e7, 1e7), [4] * 7
    )
    assert found.edges[0] == 3.25e7
    assert found.edges[-1] == 10.25e7
    assert (found.counts[0], found.counts[-1]) == (3, 1)


@given(st.lists(st.integers(0, 1000), min_size=1, max_size=30), st.floats(0.1, 20), st.floats(0, 5e6))
def test_no_count_is_lost(counts, low, emission):
    flight = Flight(period=PERIOD, min_wavelength=low, emission_offset=emission)
    edges = np.linspace(0, PERIOD, len(counts) + 1)
    found = convert_histogram(formula("wavelength", flight), edges, counts)
    assert found.counts.sum() + found.dropped == pytest.approx(sum(counts))
    assert found.dropped == 0
    assert (np.diff(found.edges) > 0).all()
    assert found.edges[0] == pytest.approx(low, rel=1e-9)
    assert found.edges[-1] == pytest.approx(low + H_OVER_M * PERIOD / 30.0, rel=1e-9)


def test_a_gap_between_parts_of_a_frame_stays_empty():
    found = convert_histogram(formula("tof", Flight(period=PERIOD, wrap_offset=3e7)), [1e7, 2e7, 4e7], [8, 6])
    assert found.edges.tolist() == [3e7, 4e7, 8e7, 9e7, 10e7]
    assert found.counts.tolist() == [3, 0, 8, 3]


def test_bins_where_no_neutron_can_arrive_are_counted_as_dropped(tmp_path):
    times = np.linspace(0, PERIOD, 8)
    waves = np.tile(np.linspace(1, 3, 8), (2, 1))
    waves[:, [0, -1]] = np.nan
    write_table(LookupTable(np.array([20.0, 40.0]), times, waves, PERIOD), tmp_path / "t.npz")
    flight = Flight(table=str(tmp_path / "t.npz"))
    found = convert_histogram(formula("wavelength", flight), times, np.arange(1, 8))
    assert found.dropped == 1 + 7
    assert found.counts.tolist() == [2, 3, 4, 5, 6]


def test_parts_that_overlap_are_counted_as_dropped(tmp_path):
    times = np.linspace(0, PERIOD, 5)
    waves = np.tile(np.array([1.0, 2.0, 3.0, 2.5, 1.0]), (2, 1))
    write_table(LookupTable(np.array([20.0, 40.0]), times, waves, PERIOD), tmp_path / "t.npz")
    found = convert_histogram(formula("wavelength", Flight(table=str(tmp_path / "t.npz"))), times, [1, 2, 4, 8])
    assert found.counts.sum() + found.dropped == 15
    assert found.dropped > 0
    assert (np.diff(found.edges) > 0).all()


@pytest.mark.parametrize(
    ("edges", "counts", "says"),
    [
        ([0, 1, 1], [1, 2], "increasing times"),
        ([0], [], "at least two"),
        ([0, 1, 2], [1], r"expected \(2,\)"),
    ],
)
def test_unsound_histograms_are_refused(edges, counts, says):
    with pytest.raises(ArgumentError, match=says):
        convert_histogram(formula(), edges, counts)


def test_histograms_of_skipped_pulses_are_refused():
    with pytest.raises(ArgumentError, match="pulses are skipped"):
        convert_histogram(formula(flight=Flight(period=PERIOD, stride=2)), [0, 1], [1])


def test_coordinates_of_the_pixel_have_no_edges():
    geometry = right_angle(l1=20.0, l2=5.0)
    with pytest.raises(ArgumentError, match="does not depend on time"):
        convert_edges(formula_of("two_theta", geometry, ARRIVAL, 1), [0, 1])


def test_nothing_defined_at_all_is_said():
    with pytest.raises(ArgumentError, match="not defined anywhere"):
        convert_histogram(formula("energy"), [-2, -1], [1])
