"""Lookup tables: written, read, interpolated."""

import numpy as np
import pytest

from livedata.errors import ArgumentError, FileError
from livedata.reduce.physics.constants import H_OVER_M
from livedata.reduce.physics.coordinates import formula_of
from livedata.reduce.physics.flight import Flight
from livedata.reduce.physics.frames import entry_shift
from livedata.reduce.physics.lookup import LookupTable, read_table, write_table

from .instruments import compute, monitor, scattered_pixels

PERIOD = 1e9 / 14


def single_band(*, low=2.0, stride=1, distances=(25.0, 35.0), n_distances=101, n_times=287):
    """Return the table that unwrapping a single band amounts to."""
    paths = np.linspace(*distances, n_distances)
    frame = PERIOD * stride
    times = np.linspace(0, frame, n_times)
    start = paths[:, np.newaxis] * low / H_OVER_M
    flights = start + (times - start) % frame
    return LookupTable(paths, times, H_OVER_M * flights / paths[:, np.newaxis], PERIOD, stride)


@pytest.fixture
def table_path(tmp_path):
    path = tmp_path / "table.npz"
    write_table(single_band(), path)
    return str(path)


def test_a_table_comes_back_as_it_was_written(tmp_path):
    spread = np.full((101, 287), 0.25)
    one = single_band()
    table = LookupTable(one.distances, one.times, one.wavelengths, one.period, one.stride, spread, "PSC 14 Hz")
    write_table(table, tmp_path / "t.npz")
    again = read_table(tmp_path / "t.npz")
    for name in ("distances", "times", "wavelengths", "spread"):
        assert np.array_equal(getattr(again, name), getattr(table, name))
    assert (again.period, again.stride, again.choppers) == (PERIOD, 1, "PSC 14 Hz")


def test_wavelengths_of_the_table_are_those_of_unwrapping_away_from_the_wrap(table_path):
    geometry = monitor(30.04)
    toa = np.arange(0, 71_428_571, 12_345)
    found = compute("wavelength", geometry, toa, Flight(table=table_path))
    exact = compute("wavelength", geometry, toa, Flight(period=PERIOD, min_wavelength=2.0))
    wrap = 2.0 * 30.04 / H_OVER_M % PERIOD
    is_clear = np.abs(toa - wrap) > 600_000
    assert is_clear.sum() > 5000
    assert found[is_clear] == pytest.approx(exact[is_clear], rel=1e-12)


@pytest.mark.parametrize("name", ["tof", "q", "energy", "dspacing"])
def test_other_coordinates_follow_from_the_tables_wavelength(table_path, name):
    rng = np.random.default_rng(2)
    geometry = scattered_pixels(20, seed=3)
    pixels, toa = rng.integers(0, 20, 200), rng.integers(0, 30_000_000, 200)
    through = compute("wavelength", geometry, toa, Flight(table=table_path), pixels=pixels)
    paths = formula_of("ltotal", geometry, Flight(), 20).values[pixels]
    known = ~np.isnan(through)
    t = through[known] * paths[known] / H_OVER_M
    formula = formula_of(name, geometry, Flight(), 20).parameters[pixels[known], 0]
    expected = {"tof": t, "dspacing": formula * t, "q": formula / t, "energy": formula / t**2}[name]
    found = compute(name, geometry, toa, Flight(table=table_path), pixels=pixels)[known]
    assert len(found) > 100
    assert found == pytest.approx(expected, rel=1e-12)


def test_nothing_arrives_where_the_table_has_no_neutrons(tmp_path):
    table = single_band()
    holes = table.wavelengths.copy()
    holes[:, 100:120] = np.nan
    write_table(LookupTable(table.distances, table.times, holes, PERIOD), tmp_path / "t.npz")
    step = table.times[1]
    at = np.array([98.5, 99.0, 99.5, 110.0, 119.5, 120.0]) * step
    found = compute("wavelength", monitor(30.0), np.floor(at), Flight(table=str(tmp_path / "t.npz")))
    assert np.isnan(found).tolist() == [False, False, True, True, True, True]


def test_a_node_itself_needs_no_neighbours(tmp_path):
    table = LookupTable(
        np.array([10.0, 20.0]),
        np.array([0.0, 500.0, 1000.0]),
        np.array([[1.0, np.nan, 1], [np.nan, np.nan, 2]]),
        1000.0,
    )
    write_table(table, tmp_path / "t.npz")
    found = compute("wavelength", monitor(10.0), [0, 1, 500, 1000], Flight(table=str(tmp_path / "t.npz")))
    assert found.tolist() == pytest.approx([1.0, np.nan, np.nan, 1.0], nan_ok=True)


