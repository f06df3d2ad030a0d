"""Frames and sets of named arrays, written and read back."""

import h5py
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from livedata.errors import RecordingError
from livedata.nexus import open_file
from livedata.nexus.check import check
from livedata.nexus.writer import FileWriter
from livedata.streams.batch import ArrayBatch, ArraySet, Variable
from livedata.streams.extent import Extent
from livedata.streams.key import StreamKey
from livedata.transport.protocol import Partition

from .conftest import T0, message

MONITOR = StreamKey("X_hist", "monitor", "arrays")
PULSES = "livedata/messages/monitor/reference_time/value"
CAMERA = StreamKey("X_cam", "camera", "frames")


def one(offset, found, topic="X_hist"):
    """A batch of one set in one message."""
    return ArrayBatch(np.array([T0 + offset]), (found,), message(offset, topic=topic))


def histogram(i, n=5, *, edges=None, pulses=None):
    """What a beam monitor sends: counts, edges, and a list of pulses whose length differs."""
    rng = np.random.default_rng(i)
    pulses = i % 3 if pulses is None else pulses
    edges = np.linspace(0, 71, n + 1) if edges is None else edges
    return ArraySet(
        {
            "frame_time": Variable(edges, ("frame_time",), "ns"),
            "signal": Variable(rng.integers(0, 9, n, np.int32), ("frame_time",), "counts", "beam monitor"),
            "reference_time": Variable(T0 + np.arange(pulses), ("reference_time",), "ns"),
            "frame_total": Variable(np.full(pulses, i, np.int32), ("reference_time",), "counts"),
        }
    )


def frame(i, shape=(4, 6), dtype=np.uint16, **attributes):
    rng = np.random.default_rng(i)
    image = rng.integers(0, 200, shape).astype(dtype)
    dims = tuple(f"dim_{k}" for k in range(len(shape)))
    return ArraySet({"signal": Variable(image, dims)}, {"id": i, **attributes})


def equal_sets(a, b):
    assert list(a.variables) == list(b.variables)
    for name, held in a.variables.items():
        other = b.variables[name]
        assert (held.dims, held.unit, held.label) == (other.dims, other.unit, other.label)
        assert held.values.dtype == other.values.dtype
        assert held.values.shape == other.values.shape
        assert np.array_equal(held.values, other.values, equal_nan=held.values.dtype.kind == "f")
    assert a.attributes.keys() == b.attributes.keys()
    for name, value in a.attributes.items():
        assert np.array_equal(value, b.attributes[name])
        assert getattr(value, "dtype", None) == getattr(b.attributes[name], "dtype", None)
    assert (a.offset, a.whole) == (b.offset, b.whole)
    return True


def written(writer, key, sets):
    """Write the sets, check the file, and return it with what was counted."""
    for i, found in enumerate(sets):
        writer.accept(key, one(i, found, key.topic))
    counts = writer.finish()
    check(writer.path, counts)
    return open_file(writer.path), counts.counts[key]


def test_sets_of_arrays_come_back_as_they_were(writer):
    sent = [histogram(i) for i in range(7)]
    file, counts = written(writer, MONITOR, sent)
    stream, batch = file.stream("monitor"), file.read("monitor")
    assert (stream.kind, stream.key, stream.n_points, stream.shape) == ("arrays", MONITOR, 7, (7, 5))
    assert all(equal_sets(a, b) for a, b in zip(sent, batch.sets, strict=True))
    assert batch.time.tolist() == [T0 + i for i in range(7)]
    assert batch.messages.offset.tolist() == list(range(7))
    assert (counts.samples, counts.messages, counts.remarks) == (7, 7, ())


