"""Events of an extent as tables for people's own reduction."""

from dataclasses import replace

import numpy as np
import pytest
import scipp as sc
from hypothesis import given
from hypothesis import strategies as st

import livedata as ld
from livedata.reduce.result.eventtable import collect_events, events_to_scipp
from livedata.streams.batch import EventBatch, Messages


def batch(zeros, sizes, *, ids=(1, 4), seed=1, **parts):
    rng = np.random.default_rng(seed)
    n = sum(sizes)
    messages = Messages("events", *(np.zeros(1, t) for t in (np.int32, np.int64, np.int64, np.int64, np.int64)))
    return EventBatch(
        event_id=None if ids is None else rng.integers(*ids, n, endpoint=True).astype(np.int32),
        event_time_offset=rng.integers(0, 71_000_000, n).astype(np.int32),
        event_time_zero=np.array(zeros, np.int64),
        event_index=np.cumsum([0, *sizes[:-1]]).astype(np.int64),
        messages=messages,
        **parts,
    )


TWO = (batch([100, 200], [3, 2]), batch([200, 50, 100], [4, 0, 1], seed=2))
IDS = np.concatenate([b.event_id for b in TWO])
TOA = np.concatenate([b.event_time_offset for b in TWO])
ZEROS = np.repeat([100, 200, 200, 100], [3, 2, 4, 1])

entries = st.lists(st.tuples(st.integers(0, 9), st.integers(0, 5)), min_size=1, max_size=8)


def test_batches_are_put_behind_each_other():
    table = collect_events(TWO)

    assert table.event_id.tolist() == IDS.tolist()
    assert table.event_index.tolist() == [0, 3, 5, 9, 9]
    assert table.of_events(table.event_time_zero).tolist() == ZEROS.tolist()
    assert repr(table) == "<EventTable 10 events in 5 entries>"


def test_a_flat_table_has_a_row_for_each_event():
    flat = events_to_scipp(TWO, by="event")

    assert flat.coords["event_id"].values.tolist() == IDS.tolist()
    assert flat.coords["toa"].values.tolist() == TOA.tolist()
    assert flat.coords["toa"].unit == "ns"
    assert flat.coords["event_time_zero"].values.astype("int64").tolist() == ZEROS.tolist()
    assert flat.coords["event_time_zero"].dtype == sc.DType.datetime64
    assert (flat.values == 1).all()
    assert (flat.variances == 1).all()
    assert flat.unit == "counts"


def test_pulses_hold_their_events_whatever_message_brought_them():
    binned = events_to_scipp(TWO)

    assert binned.coords["event_time_zero"].values.astype("int64").tolist() == [50, 100, 200]
    assert binned.bins.size().values.tolist() == [0, 4, 6]
    assert binned["event_time_zero", 1].value.coords["toa"].values.tolist() == TOA[ZEROS == 100].tolist()
    assert sc.identical(binned.bins.concat().value.coords["toa"].sum(), sc.scalar(int(TOA.sum()), unit="ns"))


def test_pixels_hold_their_events_in_the_shape_of_the_layout():
    layout = ld.layout(detector_number=[[4, 3, 9], [1, 0, 7]])
    binned = events_to_scipp(TWO, layout)

    assert binned.dims == layout.dims
    assert binned.coords["detector_number"].values.tolist() == [[4, 3, 9], [1, 0, 7]]
    assert binned.bins.size().values.tolist() == [[np.sum(IDS == 4), np.sum(IDS == 3), 0], [np.sum(IDS == 1), 0, 0]]
    assert binned[layout.dims[0], 1][layout.dims[1], 0].value.coords["toa"].values.tolist() == TOA[IDS == 1].tolist()


def test_without_a_layout_the_pixels_that_occur_are_the_bins():
    binned = events_to_scipp(TWO, by="pixel")

    assert binned.coords["detector_number"].values.tolist() == sorted(set(IDS.tolist()))
    assert binned.bins.size().sum().value == 10


@given(entries)
def test_scipp_counts_what_we_count(made):
    one = batch([zero for zero, _ in made], [n for _, n in made])
    counted = events_to_scipp([one]).bins.concat().hist(toa=sc.array(dims=["toa"], values=[0, 10**7, 10**8], unit="ns"))

    assert counted.values.tolist() == np.histogram(one.event_time_offset, [0, 10**7, 10**8])[0].tolist()
    assert events_to_scipp([one], by="pixel").bins.size().sum().value == one.n_events


def test_weights_are_the_data_and_those_of_unweighted_batches_one():
    weighted = replace(TWO[0], event_weight=np.array([1, 2, 3, -1, 0], np.int16))
    flat = events_to_scipp([weighted, TWO[1]], by="event")

    assert flat.values.tolist() == [1, 2, 3, -1, 0, 1, 1, 1, 1, 1]
    assert flat.variances.tolist() == [1, 4, 9, 1, 0, 1, 1, 1, 1, 1]


def test_columns_are_kept_and_filled_up_where_nothing_is_known():
    with_period = replace(TWO[0], columns={"period": np.array([3, 4])})
    table = collect_events([with_period, TWO[1]])

    assert table.columns["period"].tolist() == [3, 4, -1, -1, -1]
    assert table.to_pandas()["period"].tolist() == [3] * 3 + [4] * 2 + [-1] * 5


def test_pandas_has_a_row_for_each_event():
    frame = collect_events(TWO).to_pandas()

    assert list(frame.columns) == ["event_id", "toa", "event_time_zero", "weight"]
    assert frame["event_time_zero"].astype("int64").tolist() == ZEROS.tolist()
    assert frame.groupby("event_id").size().to_dict() == {int(i): int(np.sum(i == IDS)) for i in set(IDS.tolist())}


def test_a_monitor_has_no_pixels():
    monitor = batch([1], [3], ids=None)

    assert "event_id" not in events_to_scipp([monitor], by="event").coords
    assert "event_id" not in collect_events([monitor]).to_pandas()
    with pytest.raises(ld.ArgumentError, match="no pixel numbers"):
        events_to_scipp([monitor], by="pixel")
    with pytest.raises(ld.ArgumentError, match="some have none"):
        collect_events([monitor, TWO[0]])
    with pytest.raises(ld.ArgumentError, match="'event', 'pulse' or 'pixel'"):
        events_to_scipp([monitor], by="bank")


def test_no_events_are_an_empty_table():
    assert collect_events([]).n_events == 0
    assert events_to_scipp([]).sizes == {"event_time_zero": 0}
    assert collect_events([batch([5], [0])]).to_scipp().bins.size().values.tolist() == [0]


def test_messages_are_not_changed():
    assert not np.shares_memory(collect_events([TWO[0]]).event_time_offset, TWO[0].event_time_offset)
