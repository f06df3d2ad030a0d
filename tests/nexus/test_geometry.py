"""Geometry from NeXus files: generated ones, each for one way of telling it."""

import re

import h5py
import numpy as np
import pytest
import scippnexus as snx
from hypothesis import given, settings
from hypothesis import strategies as st

from livedata.errors import StreamNameError
from livedata.nexus import open_file
from livedata.nexus.geometry.changes import moved
from livedata.nexus.geometry.read import read_geometry
from livedata.reduce.physics.geometry import Geometry


def group(parent, name, nx_class, **attributes):
    made = parent.create_group(name)
    made.attrs["NX_class"] = nx_class
    for key, value in attributes.items():
        made.attrs[key] = value
    return made


def dataset(parent, name, values, **attributes):
    parent[name] = values
    for key, value in attributes.items():
        parent[name].attrs[key] = value
    return parent[name]


def events(parent, ids=(1, 2, 3, 4)):
    parent["event_id"] = np.array(ids, np.int32)
    parent["event_time_offset"] = np.array([10] * len(ids), np.int32)
    parent["event_time_zero"] = np.array([10**18], np.int64)
    parent["event_index"] = np.array([0])
    parent["event_time_offset"].attrs["units"] = parent["event_time_zero"].attrs["units"] = "ns"


class Made:
    """A file with one detector of 2 x 2 pixels at 5 m, to be spoilt or changed before it is read."""

    def __init__(self, path):
        self.path = path
        self.file = h5py.File(path, "w")
        self.entry = group(self.file, "entry", "NXentry")
        self.instrument = group(self.entry, "instrument", "NXinstrument")
        self.detector = group(self.instrument, "bank", "NXdetector")
        self.detector["detector_number"] = np.array([[1, 2], [3, 4]])
        dataset(self.detector, "x_pixel_offset", [-5.0, 5.0], units="mm")
        dataset(self.detector, "y_pixel_offset", [-20.0, 20.0], units="mm")
        self.detector.attrs["axes"] = ["y_pixel_offset", "x_pixel_offset"]
        self.detector["depends_on"] = "transformations/far"
        self.steps = group(self.detector, "transformations", "NXtransformations")
        self.step("far", 5.0, vector=[0, 0, 1.0])
        events(group(self.detector, "events", "NXevent_data"))
        source = group(self.instrument, "source", "NXsource")
        dataset(source, "distance", -20.0, units="m")

    def step(self, name, value, kind="translation", units="m", depends_on=".", **more):
        if name in self.steps:
            del self.steps[name]
        made = dataset(self.steps, name, value, transformation_type=kind, units=units, **more)
        if depends_on is not None:
            made.attrs["depends_on"] = depends_on
        return made

    def read(self, name="events"):
        self.file.close()
        return open_file(self.path).geometry(name)


@pytest.fixture
def made(tmp_path):
    held = Made(tmp_path / "run.nxs")
    yield held
    held.file.close()


def test_offsets_and_a_translation_make_positions_in_the_order_of_pixel_numbers(made):
    found = made.read()

    assert found.positions.tolist() == [[-0.005, -0.02, 5], [0.005, -0.02, 5], [-0.005, 0.02, 5], [0.005, 0.02, 5]]
    assert (found.source, found.sample) == ((0, 0, -20.0), (0, 0, 0))
    assert found.where == "run.nxs, /entry/instrument/bank"
    assert found.names == ("bank",)
    assert found.remarks == ()


def test_the_first_of_a_chain_acts_first(made):
    made.step("far", 5.0, vector=[0, 0, 1.0], depends_on="turn")
    made.step(
        "turn", 90.0, "rotation", "deg", vector=[0, 2.0, 0], depends_on="/entry/instrument/bank/transformations/up"
    )
    made.step("up", 300.0, units="cm", vector=[0, 10.0, 0])

    # 5 m along z becomes 5 m along x, and then goes 3 m up
    assert made.read().positions[0] == pytest.approx([5.0, 3 - 0.02, 0.005])


