"""Geometry of real files against other programs and against what else is in the file."""

import shutil
import threading

import h5py
import numpy as np
import pytest
import scipp as sc
import scippneutron as scn
import scippnexus as snx

from livedata.nexus import load_instrument, open_file
from livedata.nexus.idf.definition import read_idf
from livedata.reduce.pixels.joined import join_events
from livedata.reduce.pixels.projection import plane
from livedata.reduce.pixels.readout import describe_pixel
from livedata.reduce.pixels.screens import make_screen

pytestmark = pytest.mark.shared


def relative(ours, theirs):
    return (np.linalg.norm(ours - theirs, axis=1) / np.linalg.norm(theirs, axis=1)).max()


@pytest.mark.parametrize("bank", ["detector_1", "detector_2"])
def test_sans2d_stands_where_scippneutron_puts_it(real_files, tmp_path, bank):
    path = tmp_path / "sans2d.nxs"
    shutil.copyfile(real_files / "events" / "SANS2D_reduced_with_geometry.nxs", path)
    with h5py.File(path, "r+") as file:
        # Without a signal scippnexus does not take the group for a detector.
        detector = file[f"entry/instrument/{bank}"]
        detector["data"] = np.zeros(detector["detector_number"].shape)
        detector.attrs["signal"], detector.attrs["axes"] = "data", ["detector_number"]
    with snx.File(path) as file:
        theirs = snx.compute_positions(file[f"entry/instrument/{bank}"][()])["data"]
    ours = open_file(path).geometry(bank)
    theirs.coords["source_position"] = sc.vector([0.0, 0.0, -19.3], unit="m")
    theirs.coords["sample_position"] = sc.vector([0.0, 0.0, 0.0], unit="m")
    graph = scn.conversion.graph.beamline.beamline(scatter=True)
    told = theirs.transform_coords(["two_theta", "L2"], graph=graph)
    _, held = next(iter(layouts_by_path(path, bank)))
    note = describe_pixel(held, ours, 4711)

    assert len(ours.positions) == 61440
    assert relative(ours.positions, theirs.coords["position"].values) <= 1e-9
    assert note.two_theta == pytest.approx(np.degrees(told.coords["two_theta"].values.ravel()[4711]), rel=1e-9)
    assert note.l2 == pytest.approx(told.coords["L2"].values.ravel()[4711], rel=1e-9)


def layouts_by_path(path, bank):
    from livedata.nexus.layouts import layout_of
    from livedata.nexus.scan import scan

    with h5py.File(path) as file:
        for detector in scan(file).detectors:
            if detector.path.endswith(bank):
                yield bank, layout_of(file, detector)


def test_sans2d_monitors_stand_along_the_beam(real_files):
    file = open_file(real_files / "events" / "SANS2D_reduced_with_geometry.nxs")
    found = [file.geometry(f"monitor{i}") for i in range(1, 5)]

    assert [g.positions[0, 2] for g in found] == [-12.064, -1.3439999999999976, 0.21600000000000108, 10.719000000000001]
    assert all(g.is_monitor for g in found)
    assert found[0].source is None  # the file has it where the sample is
    assert "stands where the sample is" in found[0].remarks[0]


def test_sans2d_by_an_instrument_definition_stands_where_its_file_says(real_files):
    with h5py.File(real_files / "events" / "SANS2D_reduced_with_geometry.nxs") as file:
        numbers = file["entry/instrument/detector_2/detector_number"][:].reshape(-1, 512)
        rows = file["entry/instrument/detector_2/y_pixel_offset"][:].reshape(-1, 512)[:, 0]
        x = file["entry/instrument/detector_2/x_pixel_offset"][:].reshape(-1, 512)
    starts = [(float(start - x[0, 0]), float(y)) for start, y in zip(x[:, 0], rows, strict=True)]
    tubes = "".join(f'<location x="{dx!r}" y="{y!r}" name="tube{i}"/>' for i, (dx, y) in enumerate(starts))
    ids = "".join(f'<id start="{row[0]}" end="{row[-1]}"/>' for row in numbers)
    definition = read_idf(
        f'<instrument name="SANS2D"><component type="rear" idlist="rear"><location z="4"/></component>'
        f'<type name="rear"><component type="tube">{tubes}</component></type><type name="tube"><component type="pixel">'
        f'<locations x="{float(x[0, 0])!r}" x-end="{float(x[0, -1])!r}" n-elements="512"/></component></type>'
        f'<type name="pixel" is="detector"/><idlist idname="rear">{ids}</idlist></instrument>'.encode()
    )
    told = open_file(real_files / "events" / "SANS2D_reduced_with_geometry.nxs").geometry("detector_2")

    assert definition.banks[0].ids.shape == (120, 512)
    assert relative(definition.geometry(numbers).positions, told.positions) <= 1e-9


def test_eqsans_banks_stand_where_their_distances_and_angles_say(real_files):
    path = real_files / "events" / "EQSANS_1466_event.nxs"
    file = open_file(path)
    worst = 0.0
    with h5py.File(path) as raw:
        for bank in range(1, 49):
            detector = raw[f"entry/instrument/bank{bank}"]
            r, theta, phi = (detector[n][:].astype(float) for n in ("distance", "polar_angle", "azimuthal_angle"))
            theirs = np.stack([np.sin(theta) * np.cos(phi), np.sin(theta) * np.sin(phi), np.cos(theta)], axis=-1)
            ours = file.geometry(f"bank{bank}_events")
            worst = max(worst, relative(ours.positions, (r[..., None] * theirs).reshape(-1, 3)))
            assert ours.source == (0, 0, -14.0)

    assert 0 < worst < 1e-6  # all of it float32


