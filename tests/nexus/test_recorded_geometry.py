"""Geometry through a recording: where things are live they are in the file, to the last bit."""

import json
import math
import tempfile
from dataclasses import replace
from pathlib import Path

import h5py
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from livedata.nexus import open_file, record
from livedata.nexus.place import Place
from livedata.nexus.spec import RecorderSpec
from livedata.nexus.writer import FileWriter
from livedata.reduce.physics.geometry import Geometry
from livedata.reduce.pixels.layout import layout
from livedata.sources.diffractometer import detector_geometry, monitor_geometry
from livedata.streams.key import StreamKey
from livedata.transport import open_transport

from .conftest import DETECTOR, MONITOR, T0, event_message
from .test_recorder import send

NUMBER = st.floats(allow_infinity=False, width=64)
POINT = st.none() | st.tuples(NUMBER, NUMBER, NUMBER)
LAYOUTS = (
    layout((2, 3), first_id=5),
    layout((6,)),
    layout((1, 2, 3)),
    layout((2, 3, 4), dims=("tube", "straw", "pixel")),
    layout((1,)),
    layout(detector_number=[[1, -1], [-1, 7]]),
    layout(detector_number=[[2_000_000_000, 2], [3, -1]]),
    None,
)
PLACED = Geometry(np.array([[0.1, -0.2, 4.0], [0.3, -0.0, 4.1]]), (0.1, 0.2, -17.3), (0.0, 0.0, 0.0), "the instrument")


def table(columns, n):
    return arrays(np.float64, (n, columns), elements=NUMBER)


@st.composite
def detectors(draw):
    """A layout, and a geometry that belongs to it."""
    held = draw(st.sampled_from(LAYOUTS))
    n = held.size if held is not None else draw(st.integers(1, 4))
    bank = draw(st.none() | arrays(np.int32, n, elements=st.integers(-1, 1)))
    return held, Geometry(
        draw(st.none() | table(3, n)),
        source=draw(POINT),
        sample=draw(POINT),
        gravity=draw(st.just((0.0, -1.0, 0.0)) | st.tuples(NUMBER, NUMBER, NUMBER)),
        sizes=draw(st.none() | table(3, 1) | table(3, n)),
        excluded=draw(st.none() | arrays(np.bool_, n)),
        is_monitor=draw(st.booleans()),
        names=() if bank is None else ("left", "right/ö"),
        bank=bank,
    )


monitors = st.builds(Geometry, st.none() | table(3, 1), source=POINT, sample=POINT, is_monitor=st.just(True))


def exact(value):
    """Return a value such that the same numbers, and signs of zeros, are equal and nothing else is."""
    if value is None or isinstance(value, bool):
        return value
    array = np.asarray(value)
    return array.shape, array.dtype.str, [text.hex() if isinstance(text, float) else text for text in array.flat]


def content(geometry):
    names = ("positions", "source", "sample", "gravity", "sizes", "excluded", "is_monitor", "bank")
    return {name: exact(getattr(geometry, name)) for name in names}


def write(path, geometries, layouts):
    """Write a message of each stream."""
    writer = FileWriter(path, start_ns=T0, geometries=geometries, layouts=layouts)
    for key in geometries:
        writer.accept(key, event_message(0))
    writer.finish()
    return open_file(path)


@given(detectors(), detectors(), monitors)
@settings(max_examples=60, deadline=None)
def test_whatever_is_known_is_read_back_bit_for_bit(first, second, monitor):
    other = StreamKey("X_events", "other", "events")
    geometries = {DETECTOR: first[1], other: second[1], MONITOR: monitor}
    layouts = {key: held for key, held in ((DETECTOR, first[0]), (other, second[0])) if held is not None}
    with tempfile.TemporaryDirectory() as folder:
        file = write(Path(folder) / "run.nxs", geometries, layouts)
        found = {key: file.geometry(key.source) for key in geometries}
        named = {StreamKey("X_events", name, "events"): held for name, held in file.layouts().items()}

    for key, held in geometries.items():
        assert content(found[key]) == content(held)
        if held.names:
            assert found[key].names == held.names
    assert named == layouts


@given(detectors())
@settings(max_examples=60, deadline=None)
def test_whatever_is_known_reaches_another_process_bit_for_bit(given_detector):
    held = replace(given_detector[1], where="of here", remarks=("odd",), logs=(("logs", "arm"),))
    spec = RecorderSpec(Place(Path("a"), Path("b")), None, {}, geometries={DETECTOR: held})
    found = RecorderSpec.from_json(json.loads(json.dumps(spec.to_json()))).geometries[DETECTOR]

    assert content(found) == content(held)
    assert (found.where, found.names, found.remarks, found.logs) == (held.where, held.names, held.remarks, held.logs)


def test_a_plain_instrument_is_written_in_standard_form_alone(tmp_path):
    detector = replace(detector_geometry(), excluded=np.arange(65536) % 7 == 0)
    write(
        tmp_path / "run.nxs",
        {DETECTOR: detector, MONITOR: monitor_geometry()},
        {DETECTOR: layout((256, 256), first_id=1)},
    )
    with h5py.File(tmp_path / "run.nxs") as file:
        instrument = file["entry/instrument"]
        bank, monitor = instrument["detector"], instrument["monitor"]
        assert {group.attrs["NX_class"] for group in (bank, monitor)} == {"NXdetector", "NXmonitor"}
        assert bank["x_pixel_offset"].shape == bank["pixel_mask"].shape == (256, 256)
        assert bank["x_pixel_offset"].attrs["units"] == "m"
        assert bank["x_pixel_size"][()] == detector.sizes[0, 0]
        assert (bank["depends_on"][()], file["entry/sample/depends_on"][()]) == (b".", b".")
        assert instrument["source/transformations/z"][()] == detector.source[2]
        assert monitor["depends_on"][()] == b"/entry/instrument/monitor/transformations/z"
        assert file["entry/monitor_events"] == monitor["monitor_events"]
        assert "livedata" not in bank
        assert "livedata" not in monitor


