"""The compiled loops: the same to the bit for an event in whatever batch."""

import subprocess
import sys
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numba import njit

from livedata.reduce.physics.coordinates import BLOCK, COORDINATES, evaluate, formula_of
from livedata.reduce.physics.flight import ARRIVAL, Flight
from livedata.reduce.physics.kernels import time_of_flight, value_of

from .instruments import NOTHING, compute, random_events, scattered_pixels

N_PIXELS = 40
GEOMETRY = scattered_pixels(N_PIXELS, seed=1)
FLIGHTS = {
    "arrival": ARRIVAL,
    "emission": Flight(emission_offset=1234.5),
    "band": Flight(period=1e9 / 14, min_wavelength=1.5, incident_energy=3.0),
    "skipping": Flight(period=1e9 / 14, wrap_offset=3e7, stride=2, final_energy=3.0),
    "gravity": Flight(gravity=True, final_energy=3.0),
    "tilt": Flight(gravity=True, sample_tilt=0.01, final_energy=3.0),
}
CASES = [
    (name, label)
    for name in COORDINATES
    for label, flight in FLIGHTS.items()
    if name not in ("energy_transfer", "q_inelastic") or (flight.incident_energy or flight.final_energy)
]


def found_of(name, label, toa, pixels):
    """Return a coordinate; where pulses are skipped, each event has a shift that follows from itself."""
    return compute(name, GEOMETRY, toa, FLIGHTS[label], pixels=pixels, shift_ns=shifts_of(label, toa))


def shifts_of(label, toa):
    return (toa % 2) * FLIGHTS[label].period if label == "skipping" else NOTHING


def same(a, b):
    """Tell whether two arrays are the same to the bit, with NaN at the same places."""
    return (
        a.shape == b.shape
        and np.array_equal(a.view(np.int64)[~np.isnan(a)], b.view(np.int64)[~np.isnan(b)])
        and (np.array_equal(np.isnan(a), np.isnan(b)))
    )


@pytest.mark.parametrize(("name", "label"), CASES)
def test_events_alone_and_together_give_the_same_bits(name, label):
    pixels, toa = random_events(203, N_PIXELS + 3, seed=7)
    whole = found_of(name, label, toa, pixels)
    assert np.isfinite(whole).sum() > 100
    alone = [found_of(name, label, toa[i : i + 1], pixels[i : i + 1]) for i in range(len(toa))]
    assert same(whole, np.concatenate(alone))


@settings(max_examples=30, deadline=None)
@given(st.lists(st.integers(0, 100), max_size=6), st.sampled_from(CASES), st.permutations(range(40)))
def test_neither_cuts_nor_order_change_a_bit(cuts, case, order):
    name, label = case
    pixels, toa = random_events(100, N_PIXELS, seed=8)
    whole = found_of(name, label, toa, pixels)
    stops = [0, *sorted(cuts), 100]
    parts = [found_of(name, label, toa[a:b], pixels[a:b]) for a, b in pairwise(stops)]
    assert same(whole, np.concatenate(parts))
    shuffled = found_of(name, label, toa[order], pixels[order])
    assert same(whole[order], shuffled)


def test_events_beyond_a_block_are_computed_alike():
    pixels, toa = random_events(BLOCK + 77, N_PIXELS, seed=9)
    flight = FLIGHTS["band"]
    whole = compute("q", GEOMETRY, toa, flight, pixels=pixels)
    assert same(whole[-100:], compute("q", GEOMETRY, toa[-100:], flight, pixels=pixels[-100:]))


@njit
def one_by_one(kind, stage, first, parameters, pixels, times, timing, table, out):
    for i in range(len(times)):
        t = time_of_flight(stage, parameters, pixels[i], times[i], timing, table)
        out[i] = value_of(kind, parameters, pixels[i], first, t)


@pytest.mark.parametrize(("name", "label"), CASES)
def test_the_formula_of_one_event_is_that_of_the_loops(name, label):
    formula = formula_of(name, GEOMETRY, FLIGHTS[label], N_PIXELS)
    pixels, toa = random_events(500, N_PIXELS, seed=10)
    expected, found = np.empty(500), np.empty(500)
    shifts = shifts_of(label, toa)
    evaluate(formula, pixels, toa, shifts, expected)
    t = formula.timing
    if formula.values is not None:
        found = formula.values[pixels]
    else:
        numbers = (t.emission, t.frame, t.step)
        times = toa + shifts if len(shifts) else toa.astype(np.float64)
        one_by_one(
            int(formula.kind), int(t.stage), t.n_columns, formula.parameters, pixels, times, numbers, t.table, found
        )
    assert same(expected, found)


@pytest.mark.parametrize(("name", "label"), CASES)
def test_no_pixels_means_pixel_0(name, label):
    _, toa = random_events(50, 1, seed=11)
    assert same(
        found_of(name, label, toa, np.zeros(0)),
        found_of(name, label, toa, np.zeros(50)),
    )


@pytest.mark.parametrize("name", ["tof", "wavelength", "dspacing"])
def test_linear_coordinates_offer_their_factors(name):
    pixels, toa = random_events(500, N_PIXELS, seed=12)
    factors = formula_of(name, GEOMETRY, ARRIVAL, N_PIXELS).factors
    assert factors.shape == (N_PIXELS,)
    assert factors.flags.c_contiguous
    assert same(factors[pixels] * toa, compute(name, GEOMETRY, toa, pixels=pixels))


@pytest.mark.parametrize("flight", [FLIGHTS["emission"], FLIGHTS["band"], Flight(period=1e8, stride=2)])
def test_factors_are_not_offered_where_they_are_not_all(flight):
    assert formula_of("wavelength", GEOMETRY, flight, N_PIXELS).factors is None


def test_read_only_events_are_fine():
    pixels, toa = random_events(50, N_PIXELS, seed=13)
    pixels.flags.writeable = toa.flags.writeable = False
    assert np.isfinite(compute("energy", GEOMETRY, toa, pixels=pixels)).all()


def test_names_and_formulas_are_there_without_numba():
    code = (
        "import sys; from livedata.reduce.physics.coordinates import COORDINATES, formula_of; "
        "assert COORDINATES; sys.exit('numba' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
