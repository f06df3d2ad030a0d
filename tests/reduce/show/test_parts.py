"""Bins at their places: even and uneven axes, what is cut out of them, curves and files of pixels."""

from __future__ import annotations

import io

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from livedata.reduce.axis import Axes, bins, categories, edges, integers, log_bins
from livedata.reduce.result.histogram import Histogram
from livedata.reduce.show import palette
from livedata.reduce.show.curve import trace
from livedata.reduce.show.part import shrink
from livedata.reduce.show.pngbytes import encode
from livedata.reduce.show.ruler import Ruler, frame
from livedata.reduce.show.scale import fit

START = 1_795_000_000 * 10**9
SECONDS = bins(START, START + 2 * 10**9, n=2, unit="ns").named("time")


def histogram(array, *axes, unit="counts", spread=None) -> Histogram:
    return Histogram(array=np.asarray(array), axes=Axes(axes), unit=unit, spread=spread)


# Rulers


@pytest.mark.parametrize(
    ("axis", "kind"),
    [
        (bins(0, 10, n=5, unit="ms").named("toa"), "linear"),
        (bins(0, 10 * 10**9, n=5, unit="ns").named("time"), "linear"),
        (bins(START, START + 10, n=5, unit="ns").named("time"), "time"),
        (log_bins(0.1, 10, n=5).named("Q"), "log"),
        (edges(np.geomspace(1, 100, 9)).named("Q"), "log"),
        (edges([1, 2, 3, 10]).named("Q"), "linear"),
    ],
)
def test_an_axis_is_drawn_as_it_is_meant(axis, kind: str) -> None:
    assert Ruler(axis).kind == kind


@given(st.lists(st.integers(1, 50), min_size=1, max_size=20), st.floats(0, 1))
def test_a_value_and_its_place_in_bins_are_inverse(widths: list[int], at: float) -> None:
    ruler = Ruler(edges(np.cumsum([1, *widths])).named("x"))
    place = at * ruler.n
    assert ruler.place(ruler.value(place)) == pytest.approx(place, abs=1e-9)


@pytest.mark.parametrize(
    ("axis", "place", "said"),
    [
        (bins(0, 8, n=8).named("x"), 3, "x 3"),
        (bins(0, 1, n=4, unit="us").named("toa"), 1, "toa 0.25 … 0.5 µs"),
        (edges([0, 1, 10], "deg").named("two_theta"), 1, "two theta 1 … 10 °"),
        (integers(5, 9).named("period"), 2, "period 7"),
        (categories(["open", "closed"]).named("shutter"), 1, "shutter closed"),
        (SECONDS, 1, "2026-11-18 11:06:41 … 2026-11-18 11:06:42 UTC"),
    ],
)
def test_a_bin_is_named_as_people_read_it(axis, place: int, said: str) -> None:
    assert Ruler(axis).say(place) == said


def test_a_value_beside_the_axis_is_in_no_bin() -> None:
    ruler = Ruler(edges([1, 2, 10]).named("x"))
    assert [ruler.bin(v) for v in (0.9, 1, 1.9, 2, 9.9, 10, None, "x", float("nan"))] == [
        None, 0, 0, 1, 1, None, None, None, None,
    ]  # fmt: skip


def test_maps_are_true_to_scale_and_detectors_have_square_pixels() -> None:
    metres = Ruler(bins(0, 1, n=10, unit="m").named("y")), Ruler(bins(0, 2, n=10, unit="m").named("x"))
    assert frame(*metres, 400, 400) == (400, 200)
    pixels = Ruler(bins(0, 20, n=20).named("y")), Ruler(bins(0, 10, n=10).named("x"))
    assert frame(*pixels, 400, 400) == (200, 400)
    mixed = Ruler(bins(0, 1, n=10, unit="m").named("y")), Ruler(bins(0, 90, n=10, unit="deg").named("phi"))
    assert frame(*mixed, 460, 400) == (460, 400)


# What is cut out


def test_uneven_bins_take_the_room_that_they_have() -> None:
    rows, columns = Ruler(bins(0, 1, n=1).named("y")), Ruler(edges([0, 1, 10]).named("x"))
    part = shrink(np.array([[7, 3]]), rows, columns, None, (1, 10))
    assert part.values.tolist() == [[7, *[3] * 9]]
    assert part.x == (0.0, 10.0)


def test_bins_narrower_than_a_dot_show_their_largest() -> None:
    fine = edges([*np.linspace(0, 1, 101), 11.0])
    values = np.zeros((1, 101))
    values[0, 57] = 9
    part = shrink(values, Ruler(bins(0, 1, n=1).named("y")), Ruler(fine.named("x")), None, (1, 11))
    assert part.values.tolist() == [[9, *[0] * 10]]
    assert "touches" in part.note


