"""Folding batches: the order and the cut never matter, 32 bits spill into 64, and every event has a fate."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from livedata.reduce.axis import bins, edges
from livedata.reduce.fold import accumulate
from livedata.reduce.fold.accumulate import Accumulator
from livedata.reduce.fold.binning import Definition, define
from livedata.reduce.pixels.layout import layout
from livedata.streams.batch import EventBatch, Messages

TOA = bins(0, 71.43, n=100, unit="ms")
LOG = edges(np.geomspace(1e3, 71.43e6, 33), "ns")
SCATTERED = layout((5, 4), detector_number=np.random.default_rng(3).permutation(40)[:20] + 3)

DEFINITIONS = {
    "spectrum": define({"toa": TOA}),
    "uneven spectrum": define({"toa": LOG}),
    "image": define({}, layout((8, 5), first_id=3)),
    "scattered image": define({}, SCATTERED),
    "cube": define({"toa": TOA}, layout((8, 5), first_id=3)),
    "scattered cube of uneven bins": define({"toa": LOG}, SCATTERED),
    "pixels by time": define({"event_id": bins(3, 43, n=20), "toa": TOA}),
}
PAIRS = [name for name, definition in DEFINITIONS.items() if len(definition.shape) > 1 and definition.event_axes]

every_definition = pytest.mark.parametrize("definition", DEFINITIONS.values(), ids=DEFINITIONS.keys())


def batch(ids: np.ndarray | None, toa: np.ndarray) -> EventBatch:
    zero = np.zeros(1, np.int64)
    messages = Messages("t", np.zeros(1, np.int32), zero, zero, zero, zero)
    return EventBatch(ids, toa, np.array([1_700_000_000_000_000_000]), zero, messages)


def events(n: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Events of which some lie outside every axis."""
    rng = np.random.default_rng(seed)
    ids = rng.integers(0, 50, n).astype(np.int32)
    return ids, rng.integers(-3_000_000, 75_000_000, n).astype(np.int32)


def folded(definition: Definition, batches: list[EventBatch]) -> Accumulator:
    accumulator = Accumulator(definition)
    for b in batches:
        accumulator.fold(b)
    return accumulator


@every_definition
@settings(deadline=None, max_examples=25)
@given(cuts=st.lists(st.integers(0, 3000), max_size=12), order=st.randoms(use_true_random=False))
def test_neither_cut_nor_order_of_batches_changes_the_result(definition: Definition, cuts: list[int], order) -> None:
    ids, toa = events(3000)
    whole = folded(definition, [batch(ids, toa)])
    places = [0, *sorted(cuts), 3000]
    parts = [batch(ids[a:b], toa[a:b]) for a, b in pairwise(places)]
    order.shuffle(parts)
    result = folded(definition, parts)
    assert np.array_equal(result.counts(), whole.counts())
    assert result.ledger == whole.ledger


@every_definition
def test_every_event_has_one_fate(definition: Definition) -> None:
    ids, toa = events(10_000)
    result = folded(definition, [batch(ids, toa)])
    assert result.ledger.seen == 10_000
    assert result.ledger.adds_up
    assert result.ledger.binned == result.counts().sum() < 10_000


@every_definition
def test_counters_of_32_bits_spill_before_they_run_over(
    definition: Definition, monkeypatch: pytest.MonkeyPatch
) -> None:
    parts = [batch(*events(100, seed)) for seed in range(30)]
    whole = folded(definition, parts)
    monkeypatch.setattr(accumulate, "SPILL_AT", 250)
    spilled = folded(definition, parts)
    assert np.array_equal(spilled.counts(), whole.counts())
    assert np.array_equal(spilled.picture()[0], whole.picture()[0])
    assert spilled.ledger == whole.ledger


def test_a_bin_counts_beyond_32_bits() -> None:
    accumulator = Accumulator(DEFINITIONS["spectrum"])
    accumulator.fold(batch(None, np.zeros(10, np.int32)))
    accumulator._counts[0] = 2**32 - 1
    accumulator._since_spill = 2**32 - 1
    accumulator.fold(batch(None, np.zeros(10, np.int32)))
    assert accumulator.counts()[0] == 2**32 - 1 + 10


@pytest.mark.parametrize("name", PAIRS)
def test_a_histogram_of_pairs_is_the_one_of_each_pair_of_places(name: str) -> None:
    definition = DEFINITIONS[name]
    ids, toa = events(5000)
    result = folded(definition, [batch(ids, toa)])
    held = definition.layout
    wanted = np.zeros((held.size if held else definition.shape[0], definition.shape[-1]), np.int64)
    limits = accumulate.binning(definition.event_axes[-1]).thresholds
    column = np.searchsorted(limits, toa, side="right") - 1
    row = row_of(definition, ids)
    inside = (row >= 0) & (column >= 0) & (column < wanted.shape[1])
    np.add.at(wanted, (row[inside], column[inside]), 1)
    assert wanted.sum() > 1000
    assert np.array_equal(result.counts().reshape(wanted.shape), wanted)


def row_of(definition: Definition, ids: np.ndarray) -> np.ndarray:
    """Place of each pixel number along the first dimension, -1 for none."""
    held = definition.layout
    if held is None:
        row = (ids - 3) // 2
        return np.where((ids >= 3) & (row < definition.shape[0]), row, -1)
    place = {int(number): i for i, number in enumerate(held.detector_number().ravel()) if number > 0}
    return np.array([place.get(int(i), -1) for i in ids])


@pytest.mark.parametrize("table", ["cube", "scattered cube of uneven bins"])
def test_a_cube_sums_to_the_image_and_to_the_spectrum_of_what_it_binned(table: str) -> None:
    definition = DEFINITIONS[table]
    ids, toa = events(20_000)
    cube = folded(definition, [batch(ids, toa)])
    axis = definition.event_axes[0]
    limits = accumulate.binning(axis).thresholds
    on_axis = (toa >= limits[0]) & (toa < limits[-1])
    on_image = row_of(definition, ids) >= 0
    image = folded(define({}, definition.layout), [batch(ids[on_axis], toa[on_axis])])
    spectrum = folded(define({"toa": axis}), [batch(None, toa[on_image])])
    picture, n_axes = cube.picture()
    assert n_axes == 2
    assert np.array_equal(picture, image.counts())
    assert np.array_equal(cube.counts().sum(axis=2), image.counts())
    assert np.array_equal(cube.counts().sum(axis=(0, 1)), spectrum.counts())


def test_events_without_pixel_numbers_are_unmapped_in_an_image() -> None:
    result = folded(DEFINITIONS["image"], [batch(None, np.arange(7, dtype=np.int32))])
    assert (result.ledger.seen, result.ledger.unmapped) == (7, 7)


@every_definition
def test_arrays_off_their_alignment_or_strided_or_read_only_are_counted(definition: Definition) -> None:
    ids, toa = events(1000)
    whole = folded(definition, [batch(ids, toa)])
    shifted = [np.frombuffer(b"\0" + a.tobytes(), np.int32, offset=1) for a in (ids, toa)]
    strided = [np.repeat(a, 2)[::2] for a in (ids, toa)]
    assert not shifted[0].flags.aligned
    assert not shifted[0].flags.writeable
    for odd in (shifted, strided):
        result = folded(definition, [batch(*odd)])
        assert np.array_equal(result.counts(), whole.counts())
        assert result.ledger == whole.ledger