def test_frames_come_back_with_their_attributes(writer):
    told = {"ColorMode": "Mono", "gain": np.float32(1.1), "box": np.array([1, 2], np.int64), "big": 2**60, "on": True}
    sent = [frame(i, **told) for i in range(3)]
    file, _ = written(writer, CAMERA, sent)
    stream = file.stream("camera")
    assert (stream.kind, stream.dtype, stream.n_points, stream.shape) == ("frames", "uint16", 3, (3, 4, 6))
    assert all(equal_sets(a, b) for a, b in zip(sent, file.read("camera").sets, strict=True))


def test_frames_lie_where_the_ess_file_writer_puts_them(writer):
    written(writer, CAMERA, [frame(i) for i in range(3)])
    with h5py.File(writer.path) as file:
        group = file["entry/frames/camera"]
        assert dict(group.attrs) | {"messages": "", "variables": ""} == {
            "NX_class": "NXlog", "topic": "X_cam", "source": "camera", "writer_module": "ad00",
            "messages": "", "variables": "",
        }  # fmt: skip
        assert (group["value"].shape, group["value"].dtype) == ((3, 4, 6), np.uint16)
        assert group["time"].dtype == np.uint64


def test_an_axis_that_stays_the_same_is_stored_once(writer):
    written(writer, MONITOR, [histogram(i) for i in range(3)])
    with h5py.File(writer.path) as file:
        group = file["entry/arrays/monitor"]
        assert (group["signal"].shape, group["frame_time"].shape) == ((3, 5), (6,))
        assert (group.attrs["signal"], list(group.attrs["axes"])) == ("signal", ["time", "frame_time"])
        assert group["signal"].attrs["axes"] == "time:frame_time"


def test_an_axis_that_changes_is_stored_with_each_set_from_then_on(writer):
    edges = [np.arange(6.0) + shift for shift in (0, 0, 1, 2, 0, 3)]
    sent = [histogram(i, edges=e) for i, e in enumerate(edges)]
    file, counts = written(writer, MONITOR, sent)
    assert all(equal_sets(a, b) for a, b in zip(sent, file.read("monitor").sets, strict=True))
    assert counts.remarks == ("sets of other arrays than the first, in groups of their own (4)",)
    with h5py.File(writer.path) as raw:
        assert raw["entry/arrays/monitor_2/frame_time"].shape == (4, 6)


def test_a_shape_that_changes_goes_on_in_a_group_of_its_own(writer):
    shapes = [(4, 6), (4, 6), (8, 6), (4, 6), (2, 3, 3)]
    sent = [frame(i, shape) for i, shape in enumerate(shapes)]
    file, counts = written(writer, CAMERA, sent)
    assert (list(file.streams), file.stream("camera").n_points) == (["camera"], 5)
    batch = file.read("camera")
    assert batch.messages.offset.tolist() == [0, 1, 3, 2, 4]
    assert all(equal_sets(sent[i], found) for i, found in zip([0, 1, 3, 2, 4], batch.sets, strict=True))
    assert (counts.samples, counts.unrepresentable) == (5, 0)
    assert counts.remarks == ("sets of other arrays than the first, in groups of their own (2)",)


def test_sets_of_very_many_forms_are_counted_when_there_is_no_group_left(writer):
    file, counts = written(writer, CAMERA, [frame(i, (i + 1,)) for i in range(40)])
    assert (file.stream("camera").n_points, counts.samples, counts.unrepresentable) == (32, 32, 8)
    assert "sets of more than 32 kinds, not written (8)" in counts.remarks


@pytest.mark.parametrize("shape", [(), (0,), (0, 4)])
def test_arrays_without_elements_or_dimensions_come_back(writer, shape):
    sent = [frame(i, shape) for i in range(3)]
    file, _ = written(writer, CAMERA, sent)
    assert all(equal_sets(a, b) for a, b in zip(sent, file.read("camera").sets, strict=True))


def test_a_part_of_a_whole_keeps_its_place(writer):
    found = ArraySet({"signal": Variable(np.arange(4), ("x",))}, {}, (2,), (8,))
    file, _ = written(writer, MONITOR, [found])
    assert equal_sets(found, file.read("monitor").sets[0])


