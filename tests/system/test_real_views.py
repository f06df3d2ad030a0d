"""Views of real files: images, joined banks, spectra and coordinates as the files and other programs have them."""

import re

import h5py
import numpy as np
import pytest

import livedata as ld

pytestmark = pytest.mark.shared


@pytest.fixture
def eqsans(shared):
    return shared / "data/events/EQSANS_1466_event.nxs"


def banks_of(run):
    names = [name for name in run if re.fullmatch(r"bank\d+_events", name)]
    assert len(names) == 48
    return sorted(names, key=lambda name: int(re.findall(r"\d+", name)[0]))


def stored_images(path):
    """Return the image of each bank that the file holds, by number."""
    with h5py.File(path) as file:
        return {n: file[f"entry/instrument/bank{n}/data_x_y"][()].astype(np.int64) for n in range(1, 49)}


def test_the_image_of_each_bank_is_the_one_its_file_holds(eqsans):
    run, stored = ld.open(eqsans), stored_images(eqsans)
    total = 0
    for name in banks_of(run):
        view = run[name].image()
        np.testing.assert_array_equal(view.values(), stored[int(re.findall(r"\d+", name)[0])])
        assert view.ledger.adds_up
        total += int(view.total)

    assert total == 20_400


def test_all_banks_as_one_detector_are_their_images_upon_each_other(eqsans):
    run, stored = ld.open(eqsans), stored_images(eqsans)
    detector = ld.join([run[name] for name in banks_of(run)])
    image = detector.image()

    np.testing.assert_array_equal(image.values(), np.vstack([stored[n] for n in range(1, 49)]))
    assert image.ledger.binned == image.ledger.seen == 20_400
    spectrum = detector.histogram(toa=ld.bins(0, 100_000, n=100, unit="us"))
    assert image.spectrum(toa=ld.bins(0, 100_000, n=100, unit="us")).same_as(spectrum)


def test_a_bank_moved_by_one_row_would_be_seen(eqsans):
    run, stored = ld.open(eqsans), stored_images(eqsans)
    fullest = max(stored, key=lambda n: stored[n].sum())
    image = run[f"bank{fullest}_events"].image().values()

    assert not np.array_equal(np.roll(image, 1, axis=0), stored[fullest])


def test_the_spectrum_of_sans2d_is_the_known_one(shared):
    run = ld.open(shared / "data/events/SANS_test_reduced.hdf5")
    name = next(name for name in run if run.file.streams[name].kind == "events")
    spectrum = run[name].histogram(toa=ld.bins(0, 100_000, n=100, unit="us"))
    pixels = run[name].histogram(event_id=ld.bins(0, 200_000, n=200_000))

    assert spectrum.total == 237_078
    assert (int(np.argmax(spectrum.values())), int(spectrum.values().max())) == (17, 9_022)
    assert (int(np.argmax(pixels.values())), int(pixels.values().max())) == (22_849, 50)
    assert np.count_nonzero(pixels.values()) == 82_847


def test_the_spectrum_of_amor_is_the_known_one(shared):
    run = ld.open(shared / "data/events/amor2025n004107.hdf")
    name = max((n for n in run if run.file.streams[n].kind == "events"), key=lambda n: run.file.streams[n].n_events)
    spectrum = run[name].histogram(toa=ld.bins(0, 120, n=120, unit="ms"))
    pixels = run[name].histogram(event_id=ld.bins(1, 28_673, n=28_672))

    assert spectrum.total == 84_620
    assert (int(np.argmax(spectrum.values())), int(spectrum.values().max())) == (28, 1_996)
    assert (int(np.argmax(pixels.values())) + 1, int(pixels.values().max())) == (18_333, 48)
    assert np.count_nonzero(pixels.values()) == 10_022
    assert len(np.unique(run[name].events().event_time_zero)) == 1_122
    pulses = run[name].series(every="1 s")
    assert pulses.total == 84_620
