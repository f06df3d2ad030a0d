"""Regions: how they are written, joined and refused, and exactly which places of a picture lie in them."""

from __future__ import annotations

import pickle
from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from livedata.errors import ArgumentError
from livedata.reduce.axis import Axes, bins, edges
from livedata.reduce.pixels.inside import inside, places, spans_of
from livedata.reduce.pixels.layout import layout
from livedata.reduce.pixels.region import PixelList, Polygon, Rectangle
from livedata.reduce.pixels.screen import NOWHERE, OFF, Screen
from livedata.reduce.pixels.shapes import ellipse, pixels, polygon, rectangle, span


def picture(rows: int = 8, columns: int = 8, *, y=None, x=None, cells=None) -> Screen:
    axes = Axes([(y or bins(0, rows, n=rows)).named("y"), (x or bins(0, columns, n=columns)).named("x")])
    n = axes[0].n * axes[1].n
    return Screen(axes, np.arange(n, dtype=np.int32)[None] if cells is None else cells)


def chosen(region, screen: Screen) -> set[tuple[int, int]]:
    """Return the places in a region as (column, row)."""
    return {(int(c), int(r)) for r, c in np.argwhere(places(region, screen))}


def whole(screen: Screen):
    return layout(screen.shape)


# How they are written


def test_texts_with_units_come_to_one_unit() -> None:
    assert rectangle(x=("1 cm", "40 mm"), y=("5 mm", "60 mm")) == Rectangle((1.0, 4.0), (0.5, 6.0), "cm")


def test_bare_numbers_take_the_unit_given() -> None:
    assert rectangle(x=(10, "4 cm"), y=(5, 60), unit="mm") == Rectangle((10.0, 40.0), (5.0, 60.0), "mm")


def test_a_repr_makes_the_same_region_again() -> None:
    region = (
        (rectangle(x=(0.1, 40), y=(5, 60), unit="mm") | ellipse(center=(1, 2), radii=(3, 4), rotation=30))
        & (polygon([(0, 0), (4, 0), (0, 4.5)]) - pixels("1-5,7"))
    ) & span(toa=("5 ms", "20 ms"))
    assert eval(repr(region)) == region


def test_regions_are_values() -> None:
    one, other = (rectangle(x=(0, 4), y=(0, 4)) & span(wavelength=(1, 5)) for _ in range(2))
    assert one == other
    assert {one: 1}[other] == 1
    assert pickle.loads(pickle.dumps(one)) == one


def test_equal_sets_of_pixels_are_equal_however_written() -> None:
    assert pixels(1, 2, 3, 9) == pixels([9], range(1, 4)) == pixels("1-3, 9") == pixels(np.array([3, 9, 1, 2, 2]))
    assert pixels() == PixelList()


