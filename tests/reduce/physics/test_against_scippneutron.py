"""The same events and the same geometry through scippneutron: equal to 1e-12 relative, event by event.

A difference of two nearly equal numbers is judged by what was subtracted: an energy transfer near zero has the rounding
errors of its energies, a component of Q near zero those of Q.
"""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from livedata.reduce.physics.coordinates import formula_of
from livedata.reduce.physics.flight import ARRIVAL, Flight

from .instruments import compute, monitor, random_events, scattered_pixels

sc = pytest.importorskip("scipp", reason="the extra 'scipp' is among those of the tests")
beamline = pytest.importorskip("scippneutron.conversion.beamline")
tof = pytest.importorskip("scippneutron.conversion.tof")

N_PIXELS, N_EVENTS = 300, 20_000
EXACT = 1e-12


class Peer:
    """What scippneutron makes of a geometry and events; all of shape (event,)."""

    def __init__(self, geometry, pixels, toa):
        position = sc.vectors(dims=["event"], values=geometry.positions[pixels], unit="m")
        self.tof = sc.array(dims=["event"], values=toa.astype(np.float64), unit="ns").to(unit="us")
        source, sample = sc.vector(geometry.source, unit="m"), sc.vector(geometry.sample, unit="m")
        self.incident = beamline.straight_incident_beam(source_position=source, sample_position=sample)
        self.scattered = beamline.straight_scattered_beam(position=position, sample_position=sample)
        self.l1 = beamline.L1(incident_beam=self.incident)
        self.l2 = beamline.L2(scattered_beam=self.scattered)
        self.ltotal = beamline.total_beam_length(L1=self.l1, L2=self.l2)
        self.two_theta = beamline.two_theta(incident_beam=self.incident, scattered_beam=self.scattered)
        self.wavelength = tof.wavelength_from_tof(tof=self.tof, Ltotal=self.ltotal)
        self.gravity = sc.vector(geometry.gravity, unit="m/s^2") * 9.80665

    def fallen(self):
        return beamline.scattering_angles_with_gravity(
            incident_beam=self.incident, scattered_beam=self.scattered, wavelength=self.wavelength, gravity=self.gravity
        )


@pytest.fixture(scope="module")
def geometry():
    return scattered_pixels(N_PIXELS, seed=21)


@pytest.fixture(scope="module")
def events():
    return random_events(N_EVENTS, N_PIXELS, seed=22, longest_ns=100_000_000)


@pytest.fixture(scope="module")
def peer(geometry, events):
    return Peer(geometry, *events)


def assert_same(ours, theirs, *, unit, scale=None, within=EXACT):
    """Compare event by event; `scale` is what the difference is judged by, else the value itself."""
    expected = theirs.to(unit=unit).values
    assert len(ours) == len(expected) > 1000
    assert np.array_equal(np.isnan(ours), np.isnan(expected))
    known = ~np.isnan(ours)
    assert known.sum() > 1000
    size = np.abs(expected if scale is None else scale)[known]
    assert np.max(np.abs(ours[known] - expected[known]) / size) <= within


def test_lengths_and_angles(geometry, events, peer):
    pixels, toa = events
    for name, theirs, unit in [
        ("l2", peer.l2, "m"),
        ("ltotal", peer.ltotal, "m"),
        ("two_theta", peer.two_theta, "rad"),
        ("theta", peer.two_theta / 2, "rad"),
    ]:
        assert_same(compute(name, geometry, toa, pixels=pixels), theirs, unit=unit)


def test_azimuth(geometry, events, peer):
    axes = beamline.beam_aligned_unit_vectors(incident_beam=peer.incident, gravity=peer.gravity)
    y = sc.dot(peer.scattered, axes["beam_aligned_unit_y"])
    x = sc.dot(peer.scattered, axes["beam_aligned_unit_x"])
    assert_same(
        compute("phi", geometry, events[1], pixels=events[0]), sc.atan2(y=y, x=x), unit="rad", scale=np.ones(N_EVENTS)
    )


def test_elastic_coordinates(geometry, events, peer):
    pixels, toa = events
    expected = {
        "wavelength": (peer.wavelength, "angstrom"),
        "dspacing": (tof.dspacing_from_tof(tof=peer.tof, Ltotal=peer.ltotal, two_theta=peer.two_theta), "angstrom"),
        "q": (tof.elastic_Q_from_wavelength(wavelength=peer.wavelength, two_theta=peer.two_theta), "1/angstrom"),
        "energy": (tof.energy_from_tof(tof=peer.tof, Ltotal=peer.ltotal), "meV"),
    }
    for name, (theirs, unit) in expected.items():
        assert_same(compute(name, geometry, toa, pixels=pixels), theirs, unit=unit)