def test_pixels_beyond_the_table_are_undefined(table_path):
    flight = Flight(table=table_path)
    geometry = scattered_pixels(500, seed=5)
    paths = formula_of("ltotal", geometry, Flight(), 500).values
    beyond = (paths < 25) | (paths > 35)
    assert 0 < beyond.sum() < 500
    found = compute("wavelength", geometry, np.full(500, 1_000_000), flight, pixels=np.arange(500))
    assert np.isnan(found[beyond]).all()
    assert np.isfinite(found[~beyond]).any()


def test_a_table_for_no_pixel_at_all_is_refused(table_path):
    with pytest.raises(ArgumentError, match="covers flight paths from 25 to 35 m, but pixels are at 80 to 80 m"):
        formula_of("wavelength", monitor(80.0), Flight(table=table_path), 1)


def test_skipped_pulses_look_up_their_place_in_the_frame(tmp_path):
    path = str(tmp_path / "t.npz")
    write_table(single_band(stride=2, n_times=573), path)
    flight = Flight(table=path, period=PERIOD, stride=2, reference=0)
    times = np.round(np.arange(2) * PERIOD).astype(np.int64)
    found = compute("tof", monitor(30.0), [30_000_000] * 2, flight, shift_ns=entry_shift(times, flight))
    assert found == pytest.approx([30_000_000, 30_000_000 + PERIOD], rel=1e-9)


@pytest.mark.parametrize(
    ("flight", "says"),
    [
        ({"stride": 2, "period": PERIOD}, "was made for every 1. pulse, but flight stride=2"),
        ({"period": 2e7}, "was made for a period of"),
        ({"min_wavelength": 1.0, "period": PERIOD}, "give one of them"),
        ({"emission_offset": 5.0}, "knows when neutrons leave"),
    ],
)
def test_tables_that_do_not_suit_the_flight_are_refused(table_path, flight, says):
    with pytest.raises(ArgumentError, match=says):
        formula_of("wavelength", monitor(30.0), Flight(table=table_path, **flight), 1)


def test_a_limit_of_spread_empties_nodes():
    one = single_band()
    spread = np.zeros((101, 287))
    spread[3, 4] = 0.5
    table = LookupTable(one.distances, one.times, one.wavelengths, PERIOD, 1, spread)
    assert np.argwhere(np.isnan(table.limited(0.1).wavelengths)).tolist() == [[3, 4]]
    with pytest.raises(ArgumentError, match="no spread"):
        one.limited(0.1)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"distances": np.array([1.0, 2.0, 4.0])}, "do not increase evenly"),
        ({"times": np.linspace(0, 900, 4)}, "expected one frame"),
        ({"times": np.linspace(10, 1010, 4)}, "expected one frame"),
        ({"wavelengths": np.ones((4, 3))}, "has shape"),
        ({"times": np.array([0.0, np.nan, 500, 1000])}, "finite numbers"),
    ],
)
def test_tables_that_do_not_hold_together_are_refused(change, says):
    sound = {
        "distances": np.arange(3.0),
        "times": np.linspace(0, 1000, 4),
        "wavelengths": np.ones((3, 4)),
        "period": 1e3,
    }
    with pytest.raises(ArgumentError, match=says):
        LookupTable(**{**sound, **change})


def test_files_that_are_no_tables_are_named(tmp_path):
    (tmp_path / "none.npz").write_bytes(b"PK nonsense")
    (tmp_path / "none.h5").write_bytes(b"nonsense")
    for name in ("none.npz", "none.h5", "absent.npz"):
        with pytest.raises(FileError, match=name):
            read_table(tmp_path / name)
    with pytest.raises(FileError, match=r"flight table="):
        formula_of("wavelength", monitor(30.0), Flight(table=str(tmp_path / "absent.npz")), 1)


def test_a_changed_file_is_read_again(tmp_path):
    path = str(tmp_path / "t.npz")
    write_table(single_band(), path)
    first = compute("wavelength", monitor(30.0), 20_000_000, Flight(table=path))
    write_table(single_band(low=4.0, n_times=301), path)
    assert compute("wavelength", monitor(30.0), 20_000_000, Flight(table=path)) != first
