"""Layouts: where pixels stand."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import livedata as ld
from livedata.errors import ArgumentError
from livedata.reduce.pixels.layout import layout_from_dict


def test_consecutive_numbers_need_no_table():
    held = ld.layout(detector_number=np.arange(5, 17).reshape(3, 4))

    assert held.table is None
    assert (held.shape, held.first_id) == ((3, 4), 5)
    assert held == ld.layout((3, 4), first_id=5)


@given(st.permutations(list(range(1, 13))))
def test_any_arrangement_is_given_back(numbers):
    grid = np.array(numbers).reshape(3, 4)

    assert ld.layout(detector_number=grid).detector_number().tolist() == grid.tolist()


def test_zeros_and_negative_numbers_are_no_pixels():
    held = ld.layout(detector_number=[[1, 0], [0, -1]])

    assert held.detector_number().tolist() == [[1, 0], [0, 0]]


def test_numbers_from_zero_are_pixels():
    assert ld.layout(detector_number=[[0, 1], [2, 3]]).first_id == 0


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ({}, r"shape=\(rows, columns\)"),
        ({"shape": (0, 4)}, "positive"),
        ({"shape": (2, 2), "detector_number": [1, 2, 3]}, "do not fill"),
        ({"detector_number": [[1, 1]]}, "pixel number 1 stands in 2 places"),
        ({"detector_number": [0.5]}, "expected integers"),
        ({"detector_number": [1, 2**40]}, "leaves 32 bits"),
    ],
)
def test_wrong_layouts_are_refused(arguments, says):
    with pytest.raises(ArgumentError, match=says):
        ld.layout(**arguments)


def test_places_and_numbers_are_each_others_inverse():
    held = ld.layout(detector_number=[[7, -1, 3], [12, 5, 9]])

    assert held.places_of([7, 3, 12, 5, 9, 4, 100, -1, 2**31 - 1]).tolist() == [0, 2, 3, 4, 5, -1, -1, -1, -1]
    assert held.ids_at([0, 1, 2, 3, 4, 5, 6, -1]).tolist() == [7, -1, 3, 12, 5, 9, -1, -1]


@given(
    st.lists(st.integers(0, 2**31 - 1), min_size=1, max_size=40, unique=True),
    st.lists(st.integers(-(2**31), 2**31 - 1), max_size=40),
)
def test_any_numbers_are_found_again_however_far_apart_and_no_others(numbers, others):
    held = ld.layout(detector_number=np.array(numbers))

    assert held.places_of(numbers).tolist() == list(range(len(numbers)))
    assert held.ids_at(np.arange(len(numbers))).tolist() == numbers
    expected = [numbers.index(n) if n in numbers else -1 for n in others]
    assert held.places_of(np.array(others, np.int32)).tolist() == expected


def test_numbers_too_sparse_for_a_table_are_searched():
    held = ld.layout(detector_number=[[2_000_000_000, 5], [1_000_000_000, -1]])

    assert held.table is None
    assert held.n_ids == 0
    assert held.n_pixels == 3
    assert held.places_of([5, 1_000_000_000, 6]).tolist() == [1, 2, -1]
    assert held.detector_number().tolist() == [[2_000_000_000, 5], [1_000_000_000, -1]]


def test_doubles_among_sparse_numbers_are_told():
    with pytest.raises(ArgumentError, match="pixel number 7 stands in 2 places, and 1 more like it"):
        ld.layout(detector_number=[7, 2_000_000_000, 7, 2_000_000_000])


@pytest.mark.parametrize(
    "held",
    [
        ld.layout((4, 3), first_id=0),
        ld.layout((2, 3, 4), dims=("tube", "straw", "pixel")),
        ld.layout(detector_number=[[0, 1], [2, -1]]),
        ld.layout(detector_number=[[1, 2], [3, -1]]),
        ld.layout(detector_number=[2_000_000_000, 1]),
    ],
    ids=["plain", "named", "zero", "gap", "sparse"],
)
def test_a_layout_goes_to_a_dictionary_and_comes_back(held):
    again = layout_from_dict(json.loads(json.dumps(held.to_dict())))

    assert again == held
    assert hash(again) == hash(held)
    assert again.dims == held.dims


def test_equal_numbers_make_equal_layouts_and_others_do_not():
    a = ld.layout(detector_number=[[3, 1], [2, 4]])

    assert a == ld.layout(detector_number=np.array([[3, 1], [2, 4]], np.uint32))
    assert a != ld.layout(detector_number=[[1, 3], [2, 4]])
    assert a != ld.layout(detector_number=[[3, 1], [2, 4]], dims=("tube", "pixel"))
    assert ld.layout((2, 2), dims=("y", "x")) == ld.layout((2, 2))
    assert len({a, ld.layout(detector_number=[[3, 1], [2, 4]])}) == 1


@pytest.mark.parametrize("dims", [("a",), ("a", "a"), "ab", ("a", ""), ("a", 3)])
def test_dimensions_need_a_different_name_each(dims):
    with pytest.raises(ArgumentError, match="different names"):
        ld.layout((2, 2), dims=dims)


def test_unknown_keys_of_a_layout_are_told():
    with pytest.raises(ArgumentError, match="no 'frist_id'"):
        layout_from_dict({"shape": [2, 2], "frist_id": 3})
