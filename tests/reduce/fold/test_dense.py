"""Dense folds: 32 bits spill into 64, odd arrays are counted, sums add up, memory stays near that of the bins."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import livedata as ld
from livedata.errors import ArgumentError
from livedata.reduce.axis import edges_in
from livedata.reduce.description import Description
from livedata.reduce.fold import cells
from livedata.reduce.fold.build import make_fold
from livedata.reduce.fold.cells import Cells
from livedata.reduce.fold.cut import cut
from livedata.reduce.fold.dense import DenseFold
from livedata.reduce.fold.judge import Judge, make_judge
from livedata.reduce.physics.coordinates import evaluate, formula_of
from livedata.reduce.physics.flight import Flight
from livedata.reduce.physics.geometry import Geometry
from livedata.reduce.pixels.layout import Layout, layout
from livedata.reduce.pixels.mask import Mask
from livedata.reduce.pixels.projection import Logical
from livedata.reduce.pixels.region import Span
from livedata.reduce.quantity import bind_axes
from livedata.reduce.setting import Setting
from tests.reduce.fold.model import CONTIGUOUS, SCATTERED, TOA, UNEVEN, batch, events, geometry, setting
from tests.reduce.fold.test_fold import folded, same

EVEN = (TOA.named("toa"),)
LOG = (UNEVEN[0],)
WAVELENGTH = bind_axes(wavelength=ld.bins(0.5, 10, n=11, unit="angstrom"))
DESCRIPTIONS = {
    "spectrum": (Description(EVEN), CONTIGUOUS),
    "uneven spectrum": (Description(LOG), CONTIGUOUS),
    "image": (Description((), Logical()), CONTIGUOUS),
    "scattered image": (Description((), Logical()), SCATTERED),
    "cube": (Description(EVEN, Logical()), CONTIGUOUS),
    "scattered cube of uneven bins": (Description(LOG, Logical()), SCATTERED),
    "pixels by time": (Description(bind_axes(event_id=ld.bins(3, 43, n=20), toa=TOA)), CONTIGUOUS),
    "cube of two quantities": (Description((*EVEN, *WAVELENGTH), Logical()), CONTIGUOUS),
    "cube within a range": (Description(EVEN, Logical(), region=Span("toa", 5, 60, "ms")), SCATTERED),
    "periods by time": (Description(bind_axes(period=ld.bins(0, 2, n=2), toa=TOA)), CONTIGUOUS),
}
every_description = pytest.mark.parametrize("name", DESCRIPTIONS)


def described(name: str) -> tuple[Description, Setting]:
    description, of = DESCRIPTIONS[name]
    return description, setting(of)


def dense(name: str) -> tuple[DenseFold, Judge]:
    description, where = described(name)
    fold = make_fold(description, where)
    assert isinstance(fold, DenseFold)
    return fold, make_judge(description, where)


# Counters


@every_description
def test_counters_spill_before_they_run_over(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    parts = [events(CONTIGUOUS, [60, 40], seed, first=seed) for seed in range(30)]
    whole = folded(*described(name), parts)
    monkeypatch.setattr(cells, "SPILL_AT", 250)
    monkeypatch.setattr(cells, "SPILL_AGAIN_AT", 170)
    spilled, judge = dense(name)
    for part in parts:
        spilled.add(part, judge)
    assert spilled.cells.total is not None
    same(spilled.counted(), whole.counted())
    same(spilled.picture(), whole.picture())


@every_description
def test_what_was_spilled_can_be_taken_away(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cells, "SPILL_AT", 250)
    monkeypatch.setattr(cells, "SPILL_AGAIN_AT", 170)
    monkeypatch.setattr(cells, "DIRECT", 0)
    monkeypatch.setattr(cells, "MANY", 1)
    parts = [events(CONTIGUOUS, [60, 40], seed, first=seed, weighted=seed % 7 == 0) for seed in range(30)]
    fold, judge = dense(name)
    for part in parts:
        fold.add(part, judge)
    for part in parts[3:]:
        fold.remove(part, judge)
    alone = folded(*described(name), parts[:3])
    same(fold.counted(), alone.counted())
    same(fold.picture(), alone.picture())


@settings(deadline=None, max_examples=200)
@given(st.lists(st.tuples(st.integers(0, 3), st.integers(1, 2**31 - 1), st.booleans()), max_size=25))
def test_cells_are_exact_whatever_is_added_and_taken_away(steps: list[tuple[int, int, bool]]) -> None:
    counters, truth = Cells(1, 4, 1), [0, 0, 0, 0]
    for cell, n, adds in steps:
        if not adds:
            n = min(n, truth[cell])  # only what was added is taken away
        if n == 0:
            continue
        sign = 1 if adds else -1
        counters.expect(n, sign)
        with np.errstate(over="ignore"):
            counters.counts[cell] += np.uint32(sign * n % 2**32)
        truth[cell] += sign * n
        assert sum(part.astype(np.int64).ravel() for part in counters.parts()).tolist() == truth


@settings(deadline=None, max_examples=100)
@given(st.lists(st.integers(0, 2**32 - 1), min_size=2, max_size=6))
def test_cells_are_exact_when_they_are_put_together(numbers: list[int]) -> None:
    together = Cells(1, 2, 1)
    for n in numbers:
        one = Cells(1, 2, 1)
        one.expect(n, 1)
        one.counts[1] = n
        together.merge(one)
    assert sum(part.astype(np.int64).ravel() for part in together.parts()).tolist() == [0, sum(numbers)]


def test_a_bin_counts_beyond_32_bits() -> None:
    fold, judge = dense("spectrum")
    fold.add(batch(None, np.zeros(10, np.int32)), judge)
    fold.cells.expect(2**32 - 11, 1)
    fold.cells.counts[0] = 2**32 - 1
    fold.add(batch(None, np.zeros(10, np.int32)), judge)
    assert fold.counted().values[0] == 2**32 - 1 + 10


@every_description
def test_sums_that_run_along_change_nothing(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    parts = [events(CONTIGUOUS, [300, 0, 200], seed) for seed in range(3)]
    direct = folded(*described(name), parts)
    monkeypatch.setattr(cells, "DIRECT", 0)
    monkeypatch.setattr(cells, "MANY", 1)
    along = folded(*described(name), parts)
    same(along.counted(), direct.counted())
    same(along.picture(), direct.picture())


@pytest.mark.parametrize(
    "name", ["cube", "scattered cube of uneven bins", "cube of two quantities", "cube within a range"]
)
@pytest.mark.parametrize("spill_at", [250, 10**9])
def test_images_are_cut_out_of_sums_that_run_along(name: str, spill_at: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cells, "DIRECT", 0)
    monkeypatch.setattr(cells, "MANY", 1)
    monkeypatch.setattr(cells, "SPILL_AT", spill_at)
    monkeypatch.setattr(cells, "SPILL_AGAIN_AT", 170)
    parts = [events(CONTIGUOUS, [60, 40], seed, weighted=seed == 5) for seed in range(12)]
    base, where = described(name)
    fold, judge = dense(name)
    for part in parts[:9]:
        fold.add(part, judge)
    other = fold.fork()
    for part in parts[9:]:
        other.add(part, judge)
    fold.merge(other)
    fold.remove(parts[4], judge)
    del parts[4]
    assert len(fold.cells.rows)
    image = replace(base, axes=())
    whole, wanted = folded(base, where, parts), folded(image, where, parts)
    same(fold.picture(), whole.picture())
    same(cut(fold, image, where), wanted.counted())
    assert wanted.ledger.binned > 300


# Sums


def test_a_cube_sums_to_the_image_and_to_the_spectrum_of_what_it_binned() -> None:
    one = events(CONTIGUOUS, [20_000], 1)
    cube = folded(*described("cube"), [one]).counted().values
    on_axis = (one.event_time_offset >= 0) & (one.event_time_offset < 71_430_000)
    on_image = (one.event_id >= 3) & (one.event_id < 43)
    image = folded(*described("image"), [batch(one.event_id[on_axis], one.event_time_offset[on_axis])])
    spectrum = folded(*described("spectrum"), [batch(None, one.event_time_offset[on_image])])
    assert cube.sum() > 10_000
    assert np.array_equal(cube.sum(axis=2), image.counted().values)
    assert np.array_equal(cube.sum(axis=(0, 1)), spectrum.counted().values)


# Odd input


@every_description
def test_arrays_off_their_alignment_or_strided_or_read_only_are_counted(name: str) -> None:
    one = events(CONTIGUOUS, [1000], 5)
    assert one.event_id is not None
    whole = folded(*described(name), [one])
    arrays = (one.event_id, one.event_time_offset)
    shifted = [np.frombuffer(b"\0" + a.tobytes(), np.int32, offset=1) for a in arrays]
    strided = [np.repeat(a, 2)[::2] for a in arrays]
    assert not shifted[0].flags.aligned
    assert not shifted[0].flags.writeable
    for odd in (shifted, strided):
        same(folded(*described(name), [batch(*odd)]).counted(), whole.counted())


@pytest.mark.parametrize("name", ["image", "scattered image", "cube", "pixels by time"])
def test_events_without_pixel_numbers_are_unmapped_where_pixels_matter(name: str) -> None:
    ledger = folded(*described(name), [batch(None, np.arange(7, dtype=np.int32))]).ledger
    assert (ledger.seen, ledger.unmapped, ledger.adds_up) == (7, 7, True)


def test_events_without_pixel_numbers_count_in_a_spectrum() -> None:
    assert folded(*described("spectrum"), [batch(None, np.arange(7, dtype=np.int32))]).ledger.binned == 7


def test_entries_without_events_tell_the_time() -> None:
    fold = folded(*described("cube"), [batch(np.zeros(0, np.int32), np.zeros(0, np.int32), sizes=[0, 0], first=3)])
    empty = batch(None, np.zeros(0, np.int32), sizes=[0, 0], first=3)
    assert (fold.first_ns, fold.last_ns) == (empty.event_time_zero[0], empty.event_time_zero[1])


def test_results_are_read_only_and_do_not_change_any_more() -> None:
    fold, judge = dense("image")
    fold.add(events(CONTIGUOUS, [100], 1), judge)
    counted = fold.counted()
    before = counted.values.copy()
    fold.add(events(CONTIGUOUS, [100], 2), judge)
    assert np.array_equal(counted.values, before)
    assert not counted.values.flags.writeable


# Masks without a layout, and monitors


@pytest.mark.parametrize("numbers", [[5, 7, 30], [-3, 2_000_000_000], []])
def test_pixels_are_masked_without_a_layout(numbers: list[int]) -> None:
    described = Description(EVEN, masks=(Mask("m", np.array(numbers, np.int64)),))  # type: ignore[arg-type]
    ids = np.array([5, 6, 7, 30, 31, -3, 2_000_000_000], np.int32)
    fold = folded(described, Setting(), [batch(ids, np.ones(7, np.int32))])
    assert fold.ledger.masked == len(numbers)
    assert fold.ledger.binned == 7 - len(numbers)


def test_a_monitor_has_a_wavelength_without_pixel_numbers() -> None:
    monitor = Geometry(np.array([[0.0, 0.0, 5.0]]), (0.0, 0.0, -20.0), (0.0, 0.0, 0.0), is_monitor=True)
    described = Description(bind_axes(wavelength=ld.bins(0, 10, n=10, unit="angstrom")))
    where = Setting(geometry=lambda: monitor)
    toa = np.array([10_000_000], np.int32)  # 10 ms over 25 m: 1.582414 Å
    for ids in (None, np.array([77], np.int32)):
        assert folded(described, where, [batch(ids, toa)]).counted().values.tolist() == [0, 1] + 8 * [0]


# What is refused


def test_a_range_of_a_quantity_of_pulses_is_refused() -> None:
    with pytest.raises(ArgumentError, match=r"quantity of pulses"):
        make_fold(Description(EVEN, region=Span("period", 0, 1)), setting())


def test_pixels_without_a_layout_are_refused() -> None:
    with pytest.raises(ArgumentError, match=r"where the pixels stand"):
        make_fold(Description((), Logical()), Setting())


# Memory


def test_a_cube_of_1e5_pixels_and_1000_bins_takes_little_more_than_its_bins() -> None:
    wide = bind_axes(toa=ld.bins(0, 71.43, n=1000, unit="ms"))
    fold = make_fold(Description(wide, Logical()), Setting(layout=layout((100, 1000))))
    assert isinstance(fold, DenseFold)
    held = fold.cells
    assert held.counts.nbytes + held.rows.nbytes + held.columns.nbytes <= 1.01 * 4 * 100_000 * 1000


# Coordinates


@pytest.mark.parametrize("masks", [(), (Mask("m", np.arange(5, 25, 3)),)], ids=["bare", "masked"])  # type: ignore[arg-type]
@pytest.mark.parametrize("of", [CONTIGUOUS, SCATTERED], ids=["contiguous", "scattered"])
def test_the_loop_for_wavelengths_agrees_with_a_search_in_the_edges(of: Layout, masks: tuple[Mask, ...]) -> None:
    axis = bind_axes(wavelength=ld.bins(0.3, 9.7, n=777, unit="angstrom"))
    described, where = Description(axis, masks=masks), setting(of)
    one = events(of, [300_000], 11)
    fold = folded(described, where, [one])
    assert isinstance(fold, DenseFold)
    assert fold._fast is not None
    assert one.event_id is not None
    pixel = of.places_of(one.event_id)
    values = np.empty(one.n_events)
    evaluate(formula_of("wavelength", geometry(), Flight(), of.size), pixel, one.event_time_offset, np.zeros(0), values)
    kept = (pixel >= 0) & ~np.isin(one.event_id, masks[0].ids if masks else [])
    wanted = np.bincount(np.searchsorted(edges_in(axis[0], "angstrom"), values[kept], side="right"), minlength=779)
    nan = np.count_nonzero(np.isnan(values[kept]))
    counted = fold.counted()
    assert counted.values.tolist() == wanted[1:778].tolist()
    ledger = counted.ledger
    assert (ledger.underflow, ledger.overflow, ledger.nan) == (wanted[0], wanted[778] - nan, nan)
    assert ledger.binned > 100_000
