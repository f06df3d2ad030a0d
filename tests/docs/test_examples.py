"""The examples do what they say: on simulated runs with known features, live as on a file, and on real runs."""

from __future__ import annotations

import re

import numpy as np
import pytest

import livedata as ld
from livedata.reduce.view import View

from .imaging import SAMPLE, TRANSMISSION, produce
from .instruments import EXCITED_MEV, REFLECTED_PEAK, SANS_PEAK
from .pages import DOCS, EXAMPLES, blocks

LATTICE_A, EXPANSION_PER_K = 10.25, 1.8e-4
"""Of the simulated powder."""


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_example_is_one_block_of_at_most_fifteen_lines(name):
    (block,) = blocks(DOCS / "examples" / f"{name}.md")

    assert block.n_lines <= 15
    assert max(map(len, block.code.splitlines())) <= 110


def test_there_is_a_test_for_every_example():
    assert sorted(page.stem for page in (DOCS / "examples").glob("*.md")) == sorted(EXAMPLES)


# SANS


def sans_is_right(names):
    """Check the numbers of the example."""
    iq, image = names["iq"].snapshot(), names["image"].snapshot()

    assert image.total == image.ledger.seen == 100_000
    assert iq.ledger.masked > 0
    assert iq.ledger.adds_up
    assert iq.unit == "counts/picoCoulombs"
    assert iq["0.08 1/angstrom":"0.14 1/angstrom"].peak().position == pytest.approx(SANS_PEAK, rel=0.03)
    assert iq.total * 300 * 1.9e7 == pytest.approx(iq.ledger.binned)
    assert names["upper"].total == pytest.approx(iq.total / 2, rel=0.05)


def test_sans_finds_the_ring_and_every_event(runs, example):
    sans_is_right(example("sans", runs))


@pytest.mark.shared
def test_sans_reduces_a_real_run(real_runs, example):
    names = example("sans", real_runs)
    iq = names["iq"].snapshot()
    charge = ld.open("EQSANS_1466_event.nxs")["proton_charge"].to_pandas().sum()

    assert names["image"].total == 20_400
    assert iq.ledger.seen == 20_400
    assert iq.ledger.masked == 808
    assert iq.total * charge == pytest.approx(iq.ledger.binned)
    assert iq.peak().position == pytest.approx(0.08, rel=0.1)


# Reflectometry


def reflectometry_is_right(names):
    """Check the numbers of the example."""
    r, seen = names["r"].snapshot(), names["theta_lambda"].snapshot()
    theta, wavelength = (axis.centers for axis in seen.axes)
    reflected = np.where(np.outer(theta > 0.3, np.ones(len(wavelength), bool)), seen.values(), 0)
    q = 4 * np.pi * np.sin(np.radians(theta))[:, None] / wavelength
    row = np.argmax(reflected, axis=0)

    assert r.peak().position == pytest.approx(REFLECTED_PEAK, rel=0.02)
    assert r.total * 410 * 2.3e7 == pytest.approx(r.ledger.binned)
    assert seen.total == seen.ledger.seen == 60_000
    # In the map, each wavelength has its angle: Q is the same everywhere.
    lit = reflected.sum(axis=0) > 500
    assert lit.sum() >= 8
    assert q[row, np.arange(len(wavelength))][lit] == pytest.approx(REFLECTED_PEAK, rel=0.06)


def test_reflectometry_finds_the_peak_of_the_multilayer(runs, example):
    reflectometry_is_right(example("reflectometry", runs))


@pytest.mark.shared
def test_reflectometry_reduces_a_real_run(real_runs, example):
    names = example("reflectometry", real_runs)
    r, seen = names["r"].snapshot(), names["theta_lambda"].snapshot()

    assert seen.ledger.seen == seen.total == 18_203
    assert r.ledger.adds_up
    assert r.ledger.seen == 18_203
    assert r.total * 40_450_475_400 == pytest.approx(r.ledger.binned)


# Diffraction


