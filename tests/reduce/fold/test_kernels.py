"""The counting loops against arithmetic in fractions: exact at every edge, and no event without a fate."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from livedata.reduce.axis import Axis, bins, edges
from livedata.reduce.fold import finding, kernels
from livedata.reduce.fold.binning import Binning, binning
from livedata.reduce.fold.floatbins import float_bins

INT32 = np.iinfo(np.int32)

integers = st.integers(INT32.min, INT32.max)


@st.composite
def regular_axes(draw: st.DrawFn) -> Axis:
    """Bins of one width, integer or not, narrower or wider than the integers, some beyond the range of int32."""
    start = Fraction(draw(integers), draw(st.sampled_from([1, 1, 2, 3, 7, 1000, 10**6])))
    width = Fraction(draw(st.integers(1, 10**9)), draw(st.sampled_from([1, 1, 2, 3, 333, 10**5])))
    n = draw(st.integers(1, 300))
    return bins(start, start + n * width, n=n).named("toa")  # type: ignore[arg-type]


@st.composite
def uneven_axes(draw: st.DrawFn) -> Axis:
    """Edges anywhere, many between two integers, or evenly spaced by chance."""
    scale = draw(st.sampled_from([1, 1, 3, 1000]))
    span = st.integers(-400, 400) if draw(st.booleans()) else st.integers(2 * INT32.min, 2 * INT32.max)
    values = sorted(draw(st.sets(span, min_size=3, max_size=60)))
    return edges([Fraction(v, scale) for v in values]).named("toa")


axes = st.one_of(regular_axes(), uneven_axes())


def exact_edges(axis: Axis) -> list[Fraction]:
    if not axis.is_regular:
        return list(axis.exact)
    start, stop = axis.exact
    return [start + i * (stop - start) / axis.n for i in range(axis.n + 1)]


def near(limits: list[Fraction], extra: list[int]) -> np.ndarray:
    """All int32 within two of an edge, both ends of int32, and some more."""
    around = {math.floor(e) + step for e in limits for step in (-2, -1, 0, 1, 2)}
    wanted = around | {INT32.min, INT32.min + 1, -1, 0, 1, INT32.max - 1, INT32.max} | set(extra)
    return np.array(sorted(x for x in wanted if INT32.min <= x <= INT32.max), np.int32)


def by_fractions(x: np.ndarray, limits: list[Fraction]) -> tuple[list[int], int, int]:
    counts = [0] * (len(limits) - 1)
    under = over = 0
    for v in x.tolist():
        if v < limits[0]:
            under += 1
        elif v >= limits[-1]:
            over += 1
        else:
            low, high = 0, len(limits) - 1
            while high - low > 1:
                middle = (low + high) // 2
                low, high = (middle, high) if v >= limits[middle] else (low, middle)
            counts[low] += 1
    return counts, under, over


ONE = np.uint32(1)
AWAY = np.uint32(2**32 - 1)


def count(x: np.ndarray, b: Binning, *, by_table: bool = False) -> tuple[list[int], int, int]:
    cells = np.zeros(b.n + 2, np.uint32)
    if b.even is not None and not by_table:
        e = b.even
        kernels.count_even(x, e.first, e.span, e.shift, e.scale, cells, ONE)
    else:
        kernels.count_uneven(x, b.thresholds, b.shift, b.guess, cells, ONE)
    return cells[:-2].tolist(), int(cells[-2]), int(cells[-1])


def place(x: np.ndarray, b: Binning) -> np.ndarray:
    columns = np.empty(len(x), np.uint32)
    if b.even is not None:
        finding.even_columns(x, b.even.first, b.even.span, b.even.shift, b.even.scale, columns)
    else:
        finding.uneven_columns(x, b.thresholds, b.shift, b.guess, columns)
    return columns


@settings(deadline=None, max_examples=300)
@given(axes, st.lists(integers, max_size=20))
def test_counts_are_those_of_fractions_at_every_edge(axis: Axis, extra: list[int]) -> None:
    limits = exact_edges(axis)
    x = near(limits, extra)
    assert count(x, binning(axis)) == by_fractions(x, limits)


@settings(deadline=None, max_examples=100)
@given(axes, st.lists(integers, max_size=20))
def test_the_table_gives_the_same_counts_as_the_multiplication(axis: Axis, extra: list[int]) -> None:
    limits = exact_edges(axis)
    x = near(limits, extra)
    assert count(x, binning(axis), by_table=True) == by_fractions(x, limits)


@settings(deadline=None, max_examples=100)
@given(axes, st.lists(integers, max_size=20))
def test_places_are_the_bins_that_are_counted(axis: Axis, extra: list[int]) -> None:
    b = binning(axis)
    x = near(exact_edges(axis), extra)
    found = np.searchsorted(b.thresholds, x.astype(np.int64), side="right") - 1
    wanted = np.where(found < 0, b.n, np.where(found >= b.n, b.n + 1, found))
    assert place(x, b).tolist() == wanted.tolist()


@pytest.mark.parametrize(
    "axis",
    [
        bins(0, 71.43, n=1000, unit="ms"),
        bins(0, 71.43, n=999, unit="ms"),
        bins(1.5, 71.43, n=777, unit="ms"),
        bins(0, 2.147, n=4096, unit="s"),
        bins(-(2**31), 2**31 - 1, n=1000, unit="ns"),
        bins(0.5, 100.5, n=100, unit="ns"),
        bins(0, 71.43, n=200_000, unit="ms"),
        edges(np.geomspace(1e3, 71.43e6, 1001), "ns"),
        edges([0, 1, 2, 3], "us"),
    ],
    ids=str,
)
def test_a_million_random_times_agree_with_a_search_in_the_exact_thresholds(axis: Axis) -> None:
    b = binning(axis.named("toa"))
    rng = np.random.default_rng(7)
    x = rng.integers(int(b.thresholds[0]) - 1000, min(int(b.thresholds[-1]) + 1000, INT32.max), 1_000_000)
    x = np.clip(x, INT32.min, INT32.max).astype(np.int32)
    found = np.searchsorted(b.thresholds, x, side="right")
    wanted = np.bincount(found, minlength=b.n + 2)
    counts, under, over = count(x, b)
    assert (under, over) == (wanted[0], wanted[-1])
    assert counts == wanted[1:-1].tolist()


@pytest.mark.parametrize("n", [999, 1000])
def test_the_usual_bins_of_71_43_ms_are_found_by_multiplication(n: int) -> None:
    assert binning(bins(0, 71.43, n=n, unit="ms").named("toa")).even is not None


def test_bins_narrower_than_an_integer_are_not_found_by_multiplication() -> None:
    assert binning(bins(0, 3, n=10, unit="ns").named("toa")).even is None


def test_many_events_in_one_bin_are_all_counted() -> None:
    b = binning(bins(0, 100, n=10, unit="ns").named("toa"))
    counts, under, over = count(np.full(100_001, 35, np.int32), b)
    assert (counts[3], sum(counts), under, over) == (100_001, 100_001, 0, 0)


@pytest.mark.parametrize("n_events", [0, 1, 2, kernels.BLOCK - 1, kernels.BLOCK, kernels.BLOCK + 1])
@pytest.mark.parametrize("n_bins", [1, 10, kernels.OWN_COUNTERS + 1])
def test_every_event_is_counted_at_the_ends_of_blocks(n_events: int, n_bins: int) -> None:
    b = binning(bins(0, n_bins * 3, n=n_bins, unit="ns").named("toa"))
    x = np.arange(-1, n_events - 1, dtype=np.int32)
    counts, under, over = count(x, b)
    assert under == min(1, n_events)
    assert over == max(0, n_events - 1 - 3 * n_bins)
    assert sum(counts) + under + over == n_events


@settings(deadline=None, max_examples=100)
@given(axes, st.lists(integers, max_size=20), st.integers(0, 5))
def test_what_is_taken_away_was_never_counted(axis: Axis, extra: list[int], n_own: int) -> None:
    b, x = binning(axis), near(exact_edges(axis), extra)
    cells = np.arange(b.n + 2, dtype=np.uint32)
    for one in (AWAY, ONE):  # wraps below zero and comes back
        kernels.count_uneven(x, b.thresholds, b.shift, b.guess, cells, one)
        if b.even is not None:
            kernels.count_even(x, b.even.first, b.even.span, b.even.shift, b.even.scale, cells, one)
    assert cells.tolist() == list(range(b.n + 2))


@settings(deadline=None, max_examples=100)
@given(st.lists(integers, max_size=50), integers, st.integers(1, 1000))
def test_pixels_have_the_row_of_their_number_and_all_others_the_last(ids: list[int], first: int, n: int) -> None:
    n = min(n, INT32.max + 1 - first)
    x = np.array([*ids, first, first + n - 1], np.int32)
    rows = np.empty(len(x), np.uint32)
    cells = np.zeros(n + 1, np.uint32)
    finding.find_rows(x, first, n, np.zeros(0, np.int32), rows)
    kernels.count_rows(x, first, n, np.zeros(0, np.int32), cells, ONE)
    wanted = [i - first if first <= i < first + n else n for i in x.tolist()]
    assert rows.tolist() == wanted
    assert cells.tolist() == np.bincount(wanted, minlength=n + 1).tolist()


def test_a_table_leads_each_pixel_to_its_row() -> None:
    table = np.array([2, 3, 0, 1, 3], np.int32)
    cells = np.zeros(4, np.uint32)
    kernels.count_rows(np.array([10, 11, 12, 13, 13, 14, 9, -5], np.int32), 10, 4, table, cells, ONE)
    assert cells.tolist() == [1, 2, 1, 4]


@settings(deadline=None, max_examples=100)
@given(st.sets(integers, max_size=30), st.lists(integers, max_size=30))
def test_sparse_pixel_numbers_are_searched(known: set[int], ids: list[int]) -> None:
    numbers = np.array(sorted(known), np.int32)
    x = np.array([*ids, *known], np.int32)
    rows = np.empty(len(x), np.uint32)
    finding.search_rows(x, numbers, np.arange(len(numbers) + 1, dtype=np.int32), rows)
    wanted = [sorted(known).index(i) if i in known else len(known) for i in x.tolist()]
    assert rows.tolist() == wanted


doubles = st.floats(-1e6, 1e6, allow_nan=False)


@settings(deadline=None, max_examples=200)
@given(st.sets(doubles, min_size=2, max_size=40), st.lists(st.floats(), max_size=20), st.booleans())
def test_doubles_lie_between_the_edges_that_a_search_finds(values: set[float], extra: list[float], log: bool) -> None:
    limits = np.unique(np.array(sorted(values)) + 0.0)
    assume(len(limits) > 1)
    if log:
        limits = np.geomspace(1e-3, 1e3, 57)
    check_doubles(limits, extra, is_regular=False)


@settings(deadline=None, max_examples=200)
@given(doubles, st.floats(1e-9, 1e9), st.integers(1, 3000), st.lists(st.floats(), max_size=20))
def test_doubles_in_even_bins_are_decided_by_the_edges(start: float, span: float, n: int, extra: list[float]) -> None:
    limits = np.linspace(start, start + span, n + 1)
    assume((np.diff(limits) > 0).all())
    check_doubles(limits, extra, is_regular=True)


@pytest.mark.parametrize(
    ("limits", "is_near"),
    [
        (np.geomspace(1e-3, 1e3, 1001), True),
        (np.linspace(1, 30, 200) ** 2, True),
        (-np.geomspace(1e3, 1e-3, 301), True),
        (np.geomspace(1e-300, 1e300, 5000), True),
        (np.array([-1e300, 0.0, 1e300]), True),
        (np.concatenate([[0.0], 1 + 1e-12 * np.arange(50), [1e6]]), False),
    ],
)
def test_doubles_between_uneven_edges_have_the_bin_that_a_search_finds(limits: np.ndarray, is_near: bool) -> None:
    assert float_bins(limits, is_regular=False).is_near is is_near
    check_doubles(limits, np.random.default_rng(1).uniform(limits[0], limits[-1], 10_000).tolist(), is_regular=False)


def check_doubles(limits: np.ndarray, extra: list[float], *, is_regular: bool) -> None:
    """Try every edge, its neighbours, and some more."""
    middle = (limits[:-1] + limits[1:]) / 2
    around = [limits, np.nextafter(limits, -np.inf), np.nextafter(limits, np.inf), middle]
    x = np.concatenate([*around, extra, [0.0, -0.0, np.nan, np.inf, -np.inf]])
    n = len(limits) - 1
    found = np.searchsorted(limits, x, side="right") - 1
    wanted = np.where(np.isnan(x), n + 2, np.where(x < limits[0], n, np.where(x >= limits[-1], n + 1, found)))
    columns = np.empty(len(x), np.uint32)
    float_bins(limits, is_regular=is_regular).write(x, columns)
    assert columns.tolist() == wanted.tolist()


def test_read_only_input_is_counted() -> None:
    b = binning(bins(0, 4, n=4, unit="ns").named("toa"))
    x = np.frombuffer(np.array([0, 1, 1, 3], np.int32).tobytes(), np.int32)
    assert not x.flags.writeable
    assert count(x, b) == ([1, 2, 0, 1], 0, 0)
