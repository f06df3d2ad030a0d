import h5py
import numpy as np
import pytest

from livedata.errors import ArgumentError, FileError, StreamNameError
from livedata.nexus import open_file
from livedata.nexus.pieces import PIECE_BYTES
from livedata.streams.extent import Extent
from livedata.transport.protocol import Partition


def whole(path):
    file = open_file(path)
    (name,) = [n for n, s in file.streams.items() if s.kind == "events"]
    return file.streams[name], file.read(name)


def test_files_without_units_mean_microseconds_and_seconds(make):
    path = make(
        event_id=(np.array([1, 2], "u4"), {}),
        event_time_offset=(np.array([1.5, 2.0], "f4"), {}),
        event_time_zero=(np.array([0.1, 0.2]), {"offset": "2016-04-12T02:58:52"}),
        event_index=(np.array([0, 1], "u8"), {}),
    )
    stream, batch = whole(path)
    assert (stream.n_events, stream.n_entries, stream.n_pulses) == (2, 2, 2)
    assert batch.event_time_offset.tolist() == [1500, 2000]
    assert batch.event_time_zero.tolist() == [1_460_429_932_100_000_000, 1_460_429_932_200_000_000]


def test_integer_times_without_unit_beyond_1e15_are_nanoseconds(make):
    path = make(
        event_time_offset=(np.array([5], "i4"), {"units": "ns"}),
        event_time_zero=(np.array([1_700_000_000_123_456_789], "u8"), {}),
        event_index=(np.array([0], "i4"), {}),
    )
    assert whole(path)[1].event_time_zero.tolist() == [1_700_000_000_123_456_789]


def test_attributes_that_are_arrays_are_understood(make):
    path = make(
        event_time_offset=(np.array([5], "u4"), {"units": np.array([b"ns"])}),
        event_time_zero=(
            np.array([7], "u8"),
            {"units": np.array([b"ns"]), "offset": np.array([b"1970-01-01T00:00:01"])},
        ),
        event_index=(np.array([0], "u4"), {}),
    )
    assert whole(path)[1].event_time_zero.tolist() == [1_000_000_007]


def test_times_without_a_start_count_from_the_run_start(make):
    path = make(
        event_time_offset=(np.array([5], "i4"), {"units": "ns"}),
        event_time_zero=(np.array([0.5]), {"units": "second"}),
        event_index=(np.array([0], "i4"), {}),
    )
    assert whole(path)[1].event_time_zero.tolist() == [1_577_836_800_500_000_000]


def test_several_entries_per_pulse_and_unsorted_pulses_are_kept_as_they_are(make):
    path = make(
        event_id=(np.arange(6, dtype="u4"), {}),
        event_time_offset=(np.arange(6, dtype="u4"), {"units": "ns"}),
        event_time_zero=(np.array([20, 20, 10, 30], "u8"), {"units": "ns", "start": "1970-01-01T00:00:00Z"}),
        event_index=(np.array([0, 2, 3, 3], "u4"), {}),
    )
    stream, batch = whole(path)
    assert (stream.n_entries, stream.n_pulses) == (4, 3)
    assert batch.event_time_zero.tolist() == [20, 20, 10, 30]
    assert batch.event_index.tolist() == [0, 2, 3, 3]


def test_the_dummy_element_of_an_empty_bank_is_no_event(make):
    path = make(
        event_id=(np.zeros(1, "u4"), {}),
        event_time_offset=(np.zeros(1, "f4"), {"units": "microsecond"}),
        event_time_zero=(np.zeros(1), {"units": "second"}),
        event_index=(np.zeros(1, "u8"), {}),
        total_counts=(np.zeros(1, "u8"), {}),
    )
    stream, batch = whole(path)
    assert (stream.n_events, stream.n_entries, batch.n_events) == (0, 0, 0)
    assert stream.remarks == ("one dummy element in an empty bank",)


def test_an_empty_group_is_a_stream_without_events(make):
    path = make()
    stream, batch = whole(path)
    assert (stream.n_events, stream.n_entries, batch.n_events) == (0, 0, 0)


def test_a_monitor_has_no_pixel_numbers(make):
    path = make(
        event_id=(np.zeros(0, "u4"), {}),
        event_time_offset=(np.array([1, 2], "u4"), {"units": "ns"}),
        event_time_zero=(np.array([9], "u8"), {"units": "ns"}),
        event_index=(np.array([0], "u4"), {}),
    )
    assert whole(path)[1].event_id is None


def test_groups_are_found_without_classes(make):
    path = make(
        nx_class="",
        event_time_offset=(np.array([1, 2], "u4"), {"units": "ns"}),
        event_time_zero=(np.array([9], "u8"), {"units": "ns"}),
        event_index=(np.array([0], "u4"), {}),
    )
    assert whole(path)[0].n_events == 2


