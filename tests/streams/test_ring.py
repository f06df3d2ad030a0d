"""The event ring: holds what it says, never more than its budget, and forgets the oldest first."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import livedata.streams.ring
from livedata.errors import ArgumentError
from livedata.streams.batch import EventBatch, Messages, entry_sizes
from livedata.streams.key import StreamKey
from livedata.streams.ring import EventRing
from livedata.streams.ringmemory import Memory, free_bytes, parse_memory
from livedata.streams.spans import size
from livedata.transport import Partition

KEY, OTHER = StreamKey("t", "det", "events"), StreamKey("t", "mon", "events")


def batch(places, n_events, *, time=0, has_ids=True, weight=None, columns=None, seed=0):
    """Return a batch of messages at (partition, offset), each with one entry of so many events."""
    n = len(places)
    total = n * n_events
    first = np.arange(n, dtype=np.int64) * n_events
    toa = np.repeat(np.array([1000 * (p + 10 * o) + seed for p, o in places], np.int32), n_events)
    toa += np.tile(np.arange(n_events, dtype=np.int32), n)
    return EventBatch(
        toa + 5 if has_ids else None,
        toa,
        np.array([time + o for _, o in places], np.int64),
        first,
        Messages(
            "t",
            np.array([p for p, _ in places], np.int32),
            np.array([o for _, o in places], np.int64),
            np.zeros(n, np.int64),
            np.arange(n, dtype=np.int64),
            first,
        ),
        columns or {},
        None if weight is None else np.full(total, weight, np.int16),
    )


def content(b):
    """Return what each message holds: entry times and events."""
    times = np.repeat(b.event_time_zero, entry_sizes(b)).tolist()
    ids = [None] * b.n_events if b.event_id is None else b.event_id.tolist()
    weights = [1] * b.n_events if b.event_weight is None else b.event_weight.tolist()
    rows = list(zip(times, b.event_time_offset.tolist(), ids, weights, strict=True))
    bounds = [*b.messages.first_event.tolist(), b.n_events]
    places = zip(b.messages.partition.tolist(), b.messages.offset.tolist(), strict=True)
    return {place: rows[bounds[i] : bounds[i + 1]] for i, place in enumerate(places)}


def everything(ring, key, wanted):
    found = {}
    for held in ring.read(key, wanted):
        if held.batch is not None:
            for place, rows in content(held.batch).items():
                assert place not in found, "returned twice"
                found[place] = rows
    return found


STEPS = st.lists(
    st.tuples(
        st.sampled_from([KEY, OTHER]),
        st.integers(0, 1),
        st.lists(st.booleans(), min_size=1, max_size=4),
        st.integers(0, 40),
        st.booleans(),
        st.sampled_from([None, None, 3]),
    ),
    max_size=60,
)


@settings(max_examples=150, deadline=None)
@given(STEPS, st.integers(0, 60_000), st.data())
def test_what_the_ring_holds_is_what_was_put_into_it(steps, budget, data):
    ring = EventRing(budget, chunk_bytes=2048)
    position, put = {(key, p): 0 for key in (KEY, OTHER) for p in (0, 1)}, {KEY: {}, OTHER: {}}
    for key, p, is_mine, n_events, has_ids, weight in steps:
        first = position[key, p]
        stop = position[key, p] = first + len(is_mine)
        places = [(p, first + i) for i, mine in enumerate(is_mine) if mine]
        batches = [batch(places, n_events, has_ids=has_ids, weight=weight)] if places else []
        ring.add(key, batches, {Partition("t", p): ((first, stop),)})
        for b in batches:
            put[key] |= content(b)
        assert ring.nbytes <= max(budget, 0)

    for key in (KEY, OTHER):
        held = ring.held(key)
        inside = {(p.partition, i) for p, ranges in held.items() for a, b in ranges for i in range(a, b)}
        ends = {Partition("t", p): ((0, position[key, p]),) for p in (0, 1)}
        assert everything(ring, key, ends) == {place: rows for place, rows in put[key].items() if place in inside}
        some = data.draw(st.sets(st.sampled_from(sorted(inside)))) if inside else set()
        wanted = {Partition("t", p): tuple((i, i + 1) for q, i in sorted(some) if q == p) for p in (0, 1)}
        assert everything(ring, key, wanted) == {place: rows for place, rows in put[key].items() if place in some}
        assert sum(size(h.covered) for h in ring.read(key, wanted)) == len(some)
        assert ring.spans.get(key) is None or ring.spans[key].events == sum(
            len(rows) for place, rows in put[key].items() if place in inside
        )


def fill(ring, n, *, n_events=1000, key=KEY, start=0, **kind):
    for i in range(start, start + n):
        ring.add(key, [batch([(0, i)], n_events, **kind)], {Partition("t", 0): ((i, i + 1),)})


@pytest.mark.parametrize(
    ("n_events", "n", "kind", "most"),
    [
        (1000, 10_000, {}, 8.5),
        (125_000, 200, {}, 8.5),
        (190_000, 150, {}, 8.5),
        (1000, 20_000, {"has_ids": False}, 4.5),
    ],
)
def test_the_ring_takes_little_more_than_the_events_themselves(n_events, n, kind, most):
    ring = EventRing(160_000_000)

    fill(ring, n, n_events=n_events, **kind)

    span = ring.spans[KEY]
    assert span.events > 3_000_000
    assert span.nbytes / span.events <= most
    assert ring.nbytes <= 160_000_000


def test_the_oldest_goes_first_whatever_its_stream():
    ring = EventRing(400_000, chunk_bytes=20_000)
    fill(ring, 20, key=OTHER)
    fill(ring, 30)

    fill(ring, 15, start=30)

    assert OTHER not in ring.spans or ring.spans[OTHER].events == 0
    assert ring.held(KEY)[Partition("t", 0)][-1][1] == 45
    assert ring.dropped_messages == 65 - ring.spans[KEY].messages
    assert ring.dropped_events == 1000 * ring.dropped_messages


def test_a_slow_stream_keeps_its_newest_beside_a_fast_one():
    ring = EventRing(2_000_000, chunk_bytes=100_000)
    for i in range(600):
        fill(ring, 1, start=i)
        if i % 20 == 0:
            fill(ring, 1, key=OTHER, start=i, n_events=10)

    assert ring.spans[OTHER].messages > 5
    assert ring.held(OTHER)[Partition("t", 0)][-1] == (580, 581)


def test_what_was_read_back_pushes_nothing_out():
    ring = EventRing(400_000, chunk_bytes=20_000)
    fill(ring, 60, start=100)
    before = ring.held(KEY)

    assert not ring.add_past(KEY, [batch([(0, 5)], 5000)], {Partition("t", 0): ((5, 6),)})
    assert ring.held(KEY) == before


def test_what_was_read_back_is_held_once_and_goes_first():
    ring = EventRing(400_000, chunk_bytes=20_000)
    fill(ring, 10, start=100)
    step = {Partition("t", 0): ((5, 6),)}

    assert ring.add_past(KEY, [batch([(0, 5)], 100)], step)
    assert not ring.add_past(KEY, [batch([(0, 5)], 100)], step)
    assert ring.spans[KEY].messages == 11
    fill(ring, 60, start=110)
    assert (5, 6) not in ring.held(KEY)[Partition("t", 0)]


def test_batches_in_use_stay_as_they_are_when_their_memory_is_dropped():
    ring = EventRing(400_000, chunk_bytes=50_000)
    fill(ring, 40)
    held = list(ring.read(KEY, ring.held(KEY)))
    before = [h.batch.event_time_offset.copy() for h in held]

    fill(ring, 200, start=40, seed=77)

    assert len(before) > 3
    for h, expected in zip(held, before, strict=True):
        assert np.array_equal(h.batch.event_time_offset, expected)


def test_dropped_memory_is_used_again_when_nobody_looks_at_it(monkeypatch):
    made = []
    monkeypatch.setattr(livedata.streams.ring, "Memory", lambda nbytes: made.append(Memory(nbytes)) or made[-1])
    ring = EventRing(400_000, chunk_bytes=50_000)
    fill(ring, 100)
    n_made = len(made)

    fill(ring, 300, start=100)

    assert len(made) == n_made
    assert everything(ring, KEY, {Partition("t", 0): ((395, 400),)}) == {
        (0, i): content(batch([(0, i)], 1000))[0, i] for i in range(395, 400)
    }


def test_batches_cannot_be_written_to():
    ring = EventRing(400_000)
    fill(ring, 1)
    (held,) = ring.read(KEY, ring.held(KEY))

    with pytest.raises(ValueError, match="read-only"):
        held.batch.event_time_offset[0] = 1


def test_events_with_and_without_pixels_in_one_step_are_left_to_the_topic():
    ring = EventRing(400_000)
    mixed = [batch([(0, 0)], 3), batch([(0, 1)], 3, has_ids=False)]

    assert not ring.add(KEY, mixed, {Partition("t", 0): ((0, 2),)})
    assert ring.held(KEY) == {}


def test_entry_columns_stay_with_their_entries():
    ring = EventRing(4_000_000)
    for i in range(100):
        columns = {"period": np.array([i], np.int64)} if i % 3 else {}
        ring.add(KEY, [batch([(0, i)], 2, columns=columns)], {Partition("t", 0): ((i, i + 1),)})

    batches = [h.batch for h in ring.read(KEY, ring.held(KEY))]

    periods = np.concatenate([b.columns.get("period", np.full(b.n_entries, -1)) for b in batches])
    assert periods.tolist() == [i if i % 3 else -1 for i in range(100)]


def test_messages_outside_a_span_of_time_come_without_a_batch():
    ring = EventRing(40_000_000, chunk_bytes=1 << 20)
    fill(ring, 600)

    held = list(ring.read(KEY, ring.held(KEY), 300, 310))

    assert sum(size(h.covered) for h in held) == 600
    with_batch = {int(o) for h in held if h.batch is not None for o in h.batch.messages.offset}
    assert set(range(300, 310)) <= with_batch
    assert len(with_batch) < 600


def test_a_topic_that_began_anew_is_forgotten():
    ring = EventRing(400_000)
    fill(ring, 3)

    ring.forget("t")

    assert ring.held(KEY) == {}
    assert ring.nbytes == 0


def test_a_cleared_ring_holds_nothing_any_more():
    ring = EventRing(400_000)
    fill(ring, 3)

    ring.clear()
    fill(ring, 3, start=3)

    assert ring.nbytes == 0
    assert ring.spans == {} or all(not span.events for span in ring.spans.values())


def test_events_are_counted_only_where_all_are_held():
    ring = EventRing(400_000)
    fill(ring, 3)

    assert ring.count(KEY, {Partition("t", 0): ((0, 3),)}) == 3000
    assert ring.count(KEY, {Partition("t", 0): ((0, 4),)}) is None


@pytest.mark.parametrize(
    ("told", "nbytes"),
    [("2 GB", 2_000_000_000), ("100MB", 10**8), ("1 GiB", 1 << 30), (7, 7), ("12", 12)],
)
def test_budgets_are_numbers_or_texts(told, nbytes):
    assert parse_memory(told) == nbytes


@pytest.mark.parametrize("told", ["much", -1, 1.5, True, "2 XB"])
def test_other_budgets_are_refused(told):
    with pytest.raises(ArgumentError, match="2 GB"):
        parse_memory(told)


def test_by_default_a_quarter_of_what_is_free_is_taken_and_2_gb_at_most():
    budget = parse_memory(None)

    assert 0 < budget <= 2_000_000_000
    assert budget == 2_000_000_000 or abs(budget - free_bytes() / 4) < 0.2 * budget
