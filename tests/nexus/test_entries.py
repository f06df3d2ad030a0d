"""What is known of each entry (period, vetoes, charge), and weights of events, written and read back."""

from dataclasses import replace

import h5py
import numpy as np
import pytest

from livedata.errors import RecordingError
from livedata.nexus import open_file
from livedata.nexus.check import check
from livedata.streams.batch import select_entries
from livedata.streams.extent import Extent
from livedata.transport.protocol import Partition

from .conftest import DETECTOR, event_message

NAN = float("nan")


def with_columns(batch, **columns):
    return replace(batch, columns={name: np.asarray(values) for name, values in columns.items()})


def fill(writer):
    """Four messages of two entries: nothing known, all known, the period only, nothing known."""
    writer.accept(DETECTOR, event_message(0))
    writer.checkpoint(wait=True)
    writer.accept(
        DETECTOR,
        with_columns(
            event_message(1), period=[0, 1], veto=[0, 2**32 - 1], charge=np.array([0.25, NAN], np.float32), late=[1, 0]
        ),
    )
    writer.accept(DETECTOR, with_columns(event_message(2), period=np.array([2, -1])))
    writer.accept(DETECTOR, event_message(3))


def test_period_vetoes_and_charge_come_back_for_each_entry(writer):
    fill(writer)
    check(writer.path, writer.finish())
    batch = open_file(writer.path).read("detector")
    assert batch.columns["period"].tolist() == [-1, -1, 0, 1, 2, -1, -1, -1]
    assert batch.columns["veto"].tolist() == [-1, -1, 0, 2**32 - 1, -1, -1, -1, -1]
    assert np.array_equal(
        batch.columns["charge"], np.array([NAN, NAN, 0.25, NAN, NAN, NAN, NAN, NAN], np.float32), equal_nan=True
    )
    assert {name: column.dtype for name, column in batch.columns.items()} == {
        "period": np.int64, "veto": np.int64, "charge": np.float32,
    }  # fmt: skip


def test_datasets_of_entries_are_there_only_where_something_was_known(writer):
    writer.accept(DETECTOR, with_columns(event_message(0), veto=[1, 0], late=[True, False]))
    writer.finish()
    with h5py.File(writer.path) as file:
        names = set(file["entry/detector_events"])
    assert "vetos" in names
    assert not names & {"period_number", "proton_charge", "event_weight", "late"}


def test_the_charge_has_a_unit_that_readers_understand(writer):
    import pint

    fill(writer)
    writer.finish()
    with h5py.File(writer.path) as file:
        unit = file["entry/detector_events/proton_charge"].attrs["units"]
    registry = pint.UnitRegistry()
    assert registry.Unit(unit) == registry.Unit("microampere * hour")


def test_pieces_of_a_file_carry_the_columns_of_their_entries(writer):
    fill(writer)
    writer.finish()
    chosen = Extent(offsets={Partition("X_events", 0): (1, 3)})
    (batch,) = open_file(writer.path).batches("detector", chosen)
    assert batch.columns["period"].tolist() == [0, 1, 2, -1]
    assert select_entries(batch, batch.columns["period"] > 0).columns["period"].tolist() == [1, 2]


def test_weights_come_back_as_the_16_bit_integers_they_were(writer):
    weights = np.arange(-50, 50, dtype=np.int16) * 600
    writer.accept(DETECTOR, event_message(0))
    writer.checkpoint(wait=True)
    writer.accept(DETECTOR, replace(event_message(1), event_weight=weights))
    writer.accept(DETECTOR, event_message(2))
    check(writer.path, writer.finish())
    batch = open_file(writer.path).read("detector")
    assert batch.event_weight.dtype == np.int16
    assert batch.event_weight.tolist() == [1] * 100 + weights.tolist() + [1] * 100


def test_events_without_weights_have_none(writer):
    writer.accept(DETECTOR, event_message(0))
    writer.finish()
    assert open_file(writer.path).read("detector").event_weight is None


def test_a_changed_weight_or_period_is_noticed(writer):
    fill(writer)
    written = writer.finish()
    with h5py.File(writer.path, "r+") as file:
        file["entry/detector_events/period_number"][3] = 7
    with pytest.raises(RecordingError, match="period_number differ"):
        check(writer.path, written)


def test_weights_of_other_programs_that_are_no_integers_count_as_one_and_are_remarked(make):
    from livedata.nexus.source import EventSource

    path = make(
        event_time_offset=(np.array([1, 2, 3], "u4"), {"units": "ns"}),
        event_time_zero=(np.array([9], "u8"), {"units": "ns"}),
        event_index=(np.array([0], "u4"), {}),
        event_weight=(np.array([2.0, 0.5, -3.0], "f4"), {}),
    )
    assert open_file(path).read("bank_events").event_weight.tolist() == [2, 1, -3]
    with h5py.File(path) as file:
        source = EventSource(file, file["entry/bank_events"], None)
        source.weights(0, 3)
        assert source.remarks["weights that are no 16-bit integers, 1 taken"] == 1


def test_the_period_log_of_isis_files_tells_the_period_of_each_entry(make):
    path = make(
        event_time_offset=(np.arange(5, dtype="u4"), {"units": "ns"}),
        event_time_zero=(np.array([-0.1, 0.0, 0.3, 0.5, 0.7]), {"units": "second"}),
        event_index=(np.arange(5, dtype="u8"), {}),
    )
    with h5py.File(path, "r+") as file:
        log = file.create_group("entry/framelog/period_log")
        log["time"] = np.array([0.0, 0.5, 0.6], "f4")
        log["time"].attrs["units"] = "second"
        log["value"] = np.array([1, 2, 1], "i4")
    assert open_file(path).read("bank_events").columns["period"].tolist() == [-1, 0, 0, 1, 0]


@pytest.mark.filterwarnings("default")
def test_scippnexus_still_groups_events_into_pulses(writer):
    import scippnexus as snx

    fill(writer)
    writer.accept(DETECTOR, replace(event_message(4), event_weight=np.full(100, 3, np.int16)))
    writer.finish()
    with snx.File(writer.path) as file:
        events = file["entry/detector_events"][()]
    assert events.sizes == {"event_time_zero": 10}
    assert events.bins.size().sum().value == 500


def test_nexusformat_still_loads_the_events(writer):
    from nexusformat.nexus import nxload

    fill(writer)
    writer.finish()
    assert nxload(writer.path)["entry/detector_events/vetos"].shape == (8,)