@pytest.mark.parametrize("name", ["time", "a/b", "..", "attributes", "", " x "])
def test_variables_may_have_any_name(writer, name):
    found = ArraySet(
        {"signal": Variable(np.arange(3), (name or "x",)), name: Variable(np.arange(4.0), (name or "x",), "", "l")}
    )
    file, _ = written(writer, MONITOR, [found, found])
    assert all(equal_sets(found, other) for other in file.read("monitor").sets)


def test_texts_with_zero_bytes_do_no_harm(writer):
    key = StreamKey("X_hist", "a\0b", "arrays")
    found = ArraySet({"s\0": Variable(np.arange(3), ("x\0",), "u\0", "l\0")}, {"n\0": "v\0"})
    file, counts = written(writer, key, [found])
    assert list(file.streams) == ["a␀b"]
    back = file.read("a␀b").sets[0]
    assert (back.variables["s␀"].dims, back.variables["s␀"].unit) == (("x␀",), "u␀")
    assert back.attributes == {"n\0": "v\0"}
    assert counts.samples == 1


@pytest.mark.parametrize(
    "odd", [frame(0, (1,) * 32), ArraySet({str(i): Variable(np.zeros(1), ("x",)) for i in range(1001)})]
)
def test_sets_that_no_file_can_hold_are_counted_and_stop_nothing(writer, odd):
    file, counts = written(writer, CAMERA, [frame(0), odd, frame(1)])
    assert (file.stream("camera").n_points, counts.samples, counts.unrepresentable) == (2, 2, 1)
    assert counts.remarks == ("sets of more than 1000 arrays, or of more than 31 dimensions, not written (1)",)


def test_a_stream_of_nothing_but_sets_that_no_file_can_hold_stops_nothing(writer):
    writer.accept(CAMERA, one(0, frame(0, (1,) * 32), "X_cam"))
    writer.checkpoint(wait=True)
    counts = writer.finish()
    check(writer.path, counts)
    assert counts.counts[CAMERA].unrepresentable == 1


def test_values_that_are_no_number_are_equal_to_themselves(writer):
    edges = np.array([0, np.nan, 2.0, 3, 4, 5])
    _, counts = written(writer, MONITOR, [histogram(i, edges=edges.copy()) for i in range(3)])
    assert counts.remarks == ()


def test_arrays_off_their_alignment_and_of_another_byte_order_are_written_right(writer):
    raw = np.frombuffer(b"\0" + np.arange(4, dtype=">f8").tobytes(), ">f8", offset=1)
    file, _ = written(writer, MONITOR, [ArraySet({"signal": Variable(raw, ("x",))})])
    assert file.read("monitor").sets[0].variables["signal"].values.tolist() == [0, 1, 2, 3]


def test_an_extent_chooses_sets_by_offset(writer, drain):
    file, _ = written(writer, CAMERA, [frame(i) for i in range(9)])
    sink = drain(file.feed("camera"), Extent(offsets={Partition("X_cam", 0): (3, 5)}))
    assert [found.attributes["id"] for b in sink.batches for found in b.sets] == [3, 4]
    assert sink.ranges == [{Partition("X_cam", 0): (3, 5)}]


def test_large_frames_are_handed_over_a_few_at_a_time(writer, drain):
    file, _ = written(writer, CAMERA, [frame(i, (1024, 1024)) for i in range(7)])
    sink = drain(file.feed("camera"))
    assert len(sink.batches) >= 3
    assert sum(b.n_samples for b in sink.batches) == 7


@pytest.mark.parametrize("name", ["arrays/monitor/signal", "arrays/monitor/frame_time", PULSES])
def test_a_changed_element_is_noticed(writer, name):
    for i in range(1, 4):
        writer.accept(MONITOR, one(i, histogram(i)))
    counted = writer.finish()
    with h5py.File(writer.path, "r+") as file:
        file[f"entry/{name}"][1] += 1
    with pytest.raises(RecordingError, match=f"{name} differ"):
        check(writer.path, counted)


