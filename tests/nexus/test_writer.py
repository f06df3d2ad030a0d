import shutil
import tempfile
from pathlib import Path

import h5py
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from livedata.errors import RecordingError
from livedata.nexus import open_file
from livedata.nexus.check import check
from livedata.nexus.sidefile import read_side_file, side_path
from livedata.nexus.writer import FileWriter
from livedata.reduce.pixels.layout import layout
from livedata.streams.batch import LogBatch, Messages
from livedata.transport.protocol import Partition

from .conftest import DETECTOR, MONITOR, T0, TEMPERATURE, event_message, log_message


def fill(writer, n=40):
    sent = []
    for i in range(n):
        batch = event_message(i, n=1000, entries=3)
        sent.append(batch)
        writer.accept(DETECTOR, batch)
        writer.accept(MONITOR, event_message(100 + i, n=10, ids=False))
        writer.accept(TEMPERATURE, log_message(i, 10.0 + i))
    writer.covered({Partition("X_events", 0): (0, 100 + n), Partition("X_env", 0): (0, n)})
    return sent


def test_what_was_written_reads_back_equal(writer):
    sent = fill(writer)
    check(writer.path, writer.finish())
    batch = open_file(writer.path).read("detector")
    assert np.array_equal(batch.event_id, np.concatenate([b.event_id for b in sent]))
    assert np.array_equal(batch.event_time_offset, np.concatenate([b.event_time_offset for b in sent]))
    assert np.array_equal(batch.event_time_zero, np.concatenate([b.event_time_zero for b in sent]))
    assert batch.event_index.tolist() == [int(i) + 1000 * k for k, b in enumerate(sent) for i in b.event_index]


def test_every_message_knows_its_place_and_its_part_of_the_file(writer):
    fill(writer, 5)
    writer.finish()
    messages = open_file(writer.path).read("detector").messages
    assert messages.offset.tolist() == [0, 1, 2, 3, 4]
    assert messages.first_entry.tolist() == [0, 3, 6, 9, 12]
    assert messages.first_event.tolist() == [0, 1000, 2000, 3000, 4000]
    assert messages.timestamp_ms.tolist() == [1_700_000_000_000] * 5


def test_the_extent_is_stored(writer):
    sent = fill(writer)
    written = writer.finish()
    assert open_file(writer.path).extent == written.extent
    assert written.extent.offsets == {Partition("X_events", 0): (0, 140), Partition("X_env", 0): (0, 40)}
    assert written.extent.start_ns == int(sent[0].event_time_zero[0])


def test_the_feed_of_our_own_file_chooses_messages_by_offset(writer, drain):
    sent = fill(writer)
    written = writer.finish()
    from livedata.streams.extent import Extent

    sink = drain(open_file(writer.path).feed("detector"), Extent(offsets={Partition("X_events", 0): (3, 7)}))
    assert sum(b.n_events for b in sink.batches) == 4000
    assert np.array_equal(
        np.concatenate([b.event_id for b in sink.batches]), np.concatenate([b.event_id for b in sent[3:7]])
    )
    assert [int(o) for b in sink.batches for o in b.messages.offset] == [3, 4, 5, 6]
    assert written.counts[DETECTOR].messages == 40


def test_names_and_types_are_those_that_readers_agree_on(writer):
    fill(writer)
    writer.finish()
    with h5py.File(writer.path) as file:
        group = file["entry/detector_events"]
        assert {n: group[n].dtype.str for n in ("event_id", "event_time_offset", "event_time_zero", "event_index")} == {
            "event_id": "<i4",
            "event_time_offset": "<i4",
            "event_time_zero": "<u8",
            "event_index": "<u8",
        }
        assert dict(group["event_time_zero"].attrs) == {"units": "ns", "offset": "1970-01-01T00:00:00Z"}
        assert dict(group.attrs) | {"messages": ""} == {
            "NX_class": "NXevent_data", "topic": "X_events", "source": "detector", "writer_module": "ev44",
            "messages": "",
        }  # fmt: skip
        assert file.attrs["NX_class"] == "NXroot"
        assert file[file.attrs["default"]].attrs["NX_class"] == "NXentry"
        assert "event_id" not in file["entry/monitor_events"]
        assert dict(file["entry/logs/temperature/time"].attrs) == {"units": "ns", "start": "1970-01-01T00:00:00Z"}
        assert "units" not in file["entry/logs/temperature/value"].attrs


def test_large_messages_and_chunks_read_back_equal(tmp_path):
    writer = FileWriter(tmp_path / "large.nxs")
    sent = [event_message(i, n=1_500_000 + i) for i in range(4)]
    for batch in sent:
        writer.accept(DETECTOR, batch)
    check(writer.path, writer.finish())
    batch = open_file(writer.path).read("detector")
    assert np.array_equal(batch.event_id, np.concatenate([b.event_id for b in sent]))


