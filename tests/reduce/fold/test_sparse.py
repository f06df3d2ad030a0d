"""Sparse folds hold what dense ones hold, and say so when it would not fit."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import livedata as ld
from livedata.errors import ArgumentError
from livedata.reduce.description import Description
from livedata.reduce.fold import sparse
from livedata.reduce.fold.build import make_fold
from livedata.reduce.fold.judge import Judge, make_judge
from livedata.reduce.fold.sparse import SparseFold
from livedata.reduce.pixels.projection import Logical
from livedata.reduce.quantity import bind_axes
from tests.reduce.fold.model import descriptions, events, setting
from tests.reduce.fold.test_fold import SIZES, folded, same

FINE = Description(
    bind_axes(toa=ld.bins(0, 71.43, n=1_000_000, unit="ms"), event_id=ld.bins(0, 100, n=100_000)),
    Logical(),
    sparse=True,
)


def sparse_fold(described, batches) -> SparseFold:
    description, where = described
    fold = folded(replace(description, sparse=True), where, batches)
    assert isinstance(fold, SparseFold)
    return fold


@settings(deadline=None, max_examples=150)
@given(descriptions(), SIZES, st.integers(0, 99), st.booleans())
def test_a_sparse_fold_counts_as_a_dense_one_does(described, sizes, seed, weighted) -> None:
    batches = [events(described[1].layout, sizes, seed), events(described[1].layout, sizes, 7, weighted=weighted)]
    fold = sparse_fold(described, batches)
    dense = folded(*described, batches)
    same(fold.counted(), dense.counted())
    same(fold.picture(), dense.picture())


@settings(deadline=None, max_examples=60)
@given(descriptions(), SIZES, st.integers(0, 99), st.booleans())
def test_what_is_taken_away_leaves_no_bins_behind(described, sizes, seed, weighted) -> None:
    description, where = described
    stays, goes = events(where.layout, sizes, seed), events(where.layout, sizes, seed + 1, weighted=weighted, first=2)
    fold = sparse_fold(described, [goes, stays])
    fold.remove(goes, make_judge(description, where))
    alone = sparse_fold(described, [stays])
    assert fold.ledger == alone.ledger
    for a, b in zip(fold.nonzero()[0], alone.nonzero()[0], strict=True):
        assert np.array_equal(a, b)
    assert np.array_equal(fold.nonzero()[1], alone.nonzero()[1])


@settings(deadline=None, max_examples=60)
@given(descriptions(), SIZES, st.integers(0, 99), st.data())
def test_axes_can_be_summed(described, sizes, seed, data) -> None:
    batches = [events(described[1].layout, sizes, seed, weighted=True)]
    fold, whole = sparse_fold(described, batches), folded(*described, batches).counted()
    all_names = [axis.name for axis in fold.axes]
    names = data.draw(st.lists(st.sampled_from(all_names), unique=True)) if all_names else []
    gone = tuple(i for i, axis in enumerate(fold.axes) if axis.name in names)
    assert np.array_equal(fold.summed(*names).values, whole.values.sum(axis=gone))
    if whole.squares is not None:
        assert np.array_equal(fold.summed(*names).squares, whole.squares.sum(axis=gone))


def test_the_bins_that_are_not_empty_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sparse, "MERGE_AT", 100)
    where, batches = setting(), [events(setting().layout, [500], seed) for seed in range(4)]
    coarse = replace(FINE, axes=bind_axes(toa=ld.bins(0, 71.43, n=50, unit="ms")))
    fold = sparse_fold((coarse, where), batches)
    indices, values = fold.nonzero()
    wanted = folded(replace(coarse, sparse=False), where, batches).counted().values
    assert np.array_equal(np.stack(indices), np.stack(np.nonzero(wanted)))
    assert np.array_equal(values, wanted[indices])


def test_what_would_not_fit_is_refused_and_its_sums_are_not() -> None:
    fold = make_fold(FINE, setting())
    assert isinstance(fold, SparseFold)
    fold.add(events(setting().layout, [1000], 3), Judge())
    with pytest.raises(ArgumentError, match=r"needs 3\.2e\+04 GB.*use fewer bins$"):
        fold.counted()
    assert fold.picture().values.sum() == fold.ledger.binned > 0
    assert len(fold.nonzero()[1]) == fold.ledger.binned


def test_a_dense_cube_that_would_not_fit_is_refused_before_anything_is_allocated() -> None:
    with pytest.raises(ArgumentError, match=r"this histogram needs 400 GB .*are free; use fewer bins, or sparse=True"):
        make_fold(replace(FINE, sparse=False), setting())
