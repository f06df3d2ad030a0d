"""Masks: how they are written, from regions and thresholds, and which pixels of a layout they leave out."""

from __future__ import annotations

import numpy as np
import pytest

from livedata.errors import ArgumentError
from livedata.reduce.axis import Axes, bins
from livedata.reduce.physics.geometry import Geometry
from livedata.reduce.pixels.inside import inside
from livedata.reduce.pixels.layout import layout
from livedata.reduce.pixels.mask import Mask
from livedata.reduce.pixels.masked import masked
from livedata.reduce.pixels.masking import excluded_by, mask, mask_from_region, threshold_mask
from livedata.reduce.pixels.screen import Screen
from livedata.reduce.pixels.shapes import pixels, rectangle, span
from livedata.reduce.result.ledger import Ledger
from livedata.reduce.result.snapshot import Snapshot
from livedata.streams.extent import Coverage


def counted(array, *, state="complete", settled=None, last=None) -> Snapshot:
    values = np.asarray(array)
    return Snapshot(
        array=values,
        axes=Axes([bins(0, n, n=n).named("zyx"[-values.ndim :][i]) for i, n in enumerate(values.shape)]),
        ledger=Ledger(),
        coverage=Coverage(last_ns=last),
        state=state,
        generation=1,
        version=1,
        settled_until=settled,
        taken_ns=0,
    )


def test_masks_are_written_as_numbers_ranges_and_texts() -> None:
    written = [mask([3, 1, 2, 2]), mask(range(1, 4)), mask("1-3"), mask(pixels(1, "2-3")), mask(["1", 2, range(3, 4)])]
    assert [m.ids.tolist() for m in written] == [[1, 2, 3]] * 5


def test_masks_are_equal_by_name_and_content() -> None:
    assert mask("1-3", name="a") == mask([1, 2, 3], name="a")
    assert hash(mask("1-3", name="a")) == hash(mask([1, 2, 3], name="a"))
    assert mask("1-3", name="a") != mask("1-3", name="b")
    assert mask("1-3") != mask("1-4")
    assert Mask("own") == Mask("own")
    assert Mask("own") != mask([], name="own")


def test_a_mask_never_changes() -> None:
    given = np.array([1, 2])
    made = mask(given)
    given[0] = 9
    assert made.ids.tolist() == [1, 2]
    with pytest.raises(ValueError, match="read-only"):
        made.ids[0] = 9


def test_a_union_leaves_out_what_either_does() -> None:
    both = mask("1-3", name="edge") | mask("3-5", name="hot")
    assert both.ids.tolist() == [1, 2, 3, 4, 5]
    assert both.name == "edge + hot"
    with pytest.raises(ArgumentError, match="give both"):
        both | Mask("own")


def test_booleans_in_the_shape_of_the_detector_make_a_mask() -> None:
    where = np.array([[True, False], [False, True]])
    assert mask(where=where, layout=layout((2, 2), first_id=10)).ids.tolist() == [10, 13]


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (mask, "needs pixel numbers"),
        (lambda: mask([1], where=np.ones(4, bool)), "not both"),
        (lambda: mask(where=np.ones(4, bool)), "layout"),
        (lambda: mask(where=np.ones(3, bool), layout=layout((2, 2))), "expected booleans of shape"),
        (lambda: mask(where=np.ones(4, int), layout=layout((2, 2))), "expected booleans of shape"),
        (lambda: mask("one"), "'1-5,7'"),
        (lambda: Mask("m", np.array([1.5])), "expected integers"),
        (lambda: Mask("m", np.array([2**31])), "int32"),
        (lambda: mask([1]) | 5, "expected another mask"),
    ],
)
def test_nonsense_is_refused_with_its_reason(make, said: str) -> None:
    with pytest.raises(ArgumentError, match=said):
        make()


def test_pixels_of_other_detectors_are_passed_over() -> None:
    whole = mask("1-3,900,2147483647")
    assert masked((whole,), layout((2, 2), first_id=3)).tolist() == [True, False, False, False]
    assert masked((whole,), layout(detector_number=[[5, 900], [0, 2]])).tolist() == [False, True, False, True]
    assert not masked((), layout((2, 2))).any()


def test_the_mask_of_the_file_is_joined_with_others() -> None:
    own = Geometry(None, excluded=np.array([True, False, False, False]), where="run.nxs")
    assert masked((Mask("own"), mask([4])), layout((2, 2)), own).tolist() == [True, False, False, True]


def test_a_file_without_a_mask_is_named() -> None:
    with pytest.raises(ArgumentError, match=r"run\.nxs, which has none"):
        masked((Mask("own"),), layout((2, 2)), Geometry(None, where="run.nxs"))
    with pytest.raises(ArgumentError, match="has 3 pixels, the layout 4"):
        masked((Mask("own"),), layout((2, 2)), Geometry(None, excluded=np.zeros(3, bool)))


