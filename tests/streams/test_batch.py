"""Batches: cutting and joining keep every event at its entry."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from livedata.streams.batch import EventBatch, Messages, entry_sizes, join_messages, select_entries, select_messages
from livedata.streams.join import join_events


@st.composite
def batches(draw, max_messages=4):
    n_messages = draw(st.integers(1, max_messages))
    entries = draw(st.lists(st.integers(0, 4), min_size=n_messages, max_size=n_messages))
    sizes = draw(st.lists(st.integers(0, 5), min_size=sum(entries), max_size=sum(entries)))
    n_events = sum(sizes)
    index = np.concatenate(([0], np.cumsum(sizes)))[:-1].astype(np.int64)
    first_entry = np.concatenate(([0], np.cumsum(entries)))[:-1].astype(np.int64)
    first_event = np.concatenate((index, [n_events]))[first_entry].astype(np.int64)
    return EventBatch(
        event_id=np.arange(n_events, dtype=np.int32),
        event_time_offset=np.arange(n_events, dtype=np.int32) * 10,
        event_time_zero=np.array(
            draw(st.lists(st.integers(0, 99), min_size=len(sizes), max_size=len(sizes))), np.int64
        ),
        event_index=index,
        messages=Messages(
            "t",
            np.zeros(n_messages, np.int32),
            np.arange(n_messages, dtype=np.int64),
            np.zeros(n_messages, np.int64),
            first_entry,
            first_event,
        ),
    )


def pairs(batch):
    """Return (entry time, event id) of every event."""
    times = np.repeat(batch.event_time_zero, entry_sizes(batch))
    return list(zip(times.tolist(), batch.event_id.tolist(), strict=True))


@given(batches(), st.data())
def test_selected_entries_keep_their_events(batch, data):
    keep = np.array(data.draw(st.lists(st.booleans(), min_size=batch.n_entries, max_size=batch.n_entries)), bool)

    part = select_entries(batch, keep)

    kept = np.repeat(keep, entry_sizes(batch))
    assert pairs(part) == [pair for pair, keeps in zip(pairs(batch), kept, strict=True) if keeps]


@given(batches(), st.data())
def test_messages_of_a_selection_begin_at_their_entries(batch, data):
    keep = np.array(data.draw(st.lists(st.booleans(), min_size=batch.n_entries, max_size=batch.n_entries)), bool)

    part = select_entries(batch, keep)

    first = batch.messages.first_entry
    ends = np.append(first[1:], batch.n_entries)
    expected = [int(keep[a:b].sum()) for a, b in zip(first, ends, strict=True)]
    got = np.diff(np.append(part.messages.first_entry, part.n_entries))
    assert got.tolist() == expected
    bounds = np.append(part.event_index, part.n_events)
    assert part.messages.first_event.tolist() == bounds[part.messages.first_entry].tolist()


@given(st.lists(batches(), min_size=1, max_size=4))
def test_joined_batches_hold_all_events_in_order(parts):
    joined = join_events(parts)

    assert pairs(joined) == [pair for part in parts for pair in pairs(part)]
    assert len(joined.messages) == sum(len(part.messages) for part in parts)


def test_joined_messages_point_behind_what_came_before():
    zero = np.zeros(1, np.int64)
    one = Messages("t", np.zeros(1, np.int32), zero, zero, zero, zero)

    joined = join_messages([one, one], [3, 1], [10, 0])

    assert joined.first_entry.tolist() == [0, 3]
    assert joined.first_event.tolist() == [0, 10]


@given(batches(), st.data())
def test_selected_messages_keep_their_entries_and_events(batch, data):
    n = len(batch.messages)
    keep = np.array(data.draw(st.lists(st.booleans(), min_size=n, max_size=n)), bool)

    part = select_messages(batch, keep)

    entries = np.diff(batch.messages.first_entry, append=batch.n_entries)
    kept = np.repeat(np.repeat(keep, entries), entry_sizes(batch))
    assert pairs(part) == [pair for pair, keeps in zip(pairs(batch), kept, strict=True) if keeps]
    assert part.messages.offset.tolist() == batch.messages.offset[keep].tolist()
    assert np.diff(part.messages.first_entry, append=part.n_entries).tolist() == entries[keep].tolist()
