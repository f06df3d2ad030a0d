import numpy as np
import pytest

from livedata.sources.merge import event_items, log_items, merged
from livedata.streams.batch import EventBatch, LogBatch

S = 10**9


def batch(times, index, n_events, *, ids=True):
    events = np.arange(n_events, dtype=np.int32)
    return EventBatch(
        events if ids else None, events, np.array(times, np.int64), np.array(index, np.int64), messages=None
    )


def log(times):
    return LogBatch(np.array(times, np.int64), np.arange(len(times), dtype=np.float64), messages=None)


def test_each_entry_is_a_message_also_an_empty_one():
    items = list(event_items("a", [batch([S, 2 * S, 3 * S], [0, 2, 2], 5)], None))

    assert [i.event_time_zero.tolist() for i in items] == [[S], [2 * S], [3 * S]]
    assert [i.event_id.tolist() for i in items] == [[0, 1], [], [2, 3, 4]]
    assert all(i.event_index.tolist() == [0] for i in items)


def test_small_entries_are_put_together_up_to_the_message_size():
    items = list(event_items("a", [batch([S, S + 1, S + 2, S + 3], [0, 2, 4, 6], 8)], 5))

    assert [i.event_time_zero.tolist() for i in items] == [[S, S + 1], [S + 2, S + 3]]
    assert [i.event_index.tolist() for i in items] == [[0, 2], [0, 2]]
    assert [i.event_time_offset.tolist() for i in items] == [[0, 1, 2, 3], [4, 5, 6, 7]]


def test_entries_further_apart_than_a_second_do_not_share_a_message():
    assert len(list(event_items("a", [batch([S, 3 * S], [0, 1], 2)], 100))) == 2


def test_a_large_entry_is_cut_into_parts_of_the_same_time():
    items = list(event_items("a", [batch([S], [0], 7)], 3))

    assert [len(i.event_id) for i in items] == [3, 3, 1]
    assert all(i.event_time_zero.tolist() == [S] for i in items)


@pytest.mark.parametrize("size", [None, 1, 2, 3, 50])
def test_no_event_is_lost_or_moved_by_the_message_size(size):
    items = list(event_items("a", [batch([S, 2 * S], [0, 4], 9), batch([2 * S], [0], 3, ids=True)], size))
    found = [(int(t), int(e)) for i in items for t, e in _rows(i)]

    assert found == [(S, e) for e in range(4)] + [(2 * S, e) for e in range(4, 9)] + [(2 * S, e) for e in range(3)]


def _rows(item):
    sizes = np.diff(np.append(item.event_index, len(item.event_time_offset)))
    return zip(np.repeat(item.event_time_zero, sizes), item.event_time_offset, strict=True)


def test_streams_are_merged_by_time_and_each_keeps_its_own_order():
    first = event_items("a", [batch([2 * S, S, 4 * S], [0, 1, 2], 3)], None)
    second = log_items("b", [log([S, 3 * S, 5 * S])])

    order = [i.stream for i in merged([first, second])]

    assert order == ["b", "a", "a", "b", "a", "b"]


def test_of_equal_times_the_first_stream_goes_first():
    streams = [log_items(name, [log([S, S])]) for name in "xyz"]

    assert [i.stream for i in merged(streams)] == ["x", "x", "y", "y", "z", "z"]


def test_impossible_times_hold_nothing_up():
    items = list(merged([log_items("odd", [log([S, 2**63 - 1, -5, 2 * S])]), log_items("b", [log([int(1.5 * S)])])]))

    assert [(i.stream, i.key_ns) for i in items] == [("odd", S), ("odd", S), ("odd", S), ("b", 1.5 * S), ("odd", 2 * S)]
    assert items[1].time_ns == 2**63 - 1
