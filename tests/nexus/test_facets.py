"""Process variables: texts, alarms, connections, units, written and read back."""

import h5py
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from livedata.errors import RecordingError
from livedata.nexus import open_file
from livedata.nexus.check import check
from livedata.nexus.writer import FileWriter
from livedata.streams.batch import LogBatch

from .conftest import T0, TEMPERATURE, facet_message, log_message, message, objects

TEXTS = ["open", "", "größer 2 μm", "a" * 5000, "line\nbreak"]


def fill(writer):
    """Five texts, three alarms, two connections, two units."""
    for i, text in enumerate(TEXTS):
        writer.accept(TEMPERATURE, LogBatch(np.array([T0 + i]), objects([text]), message(i)))
    for i, (severity, text) in enumerate([(0, ""), (2, "HIHI"), (3, "x" * 300)]):
        writer.accept(TEMPERATURE, facet_message("alarm", 10 + i, severity, message=text))
    for i, status in enumerate([2, 3]):
        writer.accept(TEMPERATURE, facet_message("connection", 20 + i, status, service_id="forwarder"))
    for i, unit in enumerate(["K", "mK"]):
        writer.accept(TEMPERATURE, facet_message("unit", 30 + i, unit))


def test_texts_come_back_as_they_were(writer):
    fill(writer)
    check(writer.path, writer.finish())
    file = open_file(writer.path)
    stream, batch = file.stream("temperature"), file.read("temperature")
    assert (stream.kind, stream.dtype, stream.n_points) == ("text", "str", 5)
    assert batch.value.tolist() == TEXTS
    assert batch.value.dtype == object
    assert all(type(text) is str for text in batch.value)
    assert batch.time.tolist() == [T0 + i for i in range(5)]
    assert batch.messages.offset.tolist() == [0, 1, 2, 3, 4]


def test_alarms_connections_and_units_come_back_as_facets_of_the_same_stream(writer):
    fill(writer)
    check(writer.path, writer.finish())
    file = open_file(writer.path)
    assert file.stream("temperature").facets == ("value", "alarm", "connection", "unit")
    alarm = file.read("temperature", facet="alarm")
    assert (alarm.facet, alarm.value.tolist(), alarm.value.dtype) == ("alarm", [0, 2, 3], np.int16)
    assert alarm.columns["message"].tolist() == ["", "HIHI", "x" * 300]
    assert alarm.messages.offset.tolist() == [10, 11, 12]
    connection = file.read("temperature", facet="connection")
    assert (connection.value.tolist(), connection.columns["service_id"].tolist()) == ([2, 3], ["forwarder"] * 2)
    unit = file.read("temperature", facet="unit")
    assert (unit.value.tolist(), unit.time.tolist()) == (["K", "mK"], [T0 + 30 * 10**9, T0 + 31 * 10**9])


def test_a_facet_of_which_nothing_was_said_is_an_empty_batch(writer):
    writer.accept(TEMPERATURE, log_message(0, 1.0))
    writer.finish()
    file = open_file(writer.path)
    assert file.stream("temperature").facets == ("value",)
    assert file.read("temperature", facet="alarm").n_samples == 0
    assert list(file.batches("temperature", facet="alarm")) == []


def test_the_feed_of_a_process_variable_hands_over_all_its_facets(writer, drain):
    fill(writer)
    writer.finish()
    sink = drain(open_file(writer.path).feed("temperature"))
    assert sink.is_finished
    assert [(b.facet, b.n_samples) for b in sink.batches] == [
        ("value", 5), ("alarm", 3), ("connection", 2), ("unit", 2)
    ]  # fmt: skip


def test_the_newest_unit_is_that_of_the_values(writer):
    writer.accept(TEMPERATURE, facet_message("unit", 9, "K"))
    writer.accept(TEMPERATURE, log_message(0, 1.0))
    writer.accept(TEMPERATURE, facet_message("unit", 8, "mK"))
    writer.finish()
    assert open_file(writer.path).stream("temperature").unit == "K"


def test_a_unit_that_changes_keeps_its_history(writer):
    for i, unit in enumerate(["K", None, "", "mK"]):
        writer.accept(TEMPERATURE, facet_message("unit", i, unit))
    writer.finish()
    file = open_file(writer.path)
    assert file.read("temperature", facet="unit").value.tolist() == ["K", None, "", "mK"]
    assert file.stream("temperature").unit == "mK"


@pytest.mark.parametrize(("told", "expected"), [(None, None), ("", "")])
def test_a_variable_that_has_no_unit_has_no_attribute_and_one_with_an_empty_unit_has_it(tmp_path, told, expected):
    writer = FileWriter(tmp_path / "run.nxs", units={TEMPERATURE: "K"})
    writer.accept(TEMPERATURE, log_message(0, 1.0))
    writer.accept(TEMPERATURE, facet_message("unit", 1, told))
    writer.finish()
    with h5py.File(writer.path) as file:
        assert file["entry/logs/temperature/value"].attrs.get("units") == expected


