"""Layouts: where pixels stand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import livedata as ld
from livedata.errors import ArgumentError


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
