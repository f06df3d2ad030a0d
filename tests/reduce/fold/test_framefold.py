"""Frames: sums are exact and can be taken back, and the order in which frames come does not matter."""

from fractions import Fraction
from itertools import permutations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as nps

import livedata as ld
from livedata.reduce.fold.framefold import FrameFold
from livedata.reduce.fold.judge import Judge
from livedata.streams.batch import ArrayBatch, ArraySet, Messages, Variable

ALL = Judge()


class Only(Judge):
    """Keeps frames of odd times."""

    is_trivial = False

    def keeps(self, batch):
        return batch.event_time_zero % 2 == 1


def batch(*frames, times=None, offsets=None, dims=None, **others):
    arrays = [np.asarray(frame) for frame in frames]
    n = len(arrays)
    offsets = np.arange(n) if offsets is None else np.array(offsets)
    zeros = np.zeros(n, np.int64)
    sets = tuple(
        ArraySet({"signal": Variable(a, dims or tuple(f"dim_{i}" for i in range(a.ndim))), **others}) for a in arrays
    )
    times = np.arange(n) if times is None else np.array(times)
    messages = Messages("camera", zeros.astype(np.int32), offsets.astype(np.int64), zeros, zeros, zeros)
    return ArrayBatch(times.astype(np.int64), sets, messages)


def folded(mode, *batches, judge=ALL, **options):
    fold = FrameFold(mode, **options)
    for one in batches:
        fold.add(one, judge)
    return fold


A, B, C = [[1, 2, 3], [4, 5, 6]], [[9, 0, 1], [0, 7, 0]], [[2, 2, 2], [2, 2, 2]]


def test_the_sum_of_integers_is_exact():
    counted = folded("sum", batch(np.array(A, np.uint16), np.array(B, np.uint16)), batch(C)).counted()

    assert counted.values.tolist() == (np.array(A) + B + C).tolist()
    assert counted.values.dtype == np.int64
    assert [axis.name for axis in counted.axes] == ["y", "x"]
    assert counted.squares is None
    assert counted.ledger.seen == counted.ledger.binned == 3


def test_the_mean_divides_by_the_number_of_frames():
    counted = folded("mean", batch(A, B)).counted()

    assert counted.values.tolist() == [[5, 1, 2], [2, 6, 3]]
    assert counted.squares.tolist() == [[2.5, 0.5, 1], [1, 3, 1.5]]


def test_the_maximum_is_taken_pixel_by_pixel():
    assert folded("max", batch(A, B, C)).counted().values.tolist() == [[9, 2, 3], [4, 7, 6]]
    assert folded("max", batch([1.0, np.nan]), batch([np.nan, np.nan])).counted().values[0] == 1


def test_the_newest_is_told_by_data_time_and_ties_by_offset():
    for order in permutations([batch(A, times=[5]), batch(B, times=[7], offsets=[3]), batch(C, times=[7])]):
        assert folded("newest", *order).counted().values.tolist() == B


@given(st.lists(nps.arrays(np.int64, (2, 2), elements=st.integers(-(2**40), 2**40)), min_size=1, max_size=6), st.data())
def test_frames_taken_away_leave_the_others(frames, data):
    n = data.draw(st.integers(0, len(frames)))
    fold = folded("sum", batch(*frames))
    if n:
        fold.remove(batch(*frames[:n]), ALL)

    left = sum(frames[n:], np.zeros((2, 2), np.int64))
    assert fold.counted().values.tolist() == left.tolist()
    assert fold.ledger.seen == fold.ledger.binned == len(frames) - n


@given(st.lists(nps.arrays(np.float32, 3, elements=st.floats(-1e6, 1e6, width=32)), min_size=1, max_size=4))
def test_sums_of_floats_do_not_depend_on_the_order(frames):
    sums = {folded("sum", *(batch(f) for f in order)).counted().values.tobytes() for order in permutations(frames)}

    exact = [float(sum(Fraction(float(f[i])) for f in frames)) for i in range(3)]
    assert np.frombuffer(sums.pop()).tolist() == exact
    assert not sums


def test_small_numbers_beside_large_ones_are_not_lost():
    fold = folded("sum", *(batch([value]) for value in (1e16, 1.0, 1.0, -1e16)))

    assert fold.counted().values.tolist() == [2.0]


