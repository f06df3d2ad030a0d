"""Known conversions, rounded to seven digits."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from livedata.errors import ArgumentError
from livedata.reduce.physics import constants
from livedata.reduce.physics.beamline import Beamline
from livedata.reduce.physics.coordinates import COORDINATES, formula_of
from livedata.reduce.physics.flight import ARRIVAL, Flight
from livedata.reduce.physics.frames import band_width
from livedata.reduce.physics.geometry import Geometry
from livedata.reduce.units import exact_factor

from .instruments import compute, monitor, right_angle

AT_25_M = right_angle(l1=20.0, l2=5.0)
MS = 1_000_000


def digits(value, n=7):
    """Return the number rounded to that many digits."""
    return float(f"{float(value):.{n}g}")


@pytest.mark.parametrize(
    ("name", "expected"),
    [("wavelength", 1.582414), ("dspacing", 1.118935), ("q", 5.615325), ("energy", 32.66898)],
)
def test_10_ms_over_25_m_at_90_degrees(name, expected):
    assert digits(compute(name, AT_25_M, 10 * MS)[0]) == expected


def test_time_of_a_wavelength_goes_there_and_back():
    t_ns = 1.8 * 25 / constants.H_OVER_M
    assert digits(t_ns / 1e3) == 11375.03
    assert compute("wavelength", AT_25_M, 11_375_029)[0] == pytest.approx(1.8, rel=1e-7)


def test_energy_of_a_wavelength_and_back():
    assert digits(constants.ENERGY_WAVELENGTH2 / 1.8**2) == 25.24821
    assert digits(math.sqrt(constants.ENERGY_WAVELENGTH2 / 25)) == 1.808914


def test_constants_are_those_of_codata():
    known = {
        "H_OVER_M": 3.956034006119441e-6,
        "HALF_M": 5227037.596904562e6,
        "ENERGY_WAVELENGTH2": 81.80421023520228,
        "ENERGY_PER_K2": 2.0721248519893347,
        "DROP": 3.133073964182461e-7,
    }
    assert {name: getattr(constants, name) for name in known} == pytest.approx(known, rel=1e-15)


def test_energy_transfer_in_direct_geometry():
    spectrometer = right_angle(l1=28.0, l2=3.5)
    assert digits(compute("energy_transfer", spectrometer, 15 * MS, Flight(incident_energy=25.0))[0]) == 11.73280


def test_neutrons_that_come_before_they_can_have_been_scattered_are_undefined():
    flight, spectrometer = Flight(incident_energy=25.0), right_angle(l1=28.0, l2=3.5)
    t0 = formula_of("energy_transfer", spectrometer, flight, 1).parameters[0, 1]
    assert digits(t0 / 1e3) == 12803.12
    early = compute("energy_transfer", spectrometer, [0, 12_803_120, 12_803_121], flight)
    assert np.isnan(early).tolist() == [True, True, False]
    at_t0 = Flight(incident_energy=25.0, emission_offset=20_000_000 - t0)
    assert np.isnan(compute("energy_transfer", spectrometer, 20_000_000, at_t0))


def test_energy_transfer_in_indirect_geometry():
    flight, spectrometer = Flight(final_energy=2.7), right_angle(l1=162.0, l2=1.5)
    assert digits(formula_of("energy_transfer", spectrometer, flight, 1).parameters[0, 1] / 1e3) == 2087.071
    assert digits(compute("energy_transfer", spectrometer, 180 * MS, flight)[0]) == 1.633818


def test_inelastic_q_of_an_elastic_neutron_is_the_elastic_q():
    spectrometer, energy = right_angle(l1=28.0, l2=3.5), 25.0
    speed = math.sqrt(energy / constants.HALF_M)
    t = round(31.5 / speed)
    inelastic = compute("q_inelastic", spectrometer, t, Flight(incident_energy=energy))[0]
    assert inelastic == pytest.approx(compute("q", spectrometer, t)[0], rel=1e-6)


def test_inelastic_q_is_the_third_side_of_the_triangle():
    spectrometer, flight = right_angle(l1=28.0, l2=3.5), Flight(incident_energy=25.0)
    transfer = compute("energy_transfer", spectrometer, 15 * MS, flight)[0]
    ki, kf = (math.sqrt(e / constants.ENERGY_PER_K2) for e in (25.0, 25.0 - transfer))
    assert compute("q_inelastic", spectrometer, 15 * MS, flight)[0] == pytest.approx(math.hypot(ki, kf), rel=1e-14)


def test_gravity_raises_the_angle_of_slow_neutrons():
    # 10 Å over 30.001 m; the pixel is 10 cm above the beam, 5 m behind the sample.
    geometry = Geometry(np.array([[0.0, 0.1, 5.0]]), (0.0, 0.0, -25.0), (0.0, 0.0, 0.0))
    l2 = math.hypot(5.0, 0.1)
    t = round(10.0 * (25 + l2) / constants.H_OVER_M)
    assert digits(math.degrees(compute("two_theta", geometry, t)[0])) == 1.145763
    assert digits(math.degrees(compute("two_theta", geometry, t, Flight(gravity=True))[0])) == 1.154738


def test_unwrapped_time_and_wavelength():
    flight = Flight(period=71428571.4, min_wavelength=8.0)
    assert digits(compute("tof", monitor(30.0), 28_571_429, flight)[0] / 1e3) == 100000.0
    assert digits(compute("wavelength", monitor(30.0), 28_571_429, flight)[0]) == 13.18678


@pytest.mark.parametrize(
    ("distance", "stride", "expected"), [(30.0, 1, 9.419129), (156.4, 1, 1.806738), (156.4, 2, 3.613476)]
)
def test_band_of_a_frame(distance, stride, expected):
    assert digits(band_width(distance, 1e9 / 14, stride)) == expected


def test_time_at_the_sample_is_the_share_of_the_first_leg():
    assert compute("time_at_sample", AT_25_M, 10 * MS)[0] == pytest.approx(8 * MS)
    early = Flight(emission_offset=1 * MS)
    assert compute("time_at_sample", AT_25_M, 11 * MS, early)[0] == pytest.approx(9 * MS)


def test_time_at_the_sample_of_spectrometers_follows_from_the_fixed_energy():
    direct = compute("time_at_sample", right_angle(l1=28.0, l2=3.5), [15 * MS, 16 * MS], Flight(incident_energy=25.0))
    assert [digits(t) for t in direct] == [12803.12e3, 12803.12e3]
    indirect = compute("time_at_sample", right_angle(l1=162.0, l2=1.5), 180 * MS, Flight(final_energy=2.7))
    assert 180 * MS - indirect[0] == pytest.approx(2087.071e3, rel=1e-6)


def test_q_points_from_the_scattered_to_the_incident_beam():
    # Scattered straight up: k_f along y, so k_i - k_f is down and along the beam.
    qx, qy, qz = (compute(name, AT_25_M, 10 * MS)[0] for name in ("qx", "qy", "qz"))
    k = 2 * math.pi / compute("wavelength", AT_25_M, 10 * MS)[0]
    assert (qx, qy, qz) == pytest.approx((0.0, -k, k), rel=1e-14)


def test_specular_q_takes_the_tilt_of_the_surface():
    geometry = Geometry(np.array([[0.0, 4 * math.sin(0.05), 4 * math.cos(0.05)]]), (0.0, 0.0, -20.0), (0.0, 0.0, 0.0))
    wavelength = compute("wavelength", geometry, 10 * MS)[0]
    assert compute("grazing_angle", geometry, 1)[0] == pytest.approx(0.025, rel=1e-13)
    tilted = Flight(sample_tilt=0.02)
    assert compute("grazing_angle", geometry, 1, tilted)[0] == pytest.approx(0.03, rel=1e-13)
    assert compute("q_specular", geometry, 10 * MS, tilted)[0] == pytest.approx(
        4 * math.pi * math.sin(0.03) / wavelength, rel=1e-12
    )


@pytest.mark.parametrize("tilt", [None, 0.02])
def test_specular_q_with_gravity_takes_the_angle_with_gravity(tilt):
    flight = Flight(gravity=True, sample_tilt=tilt)
    geometry = Geometry(np.array([[0.3, 0.1, 4.0]]), (0.0, 0.0, -20.0), (0.0, 0.0, 0.0))
    t = np.array([10 * MS, 600 * MS])
    theta, wavelength = compute("grazing_angle", geometry, t, flight), compute("wavelength", geometry, t)
    assert theta[1] - theta[0] > 1e-3
    assert compute("q_specular", geometry, t, flight) == pytest.approx(
        4 * np.pi * np.sin(theta) / wavelength, rel=1e-12
    )


def test_azimuth_goes_from_x_to_y():
    geometry = Geometry(np.array([[1.0, 0, 3], [0, 1, 3], [-1, 0, 3], [1, 1, 3]]), (0.0, 0.0, -20.0), (0.0, 0.0, 0.0))
    phi = np.degrees(compute("phi", geometry, [0] * 4, pixels=[0, 1, 2, 3]))
    assert phi == pytest.approx([0, 90, 180, 45])


def test_a_pixel_in_the_beam_has_infinite_spacing_and_no_momentum_transfer():
    geometry = Geometry(np.array([[0.0, 0.0, 5.0]]), (0.0, 0.0, -20.0), (0.0, 0.0, 0.0))
    assert compute("dspacing", geometry, 10 * MS)[0] == math.inf
    assert compute("q", geometry, 10 * MS)[0] == 0.0


@pytest.mark.parametrize("name", [n for n in COORDINATES if n not in ("energy_transfer", "q_inelastic")])
def test_pixels_without_a_position_are_undefined(name):
    geometry = Geometry(np.array([[np.nan] * 3, [0, 1.0, 5]]), (0.0, 0.0, -20.0), (0.0, 0.0, 0.0))
    found = compute(name, geometry, [10 * MS] * 4, pixels=[0, 1, 2, -1])
    assert np.isfinite(found).tolist() == [False, True, False, False]


@pytest.mark.parametrize("name", ["q", "qx", "energy"])
def test_inverse_coordinates_are_undefined_without_time(name):
    found = compute(name, AT_25_M, [-5, 0, 5 * MS])
    assert np.isfinite(found).tolist() == [False, False, True]


@pytest.mark.parametrize("name", ["two_theta", "theta", "phi", "q", "dspacing", "qx", "qy", "qz", "q_specular"])
def test_fast_neutrons_do_not_fall(name):
    rng = np.random.default_rng(4)
    geometry = Geometry(rng.normal((0, 0, 3), size=(50, 3)), (0.0, 0.0, -20.0), (0.0, 0.0, 0.0))
    pixels, t = np.arange(50), np.full(50, 2000)  # 0.3 mÅ
    assert compute(name, geometry, t, Flight(gravity=True), pixels=pixels) == pytest.approx(
        compute(name, geometry, t, pixels=pixels), rel=1e-9, abs=1e-9
    )


def test_gravity_with_a_vertical_beam_changes_the_length_alone():
    geometry = Geometry(np.array([[0.1, 5.0, 0.0]]), (0.0, -20.0, 0.0), (0.0, 0.0, 0.0))
    flat, fallen = (compute("two_theta", geometry, 50 * MS, f)[0] for f in (ARRIVAL, Flight(gravity=True)))
    assert flat == pytest.approx(math.atan2(0.1, 5.0), rel=1e-12)
    assert 0 < flat - fallen < 1e-4
    with pytest.raises(ArgumentError, match="parallel to gravity"):
        compute("phi", geometry, 1)


@given(st.floats(1e-9, math.pi - 1e-9), st.floats(-math.pi, math.pi))
def test_angles_are_exact_at_all_angles(two_theta, phi):
    pixel = [
        3 * math.sin(two_theta) * math.cos(phi),
        3 * math.sin(two_theta) * math.sin(phi),
        3 * math.cos(two_theta),
    ]
    geometry = Geometry(np.array([pixel]), (0.0, 0.0, -20.0), (0.0, 0.0, 0.0))
    assert Beamline("two_theta", geometry, ARRIVAL, 1).two_theta[0] == pytest.approx(two_theta, rel=1e-14)


@given(st.integers(1000, 2**31 - 1), st.floats(1, 200), st.floats(0.01, 20))
def test_coordinates_agree_with_each_other(t, l1, l2):
    geometry = right_angle(l1=l1, l2=l2)
    found = {name: compute(name, geometry, t)[0] for name in ("tof", "wavelength", "dspacing", "q", "energy", "ltotal")}
    assert found["tof"] == t
    assert found["wavelength"] * found["ltotal"] / constants.H_OVER_M == pytest.approx(t, rel=1e-13)
    assert found["q"] * found["dspacing"] == pytest.approx(2 * math.pi, rel=1e-13)
    assert found["energy"] * found["wavelength"] ** 2 == pytest.approx(constants.ENERGY_WAVELENGTH2, rel=1e-13)


@pytest.mark.parametrize(
    ("unit", "shown"),
    [
        ("ns", "us"),
        ("angstrom", "Å"),
        ("1/angstrom", "1/nm"),
        ("1/angstrom", "1/Å"),
        ("meV", "µeV"),
        ("rad", "deg"),
        ("m", "mm"),
    ],
)
def test_units_of_coordinates_convert_to_those_people_write(unit, shown):
    assert unit in {entry.unit for entry in COORDINATES.values()}
    assert exact_factor(shown, unit) > 0


def test_every_coordinate_says_its_formula():
    assert all(len(entry.about) > 10 and entry.needs for entry in COORDINATES.values())
