"""Splitting records into batches: what becomes of every message."""

import numpy as np
import pytest

from livedata import schemas
from livedata.streams.key import StreamKey
from livedata.streams.split import JOIN_BYTES, Splitter

from .messages import NOW_NS, ev44, record

DET = StreamKey("t", "det", "events")


def test_a_message_of_several_pulses_becomes_several_entries():
    (_, batch), *_ = Splitter().split([record(ev44(times=(1, 2, 3), index=(0, 2, 2)))])

    assert batch.event_time_zero.tolist() == [1, 2, 3]
    assert batch.event_index.tolist() == [0, 2, 2]
    assert batch.event_id.tolist() == [4, 5, 6]


def test_small_messages_of_a_stream_are_joined_and_keep_their_places():
    splitter = Splitter()

    (_, batch), *rest = splitter.split([record(ev44(), partition=p, offset=o) for p, o in ((0, 7), (2, 3))])

    assert not rest
    assert batch.event_index.tolist() == [0, 3]
    assert batch.messages.partition.tolist() == [0, 2]
    assert batch.messages.offset.tolist() == [7, 3]
    assert batch.messages.first_event.tolist() == [0, 3]


def test_a_large_message_is_not_copied():
    n = JOIN_BYTES
    message = ev44(toa=np.arange(n), ids=np.arange(n))

    (_, batch), *_ = Splitter().split([record(message)])

    assert np.shares_memory(batch.event_time_offset, np.frombuffer(message, np.uint8))


def test_absent_pixel_ids_are_told_from_pixel_numbers():
    (_, batch), *_ = Splitter().split([record(ev44(ids=()))])

    assert batch.event_id is None
    assert batch.n_events == 3


@pytest.mark.parametrize("index", [(0,), (-1,)])
def test_both_conventions_for_no_events_make_an_empty_entry(index):
    (_, batch), *_ = Splitter().split([record(ev44(index=index, toa=(), ids=()))])

    assert batch.n_events == 0
    assert batch.event_index.tolist() == [0]


@pytest.mark.parametrize(
    "fault",
    [
        {"ids": (1, 2)},
        {"times": (1, 2), "index": (0,)},
        {"times": (1, 2), "index": (0, 500)},
        {"times": (1, 2, 3), "index": (0, 2, 1)},
        {"index": (1,)},
        {"index": (-1,)},
    ],
)
def test_content_that_contradicts_itself_is_counted_and_skipped(fault):
    splitter = Splitter()

    batches = splitter.split([record(ev44()), record(ev44(**fault), offset=1), record(ev44(), offset=2)])

    ledger = splitter.ledgers[DET]
    assert sum(batch.n_events for _, batch in batches) == 6
    assert (ledger.messages, ledger.decoded, ledger.malformed) == (3, 2, 1)


def test_a_message_without_reference_time_takes_the_record_time():
    (_, batch), *_ = Splitter().split([record(ev44(times=(), index=()))])

    assert batch.event_time_zero.tolist() == [NOW_NS // 1_000_000 * 1_000_000]


def test_garbage_is_counted_by_topic_and_makes_no_stream():
    splitter = Splitter()

    assert splitter.split([record(b""), record(b"\x00" * 7), record(b"\x08\x00\x00\x00ev44" + b"\xff" * 50)]) == []
    assert splitter.topics["t"].malformed == 3
    assert not splitter.ledgers


def test_unsound_messages_of_a_known_stream_are_its_malformed_ones():
    splitter = Splitter()
    good = ev44(toa=np.arange(100), ids=np.arange(100))

    splitter.split([record(good), record(good[: len(good) // 2], offset=1)])

    assert splitter.ledgers[DET].malformed + splitter.topics["t"].malformed == 1


def test_unwanted_streams_are_counted_but_not_decoded():
    splitter = Splitter(wants=lambda key: key.source == "other")

    assert splitter.split([record(ev44())]) == []
    assert splitter.ledgers[DET].unwanted == 1


def test_other_schemas_are_counted_and_tapped():
    tapped = []
    splitter = Splitter(tap=lambda schema, _record: tapped.append(schema))
    beat = schemas.encode(schemas.message_class("x5f2")(software_name="s"))

    splitter.split([record(beat)])

    assert tapped == ["x5f2"]
    assert splitter.topics["t"].unwanted["x5f2"] == 1


@pytest.mark.parametrize("wrong", [0, 1, NOW_NS // 1000, NOW_NS + 10**18, -5])
def test_a_wrong_time_never_moves_the_clock(wrong):
    splitter = Splitter()

    splitter.split([record(ev44(times=(NOW_NS,))), record(ev44(times=(wrong,)), offset=1)])

    assert splitter.ledgers[DET].newest_ns == NOW_NS
    assert splitter.ledgers[DET].decoded == 2


def test_samples_keep_the_dtype_of_the_wire():
    splitter = Splitter()
    values = [np.float32(1.5), np.int64(2**60), np.array([1, 2], np.uint8)]

    batches = splitter.split([record(schemas.encode_f144("T", NOW_NS + i, v), offset=i) for i, v in enumerate(values)])

    assert [(b.value.dtype, b.value.shape) for _, b in batches] == [
        (np.dtype("float32"), (1,)),
        (np.dtype("int64"), (1,)),
        (np.dtype("uint8"), (1, 2)),
    ]