def test_scippnexus_reads_the_same_places(tmp_path):
    import scipp as sc
    import scippnexus as snx

    size = np.array([[0.02, 0.03, 0.5]])
    held = replace(PLACED, sizes=size, sample=(0.25, 0.0, 0.5))
    monitor = Geometry(np.array([[0.5, 0.0, -2.0]]), held.source, held.sample, is_monitor=True)
    write(tmp_path / "run.nxs", {DETECTOR: held, MONITOR: monitor}, {DETECTOR: layout((2, 1))})
    with snx.File(tmp_path / "run.nxs") as file:
        bank = file["entry/instrument/detector"]
        assert bank["y_pixel_offset"][()].values.ravel().tolist() == [-0.2, -0.0]
        assert np.ptp(bank["pixel_shape"][()]["vertices"].values, axis=0) == pytest.approx(size[0], rel=1e-15)
        groups = sc.DataGroup({name: file["entry"][name][()] for name in ("instrument", "sample")})
    content = snx.compute_positions(groups)
    instrument = content["instrument"]
    assert instrument["source"]["position"].value.tolist() == list(held.source)
    assert content["sample"]["position"].value.tolist() == list(held.sample)
    assert instrument["monitor"]["position"].value.tolist() == [0.5, 0.0, -2.0]
    pixels = instrument["detector"]["detector_events"].coords["position"]
    assert pixels.unit == sc.Unit("m")
    assert pixels.values.reshape(-1, 3).tolist() == held.positions.tolist()


def test_a_stream_whose_source_is_elsewhere_keeps_it(tmp_path):
    near = replace(PLACED, source=(0.0, 0.0, -3.0), sample=None)
    other = StreamKey("X_events", "near", "events")
    file = write(tmp_path / "run.nxs", {DETECTOR: PLACED, other: near}, {})
    assert file.geometry("detector").source == PLACED.source
    assert file.geometry("near").source == near.source
    assert file.geometry("near").sample is None


def test_what_follows_a_log_says_of_when_it_is(tmp_path):
    held = replace(PLACED, remarks=("the arm is bent",), logs=(("logs", "arm"),))
    found = write(tmp_path / "run.nxs", {DETECTOR: held}, {DETECTOR: layout((2,))}).geometry("detector")
    assert found.remarks == ("the arm is bent", "where things were when the recording began; they follow logs/arm")
    assert found.logs == ()


def test_positions_that_do_not_fit_the_layout_are_kept_as_they_are(tmp_path):
    file = write(tmp_path / "run.nxs", {DETECTOR: PLACED}, {DETECTOR: layout((8, 8))})
    assert content(file.geometry("detector")) == content(PLACED)
    assert file.layouts()["detector"] == layout((8, 8))


def test_a_stream_called_source_does_not_get_in_the_way(tmp_path):
    key = StreamKey("X_events", "source", "events")
    file = write(tmp_path / "run.nxs", {key: PLACED}, {key: layout((2,))})
    assert content(file.geometry("source")) == content(PLACED)


@pytest.mark.parametrize("damage", ["texts", "a shape", "a group"])
def test_what_is_damaged_beside_the_standard_form_is_left_out_with_a_remark(tmp_path, damage):
    held = replace(PLACED, gravity=(-1.0, 0.0, 0.0), source=(math.nan, 0.0, 0.0))
    write(tmp_path / "run.nxs", {DETECTOR: held}, {DETECTOR: layout((2,))})
    with h5py.File(tmp_path / "run.nxs", "a") as file:
        rest = file["entry/instrument/detector/livedata"]
        for name in ("gravity", "source"):
            del rest[name]
            if damage == "a group":
                rest.create_group(name)
            else:
                rest[name] = "down" if damage == "texts" else np.zeros((2, 2))
    found = open_file(tmp_path / "run.nxs").geometry("detector")
    assert found.source is None
    assert found.gravity == (0.0, -1.0, 0.0)
    assert np.array_equal(found.positions, PLACED.positions)
    assert damage == "a group" or any("gravity is" in text and "left out" in text for text in found.remarks)


@pytest.mark.kafka
def test_geometry_reaches_the_file_of_a_recorder_process(kafka_url, topic_prefix, tmp_path):
    topic = f"{topic_prefix}_events"
    key, held = StreamKey(topic, "detector", "events"), layout((256, 256), first_id=1)
    geometry = replace(detector_geometry(), sizes=np.random.default_rng(1).random((held.size, 3)), remarks=("odd",))
    transport = open_transport(kafka_url)
    transport.create_topic(topic, partitions=3)
    recording = record(
        transport, tmp_path / "run.nxs", topics=f"{topic_prefix}_*", layouts={key: held}, geometries={key: geometry}
    )
    send(transport, 5, topic=topic)
    recording.stop(wait=True)
    transport.close()
    found = open_file(recording.path).geometry("detector")
    assert content(found) == content(geometry)
    assert found.remarks == ("odd",)
