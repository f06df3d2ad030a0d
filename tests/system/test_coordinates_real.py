"""Coordinates of real events against scippneutron: the same for every event, and the same bins.

What scippnexus reads of a file is given to both sides. Two real runs where they are at hand; a made-up instrument and a
made-up spectrometer always.
"""

from dataclasses import dataclass

import numpy as np
import pytest

from livedata.reduce.axis import bins
from livedata.reduce.description import Description
from livedata.reduce.fold.build import make_fold
from livedata.reduce.fold.judge import make_judge
from livedata.reduce.physics.coordinates import evaluate, formula_of
from livedata.reduce.physics.flight import ARRIVAL, Flight
from livedata.reduce.physics.geometry import Geometry
from livedata.reduce.pixels.layout import layout
from livedata.reduce.setting import Setting
from livedata.streams.batch import EventBatch, Messages

sc = pytest.importorskip("scipp", reason="the extra 'scipp' is among those of the tests")
beamline = pytest.importorskip("scippneutron.conversion.beamline")
tof = pytest.importorskip("scippneutron.conversion.tof")

EXACT = 1e-12
SANS2D_L1 = 19.281
"""m; the file puts its source where the sample is."""
ORIGIN = (0.0, 0.0, 0.0)


@dataclass(frozen=True)
class Case:
    """Events of one run and where its pixels are."""

    positions: np.ndarray
    source: tuple[float, float, float]
    pixels: np.ndarray
    toa_ns: np.ndarray
    at_least: int

    @property
    def geometry(self):
        return Geometry(self.positions, self.source, ORIGIN, "the run")


def whole_ns(times_us):
    """Return times as livedata keeps them."""
    return np.rint(times_us.astype(np.float64) * 1e3).astype(np.int32)


def made_up_run():
    rng = np.random.default_rng(41)
    y, x = np.meshgrid(np.linspace(-0.5, 0.5, 64), np.linspace(-0.4, 0.6, 48), indexing="ij")
    positions = np.stack([x, y, np.full(x.shape, 4.0)], axis=-1).reshape(-1, 3)
    pixels = rng.integers(0, len(positions), 50_000).astype(np.int32)
    return Case(
        positions, (0.0, 0.0, -SANS2D_L1), pixels, rng.integers(2_000_000, 99_000_000, 50_000).astype(np.int32), 50_000
    )


def sans2d(shared):
    """Read the front and the rear detector, whose events are in one group."""
    import scippnexus as snx

    numbers, positions = [], []
    with snx.File(shared / "data" / "events" / "SANS2D_reduced_with_geometry.nxs") as file:
        for name in ("detector_1", "detector_2"):
            bank = file["entry/instrument"][name]
            x, y = bank["x_pixel_offset"][()], bank["y_pixel_offset"][()]
            place = bank["location"][()].build() * sc.vector(ORIGIN, unit="m")
            numbers.append(bank["detector_number"][()].values)
            positions.append((place + sc.spatial.as_vectors(x, y, sc.zeros_like(x))).values)
        events = file["entry/detector_1_events"]
        event_id, times = events["event_id"][()].values, events["event_time_offset"][()].values
    # Events carry numbers of spectra: after 8 of monitors, one for each pixel by growing detector number.
    order = np.argsort(np.concatenate(numbers))
    pixels = event_id.astype(np.int64) - 9
    assert 0 <= pixels.min() <= pixels.max() < len(order)
    where = np.concatenate(positions)[order]
    return Case(where, (0.0, 0.0, -SANS2D_L1), pixels.astype(np.int32), whole_ns(times), 237_078)


def eqsans(shared):
    """Read all banks; this file tells distance and angles of each pixel."""
    import scippnexus as snx

    positions, pixels, toa = [], [], []
    with snx.File(shared / "data" / "events" / "EQSANS_1466_event.nxs") as file:
        entry = file["entry"]
        for number in range(1, 49):
            bank = entry[f"instrument/bank{number}"]
            distance, polar, azimuth = (
                bank[name][()].to(dtype="float64").values for name in ("distance", "polar_angle", "azimuthal_angle")
            )
            across = distance * np.sin(polar)
            places = [across * np.cos(azimuth), across * np.sin(azimuth), distance * np.cos(polar)]
            first = sum(map(len, positions))
            positions.append(np.stack(places, axis=-1).reshape(-1, 3))
            if bank["total_counts"][()] == 0:
                continue  # an empty bank holds one event that is none
            first_id = int(bank["pixel_id"][()].values.min())
            pixels.append(first + bank["event_id"][()].values.astype(np.int64) - first_id)
            toa.append(whole_ns(bank["event_time_offset"][()].values))
        source = (0.0, 0.0, float(entry["instrument/moderator/distance"][()].values.item()))
    return Case(np.concatenate(positions), source, np.concatenate(pixels).astype(np.int32), np.concatenate(toa), 20_000)


RUNS = {"SANS2D": sans2d, "EQSANS": eqsans}


