"""Ranges of offsets are sets of offsets."""

import itertools

from hypothesis import given
from hypothesis import strategies as st

from livedata.streams.extent import merge_ranges
from livedata.streams.spans import below, shared, size, together, without
from livedata.transport import Partition

PLACES = [Partition("t", 0), Partition("t", 1), Partition("u", 0)]
RANGES = st.lists(st.tuples(st.integers(0, 30), st.integers(0, 30)), max_size=5).map(merge_ranges)
SPANS = st.dictionaries(st.sampled_from(PLACES), RANGES)


def as_set(spans):
    return {(p, i) for p, ranges in spans.items() for first, stop in ranges for i in range(first, stop)}


@given(SPANS, SPANS)
def test_spans_behave_as_sets(a, b):
    assert as_set(shared(a, b)) == as_set(a) & as_set(b)
    assert as_set(without(a, b)) == as_set(a) - as_set(b)
    assert as_set(together(a, b)) == as_set(a) | as_set(b)
    assert size(a) == len(as_set(a))


@given(SPANS, SPANS)
def test_results_are_sorted_disjoint_and_never_empty(a, b):
    for spans in (shared(a, b), without(a, b)):
        for ranges in spans.values():
            assert ranges
            assert list(ranges) == sorted(ranges)
            assert all(first < stop for first, stop in ranges)
            assert all(x[1] <= y[0] for x, y in itertools.pairwise(ranges))


@given(SPANS, st.integers(0, 30))
def test_below_keeps_what_lies_before_the_limit(a, limit):
    kept = as_set(below(a, dict.fromkeys(PLACES[:2], limit)))
    assert kept == {(p, i) for p, i in as_set(a) if i < limit and p in PLACES[:2]}