def test_a_variable_of_which_only_an_alarm_came_has_a_group_without_samples(writer):
    writer.accept(TEMPERATURE, facet_message("alarm", 3, 2, message="LOLO"))
    written = writer.finish()
    check(writer.path, written)
    file = open_file(writer.path)
    assert file.read("temperature").n_samples == 0
    assert file.read("temperature", facet="alarm").value.tolist() == [2]
    assert (written.counts[TEMPERATURE].samples, written.counts[TEMPERATURE].facets) == (0, {"alarm": 1})


def test_names_and_types_of_facets_are_those_of_the_ess_file_writer(writer):
    fill(writer)
    writer.finish()
    with h5py.File(writer.path) as file:
        group = file["entry/logs/temperature"]
        assert {name: group[name].dtype.str for name in group if not name.endswith(("value", "message", "_id"))} == {
            "alarm_severity": "<i2",
            "alarm_time": "<u8",
            "connection_status": "<i2",
            "connection_status_time": "<u8",
            "time": "<u8",
        }
        assert dict(group["alarm_time"].attrs) == {"units": "ns", "start": "1970-01-01T00:00:00Z"}
        assert h5py.check_string_dtype(group["alarm_message"].dtype).encoding == "utf-8"
        assert group["value"].attrs["units"] == "mK"


def test_texts_and_numbers_of_one_variable_are_kept_beside_each_other(writer):
    writer.accept(TEMPERATURE, log_message(0, 1.5))
    writer.accept(TEMPERATURE, LogBatch(np.array([T0]), objects(["broken"]), message(1)))
    check(writer.path, writer.finish())
    assert open_file(writer.path).read("temperature").value.tolist() == [1.5, "broken"]


def test_rows_of_texts_keep_their_shape(writer):
    rows = objects(["a", "bb", "", "c"]).reshape(2, 2)
    writer.accept(TEMPERATURE, LogBatch(np.array([T0, T0 + 1]), rows, message(0)))
    check(writer.path, writer.finish())
    assert open_file(writer.path).read("temperature").value.tolist() == rows.tolist()


def test_what_hdf5_cannot_hold_in_a_text_is_replaced_and_remarked(writer):
    writer.accept(TEMPERATURE, LogBatch(np.array([T0]), objects(["a\0b"]), message(0)))
    written = writer.finish()
    check(writer.path, written)
    assert open_file(writer.path).read("temperature").value.tolist() == ["a␀b"]
    assert written.counts[TEMPERATURE].remarks == ("texts with characters that HDF5 cannot hold, replaced (1)",)


@settings(max_examples=25, deadline=None)
@given(
    st.lists(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20), max_size=30),
    st.sets(st.integers(0, 30), max_size=4),
)
def test_any_texts_cut_anywhere_come_back_equal(tmp_path_factory, texts, checkpoints):
    writer = FileWriter(tmp_path_factory.mktemp("texts") / "f.nxs", start_ns=T0)
    for i, text in enumerate(texts):
        writer.accept(TEMPERATURE, LogBatch(np.array([T0 + i]), objects([text]), message(i)))
        if i in checkpoints:
            writer.checkpoint(wait=True)
    check(writer.path, writer.finish())
    file = open_file(writer.path)
    assert (file.read("temperature").value.tolist() if texts else list(file.streams)) == texts


@pytest.mark.parametrize("name", ["value", "alarm_message", "alarm_severity", "connection_status"])
def test_a_changed_text_or_alarm_is_noticed(writer, name):
    fill(writer)
    written = writer.finish()
    with h5py.File(writer.path, "r+") as file:
        dataset = file["entry/logs/temperature"][name]
        dataset[1] = b"x" if dataset.dtype.kind == "O" else 1
    with pytest.raises(RecordingError, match=f"{name} differ"):
        check(writer.path, written)


def test_an_alarm_written_twice_is_noticed(writer):
    fill(writer)
    writer.accept(TEMPERATURE, facet_message("alarm", 10, 0, message=""))
    with pytest.raises(RecordingError, match="has a message of partition 0 twice"):
        check(writer.path, writer.finish())


@pytest.mark.filterwarnings("default")
def test_scippnexus_loads_texts_alarms_and_connections(writer):
    import scippnexus as snx

    fill(writer)
    writer.finish()
    with snx.File(writer.path) as file:
        log = file["entry/logs/temperature"][()]
    assert list(log["value"].values) == TEXTS
    assert log["alarm"].values.tolist() == [0, 2, 3]
    assert list(log["alarm"].coords["message"].values) == ["", "HIHI", "x" * 300]
    assert log["connection_status"].values.tolist() == [2, 3]


@pytest.mark.filterwarnings("default")
def test_a_log_with_nothing_but_a_unit_stays_a_plain_one_for_scippnexus(writer):
    import scippnexus as snx

    writer.accept(TEMPERATURE, log_message(0, 1.5))
    writer.accept(TEMPERATURE, facet_message("unit", 1, "K"))
    writer.finish()
    with snx.File(writer.path) as file:
        log = file["entry/logs/temperature"][()]
    assert (str(log.unit), log.values.tolist()) == ("K", [1.5])


def test_nexusformat_loads_texts_and_alarms(writer):
    from nexusformat.nexus import nxload

    fill(writer)
    writer.finish()
    log = nxload(writer.path)["entry/logs/temperature"]
    assert [str(text) for text in log["value"].nxvalue] == TEXTS
    assert log["alarm_severity"].nxvalue.tolist() == [0, 2, 3]
