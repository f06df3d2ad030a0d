"""What is counted for an entry, against the plainest way to count it. No broker is needed."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from livedata import schemas
from livedata.reduce.result.ledger import Ledger
from livedata.service.command import Configure, read_command
from livedata.service.encoding import encode_result
from livedata.service.result import Dim, Result
from livedata.service.tally import make_tally
from livedata.streams.batch import EventBatch, Messages

WHERE = {"topic": "t", "data_brokers": ["localhost:9092"], "data_topics": ["d"]}


def tally(**keys):
    command = read_command(json.dumps({"cmd": "config", "histograms": [{**WHERE, **keys}]}).encode())
    assert isinstance(command, Configure), command
    return make_tally(command.histograms[0])


def batch(ids, offsets):
    n = np.zeros(1, np.int64)
    messages = Messages("d", np.zeros(1, np.int32), n, n, n, n)
    numbers = None if ids is None else np.asarray(ids, np.int32)
    return EventBatch(numbers, np.asarray(offsets, np.int32), np.array([10], np.int64), n, messages)


EVENTS = st.lists(st.tuples(st.integers(-3, 30), st.integers(-5, 120)), max_size=60)
FEW = settings(max_examples=40, deadline=None)


@FEW
@given(EVENTS, st.tuples(st.integers(0, 20), st.integers(0, 20)).map(sorted))
def test_hist1d_counts_the_pixels_of_its_range(events, ids):
    t = tally(type="hist1d", tof_range=[0, 100], num_bins=7, det_range=list(ids))
    t.take(batch(*zip(*events, strict=True)) if events else batch([], []))
    expected = np.zeros(7, int)
    for pixel, offset in events:
        if ids[0] <= pixel <= ids[1] and 0 <= offset < 100:
            expected[offset * 7 // 100] += 1
    found = t.result()
    assert found.values.tolist() == expected.tolist()
    assert (found.ledger.seen, found.ledger.adds_up) == (len(events), True)


@FEW
@given(EVENTS)
def test_hist2d_counts_times_against_pixels(events):
    t = tally(type="hist2d", tof_range=[0, 100], num_bins=[4, 3], det_range=[2, 11])
    t.take(batch(*zip(*events, strict=True)) if events else batch([], []))
    expected = np.zeros((4, 3), int)
    for pixel, offset in events:
        if 2 <= pixel <= 11 and 0 <= offset < 100:
            expected[offset // 25, min((pixel - 2) // 3, 2)] += 1
    assert t.result().values.tolist() == expected.tolist()


@FEW
@given(EVENTS)
def test_pictures_hold_columns_before_rows(events):
    ids, offsets = zip(*events, strict=True) if events else ([], [])
    picture = tally(type="dethist", det_range=[5, 6], width=4, height=3)
    region = tally(type="roihist", left_edges=[20, 3, 11], width=4)
    picture.take(batch(ids, offsets))
    region.take(batch(ids, offsets))
    for x in range(4):
        for y in range(3):
            assert picture.result().values[x, y] == ids.count(5 + x + 4 * y)
            assert region.result().values[x, y] == ids.count([20, 3, 11][y] + x)


def test_a_monitor_without_pixels_is_counted_in_time_and_not_in_pixels():
    time, pixels = (
        tally(type="hist1d", tof_range=[0, 100], num_bins=1),
        tally(type="hist1d", tof_range=[0, 100], num_bins=1, det_range=[0, 9]),
    )
    for t in (time, pixels):
        t.take(batch(None, [1, 2]))
    assert (time.result().values.tolist(), pixels.result().values.tolist()) == ([2], [0])
    assert pixels.result().ledger.unmapped == 2


def test_edges_that_no_whole_number_hits_are_kept():
    t = tally(type="hist1d", tof_range=[0.5, 2.5], num_bins=2)
    t.take(batch([1] * 4, [0, 1, 2, 3]))
    assert t.result().values.tolist() == [1, 1]
    assert t.result().dims[0].edges.tolist() == [0.5, 1.5, 2.5]


@pytest.mark.parametrize("schema", ["hs00", "hs01", "da00"])
def test_a_result_comes_back_from_its_message(schema):
    dims = (Dim("x", np.array([0.0, 1, 2]), "ns", "time"), Dim("y", np.array([0.0, 5]), "", ""))
    values = np.array([[2**40], [1]])
    result = Result(dims, values, Ledger(), np.array([[4.0], [9.0]]), 5, 6)
    message = schemas.decode(
        encode_result(schema, result, source="s", time_ns=1_767_225_600_000_000_000, info={"id": "ü"})
    )
    assert schemas.check(message) == []
    if schema == "da00":
        found = {v.name: v.data for v in message.data}
        assert (found["signal"].tolist(), found["errors"].tolist()) == (values.tolist(), [[2], [3]])
        assert json.loads(found["info"]) == {"id": "ü"}
    else:
        assert (message.data.tolist(), message.errors.tolist()) == (values.tolist(), [[2], [3]])
        assert (message.dim_metadata[0].unit, message.timestamp, json.loads(message.info)) == (
            "ns",
            1_767_225_600_000_000_000,
            {"id": "ü"},
        )