def test_components_of_q(geometry, events, peer):
    pixels, toa = events
    theirs = tof.elastic_Q_elements_from_wavelength(
        wavelength=peer.wavelength, incident_beam=peer.incident, scattered_beam=peer.scattered
    )
    k = 2 * np.pi / peer.wavelength.values
    ours = {name: compute(name, geometry, toa, pixels=pixels) for name in ("qx", "qy", "qz")}
    for name, found in ours.items():
        assert_same(found, theirs[name.replace("q", "Q")], unit="1/angstrom", scale=k)
    length = np.sqrt(sum(q**2 for q in ours.values()))
    assert length == pytest.approx(compute("q", geometry, toa, pixels=pixels), rel=1e-9)


@pytest.mark.parametrize("energy", [0.5, 25.0, 400.0])
def test_energy_transfer_in_direct_geometry(geometry, events, peer, energy):
    pixels, toa = events
    theirs = tof.energy_transfer_direct_from_tof(
        tof=peer.tof, L1=peer.l1, L2=peer.l2, incident_energy=sc.scalar(energy, unit="meV")
    )
    ours = compute("energy_transfer", geometry, toa, Flight(incident_energy=energy), pixels=pixels)
    assert_same(ours, theirs, unit="meV", **judged_by_time(peer, energy - ours, energy, peer.l1))


@pytest.mark.parametrize("energy", [0.5, 2.7, 50.0])
def test_energy_transfer_in_indirect_geometry(geometry, events, peer, energy):
    pixels, toa = events
    theirs = tof.energy_transfer_indirect_from_tof(
        tof=peer.tof, L1=peer.l1, L2=peer.l2, final_energy=sc.scalar(energy, unit="meV")
    )
    ours = compute("energy_transfer", geometry, toa, Flight(final_energy=energy), pixels=pixels)
    assert_same(ours, theirs, unit="meV", **judged_by_time(peer, energy + ours, energy, peer.l2))


def judged_by_time(peer, free_energy, fixed_energy, leg):
    """Return the scale for energy transfers: both subtractions, of the times of the legs and of the energies, count."""
    t = peer.tof.to(unit="ns").values
    with np.errstate(invalid="ignore"):
        rest = np.sqrt(5.227037596904562e12 / free_energy) * (peer.l2 if leg is peer.l1 else peer.l1).values
        return {"scale": np.abs(free_energy) * np.maximum(1, t / rest) + fixed_energy}


def test_inelastic_momentum_transfer(geometry, events, peer):
    pixels, toa = events
    flight = Flight(incident_energy=25.0)
    t0 = peer.l1 * sc.sqrt(sc.constants.m_n / 2 / sc.scalar(25.0, unit="meV").to(unit="J"))
    speed = peer.l2 / (peer.tof - t0.to(unit="us"))
    speed = sc.where(speed > sc.scalar(0.0, unit=speed.unit), speed, sc.scalar(np.nan, unit=speed.unit))
    kf = tof.wavevector_from_wavelength(
        wavelength=(sc.constants.h / sc.constants.m_n / speed).to(unit="angstrom"), beam=peer.scattered
    )
    ki = tof.wavevector_from_wavelength(
        wavelength=tof.wavelength_from_energy(energy=sc.scalar(25.0, unit="meV")).to(unit="angstrom"),
        beam=peer.incident,
    )
    theirs = sc.norm(ki - kf)
    magnified = peer.tof.values / (peer.tof - t0.to(unit="us")).values
    assert_same(
        compute("q_inelastic", geometry, toa, flight, pixels=pixels),
        theirs,
        unit="1/angstrom",
        scale=sc.norm(ki).value + np.abs(magnified) * sc.norm(kf).values,
    )


def test_angles_with_gravity(geometry, events, peer):
    pixels, toa = events
    flight = Flight(gravity=True)
    theirs = peer.fallen()
    assert_same(compute("two_theta", geometry, toa, flight, pixels=pixels), theirs["two_theta"], unit="rad")
    phi = compute("phi", geometry, toa, flight, pixels=pixels)
    assert_same(phi, theirs["phi"], unit="rad", scale=np.ones(N_EVENTS))
    plain = compute("two_theta", geometry, toa, pixels=pixels)
    assert np.abs(theirs["two_theta"].values - plain).max() > 1e-5