@pytest.fixture
def library(tmp_path):
    """A file with hard links, copies, logs of all kinds and a layout."""
    path = tmp_path / "library.nxs"
    with h5py.File(path, "w") as file:
        entry = file.create_group("entry")
        entry.attrs["NX_class"] = "NXentry"
        entry["start_time"] = "2020-01-01T00:00:00Z"
        bank = entry.create_group("instrument/bank")
        bank.attrs["NX_class"] = "NXdetector"
        bank["detector_number"] = np.arange(6).reshape(2, 3)
        events = bank.create_group("data")
        events.attrs["NX_class"] = "NXevent_data"
        events["event_time_offset"] = np.arange(4, dtype="u4")
        events["event_id"] = np.arange(4, dtype="u4")
        events["event_time_zero"] = np.array([5, 6], "u8")
        events["event_time_zero"].attrs["units"] = "ns"
        events["event_index"] = np.array([0, 2], "u8")
        entry["bank_events"] = events
        entry["loop"] = entry["instrument"]
        bank["back"] = entry
        for place, n in (("one", 1), ("two", 3)):
            log = entry.create_group(place).create_group("height")
            log.attrs.update({"NX_class": "NXlog", "topic": "T", "source": "soz"})
            log["value"] = np.arange(n, dtype=float).reshape(n, 1)
            log["value"].attrs["units"] = "mm"
            log["time"] = np.arange(n, dtype="u8")
            log["time"].attrs.update({"units": "ns", "start": "1970-01-01T00:00:00Z"})
        words = entry.create_group("selog/words/value_log")
        words["value"] = np.array([[b"open"], [b"shut"]])
        words["time"] = np.array([-30.0, 9.22e18], "f4")
        charge = entry.create_group("charge")
        charge.attrs["NX_class"] = "NXlog"
        charge["value"] = np.arange(3.0)
        entry["lost"] = h5py.SoftLink("/nowhere")
        entry["outside"] = h5py.ExternalLink("absent.nxs", "/entry")
    return path


def test_hard_links_and_cycles_give_one_stream_with_aliases(library):
    stream = open_file(library).stream("bank_events")
    assert stream.path == "/entry/bank_events"
    assert "/entry/instrument/bank/data" in stream.aliases


def test_second_copies_of_a_source_are_aliases_of_the_longest(library):
    stream = open_file(library).stream("soz")
    assert (stream.path, stream.aliases, stream.n_points, stream.unit) == (
        "/entry/two/height",
        ("/entry/one/height",),
        3,
        "mm",
    )
    assert "copies of different length" in stream.remarks[0]


def test_a_stream_is_found_by_name_alias_and_path(library):
    file = open_file(library)
    assert file.stream("/entry/one/height").name == "soz"
    assert file.stream("entry/instrument/bank/data").name == "bank_events"
    assert file.stream("data").name == "bank_events"


def test_a_wrong_name_names_the_near_misses(library):
    with pytest.raises(StreamNameError, match="did you mean 'bank_events'"):
        open_file(library).stream("bank_event")


def test_a_column_of_values_is_a_scalar_log(library):
    batch = open_file(library).read("soz")
    assert batch.value.tolist() == [0.0, 1.0, 2.0]
    assert batch.messages.topic == "T"


def test_logs_of_texts_are_read_as_text(library):
    file = open_file(library)
    assert file.stream("value_log").kind == "text"
    batch = file.read("value_log")
    assert batch.value.tolist() == ["open", "shut"]
    assert batch.time.tolist() == [1_577_836_770_000_000_000, 2**63 - 1]


def test_values_without_times_are_an_array(library):
    file = open_file(library)
    assert file.stream("charge").kind == "arrays"
    assert file.read("charge").tolist() == [0.0, 1.0, 2.0]
    with pytest.raises(ArgumentError, match="read it whole"):
        file.feed("charge")


def test_links_that_lead_nowhere_are_remarked_and_not_followed(library):
    assert open_file(library).remarks == ("1 external links were not followed", "1 links lead nowhere")


def test_the_layout_of_the_enclosing_detector_is_found(library):
    held = open_file(library).layouts()["bank_events"]
    assert (held.shape, held.first_id) == ((2, 3), 0)


