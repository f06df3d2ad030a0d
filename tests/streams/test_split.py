"""Splitting records into batches: what becomes of every message."""

import numpy as np
import pytest

from livedata import schemas
from livedata.streams.key import StreamKey
from livedata.streams.split import JOIN_BYTES, Splitter

from .messages import NOW_NS, ev44, pu00, record

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


def test_pixel_numbers_survive_beside_messages_without_events_and_without_numbers():
    kinds = [{"toa": (), "ids": ()}, {"toa": (1,), "ids": ()}, {"toa": (2, 3), "ids": (8, 9)}]

    batches = [b for _, b in Splitter().split([record(ev44(**kind), offset=i) for i, kind in enumerate(kinds)])]

    assert [None if b.event_id is None else b.event_id.tolist() for b in batches] == [None, [8, 9]]
    assert [o for b in batches for o in b.messages.offset.tolist()] == [0, 1, 2]


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


def made_up_events(rng, n):
    """Return small event messages of a few streams, with the oddities that are allowed."""
    values = []
    for i in range(n):
        n_pulses = int(rng.integers(1, 4))
        n_events = int(rng.choice([0, 0, 1, 5, 300]))
        index = (
            np.sort(rng.integers(0, n_events + 1, n_pulses)) if n_events else np.full(n_pulses, -int(rng.integers(2)))
        )
        index[0] = 0 if n_events else index[0]
        times = NOW_NS + i * 10_000_000 + rng.integers(-(2 * 10**9), 10**6, n_pulses)
        times[0] = 0 if rng.integers(20) == 0 else times[0]
        ids = rng.integers(0, 99, n_events) if rng.integers(6) else ()
        toa = rng.integers(0, 71_000_000, n_events)
        values.append(ev44(times=times, index=index, toa=toa, ids=ids, source=f"det{rng.integers(3)}"))
        if rng.integers(4) == 0:
            values.append(pu00(int(times[0]), period_number=int(rng.integers(3)), vetos=int(rng.integers(4))))
    return values


def content(batches):
    """Return every entry of every stream with all that is known of it, by its place."""
    found = {}
    for key, b in batches:
        ends = np.append(b.event_index[1:], b.n_events)
        stops = np.append(b.messages.first_entry[1:], b.n_entries)
        for m, (first, stop) in enumerate(zip(b.messages.first_entry, stops, strict=True)):
            place = (key, int(b.messages.partition[m]), int(b.messages.offset[m]))
            assert b.messages.first_event[m] == (b.event_index[first] if first < b.n_entries else b.n_events)
            for i in range(first, stop):
                part = slice(int(b.event_index[i]), int(ends[i]))
                known = {name: c[i].item() for name, c in b.columns.items() if not (name == "late" and not c[i])}
                known = {name: value for name, value in known.items() if value == value and value != -1}
                ids = None if b.event_id is None else b.event_id[part].tolist()
                entry = (
                    int(b.event_time_zero[i]),
                    b.event_time_offset[part].tolist(),
                    ids if part.start < part.stop else 0,
                )
                found[(*place, i - int(first))] = (*entry, known)
    return found


@pytest.mark.parametrize("seed", range(4))
def test_many_small_messages_at_once_give_what_they_give_one_by_one(seed):
    rng = np.random.default_rng(seed)
    rows = [record(v, partition=i % 3, offset=i) for i, v in enumerate(made_up_events(rng, 200))]
    together, alone = Splitter(), Splitter()

    bulk = content(together.split(rows))
    single = content(pair for row in rows for pair in alone.split([row]))

    assert len(bulk) > 300
    assert any("late" in entry[3] for entry in bulk.values())
    assert bulk == single
    for key, ledger in alone.ledgers.items():
        for count in ("decoded", "malformed", "events", "entries", "nbytes", "newest_ns", "schemas", "remarks"):
            assert getattr(together.ledgers[key], count) == getattr(ledger, count), (key, count)


def test_one_odd_message_among_many_is_the_only_one_that_is_lost():
    rng = np.random.default_rng(9)
    good = [v for v in made_up_events(rng, 60) if schemas.identify(v) == "ev44"]
    odd = ev44(index=(500,))
    splitter = Splitter()

    batches = splitter.split([record(v, offset=i) for i, v in enumerate([*good[:30], odd, *good[30:]])])

    assert sum(len(b.messages) for _, b in batches) == len(good)
    assert sum(ledger.malformed for ledger in splitter.ledgers.values()) == 1