def test_a_window_on_uneven_bins_shows_whole_bins() -> None:
    columns = Ruler(edges([0, 1, 3, 7, 15]).named("x"))
    window = (*columns.places(1.5, 5.0), 0, 1)
    part = shrink(np.array([[1, 2, 3, 4]]), Ruler(bins(0, 1, n=1).named("y")), columns, window, (1, 6))
    assert part.x == (1.0, 7.0)
    assert part.values.tolist() == [[2, 2, 3, 3, 3, 3]]


@pytest.mark.parametrize("axis", [bins(0, 8, n=8), edges([0, 1, 2, 3, 4, 5, 6, 7, 8.5])])
def test_what_has_no_value_hides_nothing(axis) -> None:
    values = np.full((1, 8), np.nan)
    values[0, 5] = 2.0
    part = shrink(values, Ruler(bins(0, 1, n=1).named("y")), Ruler(axis.named("x")), None, (1, 2))
    assert np.isnan(part.values[0, 0])
    assert part.values[0, 1] == 2.0


@pytest.mark.parametrize("axis", [bins(0, 4, n=4), edges([0, 1, 2, 3, 4.5])])
def test_where_values_are_negative_the_one_furthest_from_zero_is_shown(axis) -> None:
    part = shrink(np.array([[1, -5, 2, 3]]), Ruler(bins(0, 1, n=1).named("y")), Ruler(axis.named("x")), None, (1, 2))
    assert part.values[0].tolist() == [-5, 3]


# Colours


def test_no_value_is_transparent_and_zero_has_a_colour_of_its_own() -> None:
    values = np.array([np.nan, 0.0, 0.001, 0.02, np.inf])
    assert fit(values, is_log=True).index(values).tolist()[:2] == [palette.NOTHING, 0]
    assert fit(values, is_log=True).index(values).tolist()[-1] == palette.NOTHING
    assert palette.colours()[palette.NOTHING] == "#00000000"
    assert len(palette.colours()) == len(palette.colours(is_signed=True)) == 256


@given(st.lists(st.floats(0, 1e9, allow_subnormal=False), min_size=1, max_size=50), st.booleans())
def test_larger_values_never_take_a_lower_colour(values: list[float], is_log: bool) -> None:
    ordered = np.sort(np.array(values))
    index = fit(ordered, is_log=is_log).index(ordered).astype(int)
    assert (np.diff(index) >= 0).all()
    assert index.max() < palette.NOTHING


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=50))
def test_negative_values_make_the_scale_even_around_zero(values: list[float]) -> None:
    array = np.array([*values, -1.0])
    scale = fit(array, is_log=True)
    assert scale.is_signed
    assert scale.low == -scale.high
    index = scale.index(np.array([-scale.high, 0.0, scale.high])).tolist()
    assert index == [1, 128, 254]


def test_the_ticks_of_a_ratio_tell_true_values() -> None:
    scale = fit(np.array([0.002, 0.05]), is_log=False)
    assert [(round(p * (scale.high - scale.low) + scale.low, 6), t) for p, t in scale.ticks()][1] == (0.02, "0.02")


# Curves


def test_a_gap_of_values_is_a_gap_of_the_line() -> None:
    curve = trace(histogram([1.0, 2.0, np.nan, 3.0], bins(0, 4, n=4).named("x"), unit="1"))
    assert [len(line) for line in curve.lines] == [4, 2]
    assert [x for x, _ in curve.lines[0]] == [0.0, 0.25, 0.25, 0.5]
    assert [x for x, _ in curve.lines[1]] == [0.75, 1.0]


def test_error_bars_belong_to_what_is_no_plain_count() -> None:
    axis = bins(0, 2, n=2).named("x")
    assert trace(histogram([4, 9], axis)).bars == ()
    bars = trace(histogram([4.0, 9.0], axis, unit="counts/s", spread=np.array([1.0, 4.0]))).bars
    assert len(bars) == 2
    heights = [(low + high) / 2 for _, low, high in bars]
    assert heights[0] / heights[1] == pytest.approx(4 / 9)


def test_an_empty_curve_has_a_frame() -> None:
    assert trace(histogram([0, 0], bins(0, 2, n=2).named("x"))).marks_up
    nothing = trace(histogram([np.nan, np.nan], bins(0, 2, n=2).named("x"), unit="1"))
    assert nothing.lines == ()
    assert nothing.marks_up


# Files of pixels


def test_a_picture_without_any_library_is_read_by_others() -> None:
    from PIL import Image

    index = np.array([[0, 1, 254], [255, 128, 7]], np.uint8)
    image = Image.open(io.BytesIO(encode(index))).convert("RGBA")
    pixels = np.asarray(image)
    np.testing.assert_array_equal(pixels[..., :3], palette.rgb()[index])
    assert pixels[..., 3].tolist() == [[255, 255, 255], [0, 255, 255]]