def test_a_region_of_a_picture_becomes_a_mask_of_its_pixels() -> None:
    axes = Axes([bins(0, 2, n=2).named("y"), bins(0, 2, n=2).named("x")])
    screen = Screen(axes, np.array([[3, 2, 1, 0]], np.int32))  # upside down
    assert mask_from_region(rectangle(x=(0, 1), y=(0, 1)), screen, layout((2, 2))).ids.tolist() == [4]
    with pytest.raises(ArgumentError, match="whole pixels"):
        mask_from_region(span(toa=(0, 1)), screen, layout((2, 2)))


def test_a_smeared_pixel_is_masked_when_half_of_its_replicas_are_inside() -> None:
    axes = Axes([bins(0, 1, n=1).named("y"), bins(0, 2, n=2).named("x")])
    screen = Screen(axes, np.array([[0, 0], [0, 1], [1, 1], [1, 1]], np.int32))
    assert mask_from_region(rectangle(x=(0, 1), y=(0, 1)), screen, layout((2,))).ids.tolist() == [1]


def test_thresholds_leave_out_what_lies_beyond_them() -> None:
    counts = counted([[5, 6, 7], [8, 9, 10]])
    assert threshold_mask(counts, layout((2, 3)), low=6).ids.tolist() == [1]
    assert threshold_mask(counts, layout((2, 3)), high=9).ids.tolist() == [6]
    assert threshold_mask(counts, layout((2, 3)), low=6, high=9).ids.tolist() == [1, 6]


def test_hot_pixels_are_judged_by_the_median_of_their_bank() -> None:
    counts = counted([[1, 1, 1, 9], [100, 100, 100, 901]])
    bank = np.repeat([0, 1], 4)
    assert threshold_mask(counts, layout((2, 4)), hot=5, bank=bank).ids.tolist() == [4, 8]
    assert threshold_mask(counted([[0, 0, 0, 9]]), layout((1, 4)), hot=5).ids.tolist() == []


def test_dead_pixels_are_told_only_where_others_count_enough() -> None:
    counts = counted([[0, 50, 60, 70]])
    assert threshold_mask(counts, layout((1, 4)), dead=10).ids.tolist() == [1]
    assert threshold_mask(counts, layout((1, 4)), dead=100).ids.tolist() == []


def test_places_without_a_pixel_are_neither_hot_nor_dead() -> None:
    gaps = layout(detector_number=[[0, 0, 5, 6, 7]])
    assert threshold_mask(counted([[0, 0, 5, 5, 0]]), gaps, dead=1).ids.tolist() == [7]


def test_further_axes_are_summed() -> None:
    assert threshold_mask(counted([[[1, 1], [3, 3]]]), layout((1, 2)), high=5).ids.tolist() == [2]


def test_counts_that_may_still_change_make_no_mask_unless_asked_for() -> None:
    live = counted([[0, 9]], state="live", settled=100, last=100)
    with pytest.raises(ArgumentError, match="may still change"):
        threshold_mask(live, layout((1, 2)), high=5)
    assert threshold_mask(live, layout((1, 2)), high=5, provisional=True).ids.tolist() == [2]
    settled = counted([[0, 9]], state="live", settled=101, last=100)
    assert threshold_mask(settled, layout((1, 2)), high=5).ids.tolist() == [2]


def test_thresholds_need_counts_per_pixel() -> None:
    with pytest.raises(ArgumentError, match="not per pixel"):
        threshold_mask(counted([1, 2, 3]), layout((2, 2)), high=1)
    with pytest.raises(ArgumentError, match="needs low="):
        threshold_mask(counted([[1]]), layout((1, 1)))


@pytest.mark.parametrize("kind", [np.int32, np.uint32, np.int64, np.uint8])
def test_bits_of_the_lower_two_bytes_exclude(kind) -> None:
    assert excluded_by(np.array([0, 1, 2, 64, 128], kind)).tolist() == [False, True, True, True, True]


def test_properties_in_the_upper_bytes_alone_exclude_nothing() -> None:
    bits = np.array([1 << 31, (1 << 31) | 1, 1 << 16, 1 << 15], np.uint32)
    assert excluded_by(bits).tolist() == [False, True, False, True]
    assert excluded_by(bits.view(np.int32)).tolist() == [False, True, False, True]
    assert excluded_by([True, False]).tolist() == [True, False]


def test_pixels_with_very_sparse_numbers_are_masked_and_listed() -> None:
    sparse = layout(detector_number=[[1, 2_000_000_000], [0, 7]])
    assert sparse.sparse is not None
    assert masked((mask([7, 2_000_000_000]),), sparse).tolist() == [False, True, False, True]
    assert inside(pixels("5-8"), None, sparse).tolist() == [[False, False, False, True]]
    assert mask(where=np.ones((2, 2), bool), layout=sparse).ids.size == sparse.n_pixels
