"""Unwrapping: from the time within a pulse period to the time of flight."""

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from livedata.errors import ArgumentError
from livedata.reduce.physics.constants import H_OVER_M
from livedata.reduce.physics.coordinates import formula_of
from livedata.reduce.physics.flight import ARRIVAL, Flight
from livedata.reduce.physics.formula import Stage
from livedata.reduce.physics.frames import band_width, entry_shift

from .instruments import compute, monitor, right_angle

PERIOD = 1e9 / 14
START = 1_700_000_000_000_000_000


@given(st.floats(0.5, 10), st.floats(5, 160), st.floats(0, 0.999), st.integers(1, 3), st.floats(0, 5e6))
def test_a_neutron_of_the_band_gets_its_own_wavelength_back(low, distance, share, stride, emission):
    wavelength = low + share * band_width(distance, PERIOD, stride)
    arrival = wavelength * distance / H_OVER_M + emission
    pulse, toa = divmod(arrival, PERIOD)
    flight = Flight(
        period=PERIOD, min_wavelength=low, stride=stride, emission_offset=emission, reference=START, stride_offset=0
    )
    # Which number the pulse has in its frame follows from when it was.
    shift = entry_shift(np.array([START + round(pulse * PERIOD)]), flight)
    found = compute(
        "wavelength", monitor(distance), round(toa), flight, shift_ns=np.zeros(0) if shift is None else shift
    )
    step = H_OVER_M / distance * stride * PERIOD
    off = abs(found[0] - wavelength)
    assert min(off, abs(off - step)) < 1e-6  # rounding to a whole ns may carry the first into the frame's end
    assert low - 1e-9 <= found[0] < low + step + 1e-9


@given(st.integers(0, 71_428_571), st.integers(0, 70_000_000))
def test_a_wrap_offset_takes_early_events_to_the_frame_before(toa, offset):
    flight = Flight(period=PERIOD, wrap_offset=offset)
    expected = toa + PERIOD if toa < offset else toa
    assert compute("tof", monitor(30.0), toa, flight)[0] == pytest.approx(expected, abs=1e-6)


@given(st.integers(1, 2**30), st.integers(0, 2**30), st.integers(-3, 3), st.integers(-2, 2))
def test_the_edge_of_a_frame_belongs_to_the_next(frame, low, number, aside):
    toa = low + number * frame + aside
    assume(abs(toa) < 2**31)
    found = compute("tof", monitor(30.0), toa, Flight(period=float(frame), wrap_offset=float(low)))[0]
    assert found == low + (toa - low) % frame


def test_events_of_the_frames_own_time_stay_exact():
    toa = np.arange(10_000_000, 10_000_100)
    flight = Flight(period=PERIOD, wrap_offset=5e6)
    assert np.array_equal(compute("tof", monitor(30.0), toa, flight), toa)


def test_emission_is_taken_away():
    assert compute("tof", monitor(30.0), 10_000, Flight(emission_offset=2_500.0))[0] == 7_500.0


def test_without_settings_arrival_is_flight():
    formula = formula_of("wavelength", monitor(30.0), ARRIVAL, 1)
    assert formula.timing.stage is Stage.ARRIVAL
    assert formula_of("wavelength", monitor(30.0), Flight(period=PERIOD), 1).timing.stage is Stage.ARRIVAL


def test_each_pixel_has_its_own_start_of_the_band():
    geometry = right_angle(l1=20.0, l2=5.0)
    flight = Flight(period=PERIOD, min_wavelength=3.0)
    low = formula_of("q", geometry, flight, 1).parameters[0, 0]
    assert low == pytest.approx(3.0 * 25.0 / H_OVER_M)


def test_a_band_wider_than_a_frame_is_refused_with_both_numbers():
    flight = Flight(period=PERIOD, min_wavelength=1.0, max_wavelength=4.0)
    with pytest.raises(ArgumentError, match=r"is 3 Å wide, but a frame of 71.4286 ms holds 1.80674 Å at 156.4 m"):
        formula_of("wavelength", monitor(156.4), flight, 1)
    assert formula_of("wavelength", monitor(30.0), flight, 1)


def test_skipped_pulses_make_room_for_a_wider_band():
    flight = Flight(period=PERIOD, stride=2, min_wavelength=1.0, max_wavelength=4.6)
    assert formula_of("wavelength", monitor(156.4), flight, 1).timing.frame == 2 * PERIOD


def test_a_band_must_have_its_ends_in_order():
    flight = Flight(period=PERIOD, min_wavelength=4.0, max_wavelength=1.0)
    with pytest.raises(ArgumentError, match="is not below"):
        formula_of("wavelength", monitor(30.0), flight, 1)


def test_no_shift_where_no_pulse_is_skipped():
    assert entry_shift(np.array([START]), Flight(period=PERIOD)) is None


def test_pulses_are_counted_from_the_reference():
    times = START + np.round(np.arange(6) * PERIOD).astype(np.int64)
    flight = Flight(period=PERIOD, stride=3, reference=START)
    assert (entry_shift(times, flight) / PERIOD).tolist() == [0, 1, 2, 0, 1, 2]
    assert (entry_shift(times - round(3 * PERIOD), flight) / PERIOD).tolist() == [0, 1, 2, 0, 1, 2]


def test_the_stride_offset_turns_the_count():
    times = START + np.round(np.arange(4) * PERIOD).astype(np.int64)
    flight = Flight(period=PERIOD, stride=2, stride_offset=1, reference=START)
    assert (entry_shift(times, flight) / PERIOD).tolist() == [1, 0, 1, 0]


@given(st.lists(st.integers(0, 100_000), min_size=1, max_size=20), st.integers(1, 5), st.data())
def test_jitter_and_order_do_not_change_the_count(numbers, stride, data):
    flight = Flight(period=PERIOD, stride=stride + 1, reference=START)
    jitter = np.array(
        data.draw(st.lists(st.integers(-30_000_000, 30_000_000), min_size=len(numbers), max_size=len(numbers)))
    )
    times = START + np.round(np.array(numbers) * PERIOD).astype(np.int64) + jitter
    found = entry_shift(times, flight)
    assert np.array_equal(np.round(found / PERIOD), np.array(numbers) % (stride + 1))
    alone = [entry_shift(times[i : i + 1], flight)[0] for i in range(len(times))]
    assert np.array_equal(found, alone)


def test_the_count_does_not_drift_over_a_year():
    years = np.int64(365 * 86_400) * 14  # pulses
    flight = Flight(period=PERIOD, stride=2, reference=START)
    when = START + np.int64(365 * 86_400 * 10**9)
    assert years % 2 == 0
    assert entry_shift(np.array([when, when + round(PERIOD)]), flight).tolist() == [0.0, PERIOD]


def test_skipped_pulses_need_the_period():
    with pytest.raises(ArgumentError, match="stride=2 needs the pulse period"):
        entry_shift(np.array([START]), Flight(stride=2))