def test_several_quantities_must_all_hold() -> None:
    region = span(toa=("5 ms", "20 ms"), wavelength=(1, 5))
    assert [(s.quantity, s.low, s.high, s.unit) for s in spans_of(region)] == [
        ("toa", 5.0, 20.0, "ms"),
        ("wavelength", 1.0, 5.0, None),
    ]


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: rectangle(x=(40, 10), y=(0, 1)), "x from 40 to 10"),
        (lambda: rectangle(x=(1, 1), y=(0, 1)), "x from 1 to 1"),
        (lambda: rectangle(x=(0, float("nan")), y=(0, 1)), "finite"),
        (lambda: rectangle(x=5, y=(0, 1)), "expected two values"),
        (lambda: rectangle(x="ab", y=(0, 1)), "expected two values"),
        (lambda: rectangle(x=("5 mm", 8), y=(0, 1)), "some have none"),
        (lambda: rectangle(x=("5 mm", "8 mm"), y=("0 deg", "1 deg")), "cannot convert 'deg' to 'mm'"),
        (lambda: rectangle(x=("five mm", "8 mm"), y=("0 mm", "1 mm")), "'five mm' is no number"),
        (lambda: rectangle(x=(0, 1), y=(0, 1), unit="parrots"), "'parrots'"),
        (lambda: ellipse(center=(0, 0), radii=(1, 0)), "expected positive"),
        (lambda: polygon([(0, 0), (1, 1)]), "2 corners"),
        (lambda: polygon([(0, 0), (1, 1), (1, 2, 3)]), "expected two values"),
        (lambda: polygon(5), "expected corners"),
        (lambda: pixels(1.5), "expected integers"),
        (lambda: pixels(-1), "expected 0"),
        (lambda: pixels(2**31), "expected 0"),
        (lambda: pixels("7-5"), "first must not be above"),
        (lambda: pixels("1-5-7"), "'1-5,7'"),
        (lambda: span(), "needs a quantity"),
        (lambda: span(toa=("20 ms", "5 ms")), "toa from 20 to 5"),
        (lambda: span(toa=("5 ms", "3 mm")), "cannot convert 'mm' to 'ms'"),
        (lambda: span(toa=("5 ms", "20 ms")) | rectangle(x=(0, 1), y=(0, 1)), "only be joined by '&'"),
        (lambda: rectangle(x=(0, 1), y=(0, 1)) - span(toa=(1, 2)), "only be joined by '&'"),
        (lambda: pixels(1) | (pixels(2) & span(toa=(1, 2))), "only be joined by '&'"),
        (lambda: rectangle(x=(0, 1), y=(0, 1)) | 5, "expected another region"),
        (lambda: Polygon((0, 1, 2), (0, 1)), "3 x and 2 y"),
    ],
)
def test_nonsense_is_refused_with_its_reason(make, said: str) -> None:
    with pytest.raises(ArgumentError, match=said):
        make()


# What lies in them


def test_a_rectangle_of_indices_takes_the_places_as_a_slice_does() -> None:
    assert chosen(rectangle(x=(2, 5), y=(1, 3)), picture()) == {(x, y) for x in (2, 3, 4) for y in (1, 2)}


def test_centres_on_the_lower_and_left_edge_belong_and_on_the_upper_and_right_do_not() -> None:
    assert chosen(rectangle(x=(2.5, 4.5), y=(1.5, 2.5)), picture()) == {(2, 1), (3, 1)}


def test_neighbouring_rectangles_share_the_places_out() -> None:
    screen = picture()
    cuts = [0, 1.5, 3.2, 6.5, 8]
    parts = [rectangle(x=(a, b), y=(0, 8)) for a, b in pairwise(cuts)]
    assert sum(places(part, screen).astype(int) for part in parts).tolist() == np.ones((8, 8), int).tolist()


def test_a_unit_selects_by_the_axes_exactly() -> None:
    screen = picture(x=bins(0, 0.8, n=8, unit="m"), y=bins(-40, 40, n=8, unit="cm"))
    # centres of x: 50, 150, … mm; of y: -350, -250, … mm
    assert chosen(rectangle(x=(150, 350), y=(-250, -50), unit="mm"), screen) == {(x, y) for x in (1, 2) for y in (1, 2)}


def test_without_a_unit_indices_are_meant_whatever_the_axes_are() -> None:
    screen = picture(x=bins(0, 0.8, n=8, unit="m"), y=bins(0, 0.8, n=8, unit="m"))
    assert chosen(rectangle(x=(2, 4), y=(1, 2)), screen) == {(2, 1), (3, 1)}


def test_uneven_axes_are_searched_by_their_centres() -> None:
    screen = picture(x=edges([0, 1, 3, 7, 15], "mm"), y=bins(0, 2, n=2, unit="mm"))
    # centres 0.5, 2, 5, 11
    assert chosen(rectangle(x=(2, 11), y=(0, 1), unit="mm"), screen) == {(1, 0), (2, 0)}
    assert chosen(polygon([(2, 0), (11, 0), (11, 1), (2, 1)], unit="mm"), screen) == {(1, 0), (2, 0)}


