"""What a file says, as messages: which schema carries it, and that nothing of it changes on the way."""

import numpy as np
import pytest

from livedata.errors import EncodeError
from livedata.schemas import decode, identify
from livedata.sources.content import encode_events, encode_sample
from livedata.sources.frame import Frame, encode_frame, frames_of
from livedata.sources.merge import EventItem, LogItem, event_items, log_items
from livedata.streams.batch import EventBatch, LogBatch

TIME_NS = 1_700_000_000_123_456_789


def texts(*values):
    array = np.empty(len(values), object)
    array[:] = values
    return array


def log_batch(value, facet="value", **columns):
    return LogBatch(TIME_NS + np.arange(len(value)), value, None, facet, columns)


def sent(batch):
    """All messages that a batch becomes, decoded."""
    return [decode(encode_sample(item, item.time_ns)) for item in log_items("pv", [batch])]


@pytest.mark.parametrize("dtype", ["i1", "u1", "i2", "u2", "i4", "u4", "i8", "u8", "f4", "f8"])
def test_numbers_travel_as_f144_of_their_dtype(dtype):
    values = np.array([0, 1, 100], dtype)
    messages = sent(log_batch(values))

    assert [m.value.dtype for m in messages] == [np.dtype(dtype)] * 3
    assert [m.value for m in messages] == values.tolist()
    assert [m.timestamp for m in messages] == [TIME_NS, TIME_NS + 1, TIME_NS + 2]


def test_texts_travel_as_f142_without_an_alarm():
    messages = sent(log_batch(texts("", "Probe №7")))

    assert [identify(encode_sample(item, 1)) for item in log_items("pv", [log_batch(texts("a"))])] == ["f142"]
    assert [(m.value, m.timestamp, m.status, m.severity) for m in messages] == [
        ("", TIME_NS, 22, 4),
        ("Probe №7", TIME_NS + 1, 22, 4),
    ]


@pytest.mark.parametrize("values", [np.array([["a", "b"], ["c", ""]]), np.array([["a", "b"], ["c", ""]], object)])
def test_rows_of_texts_travel_as_arrays_of_texts(values):
    assert [m.value for m in sent(log_batch(values))] == [("a", "b"), ("c", "")]


def test_a_text_from_before_1970_cannot_be_sent():
    with pytest.raises(EncodeError):
        encode_sample(LogItem(0, "pv", -1, "text"), -1)


def test_alarms_travel_as_al00_with_what_is_said_of_them():
    batch = log_batch(np.array([0, 3], np.int16), "alarm", message=texts("", "LINK"))

    assert [(m.SCHEMA, m.severity, m.message) for m in sent(batch)] == [("al00", 0, ""), ("al00", 3, "LINK")]


def test_connections_travel_as_ep01_with_who_saw_them():
    batch = log_batch(np.array([2, 3], np.int16), "connection", service_id=texts("forwarder", ""))

    assert [(m.SCHEMA, m.status, m.service_id) for m in sent(batch)] == [("ep01", 2, "forwarder"), ("ep01", 3, "")]


def test_no_unit_is_something_else_than_an_empty_one():
    batch = log_batch(texts("K", "", None), "unit")

    assert [(m.SCHEMA, m.units) for m in sent(batch)] == [("un00", "K"), ("un00", ""), ("un00", None)]


def test_alarms_without_texts_are_sent_without():
    assert [m.message for m in sent(log_batch(np.array([1], np.int16), "alarm"))] == [None]


def event_batch(n_entries, **columns):
    return EventBatch(
        event_id=np.arange(2 * n_entries, dtype=np.int32),
        event_time_offset=np.arange(2 * n_entries, dtype=np.int32),
        event_time_zero=TIME_NS + np.arange(n_entries, dtype=np.int64),
        event_index=np.arange(n_entries, dtype=np.int64) * 2,
        messages=None,
        columns=columns,
    )


def test_events_with_weights_travel_as_an44():
    item = EventItem(
        0,
        "bank",
        np.array([TIME_NS]),
        np.zeros(1, np.int64),
        np.array([5, 6], np.int32),
        np.array([7, 8], np.int32),
        np.array([-1, 300], np.int16),
    )
    message = decode(encode_events(item, 9, item.event_time_zero))

    assert (message.SCHEMA, message.message_id) == ("an44", 9)
    assert message.weight.tolist() == [-1, 300]
    assert message.pixel_id.tolist() == [7, 8]


def test_what_is_not_known_of_a_frame_is_absent():
    batch = event_batch(2, period=np.array([1, -1]), charge=np.array([np.nan, 0.5], np.float32))

    assert frames_of(batch) == [Frame(1, None, None), Frame(None, None, 0.5)]
    told = decode(encode_frame("bank", 3, TIME_NS, Frame(1, None, None)))
    assert (told.reference_time, told.period_number, told.vetos, told.proton_charge) == (TIME_NS, 1, None, None)


def test_zero_of_a_frame_is_not_absent():
    told = decode(encode_frame("bank", 0, TIME_NS, Frame(0, 0, 0.0)))

    assert (told.period_number, told.vetos, told.proton_charge) == (0, 0, 0.0)


@pytest.mark.parametrize("number", [-2, 2**32])
def test_numbers_that_a_frame_cannot_hold_are_left_out_and_counted(number):
    frame = Frame(number, 2**32 - 1, None)

    assert frame.n_unsendable == 1
    told = decode(encode_frame("bank", 0, TIME_NS, frame))
    assert (told.period_number, told.vetos) == (None, 2**32 - 1)


def test_entries_whose_frames_are_known_are_never_put_together():
    items = list(
        event_items("bank", [event_batch(4, veto=np.array([0, 0, 1, -1]))], message_size=100, with_frames=True)
    )

    assert [item.event_time_zero.tolist() for item in items] == [[TIME_NS + i] for i in range(4)]
    assert [item.frame.veto for item in items] == [0, 0, 1, None]


def test_parts_of_a_large_entry_are_of_one_frame():
    items = list(event_items("bank", [event_batch(1, veto=np.array([5]))], message_size=1, with_frames=True))

    assert [item.frame for item in items] == [Frame(None, 5, None)] * 2
    assert [item.event_time_offset.tolist() for item in items] == [[0], [1]]


def test_nothing_is_known_of_the_frames_of_a_stream_that_tells_none():
    items = list(event_items("bank", [event_batch(2)], None, with_frames=True))

    assert [item.frame for item in items] == [Frame(None, None, None)] * 2
