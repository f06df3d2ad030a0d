"""Which pulses the choppers let through, found from the events."""

import numpy as np
import pytest

from livedata.errors import ArgumentError
from livedata.reduce.physics.constants import H_OVER_M
from livedata.reduce.physics.coordinates import evaluate, formula_of
from livedata.reduce.physics.flight import Flight
from livedata.reduce.physics.frames import entry_shift
from livedata.reduce.physics.lookup import LookupTable, write_table
from livedata.reduce.physics.skipping import guess_pulses

from .instruments import monitor

PERIOD = 1e9 / 14
START = 1_700_000_000_012_345_678
DISTANCE = 60.0
NO_PIXELS = np.zeros(0, np.int32)


def band_of_events(stride, first, n=4000, low=2.0, high=6.0):
    """Return events of a band whose neutrons leave at every `stride`-th pulse from pulse `first` on."""
    rng = np.random.default_rng(stride * 10 + first)
    wavelengths = rng.uniform(low, high, n)
    emitted = first + stride * rng.integers(0, 100, n)
    pulses, toa = np.divmod(emitted * PERIOD + wavelengths * DISTANCE / H_OVER_M, PERIOD)
    jitter = rng.integers(-2_000_000, 2_000_000, n)
    return START + np.round(pulses * PERIOD).astype(np.int64) + jitter, toa.astype(np.int32), wavelengths


def found_wavelengths(flight, zeros, toa):
    out = np.empty(len(toa))
    evaluate(formula_of("wavelength", monitor(DISTANCE), flight, 1), NO_PIXELS, toa, entry_shift(zeros, flight), out)
    return out


@pytest.mark.parametrize(("stride", "first"), [(2, 0), (2, 1), (3, 0), (3, 1), (3, 2)])
def test_the_band_tells_the_pulse(stride, first):
    zeros, toa, wavelengths = band_of_events(stride, first)
    flight = Flight(period=PERIOD, stride=stride, min_wavelength=2.0, max_wavelength=6.0)
    guessed = guess_pulses(flight, monitor(DISTANCE), 1, zeros, NO_PIXELS, toa)
    assert guessed.reference == zeros.min()
    assert found_wavelengths(guessed, zeros, toa) == pytest.approx(wavelengths, abs=1e-6)


@pytest.mark.parametrize("first", [0, 1])
def test_a_table_tells_the_pulse(tmp_path, first):
    zeros, toa, wavelengths = band_of_events(2, first)
    paths, times = np.linspace(55, 65, 11), np.linspace(0, 2 * PERIOD, 573)
    start = paths[:, np.newaxis] * 2.0 / H_OVER_M
    waves = H_OVER_M * (start + (times - start) % (2 * PERIOD)) / paths[:, np.newaxis]
    waves[waves > 6.1] = np.nan
    path = str(tmp_path / "t.npz")
    write_table(LookupTable(paths, times, waves, PERIOD, 2), path)
    flight = Flight(period=PERIOD, stride=2, table=path)
    guessed = guess_pulses(flight, monitor(DISTANCE), 1, zeros, NO_PIXELS, toa)
    found = found_wavelengths(guessed, zeros, toa)
    assert np.isfinite(found).mean() > 0.97
    assert found[np.isfinite(found)] == pytest.approx(wavelengths[np.isfinite(found)], abs=1e-6)


def test_a_reference_that_is_given_is_kept():
    zeros, toa, _ = band_of_events(2, 0)
    flight = Flight(period=PERIOD, stride=2, min_wavelength=2.0, max_wavelength=6.0, reference=START)
    assert guess_pulses(flight, monitor(DISTANCE), 1, zeros, NO_PIXELS, toa).reference == START


def test_without_skipping_there_is_nothing_to_guess():
    flight = Flight(period=PERIOD)
    assert guess_pulses(flight, None, 1, np.zeros(0, np.int64), NO_PIXELS, NO_PIXELS) is flight


def test_a_guess_needs_something_to_tell_right_from_wrong():
    flight = Flight(period=PERIOD, stride=2, min_wavelength=2.0)
    with pytest.raises(ArgumentError, match="nothing tells which pulses"):
        guess_pulses(flight, monitor(DISTANCE), 1, *band_of_events(2, 0)[:1], NO_PIXELS, NO_PIXELS)


def test_a_guess_needs_events():
    flight = Flight(period=PERIOD, stride=2, min_wavelength=2.0, max_wavelength=6.0)
    with pytest.raises(ArgumentError, match="no events"):
        guess_pulses(flight, monitor(DISTANCE), 1, np.zeros(0, np.int64), NO_PIXELS, NO_PIXELS)