def distance(squares, temperature):
    """Return the distance of the planes with this h² + k² + l²."""
    return LATTICE_A * (1 + EXPANSION_PER_K * temperature) / squares**0.5


def test_diffraction_finds_the_lattice_of_the_simulated_powder(tmp_path, example):
    names = example("diffraction", tmp_path)
    with names["live"] as live:
        pattern, cold = names["pattern"].snapshot(), names["cold"].snapshot()
        temperature = float(live["temperature"].to_pandas().mean())

        assert pattern.ledger.adds_up
        for squares in (6, 8, 12):
            d = distance(squares, temperature)
            found = pattern[f"{d - 0.2} angstrom" : f"{d + 0.2} angstrom"].peak()
            assert found.position == pytest.approx(d, rel=0.01)
        # Magnetic, and only when cold.
        magnetic = cold["5.6 angstrom":"6.3 angstrom"].peak()
        assert magnetic.position == pytest.approx(distance(3, 20.0), rel=0.02)
        edges = cold["5.2 angstrom":"5.4 angstrom"].values().mean()
        assert magnetic.maximum > 1.5 * edges
        assert cold.ledger.binned <= pattern.ledger.binned + cold.ledger.seen - pattern.ledger.seen


# Spectroscopy


def spectroscopy_is_right(names):
    """Check the numbers of the example."""
    counts = names["counts"].snapshot()
    spectrum = counts.project("energy_transfer")
    elastic = spectrum["-2 meV":"2 meV"].peak()

    assert elastic.centroid == pytest.approx(0.0, abs=0.02)
    assert elastic.fwhm == pytest.approx(2.355 * 0.2, rel=0.1)
    assert names["line"].centroid == pytest.approx(EXCITED_MEV, abs=0.02)
    assert counts.total == counts.ledger.seen == 120_000
    assert elastic.integral + spectrum["6 meV":"10 meV"].total == 120_000
    assert names["elastic"].total == pytest.approx(elastic.integral, abs=5)
    assert names["s"].total == pytest.approx(120_000 / 4_000)
    # Half of the pulses were warm: from the tenth second on.
    assert names["warm"].ledger.filtered == pytest.approx(60_000, rel=0.02)
    assert names["warm"].ledger.adds_up


def test_spectroscopy_finds_the_elastic_line_and_the_excitation(runs, example):
    spectroscopy_is_right(example("spectroscopy", runs))


def test_elastic_neutrons_lie_between_the_momentum_transfers_of_the_first_and_the_last_tube(runs, example):
    elastic = example("spectroscopy", runs)["elastic"].snapshot().project("q_inelastic")
    k = np.sqrt(25.0 / 2.072)
    lit = elastic.axes["q_inelastic"].centers[elastic.values() > 0]

    assert lit.min() == pytest.approx(2 * k * np.sin(np.radians(5)), abs=0.1)
    assert lit.max() == pytest.approx(2 * k * np.sin(np.radians(65)), abs=0.1)


# Imaging


def imaging_is_right(names):
    """Check the numbers of the example."""
    image, seen = names["image"].snapshot(), names["seen"].snapshot()

    assert names["transmission"] == pytest.approx(TRANSMISSION, rel=0.05)
    assert image.total == image.ledger.binned == image.ledger.seen
    assert seen.total == image.values()[SAMPLE].sum()
    assert names["rate"].ledger.masked == image.values()[0].sum()
    # From the first pulse to the last, or to the end of its frame.
    assert names["rate"].total == pytest.approx(image.values()[1:].sum() / 10.0, rel=0.02)
    assert names["flat"].total == pytest.approx(image.total / image.values()[:, :8].sum())


def test_imaging_finds_what_the_sample_takes_away(runs, example):
    imaging_is_right(example("imaging", runs))


def test_imaging_averages_frames(runs, example):
    import h5py

    names = example("imaging", runs)
    with h5py.File("imaging.nxs") as file:
        sent = []
        file.visititems(lambda _, item: sent.append(item[()]) if getattr(item, "ndim", 0) == 3 else None)

    (frames,) = sent
    assert frames.shape == (10, 32, 48)
    np.testing.assert_allclose(names["mean"].values(), frames.mean(axis=0))
    np.testing.assert_array_equal(names["last"].values(), frames[-1])