def test_offsets_of_transformations_are_added_in_their_own_unit(made):
    made.step("far", 90.0, "rotation", "deg", vector=[0, 0, 1.0], offset=[0, 0, 700.0], offset_units="cm")

    assert made.read().positions[0] == pytest.approx([0.02, -0.005, 7.0])


def test_radians_are_radians(made):
    made.step("far", np.pi, "rotation", "rad", vector=[0, 0, 1.0])

    assert made.read().positions[0] == pytest.approx([0.005, 0.02, 0])


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (lambda m: m.step("far", 5.0, vector=[0, 0, 1.0], depends_on="gone"), "leads to .*/gone, which is not there"),
        (lambda m: m.step("far", 5.0, vector=[0, 0, 1.0], depends_on="far"), "goes in a circle"),
        (lambda m: m.step("far", 5.0), "no vector"),
        (lambda m: m.step("far", 5.0, vector=[0, 0, 0]), "which is no direction"),
        (lambda m: m.step("far", np.nan, vector=[0, 0, 1]), "is nan"),
        (lambda m: m.step("far", 5.0, "shear", vector=[0, 0, 1]), "translation or a rotation"),
        (lambda m: m.step("far", 5.0, units="kg", vector=[0, 0, 1]), "'kg' is no unit of length"),
        (lambda m: m.step("far", "text", vector=[0, 0, 1]), "holds no numbers"),
    ],
)
def test_a_broken_chain_leaves_positions_unknown_and_says_why(made, spoil, says):
    spoil(made)
    found = made.read()

    assert found.positions is None
    assert found.source == (0, 0, -20)
    assert any(re.search(says, remark) for remark in found.remarks), found.remarks


def test_broken_geometry_never_keeps_events_from_being_read(made):
    made.step("far", 5.0, depends_on="far")
    made.file.close()

    assert open_file(made.path).read("events").n_events == 4
    assert open_file(made.path).layouts()["events"].shape == (2, 2)


def test_a_chain_goes_on_through_another_component(made):
    tank = group(made.instrument, "tank", "NXcollection")
    tank["depends_on"] = "move"
    dataset(tank, "move", 2.0, transformation_type="translation", units="m", vector=[1.0, 0, 0])
    made.step("far", 5.0, vector=[0, 0, 1.0], depends_on="/entry/instrument/tank")

    assert made.read().positions[0] == pytest.approx([1.995, -0.02, 5.0])


def test_nothing_moves_by_a_value_of_zero_whatever_the_vector(made):
    made.step("far", 0.0, vector=[0, 0, 0])

    assert made.read().positions[0] == pytest.approx([-0.005, -0.02, 0])


def test_a_log_in_a_chain_counts_with_its_value_at_the_start(made):
    made.entry["start_time"] = "2020-01-01T00:00:10Z"
    del made.steps["far"]
    log = group(
        made.steps, "far", "NXlog", transformation_type="translation", vector=[0, 0, 1.0], units="m", depends_on=".",
        topic="motion", source="det:z",
    )  # fmt: skip
    log["value"] = [1.0, 2.0, 3.0]
    dataset(log, "time", [-5.0, -1.0, 5.0], units="s", start="2020-01-01T00:00:10Z")
    found = made.read()

    assert found.positions[0, 2] == 2.0
    assert found.logs == (("motion", "det:z"),)
    assert "changes from 1 to 3" in found.remarks[0]


def test_a_log_without_a_sample_leaves_positions_unknown_until_one_comes(made):
    del made.steps["far"]
    group(
        made.steps, "far", "NXlog", transformation_type="translation", vector=[0, 0, 1.0], units="mm", depends_on=".",
        topic="motion", source="det:z",
    )  # fmt: skip
    made.file.close()
    file = open_file(made.path)

    assert file.geometry("events").positions is None
    assert "no sample yet" in file.geometry("events").remarks[0]
    assert file.geometry("events", lambda topic, source: None).positions is None
    assert file.geometry("events", lambda topic, source: {"det:z": 4200.0}[source]).positions[0, 2] == 4.2


