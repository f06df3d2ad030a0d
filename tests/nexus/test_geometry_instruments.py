"""Geometry from descriptions of instruments: templates, files and our own form."""

import json

import h5py
import numpy as np
import pytest

from livedata.errors import FileError, SettingsError
from livedata.nexus import load_instrument

from .test_geometry import Made


def group(name, nx_class, *children, **attributes):
    told = [{"name": "NX_class", "dtype": "string", "values": nx_class}]
    told += [{"name": key, "values": value} for key, value in attributes.items()]
    return {"type": "group", "name": name, "attributes": told, "children": list(children)}


def dataset(name, values, **attributes):
    return {
        "module": "dataset",
        "config": {"name": name, "values": values},
        "attributes": [{"name": key, "values": value} for key, value in attributes.items()],
    }


def stream(module, **config):
    return {"module": module, "config": config}


def panel(name, first, place, source="pixels"):
    return group(
        name,
        "NXdetector",
        dataset("detector_number", [[first, first + 1], [first + 2, first + 3]]),
        dataset("x_pixel_offset", [[-0.1, 0.1], [-0.1, 0.1]], units="m"),
        dataset("y_pixel_offset", [[-0.2, -0.2], [0.2, 0.2]], units="m"),
        dataset("depends_on", f"/entry/instrument/{name}/steps/there"),
        group("steps", "NXtransformations", place),
        group(f"{name}_events", "NXevent_data", stream("ev44", topic="events", source=source)),
    )


FAR = dataset("there", 4.0, units="m", transformation_type="translation", vector=[0.0, 0.0, 1.0], depends_on=".")
MOVING = group(
    "there",
    "NXlog",
    stream("f144", topic="motion", source="det:z", value_units="mm"),
    transformation_type="translation",
    vector=[0.0, 0.0, 1.0],
    depends_on=".",
)


def template(*components):
    source = group("source", "NXsource", dataset("distance", -25.0, units="m"))
    monitor = group(
        "mon",
        "NXmonitor",
        dataset("distance", -200.0, units="cm"),
        group("mon_events", "NXevent_data", stream("ev44", topic="events", source="mon")),
    )
    return {"children": [group("entry", "NXentry", group("instrument", "NXinstrument", *components, source, monitor))]}


@pytest.fixture
def load(tmp_path):
    def write(content):
        path = tmp_path / "mine.json"
        path.write_text(json.dumps(content))
        return load_instrument(path)

    return write


def test_a_template_tells_where_pixels_and_monitors_are(load):
    told = load(template(panel("bank", 1, FAR)))
    found, monitor = told.geometries["pixels"](), told.geometries["mon"]()

    assert found.positions.tolist() == [[-0.1, -0.2, 4], [0.1, -0.2, 4], [-0.1, 0.2, 4], [0.1, 0.2, 4]]
    assert (found.source, found.sample) == ((0, 0, -25), (0, 0, 0))
    assert found.where == "mine.json, /entry/instrument/bank"
    assert monitor.is_monitor
    assert monitor.positions.tolist() == [[0, 0, -2]]


def test_a_group_is_called_by_its_own_name_whatever_else_is_in_it(load):
    content = template(panel("bank", 1, FAR))
    content["children"][0]["children"][0]["config"] = {"name": "name", "values": "X"}

    assert load(content).geometries["pixels"]().positions.shape == (4, 3)


def test_positions_that_follow_a_log_wait_for_its_first_sample(load):
    told = load(template(panel("bank", 1, MOVING))).geometries["pixels"]

    assert told().positions is None
    assert "no sample yet" in told().remarks[0]
    assert told().logs == (("motion", "det:z"),)
    assert (
        told(lambda topic, source: 4321.0 if (topic, source) == ("motion", "det:z") else None).positions[0, 2] == 4.321
    )


def test_panels_of_one_source_are_stacked_as_their_layout_is(load):
    told = load(template(panel("a", 1, FAR), panel("b", 11, MOVING)))
    found = told.geometries["pixels"](lambda topic, source: 5000.0)

    assert told.streams["pixels"][1].detector_number().tolist() == [[1, 2], [3, 4], [11, 12], [13, 14]]
    assert found.positions[:, 2].tolist() == [4] * 4 + [5] * 4
    assert found.names == ("a", "b")
    assert found.bank.tolist() == [0] * 4 + [1] * 4