def test_a_large_stream_is_cut_at_entries_and_nothing_is_missing(make, drain):
    n = 3 * PIECE_BYTES // 8
    rng = np.random.default_rng(3)
    index = np.sort(rng.integers(0, n, 500))
    index[0] = 0
    ids = rng.integers(0, 2**32, n, dtype="u4")
    path = make(
        event_id=(ids, {}),
        event_time_offset=(np.arange(n, dtype="u4"), {"units": "ns"}),
        event_time_zero=(np.arange(500, dtype="u8"), {"units": "ns"}),
        event_index=(index.astype("u8"), {}),
    )
    sink = drain(open_file(path).feed("bank_events"))
    assert sink.is_finished
    assert len(sink.batches) >= 3
    assert np.array_equal(np.concatenate([b.event_id for b in sink.batches]).view("u4"), ids)
    assert np.concatenate([b.event_time_zero for b in sink.batches]).tolist() == list(range(500))
    assert all(b.event_index[0] == 0 for b in sink.batches)
    assert sink.ranges[-1] == {Partition("bank_events", 0): (0, 500)}


def test_pieces_wholly_outside_the_time_are_not_handed_over(make, drain):
    n = 2 * PIECE_BYTES // 8
    path = make(
        event_time_offset=(np.zeros(n, "u4"), {"units": "ns"}),
        event_time_zero=(np.arange(100, dtype="u8"), {"units": "ns"}),
        event_index=(np.linspace(0, n, 100, endpoint=False).astype("u8"), {}),
    )
    sink = drain(open_file(path).feed("bank_events"), Extent(start_ns=90))
    assert sink.is_finished
    assert sink.batches[0].event_time_zero[0] > 0
    assert sink.batches[-1].event_time_zero[-1] == 99


def test_offsets_of_an_extent_choose_entries(make, drain):
    path = make(
        event_time_offset=(np.arange(10, dtype="u4"), {"units": "ns"}),
        event_time_zero=(np.arange(5, dtype="u8"), {"units": "ns"}),
        event_index=(np.arange(0, 10, 2, dtype="u8"), {}),
    )
    sink = drain(open_file(path).feed("bank_events"), Extent(offsets={Partition("bank_events", 0): (1, 3)}))
    assert [b.event_time_offset.tolist() for b in sink.batches] == [[2, 3, 4, 5]]
    assert sink.batches[0].event_index.tolist() == [0, 2]


def test_a_missing_file_is_said_to_be_missing(tmp_path):
    with pytest.raises(FileError, match="no file"):
        open_file(tmp_path / "absent.nxs")


def test_a_text_file_is_said_to_be_no_hdf5(tmp_path):
    path = tmp_path / "notes.nxs"
    path.write_text("no")
    with pytest.raises(FileError, match="is not an HDF5 file"):
        open_file(path)


def test_a_truncated_file_is_said_to_be_cut_short(library, tmp_path):
    path = tmp_path / "half.nxs"
    path.write_bytes(library.read_bytes()[:-2000])
    with pytest.raises(FileError, match="is cut short"):
        open_file(path)


def test_a_file_that_breaks_while_it_is_read_fails_the_feed_with_a_clear_error(make, drain):
    path = make(
        event_time_offset=(np.arange(10, dtype="u4"), {"units": "ns"}),
        event_time_zero=(np.arange(5, dtype="u8"), {"units": "ns"}),
        event_index=(np.arange(0, 10, 2, dtype="u8"), {}),
    )
    feed = open_file(path).feed("bank_events")
    path.write_bytes(path.read_bytes()[:1000])
    sink = drain(feed)
    assert isinstance(sink.error, FileError)
    assert not sink.is_finished


def test_a_log_of_times_alone_has_them_as_values(make):
    path = make()
    with h5py.File(path, "r+") as file:
        group = file.create_group("entry/top_dead_center")
        group.attrs.update({"NX_class": "NXlog", "topic": "T", "source": "chopper", "writer_module": "tdct"})
        group["time"] = np.array([5, 9], "u8")
        group["time"].attrs.update({"units": "ns", "start": "1970-01-01T00:00:00Z"})
    file = open_file(path)
    assert (file.stream("chopper").kind, file.stream("chopper").n_points) == ("log", 2)
    assert file.read("chopper").value.tolist() == [5, 9]


def test_texts_of_an_enumerated_variable_are_a_log_beside_its_numbers(make):
    path = make()
    with h5py.File(path, "r+") as file:
        group = file.create_group("entry/DASlogs/switch")
        group.attrs["NX_class"] = "NXlog"
        group["time"] = np.array([0.5, 1.5])
        group["time"].attrs.update({"units": "second", "start": "1970-01-01T00:00:00Z"})
        group["value"] = np.array([0, 1], "u4")
        group["value_strings"] = np.array([[b"off"], [b"on"]])
    file = open_file(path)
    assert {n: s.kind for n, s in file.streams.items() if s.kind != "events"} == {
        "switch": "log", "switch/value_strings": "text"
    }  # fmt: skip
    assert file.read("switch").value.tolist() == [0, 1]
    assert file.read("switch/value_strings").value.tolist() == ["off", "on"]
    assert file.read("/entry/DASlogs/switch/value_strings").time.tolist() == [500_000_000, 1_500_000_000]