@pytest.fixture(scope="module", params=["made up", *(pytest.param(name, marks=pytest.mark.shared) for name in RUNS)])
def run(request):
    if request.param == "made up":
        return made_up_run()
    return RUNS[request.param](request.getfixturevalue("shared"))


def ours(name, case, flight=ARRIVAL):
    out = np.empty(len(case.toa_ns))
    formula = formula_of(name, case.geometry, flight, len(case.positions))
    evaluate(formula, case.pixels, case.toa_ns, np.zeros(0), out)
    return out


def theirs(case):
    """Return the coordinates by scippneutron, each a variable of shape (event,)."""
    position = sc.vectors(dims=["event"], values=case.positions[case.pixels], unit="m")
    time = sc.array(dims=["event"], values=case.toa_ns.astype(np.float64), unit="ns")
    sample = sc.vector(ORIGIN, unit="m")
    incident = beamline.straight_incident_beam(source_position=sc.vector(case.source, unit="m"), sample_position=sample)
    scattered = beamline.straight_scattered_beam(position=position, sample_position=sample)
    l1, l2 = beamline.L1(incident_beam=incident), beamline.L2(scattered_beam=scattered)
    total = beamline.total_beam_length(L1=l1, L2=l2)
    angle = beamline.two_theta(incident_beam=incident, scattered_beam=scattered)
    wavelength = tof.wavelength_from_tof(tof=time, Ltotal=total)
    return {
        "tof": time,
        "l1": l1,
        "l2": l2,
        "two_theta": angle,
        "wavelength": wavelength,
        "dspacing": tof.dspacing_from_tof(tof=time, Ltotal=total, two_theta=angle),
        "q": tof.elastic_Q_from_wavelength(wavelength=wavelength, two_theta=angle),
    }


def compare_bins(found, expected, edges):
    """Compare a histogram of ours with scipp's; return the events so near to an edge that rounding decides.

    All others must lie in the same bins, so that counts without those events are equal, bin for bin.
    """
    nearest = edges[np.clip(np.searchsorted((edges[1:] + edges[:-1]) / 2, found), 0, len(edges) - 1)]
    near = np.abs(found - nearest) <= EXACT * np.abs(nearest)
    place = np.searchsorted(edges, found[~near], side="right") - 1
    inside = (place >= 0) & (place < len(edges) - 1)
    counts = np.bincount(place[inside], minlength=len(edges) - 1)
    table = sc.DataArray(
        sc.ones(dims=["event"], shape=[int((~near).sum())], unit="counts"),
        coords={"x": sc.array(dims=["event"], values=expected[~near])},
    )
    peer = table.hist(x=sc.array(dims=["x"], values=edges)).values
    assert counts.sum() > 1000
    assert np.array_equal(counts, peer)
    return np.flatnonzero(near)


AXES = {
    "wavelength": np.linspace(1.0, 16.0, 301),
    "dspacing": np.geomspace(1.0, 400.0, 201),
    "q": np.geomspace(0.01, 3.0, 201),
}


@pytest.mark.parametrize("name", AXES)
def test_every_event_has_the_coordinate_that_scippneutron_gives_it(run, name):
    assert len(run.toa_ns) >= run.at_least
    found, expected = ours(name, run), theirs(run)[name].to(unit={"q": "1/angstrom"}.get(name, "angstrom")).values
    defined = run.toa_ns > 0
    assert (np.abs(found - expected) / np.abs(expected))[defined].max() <= EXACT


@pytest.mark.parametrize("name", AXES)
def test_every_event_lies_in_the_same_bin(run, name):
    defined = run.toa_ns > 0
    expected = theirs(run)[name].to(unit={"q": "1/angstrom"}.get(name, "angstrom")).values[defined]
    near = compare_bins(ours(name, run)[defined], expected, AXES[name])
    assert near.tolist() == []


VIEWS = {
    "wavelength": bins(1, 16, n=300, unit="angstrom"),
    "dspacing": bins(0, 400, n=500, unit="angstrom"),
    "q": bins(0.05, 30, n=300, unit="1/nm"),
    "two_theta": bins(0, 20, n=200, unit="deg"),
}


@pytest.mark.parametrize("name", VIEWS)
def test_a_view_counts_what_scipp_counts(run, name):
    axis = VIEWS[name].named(name)
    setting = Setting(layout=layout((len(run.positions),)), geometry=lambda: run.geometry)
    description = Description(axes=(axis,))
    fold = make_fold(description, setting)
    fold.add(as_batch(run), make_judge(description, setting))
    counted = fold.counted()

    values = theirs(run)[name].to(unit=axis.unit)
    table = sc.DataArray(sc.ones(dims=["event"], shape=values.shape, unit="counts"), coords={name: values})
    edges = sc.array(dims=[name], values=axis.edges, unit=axis.unit)
    assert counted.ledger.seen == len(run.toa_ns)
    assert counted.values.sum() == counted.ledger.binned > 1000
    assert np.array_equal(counted.values, table.hist({name: edges}).values)


