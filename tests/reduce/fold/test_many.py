"""Several threads count what one would have counted."""

from __future__ import annotations

import threading
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from livedata.reduce.description import Description
from livedata.reduce.fold import many
from livedata.reduce.fold.build import make_fold
from livedata.reduce.fold.judge import make_judge
from livedata.reduce.fold.many import fold_many
from tests.reduce.fold.model import TOA, descriptions, events, setting
from tests.reduce.fold.test_fold import SIZES, folded, same


@settings(deadline=None, max_examples=40)
@given(descriptions(), SIZES, st.sampled_from(["dense", "sparse", "series"]), st.sampled_from([1, 2, 4]))
def test_threads_count_what_one_would_have_counted(described, sizes, kind, n_threads) -> None:
    description, where = described
    if kind == "series":
        description = replace(description, axes=(), every_ns=10**9)
    description = replace(description, sparse=kind == "sparse")
    batches = [events(where.layout, sizes, seed, weighted=seed == 3, first=seed) for seed in range(6)]
    fold = make_fold(description, where)
    before = events(where.layout, sizes, 77)
    fold.add(before, make_judge(description, where))
    fold_many(fold, iter(batches), make_judge(description, where), n_threads)
    alone = folded(description, where, [before, *batches])
    same(fold.counted(), alone.counted())
    assert (fold.first_ns, fold.last_ns, fold.n_seen) == (alone.first_ns, alone.last_ns, alone.n_seen)


def test_an_error_in_a_thread_comes_out_and_no_thread_is_left() -> None:
    description, where = Description((TOA.named("toa"),)), setting()
    before = threading.active_count()

    def broken():
        yield events(where.layout, [10], 1)
        raise RuntimeError("the ring is gone")

    with pytest.raises(RuntimeError, match="the ring is gone"):
        fold_many(make_fold(description, where), broken(), make_judge(description, where), 3)
    assert threading.active_count() == before


def test_large_folds_are_filled_by_one_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    description, where = Description((TOA.named("toa"),)), setting()
    monkeypatch.setattr(many, "FEW_CELLS", 10)
    monkeypatch.setattr(many.DenseFold, "fork", lambda self: pytest.fail("forked"))
    fold = make_fold(description, where)
    fold_many(fold, [events(where.layout, [10], 1)], make_judge(description, where), 2)
    assert np.sum(fold.counted().values) == fold.ledger.binned