@settings(max_examples=25, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 3), st.integers(0, 2), st.integers(0, 3)), min_size=1, max_size=12),
    st.sets(st.integers(0, 12), max_size=3),
)
def test_whatever_changes_between_sets_they_all_come_back(tmp_path_factory, kinds, checkpoints):
    sent = [histogram(i, n + 1, edges=np.arange(n + 2.0) + shift, pulses=p) for i, (n, shift, p) in enumerate(kinds)]
    writer = FileWriter(tmp_path_factory.mktemp("arrays") / "f.nxs", start_ns=T0)
    for i, found in enumerate(sent):
        writer.accept(MONITOR, one(i, found))
        if i in checkpoints:
            writer.checkpoint(wait=True)
    check(writer.path, writer.finish())
    batch = open_file(writer.path).read("monitor")
    back = dict(zip(batch.messages.offset.tolist(), batch.sets, strict=True))
    assert sorted(back) == list(range(len(sent)))
    assert all(equal_sets(found, back[i]) for i, found in enumerate(sent))


def test_what_the_ess_file_writer_makes_of_frames_and_arrays_is_read(tmp_path):
    path = tmp_path / "ess.nxs"
    with h5py.File(path, "w") as file:
        for name, nx_class, module in (("cam", "NXlog", "ad00"), ("mon", "NXdata", "da00")):
            group = file.create_group(f"entry/{name}")
            group.attrs.update({"NX_class": nx_class, "topic": "T", "source": name, "writer_module": module})
            group["time"] = np.array([5, 6], "u8")
            group["time"].attrs.update({"units": "ns", "start": "1970-01-01T00:00:00Z"})
            group["cue_index"] = np.zeros(0, "i8")
        file["entry/cam/value"] = np.arange(12).reshape(2, 2, 3)
        file["entry/mon/signal"] = np.arange(6).reshape(2, 3)
        file["entry/mon/signal"].attrs.update({"axes": "time:tof", "units": "counts"})
        file["entry/mon/tof"] = np.arange(4.0)
        file["entry/mon/tof"].attrs.update({"axes": "tof", "units": "us", "long_name": "time of flight"})
    file = open_file(path)
    assert {s.name: s.kind for s in file.streams.values()} == {"cam": "frames", "mon": "arrays"}
    camera = file.read("cam").sets[1].variables["signal"]
    assert (camera.values.tolist(), camera.dims) == ([[6, 7, 8], [9, 10, 11]], ("dim_0", "dim_1"))
    monitor = file.read("mon").sets[0].variables
    assert (monitor["signal"].values.tolist(), monitor["signal"].dims) == ([0, 1, 2], ("tof",))
    assert (monitor["tof"].values.tolist(), monitor["tof"].unit, monitor["tof"].label) == (
        [0, 1, 2, 3], "us", "time of flight"
    )  # fmt: skip


@pytest.mark.filterwarnings("default")
def test_scippnexus_loads_histograms_and_frames(writer):
    import scippnexus as snx

    for i in range(3):
        writer.accept(MONITOR, one(i, histogram(i)))
        writer.accept(CAMERA, one(i, frame(i), "X_cam"))
    writer.finish()
    with snx.File(writer.path) as file:
        monitor = file["entry/arrays/monitor"][()]
        camera = file["entry/frames/camera"][()]
    assert monitor.sizes["frame_time"] == 5
    assert str(monitor.unit) == "counts"
    assert monitor.coords.is_edges("frame_time")
    assert camera.sizes["time"] == 3


def test_nexusformat_plots_a_histogram(writer):
    from nexusformat.nexus import nxload

    written(writer, MONITOR, [histogram(i) for i in range(3)])
    data = nxload(writer.path)["entry/arrays/monitor"]
    assert data.nxsignal.shape == (3, 5)
    assert [axis.nxname for axis in data.nxaxes] == ["time", "frame_time"]