def test_pixels_without_a_number_have_no_value_until_that_frame_is_taken_away():
    bad = batch([1.0, np.nan, np.inf])
    fold = folded("sum", batch([1.0, 2.0, 3.0]), bad)
    assert np.isnan(fold.counted().values).tolist() == [False, True, True]

    fold.remove(bad, ALL)
    assert fold.counted().values.tolist() == [1, 2, 3]


def test_integers_and_floats_can_follow_each_other():
    assert folded("sum", batch([1, 2]), batch([0.5, 0.5])).counted().values.tolist() == [1.5, 2.5]
    assert folded("sum", batch(np.array([2**63], np.uint64)), batch([1])).counted().values.tolist() == [2.0**63]


def test_frames_of_another_shape_are_unmapped_and_told():
    fold = folded("sum", batch(A, [1, 2, 3], [[1]]))

    assert fold.counted().values.tolist() == A
    assert fold.ledger.unmapped == 2
    assert fold.ledger.adds_up
    assert [len(axis) for axis in fold.other_axes] == [1, 1]


def test_histograms_with_other_edges_are_another_shape():
    first, second = (Variable(np.array(edges), ("t",), "ms") for edges in ([0, 1, 2], [0, 2, 4]))
    fold = folded("sum", batch([1, 2], dims=("t",), t=first), batch([1, 2], times=[1], dims=("t",), t=second))

    assert fold.axes["t"] == ld.bins(0, 2, n=2, unit="ms").named("t")
    assert fold.counted().values.tolist() == [1, 2]
    assert fold.other_axes["t"].edges.tolist() == [0, 2, 4]


def test_late_frames_of_an_older_shape_do_not_turn_it_back():
    fold = folded("sum", batch(A, times=[9]), batch([1, 2, 3], times=[5]))
    assert fold.ledger.unmapped == 1
    assert fold.other_axes is None

    fold.add(batch([1, 2, 3], times=[10]), ALL)
    assert [len(axis) for axis in fold.other_axes] == [3]


def test_axes_can_be_asked_for():
    wanted = FrameFold("sum")
    wanted.add(batch(A), ALL)
    fold = folded("sum", batch([1, 2, 3]), batch(A), axes=wanted.axes)

    assert fold.counted().values.tolist() == A
    assert fold.ledger.unmapped == 1


@pytest.mark.parametrize(
    "found",
    [
        ArraySet({"image": Variable(np.zeros(2), ("x",))}),
        ArraySet({"signal": Variable(np.array(["a", "b"]), ("x",))}),
        ArraySet({"signal": Variable(np.zeros(2), ("x",))}, offset=(0,), whole=(4,)),
        ArraySet({"signal": Variable(np.zeros((0, 3)), ("y", "x"))}),
    ],
)
def test_sets_without_a_whole_frame_are_unmapped(found):
    one = batch([0])
    fold = folded("sum", ArrayBatch(one.time, (found,), one.messages))

    assert fold.ledger.unmapped == fold.n_seen == 1


def test_filters_judge_frames_by_their_times():
    fold = folded("sum", batch([1], [10], [100], times=[1, 2, 3]), judge=Only())

    assert fold.counted().values.tolist() == [101]
    assert fold.ledger.filtered == 1
    assert (fold.first_ns, fold.last_ns) == (1, 3)


def test_what_forgets_cannot_take_away():
    with pytest.raises(ld.ArgumentError, match="fold the others anew"):
        folded("max", batch(A)).remove(batch(A), ALL)
    assert not folded("newest", batch(A)).can_remove
    with pytest.raises(ld.ArgumentError, match="expected 'sum', 'mean', 'newest' or 'max'"):
        FrameFold("median")


def test_a_picture_has_two_dimensions():
    cube = np.arange(24).reshape(2, 3, 4)
    fold = folded("sum", batch(cube, cube))

    assert fold.picture().values.tolist() == (2 * cube.sum(2)).tolist()
    assert len(fold.picture().axes) == 2


@pytest.mark.parametrize("mode", ["sum", "mean", "newest", "max"])
def test_nothing_folded_is_nothing(mode):
    assert FrameFold(mode).counted().ledger.seen == 0


def test_what_was_handed_out_does_not_change():
    fold = folded("sum", batch([1]))
    before = fold.counted().values
    fold.add(batch([5]), ALL)

    assert before.tolist() == [1]
    with pytest.raises(ValueError, match="read-only"):
        before[0] = 2