def test_offsets_for_each_pixel_are_taken_as_they_are(made):
    for name in ("x_pixel_offset", "y_pixel_offset"):
        del made.detector[name]
    dataset(made.detector, "x_pixel_offset", [[1.0, 2.0], [3.0, 4.0]], units="m")
    dataset(made.detector, "z_pixel_offset", [[0.1, 0.2], [0.3, 0.4]], units="m")

    assert made.read().positions.tolist() == [[1, 0, 5.1], [2, 0, 5.2], [3, 0, 5.3], [4, 0, 5.4]]


@pytest.mark.parametrize("how", ["indices", "axes", "axis", "length"])
def test_a_list_of_offsets_runs_along_the_dimension_that_is_told(made, how):
    del made.detector["detector_number"], made.detector["x_pixel_offset"], made.detector["y_pixel_offset"]
    del made.detector.attrs["axes"]
    n = (2, 3) if how == "length" else (3, 3)
    made.detector["detector_number"] = np.arange(1, 1 + n[0] * n[1]).reshape(n)
    x = dataset(made.detector, "x_pixel_offset", np.arange(n[0]) * 1.0, units="m")
    y = dataset(made.detector, "y_pixel_offset", np.arange(n[1]) * 10.0, units="m")
    if how == "indices":
        made.detector.attrs["x_pixel_offset_indices"], made.detector.attrs["y_pixel_offset_indices"] = 0, 1
    elif how == "axes":
        made.detector.attrs["axes"] = ["x_pixel_offset", "y_pixel_offset"]
    elif how == "axis":
        x.attrs["axis"], y.attrs["axis"] = np.int16(1), np.int16(2)
    found = made.read()

    assert found.positions[1].tolist() == [0, 10, 5]
    assert found.remarks == ()


def test_a_list_of_offsets_that_could_run_either_way_runs_as_usual_and_says_so(made):
    del made.detector.attrs["axes"]
    found = made.read()

    assert found.positions[1].tolist() == [0.005, -0.02, 5]
    assert "does not say which of (2, 2) it runs along; taken as is usual" in found.remarks[0]


def test_offsets_that_do_not_fit_are_told(made):
    del made.detector["x_pixel_offset"]
    dataset(made.detector, "x_pixel_offset", [1.0, 2.0, 3.0], units="m")
    found = made.read()

    assert found.positions is None
    assert "3 values, the pixels the shape (2, 2)" in found.remarks[0]


def test_faces_of_a_detector_tell_where_its_pixels_are(made):
    for name in ("x_pixel_offset", "y_pixel_offset"):
        del made.detector[name]
    shape = group(made.detector, "detector_shape", "NXoff_geometry")
    corners = [[x, y, 0] for y in (0, 1, 2) for x in (0, 1, 2)]
    dataset(shape, "vertices", np.array(corners, float), units="m")
    quads = [[0, 1, 4, 3], [1, 2, 5, 4], [3, 4, 7, 6]]
    shape["winding_order"] = np.array(quads).ravel()
    shape["faces"] = np.array([0, 4, 8])
    shape["detector_faces"] = np.array([[2, 1], [0, 4], [1, 2]])

    assert np.array_equal(
        made.read().positions, [[0.5, 1.5, 5], [1.5, 0.5, 5], [np.nan] * 3, [0.5, 0.5, 5]], equal_nan=True
    )


def test_cylinders_of_a_detector_tell_where_its_pixels_are(made):
    for name in ("x_pixel_offset", "y_pixel_offset"):
        del made.detector[name]
    shape = group(made.detector, "detector_shape", "NXcylindrical_geometry")
    dataset(shape, "vertices", np.array([[0, 0, 0], [0.1, 0, 0], [0, 2, 0], [0, 4, 0], [0.1, 2, 0.0]]), units="cm")
    shape["cylinders"] = np.array([[0, 1, 2], [2, 4, 3]])
    shape["detector_number"] = np.array([3, 1])

    assert np.array_equal(
        made.read().positions, [[0, 0.03, 5], [np.nan] * 3, [0, 0.01, 5], [np.nan] * 3], equal_nan=True
    )


