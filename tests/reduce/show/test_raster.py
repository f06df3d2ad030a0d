"""What is cut out of a picture, and that no hot pixel is lost on the way to the screen."""

from __future__ import annotations

import numpy as np

from livedata.reduce.show.raster import block_max, cut


def test_a_small_picture_is_sent_as_it_is() -> None:
    counts = np.arange(12, dtype=np.int64).reshape(3, 4)
    part = cut(counts, None, 512)
    np.testing.assert_array_equal(part.counts, counts)
    assert (part.x, part.y, part.fx, part.fy) == (0, 0, 1, 1)


def test_a_large_picture_keeps_its_hottest_pixel() -> None:
    counts = np.zeros((1001, 700), np.int64)
    counts[1000, 699] = 7
    part = cut(counts, None, 512)
    assert part.counts.shape == (501, 350)
    assert part.counts[-1, -1] == 7
    assert (part.width, part.height) == (700, 1002)


def test_a_window_cuts_the_visible_part_and_may_reach_beyond_the_picture() -> None:
    counts = np.arange(100, dtype=np.int64).reshape(10, 10)
    part = cut(counts, (-5.0, 2.5, 7.2, 30.0), 512)
    np.testing.assert_array_equal(part.counts, counts[7:10, 0:3])
    assert (part.x, part.y) == (0, 7)


def test_a_window_beside_the_picture_shows_its_nearest_bin() -> None:
    assert cut(np.ones((4, 4), np.int64), (50.0, 60.0, 50.0, 60.0), 512).counts.shape == (1, 1)


def test_an_incomplete_last_block_counts_with_what_it_has() -> None:
    np.testing.assert_array_equal(block_max(np.array([3, 1, 2, 9, 4]), 2, 0), [3, 9, 4])