def test_a_unit_that_the_picture_does_not_have_is_refused() -> None:
    with pytest.raises(ArgumentError, match="counts pixels"):
        places(rectangle(x=(0, 1), y=(0, 1), unit="mm"), picture())
    with pytest.raises(ArgumentError, match="is in deg"):
        places(rectangle(x=(0, 1), y=(0, 1), unit="mm"), picture(y=bins(0, 8, n=8, unit="deg")))


def test_a_shape_needs_a_picture_with_two_axes() -> None:
    with pytest.raises(ArgumentError, match="none here"):
        inside(rectangle(x=(0, 1), y=(0, 1)), None, layout((4,)))
    one = Screen(Axes([bins(0, 4, n=4).named("tube")]), np.arange(4, dtype=np.int32)[None])
    with pytest.raises(ArgumentError, match="two axes; this one has tube"):
        inside(rectangle(x=(0, 1), y=(0, 1)), one, layout((4,)))


def test_the_square_has_its_lower_and_left_edge_only() -> None:
    # centres at the integers -1 … 5
    axis = bins(-1.5, 5.5, n=7, unit="mm")
    screen = picture(x=axis, y=axis)
    square = polygon([(0, 0), (4, 0), (4, 4), (0, 4)], unit="mm")
    assert chosen(square, screen) == {(x + 1, y + 1) for x in range(4) for y in range(4)}
    assert chosen(polygon([(0, 4), (4, 4), (4, 0), (0, 0)], unit="mm"), screen) == chosen(square, screen)


def test_a_polygon_that_crosses_itself_goes_by_the_even_odd_rule() -> None:
    ring = polygon([(0, 0), (8, 0), (8, 8), (0, 8), (0, 0), (2, 2), (6, 2), (6, 6), (2, 6), (2, 2)])
    inner = {(x, y) for x in range(2, 6) for y in range(2, 6)}
    assert chosen(ring, picture()) == {(x, y) for x in range(8) for y in range(8)} - inner


@pytest.mark.parametrize("points", [[(0, 0), (7, 7), (3, 3)], [(1, 1)] * 3, [(0, 2.5), (8, 2.5), (4, 2.5)]])
def test_a_polygon_without_area_selects_nothing(points) -> None:
    assert chosen(polygon(points), picture()) == set()


COORDINATE = st.integers(-8, 40).map(lambda i: i / 4)  # many on centres and on each other
POINTS = st.lists(st.tuples(COORDINATE, COORDINATE), min_size=3, max_size=9)


def exactly_inside(points: list[tuple[float, float]], x: Fraction, y: Fraction) -> bool:
    """Count the edges left of a point or through it, by the side on which the point lies: integers only."""
    count = 0
    for i, (ax, ay) in enumerate(points):
        bx, by = points[(i + 1) % len(points)]
        (lx, ly), (hx, hy) = sorted([(Fraction(ax), Fraction(ay)), (Fraction(bx), Fraction(by))], key=lambda p: p[1])
        if ly <= y < hy:
            side = (hx - lx) * (y - ly) - (hy - ly) * (x - lx)
            count += side <= 0
    return count % 2 == 1


@settings(max_examples=200, deadline=None)
@given(POINTS)
def test_polygons_agree_with_an_exact_point_by_point_test(points) -> None:
    screen = picture(10, 9)
    expected = {
        (c, r)
        for r in range(10)
        for c in range(9)
        if exactly_inside(points, Fraction(2 * c + 1, 2), Fraction(2 * r + 1, 2))
    }
    assert chosen(polygon(points), screen) == expected


@settings(max_examples=100, deadline=None)
@given(st.tuples(COORDINATE, COORDINATE), st.tuples(COORDINATE, COORDINATE))
def test_a_polygon_with_the_corners_of_a_rectangle_is_that_rectangle(a, b) -> None:
    (x0, x1), (y0, y1) = sorted((a[0], b[0])), sorted((a[1], b[1]))
    if x0 < x1 and y0 < y1:
        box = polygon([(x0, y0), (x1, y0), (x1, y1), (x0, y1)])
        assert chosen(box, picture(10, 9)) == chosen(rectangle(x=(x0, x1), y=(y0, y1)), picture(10, 9))


