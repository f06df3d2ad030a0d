import numpy as np
import pytest

from livedata.nexus.moment import TimeScale, format_moment, parse_moment, unit_ns


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1970-01-01T00:00:00Z", 0),
        ("1970-01-01T00:00:00", 0),
        ("2016-04-12T02:58:52", 1_460_429_932 * 10**9),
        ("2010-12-05T12:37:23-05:00", 1_291_570_643 * 10**9),
        ("2021-09-09T09:40:12.425250667-04:00", 1_631_194_812_425_250_667),
        ("2010-12-05 17:37:23.93+0000", 1_291_570_643_930_000_000),
        ("2016-12-31T23:59:60Z", 1_483_228_800 * 10**9),
        ("2020-02-30T00:00:00", None),
        ("20 Oct 2012", None),
        ("", None),
    ],
)
def test_iso_times_are_read_to_the_nanosecond(text, expected):
    assert parse_moment(text) == expected


def test_a_formatted_time_reads_back_equal():
    assert parse_moment(format_moment(1_631_194_812_425_250_667)) == 1_631_194_812_425_250_667


def test_units_of_all_spellings_are_known():
    assert [unit_ns(u) for u in ("ns", "µs", "microsecond", "Second", "s", "K")] == [1, 1000, 1000, 10**9, 10**9, None]


def test_integers_are_scaled_and_shifted_exactly():
    times, odd = TimeScale(1000, 1_631_194_812_425_250_667).to_ns(np.array([3, 2**40], np.uint64))
    assert times.tolist() == [1_631_194_812_425_253_667, 1_631_194_812_425_250_667 + 1000 * 2**40]
    assert odd == {}


def test_float_seconds_are_rounded_then_shifted():
    times, _ = TimeScale(10**9, 10**18 + 1).to_ns(np.array([0.1, 1 / 3]))
    assert times.tolist() == [10**18 + 1 + 100_000_000, 10**18 + 1 + 333_333_333]


def test_uint64_beyond_int64_keeps_its_bits_and_is_counted():
    raw = np.array([1, 15_957_411_269_133_089_792], np.uint64)
    times, odd = TimeScale(1, 0).to_ns(raw)
    assert times.view(np.uint64).tolist() == raw.tolist()
    assert odd == {"times beyond int64, bits kept": 1}


def test_times_out_of_range_go_to_its_ends_and_are_counted():
    times, odd = TimeScale(10**9, 0).to_ns(np.array([9.22e18, -1e300, np.nan, 1.0]))
    assert times.tolist() == [2**63 - 1, -(2**63), -(2**63), 10**9]
    assert odd == {"times out of range": 3}


def test_integer_seconds_out_of_range_are_counted():
    times, odd = TimeScale(10**9, 0).to_ns(np.array([2**60, 5], np.int64))
    assert times.tolist() == [2**63 - 1, 5 * 10**9]
    assert odd == {"times out of range": 1}
