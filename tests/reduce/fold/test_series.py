"""Time series: every slot of data time has what a histogram of its entries alone would have."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from livedata.errors import ArgumentError
from livedata.reduce.description import Description
from livedata.reduce.fold.build import make_fold
from livedata.reduce.fold.judge import Judge, make_judge
from livedata.reduce.fold.series import SeriesFold
from livedata.reduce.pixels.projection import Logical
from livedata.reduce.pixels.region import Rectangle
from tests.reduce.fold.model import PERIOD_NS, START_NS, TOA, batch, descriptions, events, expected, setting, split
from tests.reduce.fold.test_fold import SIZES, folded, same

EVERY_NS = 3 * PERIOD_NS


def series(described, batches, every_ns: int = EVERY_NS) -> SeriesFold:
    description, where = described
    fold = folded(replace(description, axes=(), every_ns=every_ns), where, batches)
    assert isinstance(fold, SeriesFold)
    return fold


@settings(deadline=None, max_examples=80)
@given(descriptions(), SIZES, st.integers(0, 99), st.booleans())
def test_a_slot_has_what_its_entries_alone_have(described, sizes, seed, weighted) -> None:
    description, where = described
    bare = replace(description, axes=(), is_summed=description.projection is not None)
    batches = [events(where.layout, sizes, seed), events(where.layout, sizes, seed + 1, weighted=weighted, first=400)]
    fold = series(described, batches)
    wanted: Counter[int] = Counter()
    for one in (part for b in batches for part in split(b, list(range(b.n_entries)))):
        counted = expected(bare, where, [one])
        if one.n_events > counted.ledger.filtered:
            wanted[int(one.event_time_zero[0]) // EVERY_NS * EVERY_NS] += int(counted.values)
    starts, found = fold.slots()
    assert dict(zip(starts.tolist(), found.values.tolist(), strict=True)) == dict(wanted)
    assert fold.ledger == expected(bare, where, batches).ledger
    assert fold.counted().values.sum() == found.values.sum()


@settings(deadline=None, max_examples=40)
@given(descriptions(), SIZES, st.integers(0, 99), st.randoms(use_true_random=False))
def test_neither_order_nor_what_was_taken_away_changes_it(described, sizes, seed, order) -> None:
    description, where = described
    stays, goes = events(where.layout, sizes, seed), events(where.layout, sizes, seed + 1, weighted=True, first=999)
    parts = [part for b in (stays, goes) for part in split(b, [1, 3, 4])]
    order.shuffle(parts)
    fold = series(described, parts)
    fold.remove(goes, make_judge(description, where))
    same(fold.counted(), series(described, [stays]).counted())


def test_gaps_are_filled_with_zeros() -> None:
    toa = np.arange(7, dtype=np.int32)
    counted = series((Description(), setting()), [batch(None, toa), batch(None, toa, first=9)]).counted()
    assert counted.values.tolist() == [7, 0, 0, 7]
    axis = counted.axes["time"]
    assert (axis.unit, axis.exact[0]) == ("ns", START_NS // EVERY_NS * EVERY_NS)


def test_an_entry_years_ahead_makes_no_million_slots() -> None:
    toa = np.arange(5, dtype=np.int32)
    counted = series((Description(), setting()), [batch(None, toa), batch(None, toa, first=10**9)]).counted()
    assert counted.values.tolist() == [5, 0, 5]


def test_many_slots_grow() -> None:
    toa = np.zeros(1000, np.int32)
    whole = batch(None, toa, sizes=[1] * 1000)
    counted = series((Description(), setting()), [whole], PERIOD_NS).counted()
    assert counted.values.sum() == 1000
    assert len(counted.values) in (1000, 1001)


def test_a_series_of_a_region_counts_what_lies_in_it() -> None:
    described = Description(projection=Logical(), region=Rectangle((0, 5), (0, 1)))
    counted = series(
        (described, setting()), [batch(np.arange(3, 43, dtype=np.int32), np.zeros(40, np.int32))]
    ).counted()
    assert counted.values.tolist() == [5]
    assert counted.ledger.outside == 35


def test_a_series_has_no_other_axes() -> None:
    with pytest.raises(ArgumentError, match="a series has one axis"):
        make_fold(Description((TOA.named("toa"),), every_ns=1), setting())


def test_an_empty_series_has_one_empty_slot() -> None:
    fold = make_fold(Description(every_ns=10), setting())
    fold.add(batch(None, np.zeros(0, np.int32)), Judge())
    assert fold.counted().values.tolist() == [0]