def test_event_index_does_not_wrap_at_32_bits(writer):
    writer.accept(DETECTOR, event_message(0))
    writer.checkpoint(wait=True)
    writer._groups[DETECTOR].n_events = 2**31 + 5
    writer.accept(DETECTOR, event_message(1))
    writer.checkpoint(wait=True)
    assert int(writer._groups[DETECTOR]._index.dataset[2]) == 2**31 + 5


def test_pixel_numbers_that_begin_later_are_filled_up(writer):
    writer.accept(DETECTOR, event_message(0, n=10, ids=False))
    writer.checkpoint(wait=True)
    writer.accept(DETECTOR, event_message(1, n=10))
    written = writer.finish()
    check(writer.path, written)
    assert open_file(writer.path).read("detector").event_id[:10].tolist() == [-1] * 10
    assert "without pixel number" in written.counts[DETECTOR].remarks[0]


def test_log_values_that_the_first_type_holds_exactly_keep_it(writer):
    for i, value in enumerate([np.int32(1), np.float64(2.0), np.uint8(3)]):
        writer.accept(TEMPERATURE, log_message(i, value))
    check(writer.path, writer.finish())
    batch = open_file(writer.path).read("temperature")
    assert (batch.value.tolist(), batch.value.dtype) == ([1, 2, 3], np.int32)
    assert batch.messages.offset.tolist() == [0, 1, 2]


def test_log_values_that_the_first_type_cannot_hold_go_to_groups_of_their_own(writer):
    for i, value in enumerate([np.int32(1), np.float64(2.5), np.int64(2**40), np.int32(4)]):
        writer.accept(TEMPERATURE, log_message(i, value))
    written = writer.finish()
    check(writer.path, written)
    file = open_file(writer.path)
    assert list(file.streams) == ["temperature"]
    batch = file.read("temperature")
    assert dict(zip(batch.messages.offset.tolist(), batch.value.tolist(), strict=True)) == {
        0: 1, 1: 2.5, 2: 2**40, 3: 4
    }  # fmt: skip
    counts = written.counts[TEMPERATURE]
    assert (counts.samples, counts.messages, counts.unrepresentable) == (4, 4, 0)
    assert counts.remarks == ("samples of another type or shape than the first, in groups of their own (2)",)
    assert file.stream("temperature").parts == ("/entry/logs/temperature_2",)


def test_log_values_of_another_shape_are_kept_beside_the_first(writer):
    for i, value in enumerate([1.5, np.ones(2), np.ones(0), 2.5]):
        writer.accept(TEMPERATURE, log_message(i, value))
    check(writer.path, writer.finish())
    file = open_file(writer.path)
    assert [b.value.shape for b in file.batches("temperature")] == [(2,), (1, 2), (1, 0)]
    assert [np.shape(v) for v in file.read("temperature").value] == [(), (), (2,), (0,)]


def test_a_message_with_several_samples_stays_whole(writer):
    zero = np.zeros(2, np.int64)
    messages = Messages("X_env", zero.astype(np.int32), np.array([7, 8]), zero, *[np.array([0, 2])] * 2)
    writer.accept(TEMPERATURE, log_message(0, np.int32(1)))
    writer.accept(TEMPERATURE, LogBatch(np.arange(5) + T0, np.array([1, 2.5, 3, 4, 5]), messages))
    check(writer.path, writer.finish())
    first, second = open_file(writer.path).batches("temperature")
    assert (first.value.tolist(), first.messages.offset.tolist()) == ([1, 3, 4, 5], [0, 8])
    assert (second.value.tolist(), second.messages.offset.tolist()) == ([1, 2.5], [7])


def test_logs_of_arrays_keep_their_shape(writer):
    for i in range(3):
        writer.accept(TEMPERATURE, log_message(i, np.arange(4, dtype=np.float32) + i))
    writer.finish()
    assert open_file(writer.path).read("temperature").value.shape == (3, 4)


def test_a_log_of_one_element_arrays_keeps_its_shape(writer):
    writer.accept(TEMPERATURE, log_message(0, np.ones(1)))
    writer.finish()
    assert open_file(writer.path).read("temperature").value.shape == (1, 1)


def test_names_from_the_wire_stay_inside_their_group(writer):
    key = DETECTOR._replace(source="../../evil/name")
    dots = DETECTOR._replace(source="..")
    writer.accept(key, event_message(0))
    writer.accept(dots, event_message(1))
    writer.finish()
    file = open_file(writer.path)
    assert {s.path for s in file.streams.values()} == {"/entry/.._.._evil_name_events", "/entry/___events"}
    assert set(file.streams) == {"../../evil/name", ".."}


def batch_of(parts):
    """Join one-message batches as a splitter does."""
    from livedata.streams.join import join_events

    return join_events(parts)