# The same code live

TRULY_LIVE = {
    "sans": ("EQSANS_1466_event.nxs", ("image", "iq", "upper"), 100_000),
    "reflectometry": ("REF_L_188300.nxs.h5", ("theta_lambda", "r"), 60_000),
    "spectroscopy": ("spectrometer.nxs", ("counts", "warm", "s"), 120_000),
}


@pytest.mark.parametrize("name", TRULY_LIVE)
def test_an_example_says_live_what_it_says_of_the_file(name, runs, url, example):
    file, views, n_events = TRULY_LIVE[name]
    page = (DOCS / "examples" / f"{name}.md").read_text(encoding="utf-8")
    (line,) = re.findall(rf'`run = (ld\.connect\("kafka://broker:9092", instrument="{re.escape(file)}"\))`', page)
    of_file = example(name, runs)
    assert ld.replay(file, url, speed="max", times="original", topics="TEST").wait(timeout=60)

    def live(code):
        said = line.replace("kafka://broker:9092", url).replace(")", ', start="earliest")')
        assert f'ld.open("{file}")' in code
        return code.replace(f'ld.open("{file}")', said)

    names = example(name, runs, live)
    assert names["run"].url == url
    with names["run"]:
        for view in views:
            assert isinstance(names[view], View)
            names[view].wait(events=n_events, timeout=30)
            compared = of_file[view].snapshot().compare(names[view].latest)
            assert compared, compared
            assert of_file[view].total > 0


def test_imaging_says_live_what_was_sent(runs, url, example):
    image, frames = produce(url)
    page = (DOCS / "examples" / "imaging.md").read_text(encoding="utf-8")
    (line,) = re.findall(r'`run = (ld\.connect\("kafka://broker:9092", instrument="imaging.json"\))`', page)

    def live(code):
        said = line.replace("kafka://broker:9092", url).replace(")", ', start="earliest")')
        return code.replace('ld.open("imaging.nxs")', said)

    names = example("imaging", runs, live)
    with names["run"]:
        for name in ("image", "seen", "flat", "rate"):
            names[name].wait(events=int(image.sum()), timeout=30)
        for name in ("mean", "last"):
            names[name].wait(events=len(frames), timeout=30)

        np.testing.assert_array_equal(names["image"].latest.values(), image)
        assert names["seen"].latest.total == image[SAMPLE].sum()
        np.testing.assert_allclose(names["mean"].latest.values(), frames.mean(axis=0))
        np.testing.assert_array_equal(names["last"].latest.values(), frames[-1])


# The checks above see what is wrong


WRONG = {
    "another shortest wavelength": ("sans", sans_is_right, "1.5 angstrom", "6 angstrom"),
    "a beam stop that is too large": ("sans", sans_is_right, 'radii="60 mm"', 'radii="500 mm"'),
    "another rate of pulses": ("reflectometry", reflectometry_is_right, "60 Hz", "50 Hz"),
    "no divisor": ("reflectometry", reflectometry_is_right, 'charge="proton_charge"', "pulses=True"),
    "another incident energy": ("spectroscopy", spectroscopy_is_right, "25 meV", "24 meV"),
    "rows for columns": ("imaging", imaging_is_right, "[16:48, 20:44]", "[20:44, 16:48]"),
    "another region": ("imaging", imaging_is_right, "x=(20, 44)", "x=(20, 40)"),
}


@pytest.mark.parametrize("fault", WRONG)
def test_an_example_that_is_wrong_is_seen(fault, runs, example):
    name, is_right, right, wrong = WRONG[fault]
    (block,) = blocks(DOCS / "examples" / f"{name}.md")
    assert right in block.code
    names = example(name, runs, lambda code: code.replace(right, wrong))

    with pytest.raises(AssertionError):
        is_right(names)
