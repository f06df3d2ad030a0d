"""Where a connection begins."""

import time
from datetime import UTC, datetime

import pytest

from livedata.errors import ArgumentError
from livedata.streams.start import parse_start
from livedata.transport import Partition


def test_a_datetime_is_its_moment():
    assert parse_start(datetime(2016, 4, 12, 2, 58, 52, tzinfo=UTC)) == 1460429932000


def test_some_time_ago_is_counted_from_now():
    assert abs(parse_start("-10 min") - (time.time() - 600) * 1000) < 5000


def test_offsets_are_taken_by_partition():
    assert parse_start({("t", 1): 5}) == {Partition("t", 1): 5}


@pytest.mark.parametrize("wrong", ["yesterday", "-10 apples", 3.5, None, {"t": 1}])
def test_anything_else_is_refused_with_the_forms(wrong):
    with pytest.raises(ArgumentError, match="earliest"):
        parse_start(wrong)
