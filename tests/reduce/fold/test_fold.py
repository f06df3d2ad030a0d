"""Folds against a model that looks at each event for itself; taking away, cutting, shuffling never matter."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from livedata.reduce.condition import Compare
from livedata.reduce.description import Description
from livedata.reduce.fold import blocks, cells, dense, entries
from livedata.reduce.fold.build import make_fold
from livedata.reduce.fold.counted import Counted, Fold
from livedata.reduce.fold.judge import make_judge
from livedata.reduce.setting import Setting
from livedata.streams.batch import EventBatch
from tests.reduce.fold.model import descriptions, events, expected, split

SIZES = st.lists(st.integers(0, 200), min_size=1, max_size=8)


def folded(description: Description, where: Setting, batches: list[EventBatch]) -> Fold:
    fold = make_fold(description, where)
    judge = make_judge(description, where)
    for b in batches:
        fold.add(b, judge)
    return fold


def same(a: Counted, b: Counted) -> None:
    assert tuple(a.axes) == tuple(b.axes)
    assert np.array_equal(a.values, b.values)
    assert np.array_equal(a.values if a.squares is None else a.squares, b.values if b.squares is None else b.squares)
    assert a.ledger == b.ledger
    assert a.ledger.adds_up


@settings(deadline=None, max_examples=150)
@given(descriptions(), SIZES, st.integers(0, 99), st.booleans())
def test_a_fold_counts_as_the_model_does(described, sizes: list[int], seed: int, weighted: bool) -> None:
    description, where = described
    batches = [
        events(where.layout, sizes, seed),
        events(where.layout, sizes[::-1], seed + 1, weighted=weighted, first=3),
    ]
    counted = folded(description, where, batches).counted()
    wanted = expected(description, where, batches)
    same(counted, wanted)
    assert counted.ledger.seen == 2 * sum(sizes)


@settings(deadline=None, max_examples=60)
@given(descriptions(), SIZES, st.integers(0, 99), st.lists(st.integers(0, 8)), st.randoms(use_true_random=False))
def test_neither_cut_nor_order_of_batches_changes_the_result(described, sizes, seed, cuts, order) -> None:
    description, where = described
    batches = [events(where.layout, sizes, seed), events(where.layout, sizes, seed + 1, weighted=True, first=3)]
    parts = [part for b in batches for part in split(b, cuts)]
    order.shuffle(parts)
    same(folded(description, where, parts).counted(), folded(description, where, batches).counted())


@settings(deadline=None, max_examples=60)
@given(descriptions(), SIZES, st.integers(0, 99), st.booleans())
def test_what_is_taken_away_was_never_there(described, sizes, seed, weighted) -> None:
    description, where = described
    stays = events(where.layout, sizes, seed)
    goes = events(where.layout, sizes[::-1], seed + 1, weighted=weighted, first=5)
    fold = folded(description, where, [goes, stays])
    fold.remove(goes, make_judge(description, where))
    same(fold.counted(), folded(description, where, [stays]).counted())
    same(fold.picture(), folded(description, where, [stays]).picture())


@settings(deadline=None, max_examples=100)
@given(descriptions(), SIZES, st.integers(0, 99), st.booleans())
def test_the_special_loops_count_as_the_general_way_does(described, sizes, seed, large) -> None:
    description, where = described
    one = events(where.layout, sizes, seed)
    with pytest.MonkeyPatch.context() as patch:
        if large:  # sums run along, as they do beside large cubes
            patch.setattr(cells, "DIRECT", 0)
            patch.setattr(cells, "MANY", 1)
        special = folded(description, where, [one])
        general = make_fold(description, where)
    assert isinstance(general, dense.DenseFold)
    general._fast = None
    general.add(one, make_judge(description, where))
    same(special.counted(), general.counted())
    same(special.picture(), general.picture())


@settings(deadline=None, max_examples=60)
@given(descriptions(), SIZES, st.integers(0, 99), st.booleans(), st.sampled_from([1, 50, 300]))
def test_short_runs_of_entries_are_counted_together(described, sizes, seed, weighted, together) -> None:
    description, where = described
    description = replace(description, filters=(Compare("period", "!=", 1.0),))
    one = events(where.layout, 5 * sizes, seed, weighted=weighted)
    wanted = folded(description, where, split(one, list(range(one.n_entries)))).counted()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(entries, "TOGETHER", together)
        same(folded(description, where, [one]).counted(), wanted)


@settings(deadline=None, max_examples=60)
@given(descriptions(), SIZES, st.integers(0, 99), st.sampled_from([1, 7, 100]), st.booleans())
def test_blocks_may_end_anywhere(described, sizes, seed, block, sparse) -> None:
    description, where = described
    description = replace(description, sparse=sparse)
    one = events(where.layout, sizes, seed, weighted=seed % 2 == 0)
    wanted = folded(description, where, [one]).counted()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(blocks, "BLOCK", block)
        patch.setattr(dense, "_fast_run", lambda plan, cells: None)
        same(folded(description, where, [one]).counted(), wanted)


@settings(deadline=None, max_examples=60)
@given(descriptions(), SIZES, st.integers(0, 99), st.booleans())
def test_a_picture_is_the_sum_of_the_result(described, sizes, seed, weighted) -> None:
    description, where = described
    fold = folded(description, where, [events(where.layout, sizes, seed, weighted=weighted)])
    whole, picture = fold.counted(), fold.picture()
    behind = tuple(range(2, whole.values.ndim))
    assert np.array_equal(picture.values, whole.values.sum(axis=behind))
    assert tuple(picture.axes) == tuple(whole.axes)[:2]
    assert picture.ledger == whole.ledger
    if whole.squares is not None:
        assert np.array_equal(picture.squares, whole.squares.sum(axis=behind))