def test_the_size_of_pixels_turns_with_the_detector(made):
    shape = group(made.detector, "pixel_shape", "NXcylindrical_geometry")
    dataset(shape, "vertices", np.array([[0, 0, 0], [0, 4.0, 0], [2.0, 0, 0]]), units="mm")
    shape["cylinders"] = np.array([[0, 1, 2]])
    made.step("far", 90.0, "rotation", "deg", vector=[0, 0, 1.0])

    assert made.read().sizes == pytest.approx(np.array([[0.008, 0.002, 0.008]]))


def test_sizes_may_be_told_as_plain_numbers(made):
    dataset(made.detector, "x_pixel_size", 10.0, units="mm")
    dataset(made.detector, "y_pixel_size", [[40.0, 40.0], [40.0, 40.0]], units="mm")

    assert made.read().sizes.tolist() == [[0.01, 0.04, 0.0]]


def test_a_broken_shape_costs_only_the_size(made):
    group(made.detector, "pixel_shape", "NXoff_geometry")["vertices"] = np.zeros((2, 2))
    found = made.read()

    assert found.sizes is None
    assert found.positions is not None
    assert "the size of pixels is unknown" in found.remarks[0]


def test_distances_and_angles_of_older_files_are_read(made):
    del made.detector["depends_on"], made.detector["x_pixel_offset"], made.detector["y_pixel_offset"]
    dataset(made.detector, "distance", [[2.0, 2.0], [2.0, 4.0]], units="metre")
    dataset(made.detector, "polar_angle", [[0.0, 90.0], [90.0, 180.0]], units="degree")
    dataset(made.detector, "azimuthal_angle", np.radians([[0.0, 0.0], [90.0, 0.0]]), units="radian")

    assert made.read().positions == pytest.approx(np.array([[0, 0, 2.0], [2, 0, 0], [0, 2, 0], [0, 0, -4]]), abs=1e-12)


def test_an_azimuth_nobody_tells_is_taken_as_none_and_said(made):
    del made.detector["depends_on"], made.detector["x_pixel_offset"], made.detector["y_pixel_offset"]
    dataset(made.detector, "distance", np.full((2, 2), 2.0))
    dataset(made.detector, "polar_angle", np.full((2, 2), 90.0))
    found = made.read()

    assert found.positions == pytest.approx(np.tile([2.0, 0, 0], (4, 1)))
    assert "does not tell azimuthal angles" in found.remarks[0]


def test_a_geometry_group_places_and_turns_offsets(made):
    del made.detector["depends_on"]
    origin = group(made.detector, "origin", "NXgeometry")
    dataset(group(origin, "translation", "NXtranslation"), "distance", [100.0, 0.0, 300.0], units="cm")
    group(origin, "orientation", "NXorientation")["value"] = [0.0, 0, -1, 0, 1, 0]

    assert made.read().positions[1] == pytest.approx([1.0, -0.02, 3 - 0.005])


def test_a_plain_distance_puts_a_detector_into_the_beam(made):
    del made.detector["depends_on"]
    dataset(made.detector, "distance", 700.0, units="cm")
    found = made.read()

    assert found.positions[1].tolist() == [0.005, -0.02, 7]
    assert "tells only a distance" in found.remarks[0]


def test_without_offsets_all_pixels_stand_at_the_middle_and_that_is_said(made):
    del made.detector["x_pixel_offset"], made.detector["y_pixel_offset"]
    found = made.read()

    assert found.positions.tolist() == [[0, 0, 5]] * 4
    assert "no pixel offsets" in found.remarks[0]


def test_nothing_told_is_nothing_known(made):
    del made.detector["depends_on"], made.detector["x_pixel_offset"], made.detector["y_pixel_offset"]
    found = made.read()

    assert found.positions is None
    assert found.remarks == ("/entry/instrument/bank does not say where its pixels are",)


def test_a_mask_in_the_file_excludes_by_the_bits_that_mean_something(made):
    made.detector["pixel_mask"] = np.array([[0, 1 << 1], [1 << 5, 1 << 8]], np.uint32)
    found = made.read()

    assert found.excluded.tolist() == [False, True, False, True]
    assert "bits without a meaning" in found.remarks[0]