def test_the_smallest_file_stands_where_it_was_put(real_files):
    found = open_file(real_files / "events" / "minimal_example_with_geometry.nxs").geometry("event_data")

    assert found.positions.tolist() == [[-0.55, 0.55, 5], [0.55, 0.55, 5], [-0.55, -0.55, 5], [0.55, -0.55, 5]]
    assert found.sizes.tolist() == [[1, 1, 0]]
    assert found.source is None


def test_the_instrument_definition_in_a_file_describes_its_events(real_files):
    file = open_file(real_files / "events" / "REF_L_188300.nxs.h5")
    held, found = file.layouts()["bank1_events"], file.geometry("bank1_events")
    ids = file.read("bank1_events").event_id
    ix, iy = np.divmod(np.arange(77824), 304)

    assert (held.places_of(ids) >= 0).all()
    expected = np.stack([-0.1064 + 0.0007 * ix, -0.0896 + 0.0007 * iy, np.full(77824, 1.83)], axis=1)
    assert found.positions[held.places_of(np.arange(77824))] == pytest.approx(expected, abs=1e-12)
    assert found.source == (0, 0, -13.63)
    assert "bank_error_events" not in file.layouts()


@pytest.mark.parametrize(
    ("name", "stream", "why"),
    [
        ("amor2025n004107.hdf", "multiblade", "has no vector to say in which direction"),
        ("REF_L_188300.nxs.h5", "bank_error_events", "does not say where its pixels are"),
    ],
)
def test_what_a_real_file_does_not_tell_is_unknown_and_said(real_files, name, stream, why):
    file = open_file(real_files / "events" / name)
    found = file.geometry(stream)

    assert found.positions is None
    assert any(why in remark for remark in found.remarks)
    assert file.read(stream).n_events > 0


def test_real_templates_tell_what_they_know(real_files):
    folder = real_files / "nexus_json"
    dream = load_instrument(folder / "DREAM_baseline_without_geometry.json").geometries
    nmx = load_instrument(folder / "nmx_v3.0_with_mock_detectors.json").geometries["nmx"]
    tbl = load_instrument(folder / "tbl_structure.json").geometries

    assert dream["cave_source"]().positions.tolist() == [[0, 0, pytest.approx(72.33 - 76.55)]]
    assert dream["mantel_events"]().source == (0, 0, -76.55)
    assert nmx().positions is None
    assert len(nmx().logs) == 3
    assert nmx(lambda topic, source: 1000.0).positions.shape == (768, 3)
    assert tbl["bank0"]().positions is None
    assert tbl["bank0"]().sample is None  # it follows a motor that nothing was heard of
    assert tbl["bank0"](lambda topic, source: 0.0).sample == (0, 0, 0)
    assert tbl["multiblade"]().where == "tbl_structure.json, /entry/instrument/multiblade_detector"


def test_older_histogram_files_tell_distances(real_files):
    found = open_file(real_files / "histograms" / "LOQ74019.nxs").geometry("detector_1")

    assert found.positions.shape == (17790, 3)
    assert found.source == pytest.approx((0, 0, -10.992))
    assert "does not tell azimuthal angles" in found.remarks[0]


def test_all_banks_of_eqsans_are_counted_as_one_detector(real_files):
    path = real_files / "events" / "EQSANS_1466_event.nxs"
    file = open_file(path)
    names, layouts = [f"bank{i}_events" for i in range(1, 49)], file.layouts()
    feed, held, geometry = join_events([(n, file.feed(n), layouts[n], file.geometry(n)) for n in names])
    sink = Counting(held)
    subscription = feed.subscribe(sink)
    assert sink.done.wait(60)
    with h5py.File(path) as raw:
        stored = np.concatenate([raw[f"entry/instrument/bank{i}/data_x_y"][:] for i in range(1, 49)])

    assert sink.error is None
    assert np.array_equal(sink.counts.reshape(held.shape), stored)
    assert (sink.counts.sum(), sink.n_unmapped) == (20400, 0)
    assert subscription.progress.done == subscription.progress.total == 20400
    assert geometry.positions.shape == (49152, 3)
    assert geometry.names[geometry.bank[1024]] == "bank2_events"
    assert geometry.source == (0, 0, -14.0)
    assert (make_screen(plane((128, 128)), held, geometry).cells >= 0).all()


class Counting:
    """Counts events by place."""

    is_full = False

    def __init__(self, held):
        self.layout, self.counts, self.n_unmapped = held, np.zeros(held.size, int), 0
        self.done, self.error = threading.Event(), None

    def accept(self, batch):
        places = self.layout.places_of(batch.event_id)
        self.n_unmapped += np.count_nonzero(places < 0)
        np.add.at(self.counts, places[places >= 0], 1)

    def work(self):
        pass

    def covered(self, offsets):
        pass

    def lost(self, n_messages):
        raise AssertionError("a file loses nothing")

    def finished(self):
        self.done.set()

    def failed(self, error):
        self.error = error
        self.done.set()
