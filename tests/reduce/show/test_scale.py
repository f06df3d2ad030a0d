"""Colours of counts: monotonous, true at the colour bar's ticks, steady while the picture grows."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from livedata.reduce.show.scale import Scale, fit

COUNTS = st.lists(st.integers(0, 10**9), min_size=1, max_size=200).map(lambda v: np.array(v, np.int64))


@given(COUNTS, st.booleans())
def test_more_counts_never_take_a_lower_colour(counts: np.ndarray, is_log: bool) -> None:
    index = fit(counts, is_log=is_log).index(np.sort(counts)).astype(int)
    assert (np.diff(index) >= 0).all()


@given(COUNTS, st.booleans())
def test_only_pixels_without_counts_are_black(counts: np.ndarray, is_log: bool) -> None:
    index = fit(counts, is_log=is_log).index(counts)
    np.testing.assert_array_equal(index == 0, counts == 0)


@given(COUNTS, st.booleans())
def test_the_scale_reaches_the_largest_count(counts: np.ndarray, is_log: bool) -> None:
    assert fit(counts, is_log=is_log).high >= counts.max()


@pytest.mark.parametrize("is_log", [True, False])
def test_a_tick_stands_where_its_count_has_its_colour(is_log: bool) -> None:
    scale = fit(np.arange(2000), is_log=is_log)
    for place, text in scale.ticks():
        count = int(text.replace(" k", "000"))
        if count:
            assert abs(int(scale.index(np.array([count]))[0]) - (1 + 254 * place)) <= 1


def test_large_counts_take_the_same_colours_as_small_ones_would() -> None:
    large, small = Scale(True, 10.0, 1e6), Scale(True, 10.0, 1e6)
    values = np.array([0, 1, 10, 999, 12345, 10**6, 10**9])
    np.testing.assert_array_equal(large.index(values), small.index(values))
    assert large.index(values).tolist()[-1] == 254


def test_a_growing_picture_keeps_its_scale_until_it_is_full() -> None:
    scale = fit(np.array([100]), is_log=False)
    assert fit(np.array([int(scale.high)]), is_log=False, before=scale) is scale
    assert fit(np.array([int(scale.high) + 1]), is_log=False, before=scale).high > scale.high


def test_a_reset_picture_gets_a_scale_of_its_own() -> None:
    scale = fit(np.array([100_000]), is_log=True)
    assert fit(np.array([5]), is_log=True, before=scale).high < scale.high