def test_a_mask_of_another_shape_is_left_out_and_told(made):
    made.detector["pixel_mask"] = np.zeros(3, np.int32)
    found = made.read()

    assert found.excluded is None
    assert "does not fit" in found.remarks[0]


def test_a_monitor_is_one_place_on_its_way(made):
    monitor = group(made.instrument, "mon", "NXmonitor")
    dataset(monitor, "distance", -3.0, units="m")
    events(group(made.entry, "mon_events", "NXevent_data"))
    found = made.read("mon_events")

    assert found.is_monitor
    assert found.positions.tolist() == [[0, 0, -3]]
    assert found.source == (0, 0, -20)


def test_a_moderator_will_do_for_a_source_whatever_the_sign_of_its_distance(made):
    del made.instrument["source"]
    dataset(group(made.instrument, "moderator", "NXmoderator"), "distance", 13.0, units="m")

    assert made.read().source == (0, 0, -13)


def test_a_source_at_the_sample_is_no_source(made):
    del made.instrument["source/distance"]
    dataset(made.instrument["source"], "distance", 0.0)
    found = made.read()

    assert found.source is None
    assert "stands where the sample is" in found.remarks[0]


def test_a_sample_may_stand_elsewhere(made):
    sample = group(made.entry, "sample", "NXsample")
    sample["depends_on"] = "stage"
    dataset(sample, "stage", 100.0, transformation_type="translation", vector=[1.0, 0, 0], units="mm")

    assert made.read().sample == (0.1, 0, 0)


def test_a_sample_on_a_turntable_is_where_it_is_whatever_its_angle(made):
    sample = group(made.entry, "sample", "NXsample")
    sample["depends_on"] = "turn"
    group(sample, "turn", "NXlog", transformation_type="rotation", vector=[0, 1.0, 0], units="deg", depends_on="up")
    dataset(sample, "up", 100.0, transformation_type="translation", vector=[0, 1.0, 0], units="mm")
    found = made.read()

    assert found.sample == (0, 0.1, 0)
    assert found.remarks == ()
    assert found.logs == ()


def test_components_are_found_by_name_and_path_without_events(made):
    made.file.close()
    file = open_file(made.path)

    assert file.geometry("bank").positions.shape == (4, 3)
    assert file.geometry("/entry/instrument/bank").positions.shape == (4, 3)
    with pytest.raises(StreamNameError, match="no stream 'bnak'"):
        file.geometry("bnak")


def test_what_lies_in_no_component_has_no_geometry(made):
    made.file.close()
    with h5py.File(made.path) as file:
        assert read_geometry(file, "/entry/instrument", where="x") is None


steps = st.lists(
    st.tuples(
        st.sampled_from(["translation", "rotation"]),
        st.floats(-400, 400),
        st.tuples(*[st.floats(-1, 1)] * 3).filter(lambda v: np.linalg.norm(v) > 0.01),
        st.tuples(*[st.floats(-5, 5)] * 3),
    ),
    min_size=1,
    max_size=5,
)


@settings(deadline=None, max_examples=20)
@given(steps)
def test_any_chain_is_evaluated_as_scippnexus_does(tmp_path_factory, chain):
    # Offsets of translations only: for a rotation the manual has T(offset) R, scippnexus turns the offset, too.
    path = tmp_path_factory.mktemp("chain") / "run.nxs"
    made = Made(path)
    for i, (kind, value, vector, offset) in enumerate(chain):
        last = i + 1 == len(chain)
        made.step(
            f"s{i}", value, kind, "m" if kind == "translation" else "deg", "." if last else f"s{i + 1}",
            vector=np.array(vector) / np.linalg.norm(vector), offset_units="m",
            offset=np.array(offset) * (kind == "translation"),
        )  # fmt: skip
    del made.detector["depends_on"]
    made.detector["depends_on"] = "transformations/s0"
    made.detector["data"] = np.zeros((2, 2))
    made.detector.attrs["signal"], made.detector.attrs["axes"] = "data", ["y_pixel_offset", "x_pixel_offset"]
    del made.detector["events"]
    made.file.close()
    with snx.File(path) as file:
        theirs = snx.compute_positions(file["entry/instrument/bank"][()])["data"].coords["position"]
    ours = open_file(path).geometry("bank").positions.reshape(2, 2, 3)
    theirs = theirs.transpose(["y_pixel_offset", "x_pixel_offset"]).to(unit="m").values

    assert theirs.shape == ours.shape
    assert np.abs(ours - theirs).max() <= 1e-9 * max(1.0, np.abs(theirs).max())


