"""The timeline of a log: one order, whatever the order of arrival."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from livedata.streams.batch import LogBatch, Messages
from livedata.streams.log import LogTimeline


def batch(times, values, offsets, partition=0):
    n = len(times)
    places = np.arange(n)
    return LogBatch(
        np.array(times, np.int64),
        np.array(values),
        Messages("t", np.full(n, partition, np.int32), np.array(offsets), np.zeros(n, np.int64), places, places),
    )


@given(st.permutations(range(6)))
def test_samples_are_ordered_by_time_and_ties_by_offset(order):
    samples = [(5, 1.0, 0), (3, 2.0, 1), (5, 3.0, 2), (9, 4.0, 3), (1, 5.0, 4), (9, 6.0, 5)]
    timeline = LogTimeline()

    for i in order:
        time, value, offset = samples[i]
        timeline.accept(batch([time], [value], [offset]))

    assert timeline.data.time.tolist() == [1, 3, 5, 5, 9, 9]
    assert timeline.data.value.tolist() == [5.0, 2.0, 1.0, 3.0, 4.0, 6.0]


def test_a_sample_read_twice_is_kept_once():
    timeline = LogTimeline()

    timeline.accept(batch([1, 2], [1.0, 2.0], [7, 8]))
    timeline.accept(batch([2, 3], [2.0, 3.0], [8, 9]))

    assert timeline.data.value.tolist() == [1.0, 2.0, 3.0]


def test_the_same_value_sent_again_is_another_sample():
    timeline = LogTimeline()

    timeline.accept(batch([2], [1.0], [8]))
    timeline.accept(batch([2], [1.0], [9]))

    assert len(timeline.data) == 2


@given(st.permutations(range(4)))
def test_of_samples_that_one_array_cannot_hold_most_are_shown_whatever_came_first(order):
    kinds = (([1], [[1, 2]], [0]), ([2], [[3, 4]], [1]), ([3], [1.0], [2]), ([4], np.array(["text"], object), [3]))
    timeline = LogTimeline()

    for i in order:
        timeline.accept(batch(*kinds[i]))

    assert timeline.data.value.tolist() == [[1, 2], [3, 4]]
    assert timeline.n_other_shape == 2


def test_numbers_come_before_texts_where_there_are_as_many():
    timeline = LogTimeline()

    timeline.accept(batch([1], np.array(["text"], object), [0]))
    timeline.accept(batch([2], [1.0], [1]))

    assert timeline.data.value.tolist() == [1.0]
    assert timeline.n_other_shape == 1


def test_shapes_without_end_do_not_fill_the_memory():
    timeline = LogTimeline()

    for n in range(500):
        timeline.accept(batch([n], [np.zeros(n)], [n]))

    assert len(timeline.data) == 1
    assert timeline.n_other_shape == 499


def test_an_empty_log_has_no_samples():
    assert len(LogTimeline().data) == 0
