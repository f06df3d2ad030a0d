"""Lookup tables and skipped pulses through ess.reduce: the same wavelengths, event by event."""

import importlib

import numpy as np
import pytest

from livedata.reduce.physics.coordinates import formula_of
from livedata.reduce.physics.flight import Flight
from livedata.reduce.physics.frames import entry_shift
from livedata.reduce.physics.lookup import read_table

from .instruments import compute, monitor, random_events, scattered_pixels

sc = pytest.importorskip("scipp", reason="the extra 'scipp' is among those of the tests")
PERIOD_US = 1e6 / 14
PERIOD = 1e9 / 14
N_PIXELS = 60


@pytest.fixture(scope="module")
def unwrap():
    """Return the module of ess.reduce that makes wavelengths."""
    pytest.importorskip("ess.reduce", reason="ess.reduce is compared with where it is installed")
    return importlib.import_module("ess.reduce.unwrap.to_wavelength")


def foreign_table(unwrap, *, stride):
    """Return a table as ess.reduce holds it: a single band of neutrons, and hardly smooth."""
    types = importlib.import_module("ess.reduce.unwrap.types")
    distances = np.arange(15.0, 45.0, 0.1)
    times = np.linspace(0, PERIOD_US * stride, 287 * stride)
    start = distances[:, np.newaxis] * 252.778 * 1.7
    flight = start + (times - start) % (PERIOD_US * stride)
    values = flight / distances[:, np.newaxis] / 252.778
    values += 0.01 * np.sin(np.arange(values.size)).reshape(values.shape)
    values[values > 1.6 + 8.0 * stride] = np.nan
    array = sc.DataArray(
        sc.array(
            dims=["distance", "event_time_offset"], values=values, variances=(values * 0.02) ** 2, unit="angstrom"
        ),
        coords={
            "distance": sc.array(dims=["distance"], values=distances, unit="m"),
            "event_time_offset": sc.array(dims=["event_time_offset"], values=times, unit="us"),
        },
    )
    return types.LookupTable(
        array=array,
        pulse_period=sc.scalar(PERIOD_US, unit="us"),
        pulse_stride=stride,
        distance_resolution=sc.scalar(0.1, unit="m"),
        time_resolution=sc.scalar(times[1], unit="us"),
    )


def without_spread(unwrap, table):
    array = table.array.copy()
    array.variances = None
    return type(table)(**{**vars(table), "array": array})


def test_a_table_of_ess_reduce_is_read(unwrap, tmp_path):
    foreign = foreign_table(unwrap, stride=2)
    foreign.save_hdf5(tmp_path / "lut.h5")
    table = read_table(tmp_path / "lut.h5")
    assert np.array_equal(table.wavelengths, foreign.array.values, equal_nan=True)
    assert table.period == pytest.approx(PERIOD, rel=1e-15)
    assert table.stride == 2
    assert np.nanmax(np.abs(table.spread - 0.02)) < 1e-12
    assert np.isnan(table.limited(0.01).wavelengths).all()


def test_an_older_table_of_times_of_flight_is_read(unwrap, tmp_path):
    foreign = foreign_table(unwrap, stride=1)
    array = foreign.array * foreign.array.coords["distance"]
    array = array.assign_coords(pulse_period=foreign.pulse_period, pulse_stride=sc.scalar(1))
    array.data = (sc.constants.m_n / sc.constants.h * array.data).to(unit="us")
    array.save_hdf5(tmp_path / "lut.h5")
    table = read_table(tmp_path / "lut.h5")
    assert table.wavelengths == pytest.approx(foreign.array.values, rel=1e-12, nan_ok=True)


@pytest.mark.parametrize("stride", [1, 2, 3])
@pytest.mark.parametrize("offset", [0, 1])
def test_wavelengths_of_events(unwrap, tmp_path, stride, offset):
    foreign = foreign_table(unwrap, stride=stride)
    path = str(tmp_path / "lut.h5")
    foreign.save_hdf5(path)
    geometry = scattered_pixels(N_PIXELS, seed=31)
    pixels, toa = random_events(20_000, N_PIXELS, seed=32, longest_ns=71_428_571)
    # Whole periods apart, as ess.reduce counts with a period of whole ns.
    start = 1_700_000_000_000_000_000
    numbers = np.random.default_rng(33).integers(0, 1000, len(toa))
    numbers[0] = 0
    zeros = start + numbers * 71_428_571
    paths = formula_of("ltotal", geometry, Flight(), N_PIXELS).values

    flight = Flight(table=path, period=PERIOD, stride=stride, reference=start, stride_offset=offset)
    shift = entry_shift(zeros, flight)
    ours = compute("wavelength", geometry, toa, flight, pixels=pixels, shift_ns=np.zeros(0) if shift is None else shift)

    events = sc.DataArray(
        sc.ones(dims=["event"], shape=[len(toa)], unit="counts"),
        coords={
            "event_time_offset": sc.array(dims=["event"], values=toa / 1e3, unit="us"),
            "event_time_zero": sc.epoch(unit="ns") + sc.array(dims=["event"], values=zeros, unit="ns"),
        },
    )
    order = np.argsort(pixels, kind="stable")
    begin = sc.array(dims=["pixel"], values=np.searchsorted(pixels[order], np.arange(N_PIXELS)), unit=None)
    binned = sc.DataArray(sc.bins(begin=begin, dim="event", data=_ordered(events, order)))
    phase = (start // 71_428_571) % stride  # theirs is counted from 1970
    theirs = unwrap._compute_wavelength_events(
        da=binned,
        lookup=without_spread(unwrap, foreign),
        ltotal=sc.array(dims=["pixel"], values=paths, unit="m"),
        pulse_stride_offset=int((offset - phase) % stride),
        keep_event_time_offset=True,
    )
    expected = theirs.bins.constituents["data"].coords["wavelength"].values
    found = ours[order]
    assert np.isnan(found).sum() == pytest.approx(np.isnan(expected).sum(), abs=5)
    both = ~np.isnan(found) & ~np.isnan(expected)
    assert both.sum() > 10_000
    assert found[both] == pytest.approx(expected[both], rel=1e-11)
    assert not np.isnan(found[~np.isnan(expected)]).any()


def _ordered(events, order):
    return sc.DataArray(
        sc.ones(dims=["event"], shape=[len(order)], unit="counts"),
        coords={
            name: sc.array(dims=["event"], values=coord.values[order], unit=coord.unit)
            for name, coord in events.coords.items()
        },
    )


def test_a_monitor_looks_up_its_own_distance(unwrap, tmp_path):
    path = str(tmp_path / "lut.h5")
    foreign_table(unwrap, stride=1).save_hdf5(path)
    found = compute("wavelength", monitor(30.05), np.arange(0, 71_000_000, 100_000), Flight(table=path))
    assert np.isfinite(found).sum() > 100