@pytest.mark.parametrize(
    ("before", "after", "says"),
    [
        (Geometry(np.zeros((2, 3))), Geometry(np.zeros((2, 3))), ""),
        (Geometry(np.zeros((2, 3))), Geometry(np.full((2, 3), [0, 3.0, 4.0])), "the detector moved by 5 m"),
        (Geometry(None), Geometry(np.zeros((2, 3))), "the place of detector is known now"),
        (Geometry(None, source=(0, 0, -1)), Geometry(None), "the place of source is unknown now"),
        (None, Geometry(None), "the geometry is known now"),
        (None, None, ""),
        (Geometry(np.zeros((2, 3))), Geometry(np.zeros((3, 3))), "the detector has another number of pixels"),
    ],
)
def test_what_moved_is_said(before, after, says):
    assert moved(before, after) == says


ODD = {
    "text": "x",
    "texts": np.array([b"a", b"b"]),
    "empty": np.zeros(0),
    "empty space": h5py.Empty("f8"),
    "not a number": np.nan,
    "infinite": np.full((2, 2), np.inf),
    "other shape": np.arange(7),
    "five dimensions": np.zeros((1, 2, 1, 3, 1)),
    "complex": np.array([1j]),
    "true": True,
    "huge": np.array([2**63], np.uint64),
    "negative": np.array([-(2**63)]),
    "nowhere": h5py.SoftLink("/nowhere"),
    "itself": h5py.SoftLink("/entry/instrument/bank"),
    "other file": h5py.ExternalLink("gone.nxs", "/"),
    "group": None,
}
TARGETS = [
    *(f"bank/{name}" for name in ("detector_number", "x_pixel_offset", "depends_on", "transformations", "pixel_mask")),
    *(f"bank/{name}" for name in ("pixel_shape", "pixel_shape/vertices", "pixel_shape/cylinders", "detector_shape")),
    *(f"bank/{name}" for name in ("transformations/far", "x_pixel_size", "distance", "polar_angle", "origin")),
    *("source", "source/distance", "source/depends_on", "instrument_xml", "instrument_xml/data"),
]


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("odd", ODD.values(), ids=ODD.keys())
def test_whatever_stands_in_a_file_geometry_is_told_or_unknown_and_events_are_read(made, target, odd):
    made.detector["pixel_mask"] = np.zeros((2, 2), np.int32)
    shape = group(made.detector, "pixel_shape", "NXcylindrical_geometry")
    dataset(shape, "vertices", np.array([[0, 0, 0], [0, 4.0, 0], [2.0, 0, 0]]), units="mm")
    shape["cylinders"] = np.array([[0, 1, 2]])
    group(made.instrument, "instrument_xml", "NXnote")["data"] = "<instrument/>"
    if target in made.instrument:
        del made.instrument[target]
    if odd is None:
        group(made.instrument, target, "NXlog")
    else:
        made.instrument[target] = odd
    made.file.close()
    file = open_file(made.path)
    found = file.geometry("events")

    assert file.read("events").n_events == 4
    assert set(file.layouts()) <= {"events"}
    assert found.where.startswith("run.nxs")
    assert found.positions is not None or found.remarks


@pytest.mark.parametrize("name", ["vector", "offset", "offset_units", "units", "transformation_type", "depends_on"])
@pytest.mark.parametrize(
    "odd", ["", "x", np.zeros(0), np.nan, np.array([1j, 2, 3]), np.zeros((3, 3)), h5py.Empty("f8")], ids=str
)
def test_whatever_a_transformation_says_of_itself_geometry_is_told_or_unknown(made, name, odd):
    made.steps["far"].attrs[name] = odd
    found = made.read()

    assert found.positions is not None or found.remarks