@settings(max_examples=25, deadline=None)
@given(st.lists(st.integers(1, 6), min_size=1, max_size=8), st.lists(st.integers(0, 9), max_size=3))
def test_batches_cut_anywhere_give_the_same_file(cuts, checkpoints):
    messages = [event_message(i, n=(i * 37) % 200, entries=1 + i % 3) for i in range(sum(cuts))]
    contents = []
    for plan in (cuts, [1] * len(messages)):
        folder = tempfile.mkdtemp()
        try:
            writer = FileWriter(Path(folder) / "f.nxs", start_ns=T0)
            done = 0
            for k, size in enumerate(plan):
                writer.accept(DETECTOR, batch_of(messages[done : done + size]))
                done += size
                if k in checkpoints:
                    writer.checkpoint(wait=True)
            written = writer.finish(end_ns=T0)
            check(writer.path, written)
            batch = open_file(writer.path).read("detector")
            contents.append(
                [
                    a.tolist()
                    for a in (
                        batch.event_id if batch.event_id is not None else np.zeros(0),
                        batch.event_time_offset,
                        batch.event_time_zero,
                        batch.event_index,
                        batch.messages.offset,
                        batch.messages.first_event,
                    )
                ]
            )
        finally:
            shutil.rmtree(folder)
    assert contents[0] == contents[1]
    assert len(contents[0][2]) == sum(1 + i % 3 for i in range(len(messages)))


def test_a_message_written_twice_is_noticed(writer):
    fill(writer)
    writer.accept(DETECTOR, event_message(3, n=1000, entries=3))
    with pytest.raises(RecordingError, match="has a message of partition 0 twice"):
        check(writer.path, writer.finish())


@pytest.mark.parametrize("name", ["event_id", "event_time_offset", "event_time_zero"])
def test_a_single_flipped_bit_is_noticed(writer, name):
    fill(writer)
    written = writer.finish()
    with h5py.File(writer.path, "r+") as file:
        file[f"entry/detector_events/{name}"][17] ^= 1
    with pytest.raises(RecordingError, match=f"{name} differ"):
        check(writer.path, written)


def test_a_missing_event_is_noticed(writer):
    fill(writer)
    written = writer.finish()
    with h5py.File(writer.path, "r+") as file:
        file["entry/detector_events/event_id"].resize((39_999,))
    with pytest.raises(RecordingError, match="39999 rows, 40000 were written"):
        check(writer.path, written)


def test_a_file_that_cannot_be_read_back_is_a_recording_error(writer):
    fill(writer)
    written = writer.finish()
    writer.path.write_bytes(writer.path.read_bytes()[:5000])
    with pytest.raises(RecordingError, match="cannot be read back"):
        check(writer.path, written)


def test_the_side_file_holds_what_a_resume_needs(writer):
    fill(writer)
    writer.checkpoint(wait=True)
    side = read_side_file(writer.path)
    assert side["offsets"] == [["X_events", 0, 0, 140], ["X_env", 0, 0, 40]]
    (detector,) = [s for s in side["streams"] if s["key"] == list(DETECTOR)]
    assert detector["rows"]["/entry/detector_events/event_id"] == 40_000
    assert detector["tables"] == {
        "/entry/livedata/messages/detector_events/value": {"group": "/entry/detector_events", "last_offsets": {"0": 39}}
    }
    assert not side_path(writer.path).with_name(side_path(writer.path).name + ".new").exists()


def test_a_copy_taken_after_a_checkpoint_can_be_opened(writer, tmp_path):
    fill(writer)
    writer.checkpoint(wait=True)
    copy = tmp_path / "copy.nxs"
    shutil.copy(writer.path, copy)
    assert open_file(copy).stream("detector").n_events == 40_000


@pytest.fixture
def filed(tmp_path):
    """A file with a detector of 8 × 8 pixels in which every event has a place."""
    writer = FileWriter(
        tmp_path / "run.nxs", title="t", instrument="X", layouts={DETECTOR: layout((8, 8))}, units={TEMPERATURE: "K"}
    )
    sent = fill(writer)
    writer.finish()
    return writer.path, np.bincount(np.concatenate([b.event_id for b in sent]), minlength=65)[1:].reshape(8, 8)


def test_the_layout_comes_back(filed):
    assert open_file(filed[0]).layouts()["detector"] == layout((8, 8))


@pytest.mark.filterwarnings("default")
def test_scippnexus_groups_the_events_by_pixel(filed):
    import scippnexus as snx

    path, image = filed
    with snx.File(path) as file:
        detector = file["entry/instrument/detector"][()]
        events = detector["detector_events"]
        assert events.dims == ("y", "x")
        assert np.array_equal(events.bins.size().values, image)
        log = file["entry/logs/temperature"][()]
        assert str(log.unit) == "K"
        assert log.values.tolist() == [10.0 + i for i in range(40)]
        assert str(log.coords["time"].dtype) == "datetime64"
        assert file["entry/monitor_events"][()].bins.size().sum().value == 400


def test_nexusformat_loads_the_file_and_finds_something_to_plot(filed):
    from nexusformat.nexus import nxload

    root = nxload(filed[0])
    assert root["entry/detector_events/event_id"].shape == (40_000,)
    assert root["entry/instrument/detector/detector_events/event_id"].shape == (40_000,)
    assert int(root.plottable_data.nxsignal.nxdata.sum()) == 40_000