@settings(max_examples=100, deadline=None)
@given(POINTS, st.tuples(COORDINATE, COORDINATE))
def test_two_triangles_over_one_edge_share_no_place(points, apex) -> None:
    a, b, c = points[:3]
    screen = picture(10, 9)
    left = lambda p: (b[0] - a[0]) * (p[1] - a[1]) - (b[1] - a[1]) * (p[0] - a[0])  # noqa: E731
    if left(c) * left(apex) < 0:
        assert not chosen(polygon([a, b, c]), screen) & chosen(polygon([a, b, apex]), screen)


def test_the_rim_of_an_ellipse_does_not_belong_to_it() -> None:
    assert chosen(ellipse(center=(4.5, 4.5), radii=1), picture()) == {(4, 4)}
    assert len(chosen(ellipse(center=(4.5, 4.5), radii=1.01), picture())) == 5


def test_an_ellipse_turns_counter_clockwise() -> None:
    screen = picture(21, 21)
    tilted = chosen(ellipse(center=(10.5, 10.5), radii=(9, 2), rotation=45), screen)
    assert (15, 15) in tilted
    assert (15, 5) not in tilted
    assert chosen(ellipse(center=(10.5, 10.5), radii=(9, 2), rotation=90), screen) == {
        (y, x) for x, y in chosen(ellipse(center=(10.5, 10.5), radii=(9, 2)), screen)
    }


# Pixels


def test_pixels_off_the_screen_are_in_no_shape_but_may_be_listed() -> None:
    screen = picture(2, 2, cells=np.array([[0, OFF, NOWHERE, 3]], np.int32))
    everything = rectangle(x=(0, 2), y=(0, 2))
    assert inside(everything, screen, layout((4,))).tolist() == [[True, False, False, True]]
    assert inside(pixels(2, 3), screen, layout((4,))).tolist() == [[False, True, True, False]]
    assert inside(pixels("1-3") - everything, screen, layout((4,))).tolist() == [[False, True, True, False]]


def test_each_replica_has_its_own_places() -> None:
    screen = picture(1, 2, cells=np.array([[0, 1], [1, OFF]], np.int32))
    left = rectangle(x=(0, 1), y=(0, 1))
    assert inside(left, screen, layout((2,))).tolist() == [[True, False], [False, False]]
    assert inside(left | pixels(2), screen, layout((2,))).tolist() == [[True, True], [False, True]]


def test_spans_of_quantities_let_every_pixel_in() -> None:
    assert inside(span(toa=(0, 5)), None, layout((3,))).all()


def test_listed_pixels_are_found_in_layouts_with_gaps() -> None:
    gaps = layout(detector_number=[[5, 0], [900, 7]])
    assert inside(pixels("6-900"), None, gaps).tolist() == [[False, False, True, True]]
    assert not inside(pixels(range(1, 5), 1000), None, gaps).any()


@settings(max_examples=100, deadline=None)
@given(POINTS, POINTS)
def test_unions_intersections_and_differences_are_those_of_sets(p, q) -> None:
    screen = picture(10, 9)
    a, b = polygon(p), polygon(q)
    one, other = (inside(r, screen, whole(screen)) for r in (a, b))
    np.testing.assert_array_equal(inside(a | b, screen, whole(screen)), one | other)
    np.testing.assert_array_equal(inside(a & b, screen, whole(screen)), one & other)
    np.testing.assert_array_equal(inside(a - b, screen, whole(screen)), one & ~other)
    parts = (a - b, b - a, a & b)
    assert sum(int(inside(part, screen, whole(screen)).sum()) for part in parts) == int((one | other).sum())
