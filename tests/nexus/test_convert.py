import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from livedata.nexus.convert import (
    UNREPRESENTABLE_IDS,
    UNREPRESENTABLE_OFFSETS,
    ids_to_int32,
    index_to_entries,
    offset_scale,
    offsets_to_ns,
)


def test_float32_microseconds_are_rounded_to_nanoseconds_as_float64():
    raw = np.array([26.5, 16661.19921875, 0.0004], np.float32)
    offsets, odd = offsets_to_ns(raw, 1000)
    assert offsets.tolist() == np.rint(raw.astype(np.float64) * 1000).astype(int).tolist()
    assert offsets.dtype == np.int32
    assert odd == {}


def test_missing_unit_means_microseconds():
    assert offset_scale(None) == 1000


@pytest.mark.parametrize("dtype", ["u4", "i8", "u8", "f8"])
def test_offsets_that_do_not_fit_stay_in_place_and_are_counted(dtype):
    offsets, odd = offsets_to_ns(np.array([1, 3_000_000, 2], dtype), 1000)
    assert offsets.tolist() == [1000, 2**31 - 1, 2000]
    assert odd == {UNREPRESENTABLE_OFFSETS: 1}


def test_offsets_that_are_no_number_are_counted():
    offsets, odd = offsets_to_ns(np.array([np.nan, -np.inf, np.inf, 5.0]), 1)
    assert offsets.tolist() == [-(2**31), -(2**31), 2**31 - 1, 5]
    assert odd == {UNREPRESENTABLE_OFFSETS: 3}


def test_uint32_ids_keep_their_bits():
    ids, odd = ids_to_int32(np.array([0x80000001, 7], np.uint32))
    assert ids.view(np.uint32).tolist() == [0x80000001, 7]
    assert odd == {}


def test_wide_ids_must_fit():
    ids, odd = ids_to_int32(np.array([5, 2**32 - 1, 2**32], np.int64))
    assert ids.view(np.uint32).tolist() == [5, 2**32 - 1, 2**32 - 1]
    assert odd == {UNREPRESENTABLE_IDS: 1}


@pytest.mark.parametrize(
    ("index", "n_entries", "n_events", "expected", "remarks"),
    [
        ([0, 3, 3, 5], 4, 7, [0, 3, 3, 5], {}),
        ([0, 4, -1, -1], 4, 7, [0, 4, 7, 7], {}),
        ([0, -1, 4, 5], 4, 7, [0, 4, 4, 5], {}),
        ([0, 2], 3, 4, [0, 2, 4], {"event_index shorter than event_time_zero; those entries are empty": 1}),
        ([0, 2, 3], 2, 4, [0, 2], {"event_index longer than event_time_zero": 1}),
        ([0, 9], 2, 4, [0, 4], {"event_index beyond the events": 1}),
        ([0, 3, 1], 3, 4, [0, 3, 3], {"event_index steps back": 1}),
        ([2, 3], 2, 4, [0, 3], {"events before the first entry, counted with it": 2}),
        ([], 0, 0, [], {}),
    ],
)
def test_event_index_of_any_kind_becomes_usable(index, n_entries, n_events, expected, remarks):
    entries, odd = index_to_entries(np.array(index, np.int64), n_entries, n_events)
    assert entries.tolist() == expected
    assert odd == remarks


def test_the_highest_uint64_marks_an_empty_tail():
    entries, odd = index_to_entries(np.array([0, 2, 2**64 - 1], np.uint64), 3, 5)
    assert entries.tolist() == [0, 2, 5]
    assert odd == {}


@given(st.lists(st.integers(-3, 20), max_size=12), st.integers(0, 12), st.integers(0, 15))
def test_whatever_the_index_entries_never_step_back_and_hold_all_events(index, n_entries, n_events):
    entries, _ = index_to_entries(np.array(index, np.int64), n_entries, n_events)
    assert len(entries) == n_entries
    sizes = np.diff(entries, append=n_events)
    assert np.all(sizes >= 0)
    assert n_entries == 0 or sizes.sum() == n_events