def test_what_a_template_says_is_what_its_file_says(load, tmp_path):
    made = Made(tmp_path / "run.nxs")
    made.file.close()
    file = load_instrument(tmp_path / "run.nxs")

    assert file.geometries["events"]().positions.shape == (4, 3)
    assert set(file.geometries) == {"events"}


def test_a_list_of_pixels_in_a_grid_is_a_picture_live_as_in_the_file(load):
    bank = panel("bank", 1, FAR)
    y, x = np.mgrid[0:3, 0:4]
    bank["children"][:3] = [
        dataset("detector_number", list(range(1, 13))),
        dataset("x_pixel_offset", x.ravel().tolist(), units="m"),
        dataset("y_pixel_offset", y.ravel().tolist(), units="m"),
    ]

    assert load(template(bank)).streams["pixels"][1].shape == (3, 4)


def own(**stream):
    return {
        "name": "X",
        "source": [0, 0, -12],
        "streams": {"det": {"topic": "t", "source": "s", "schema": "ev44", **stream}},
    }


def test_our_own_form_places_a_flat_detector(load):
    place = {"position": [0, 0, 3], "pixel_size": [0.1, 0.2], "turns": [{"axis": [0, 1, 0], "angle": 90}]}
    told = load(own(shape=[2, 3], geometry=place))
    found = told.geometries["det"]()

    assert found.positions == pytest.approx(
        np.array([[0, y, 3 - x] for y in (-0.1, 0.1) for x in (-0.1, 0, 0.1)]), abs=1e-12
    )
    assert found.sizes == pytest.approx(np.array([[0, 0.2, 0.1]]), abs=1e-12)
    assert (found.source, found.sample) == ((0, 0, -12), (0, 0, 0))


def test_our_own_form_places_a_monitor(load):
    found = load(own(geometry={"position": [0, 0, -2]})).geometries["det"]()

    assert found.is_monitor
    assert found.positions.tolist() == [[0, 0, -2]]


def test_our_own_form_takes_positions_from_another_file_by_number(load, tmp_path):
    Made(tmp_path / "run.nxs").file.close()
    told = load(own(detector_number=[4, 1, 9, 2], dims=["pixel"], geometry={"file": "run.nxs"}))
    found = told.geometries["det"]()

    assert found.positions[[0, 1, 3]].tolist() == [[0.005, 0.02, 5], [-0.005, -0.02, 5], [0.005, -0.02, 5]]
    assert np.isnan(found.positions[2]).all()
    assert found.source == (0, 0, -12)


def test_a_file_without_the_numbers_is_told(load, tmp_path):
    Made(tmp_path / "run.nxs").file.close()

    with pytest.raises(SettingsError, match="no detector with any of these 2 pixel numbers"):
        load(own(detector_number=[70, 71], geometry={"file": "run.nxs"})).geometries["det"]()
    with pytest.raises((SettingsError, FileError), match="cannot read"):
        load(own(shape=[2, 2], geometry={"file": "gone.nxs"})).geometries["det"]()


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (own(shape=[2, 2], geometry={}), "either a file or a position"),
        (own(shape=[2, 2], geometry={"file": "a", "position": [0, 0, 1]}), "either a file or a position"),
        (own(schema="f144", geometry={"position": [0, 0, 1]}), "only a stream of events has a geometry"),
        (own(shape=[2, 2], geometry={"position": [0, 0]}), "geometry.position"),
    ],
)
def test_broken_places_in_our_own_form_are_told(load, content, says):
    with pytest.raises(SettingsError, match=says):
        load(content)


def test_a_description_with_a_broken_geometry_still_gives_its_streams(tmp_path):
    made = Made(tmp_path / "run.nxs")
    made.step("far", 1.0, depends_on="far")
    made.file.close()
    told = load_instrument(tmp_path / "run.nxs")

    assert told.streams["events"][1].shape == (2, 2)
    assert told.geometries["events"]().positions is None
    assert h5py.is_hdf5(tmp_path / "run.nxs")
