import numpy as np
import pytest

from livedata.sources import beam, crystal
from livedata.sources.diffractometer import (
    CENTRE,
    PIXEL_M,
    SAMPLE_TO_DETECTOR_M,
    draw_detector,
    draw_monitor,
    expected_image,
    temperature_step,
)


@pytest.fixture(scope="module")
def drawn():
    """Two million events at 13 K as (image, times of arrival)."""
    pixels, toa = draw_detector(np.random.Generator(np.random.SFC64(3)), 2_000_000, temperature_step(13.0))
    return np.bincount(pixels, minlength=65537)[1:].reshape(256, 256), toa, pixels


def radial_profile(image):
    row, column = np.indices(image.shape)
    radius = np.hypot(row - CENTRE[0], column - CENTRE[1]).astype(int)
    return np.bincount(radius.ravel(), image.ravel()) / np.bincount(radius.ravel())


def ring_radius(squares, temperature, wavelength=2.4):
    angle = crystal.ring_angle(squares, wavelength, temperature)
    return SAMPLE_TO_DETECTOR_M * np.tan(angle) / PIXEL_M


def test_pixels_and_times_are_within_the_detector_and_the_pulse(drawn):
    _, toa, pixels = drawn

    assert (pixels.min(), pixels.max()) == (1, 65536)
    assert toa.dtype == np.int32
    assert toa.min() >= 0
    assert toa.max() < beam.PERIOD_NS


def test_rings_stand_where_braggs_law_puts_them(drawn):
    profile = radial_profile(drawn[0])

    for squares in (4, 6, 8):
        radius = round(ring_radius(squares, 13.0))
        near = slice(radius - 3, radius + 4)
        assert abs(radius - 3 + int(np.argmax(profile[near])) - radius) <= 2
        assert profile[near].max() > 2.0 * min(profile[radius - 9], profile[radius + 9])


def test_magnetic_rings_melt_away_above_the_ordering_temperature():
    radius = round(ring_radius(1, 40.0))
    cold = radial_profile(expected_image(temperature_step(10.0)))[radius - 5 : radius + 6].max()
    warm = radial_profile(expected_image(temperature_step(100.0)))[radius - 5 : radius + 6].max()

    assert cold > 1.8 * warm


def test_rings_shrink_when_the_lattice_expands():
    assert ring_radius(8, 5.0) - ring_radius(8, 125.0) > 1.5


def test_counts_follow_the_expected_image(drawn):
    image = drawn[0]
    expected = expected_image(temperature_step(13.0)) * image.sum()
    bright = expected > 5

    chi2 = np.mean((image[bright] - expected[bright]) ** 2 / expected[bright])

    assert chi2 == pytest.approx(1.0, abs=0.05)


def test_background_slopes_across_the_detector(drawn):
    image = drawn[0]

    assert image[60:200, 225:].mean() > 1.2 * image[60:200, :31].mean()


def test_elastic_peaks_arrive_at_the_times_of_the_three_wavelengths(drawn):
    counts = np.bincount(drawn[1] // 100_000, minlength=715)

    for wavelength in beam.WAVELENGTHS_A:
        arrives = int(beam.flight_time_ns(wavelength, np.array(0.85)) // 100_000)
        assert counts[arrives - 3 : arrives + 8].max() > 4 * counts[arrives + 20]


def test_monitor_sees_a_maxwellian_with_the_windows_bragg_edges():
    toa = draw_monitor(np.random.Generator(np.random.SFC64(5)), 4_000_000)
    counts = np.bincount(toa // 500_000, minlength=143)
    edge = int(4.676 * beam.US_PER_M_A * beam.MODERATOR_TO_MONITOR_M * 1e3 // 500_000)

    peak_a = np.argmax(counts) * 500.0 / (beam.US_PER_M_A * beam.MODERATOR_TO_MONITOR_M)
    assert peak_a == pytest.approx(1.25, abs=0.15)
    assert counts[edge + 1 : edge + 3].sum() > 1.08 * counts[edge - 2 : edge].sum()


def test_drawing_nothing_is_possible():
    pixels, toa = draw_detector(np.random.Generator(np.random.SFC64(1)), 0, 0)

    assert len(pixels) == len(toa) == 0