def test_angles_with_gravity_of_an_inclined_beam(events):
    pixels, toa = events
    level = scattered_pixels(N_PIXELS, seed=23)
    inclined = type(level)(level.positions, (level.source[0], level.source[1] + 0.7, level.source[2]), level.sample)
    ours = compute("two_theta", inclined, toa, Flight(gravity=True), pixels=pixels)
    peer = Peer(inclined, pixels, toa)
    drop = 3.133073964182461e-7 * (peer.l2.values * peer.wavelength.values) ** 2
    lifted = sc.vectors(dims=["event"], values=peer.scattered.values + drop[:, np.newaxis] * [0.0, 1.0, 0.0], unit="m")
    assert_same(ours, beamline.two_theta(incident_beam=peer.incident, scattered_beam=lifted), unit="rad")
    # scippneutron 26.7 lowers the pixel where the beam is inclined, against its own text; gravity upwards lifts it.
    peer.gravity = -peer.gravity
    assert_same(ours, peer.fallen()["two_theta"], unit="rad")


def test_q_and_spacing_with_gravity(geometry, events, peer):
    pixels, toa = events
    flight, angle = Flight(gravity=True), peer.fallen()["two_theta"]
    q = tof.elastic_Q_from_wavelength(wavelength=peer.wavelength, two_theta=angle)
    d = tof.dspacing_from_wavelength(wavelength=peer.wavelength, two_theta=angle)
    assert_same(compute("q", geometry, toa, flight, pixels=pixels), q, unit="1/angstrom")
    assert_same(compute("dspacing", geometry, toa, flight, pixels=pixels), d, unit="angstrom")


def test_components_of_q_with_gravity(geometry, events, peer):
    pixels, toa = events
    drop = 3.133073964182461e-7 * (peer.l2.values * peer.wavelength.values) ** 2
    lifted = sc.vectors(
        dims=["event"], values=peer.scattered.values - drop[:, np.newaxis] * np.array(geometry.gravity), unit="m"
    )
    theirs = tof.elastic_Q_elements_from_wavelength(
        wavelength=peer.wavelength, incident_beam=peer.incident, scattered_beam=lifted
    )
    for name in ("qx", "qy", "qz"):
        ours = compute(name, geometry, toa, Flight(gravity=True), pixels=pixels)
        assert_same(ours, theirs[name.replace("q", "Q")], unit="1/angstrom", scale=2 * np.pi / peer.wavelength.values)


def test_the_angle_of_reflectometry(geometry, events, peer):
    pixels, toa = events
    theirs = beamline.scattering_angle_in_yz_plane(
        incident_beam=peer.incident, scattered_beam=peer.scattered, wavelength=peer.wavelength, gravity=peer.gravity
    )
    flight = Flight(gravity=True)
    assert_same(
        2 * compute("grazing_angle", geometry, toa, flight, pixels=pixels), theirs, unit="rad", scale=np.ones(N_EVENTS)
    )
    q = tof.elastic_Q_from_wavelength(wavelength=peer.wavelength, two_theta=theirs)
    scale = 2 * np.pi / peer.wavelength.values
    assert_same(compute("q_specular", geometry, toa, flight, pixels=pixels), q, unit="1/angstrom", scale=scale)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10_000))
def test_any_instrument(seed):
    geometry, (pixels, toa) = scattered_pixels(50, seed), random_events(2000, 50, seed)
    peer = Peer(geometry, pixels, toa)
    assert_same(compute("wavelength", geometry, toa, pixels=pixels), peer.wavelength, unit="angstrom")
    assert_same(compute("two_theta", geometry, toa, pixels=pixels), peer.two_theta, unit="rad")


def test_monitors_without_scattering(events):
    theirs = beamline.total_straight_beam_length_no_scatter(
        source_position=sc.vector(monitor(17.0).source, unit="m"),
        position=sc.vector(monitor(17.0).positions[0], unit="m"),
    )
    assert formula_of("ltotal", monitor(17.0), ARRIVAL, 1).values[0] == theirs.value


def test_a_planted_fault_is_seen(geometry, events, peer):
    spoilt = compute("wavelength", geometry, events[1], pixels=events[0])
    spoilt[77] *= 1 + 3e-12
    with pytest.raises(AssertionError):
        assert_same(spoilt, peer.wavelength, unit="angstrom")