def as_batch(case):
    messages = Messages(
        "topic",
        np.zeros(1, np.int32),
        np.zeros(1, np.int64),
        np.zeros(1, np.int64),
        np.zeros(1, np.int64),
        np.zeros(1, np.int64),
    )
    when = np.array([1_500_000_000 * 10**9])
    return EventBatch(case.pixels + np.int32(1), case.toa_ns, when, np.zeros(1, np.int64), messages)


def test_an_event_at_an_edge_is_listed():
    found = np.concatenate([np.linspace(0.1, 9.9, 2000), [3.0]])
    expected = found.copy()
    expected[-1] = np.nextafter(3.0, 0)
    assert compare_bins(found, expected, np.arange(1.0, 9.5, 1.0)).tolist() == [2000]


def test_a_planted_fault_is_seen(run):
    found = ours("wavelength", run)
    expected = found.copy()
    i = int(np.argmax((found > 2) & (found < 10)))
    found[i] += 0.05
    with pytest.raises(AssertionError):
        compare_bins(found, expected, AXES["wavelength"])


def spectrometer(*, l1, radius, first_leg, second_leg):
    """Return events of a cylinder of tubes; the legs say with which energies in meV the neutrons go."""
    rng = np.random.default_rng(43)
    angle, height = np.meshgrid(np.radians(np.linspace(-40, 140, 180)), np.linspace(-1.5, 1.5, 60), indexing="ij")
    positions = np.stack([radius * np.sin(angle), height, radius * np.cos(angle)], axis=-1).reshape(-1, 3)
    n = 60_000
    pixels = rng.integers(0, len(positions), n).astype(np.int32)
    distance = np.linalg.norm(positions[pixels], axis=1)
    slowness = np.sqrt(5.227037596904562e12 / np.stack([first_leg(rng, n), second_leg(rng, n)]))
    toa = np.rint(l1 * slowness[0] + distance * slowness[1]).astype(np.int32)
    return Case(positions, (0.0, 0.0, -l1), pixels, toa, n)


def assert_same_transfer(found, expected, free_energy, gain):
    """Compare energy transfers, by the energy that time tells and by how much its subtraction magnifies rounding."""
    assert np.array_equal(np.isnan(found), np.isnan(expected))
    known = ~np.isnan(found)
    assert known.sum() > 50_000
    assert np.max(np.abs(found - expected)[known] / (free_energy * gain)[known]) <= EXACT


def test_energy_transfers_of_a_direct_spectrometer():
    incident = 25.0
    case = spectrometer(
        l1=28.0,
        radius=3.5,
        first_leg=lambda rng, n: np.full(n, incident),
        second_leg=lambda rng, n: incident - rng.normal(0, 6, n).clip(-60, 24.5),
    )
    peer, found = theirs(case), ours("energy_transfer", case, Flight(incident_energy=incident))
    expected = tof.energy_transfer_direct_from_tof(
        tof=peer["tof"].to(unit="us"), L1=peer["l1"], L2=peer["l2"], incident_energy=sc.scalar(incident, unit="meV")
    ).values
    t0 = 28.0 * np.sqrt(5.227037596904562e12 / incident)
    assert_same_transfer(found, expected, incident - expected + incident, case.toa_ns / (case.toa_ns - t0))
    assert compare_bins(found, expected, np.linspace(-50, 25, 151)).tolist() == []


def test_energy_transfers_of_an_indirect_spectrometer():
    final = 2.7
    case = spectrometer(
        l1=162.0,
        radius=1.5,
        first_leg=lambda rng, n: final + rng.normal(0, 1, n).clip(-2, 20),
        second_leg=lambda rng, n: np.full(n, final),
    )
    peer, found = theirs(case), ours("energy_transfer", case, Flight(final_energy=final))
    expected = tof.energy_transfer_indirect_from_tof(
        tof=peer["tof"].to(unit="us"), L1=peer["l1"], L2=peer["l2"], final_energy=sc.scalar(final, unit="meV")
    ).values
    assert_same_transfer(found, expected, expected + 2 * final, np.ones(len(found)))
    assert compare_bins(found, expected, np.linspace(-2, 3, 151)).tolist() == []


def test_the_plain_difference_of_energies_is_within_1e_12_where_nothing_cancels():
    incident = 25.0
    case = spectrometer(
        l1=28.0,
        radius=3.5,
        first_leg=lambda rng, n: np.full(n, incident),
        second_leg=lambda rng, n: rng.uniform(1.0, 12.0, n),
    )
    peer, found = theirs(case), ours("energy_transfer", case, Flight(incident_energy=incident))
    expected = tof.energy_transfer_direct_from_tof(
        tof=peer["tof"].to(unit="us"), L1=peer["l1"], L2=peer["l2"], incident_energy=sc.scalar(incident, unit="meV")
    ).values
    assert np.isfinite(found).all()
    assert np.max(np.abs(found - expected) / np.abs(expected)) <= EXACT
