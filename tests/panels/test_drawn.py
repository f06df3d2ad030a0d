"""Regions drawn by hand: from gestures of a browser to regions in the axes' units, and back to outlines."""

from __future__ import annotations

import numpy as np
import pytest

from livedata.panels.busy import Cell
from livedata.panels.image import ImageDrawing
from livedata.panels.panel import Panel
from livedata.panels.spectrum import SpectrumDrawing
from livedata.reduce.axis import Axes
from livedata.reduce.pixels.inside import places
from livedata.reduce.pixels.region import Polygon, Rectangle, Span
from livedata.reduce.pixels.screen import Screen
from livedata.reduce.pixels.shapes import ellipse, pixels, polygon, rectangle, span

from .flow import image_view, seen
from .still import Still, kinds
from .test_panel import Page

KINDS = kinds()


def hand(name: str):
    shown = KINDS[name]
    return (ImageDrawing if shown.array.ndim == 2 else SpectrumDrawing)(shown).hand


def test_a_rectangle_on_pixels_is_one_of_indices() -> None:
    assert hand("counts").take([["rect", "a", 10.123, 40.0, 5, 60.456]]) == [Rectangle((10.12, 40), (5, 60.46))]


def test_a_rectangle_on_axes_of_one_unit_keeps_it() -> None:
    assert hand("rate").take([["rect", "a", -0.1, 0.2, 0.3, 0.1]]) == [Rectangle((-0.1, 0.2), (0.1, 0.3), "m")]


def test_on_axes_of_different_units_a_region_is_one_of_indices() -> None:
    drawn = hand("uneven")
    (region,) = drawn.take([["rect", "a", 0.01, 10, 1, 45]])
    assert region == Rectangle((0, 30), (1, 11), None)
    drawn.show([region])
    np.testing.assert_allclose(drawn._outlines.data["xs"][0], [0.01, 10, 10, 0.01, 0.01])
    np.testing.assert_allclose(drawn._outlines.data["ys"][0], [1, 1, 45, 45, 1])


def test_a_polygon_loses_the_second_click_of_a_double_click() -> None:
    (region,) = hand("counts").take([["poly", "a", 0, 10, 10, 10, 0, 0, 10, 10]])
    assert region == Polygon((0, 10, 10), (0, 0, 10))


def test_a_span_on_a_curve_is_one_of_its_quantity() -> None:
    assert hand("spectrum").take([["rect", "a", 5.0, 20.0, 0, 1]]) == [Span("toa", 5.0, 20.0, "ms")]


def test_what_reaches_beyond_the_picture_ends_at_its_edge() -> None:
    assert hand("counts").take([["rect", "a", -50, 500, -50, 500]]) == [Rectangle((0, 192), (0, 128))]


def test_each_gesture_counts_once_and_none_is_forgotten() -> None:
    drawn = hand("counts")
    first, second = ["rect", "a", 0, 1, 0, 1], ["rect", "b", 0, 1, 0, 1]
    assert len(drawn.take([first])) == 1
    assert len(drawn.take([first, second])) == 1
    assert drawn.take([first, second]) == []
    assert drawn.take(None) == []


@pytest.mark.parametrize(
    "junk",
    [
        "rect", 5, [], ["rect"], ["rect", 5, 0, 1, 0, 1], ["rect", "a", 0, 1], ["rect", "a", 3, 3, 3, 3],
        ["rect", "a", "x", 1, 0, 1], ["rect", "a", {"type": "number", "value": "nan"}, 1, 0, 1],
        ["poly", "a", 0, 1, 0, 1], ["poly", "a", *range(1001)], ["poly", "a", *[0] * 5000],
        ["rect", "a", True, 1, 0, 1],
    ],
)  # fmt: skip
def test_odd_gestures_draw_nothing(junk) -> None:
    assert hand("counts").take([junk]) == []


def test_regions_of_every_shape_have_outlines_or_none() -> None:
    drawn = hand("rate")
    regions = [
        rectangle(x=("-10 cm", "10 cm"), y=("0 cm", "20 cm")) | ellipse(center=(0, 0), radii=0.1, unit="m"),
        polygon([(0, 0), (96, 0), (96, 64)]),
        pixels(1, 2),
        span(toa=(0, 1)),
        rectangle(x=(0, 1), y=(0, 1), unit="deg"),
    ]
    assert drawn.show(regions)
    assert [len(x) for x in drawn._outlines.data["xs"]] == [5, 73, 4]
    np.testing.assert_allclose(drawn._outlines.data["xs"][0], [-0.1, 0.1, 0.1, -0.1, -0.1])
    np.testing.assert_allclose(drawn._outlines.data["xs"][2], [-0.6, 0, 0, -0.6], atol=1e-12)
    assert drawn._words.data["text"] == ["[0]", "[0]", "[1]"]
    assert not drawn.show(regions)


def test_a_drawn_region_selects_the_places_that_it_was_drawn_around() -> None:
    axes = Axes(KINDS["rate"].axes)
    screen = Screen(axes, np.arange(128 * 192, dtype=np.int32)[None])
    # around the columns 10 … 19 and the rows 30 … 34, by values on the axes
    x, y = (-0.6 + 1.2 / 192 * np.array([10, 20])).tolist(), (-0.4 + 0.8 / 128 * np.array([30, 35])).tolist()
    (region,) = hand("rate").take([["rect", "a", *x, *y]])
    rows, columns = places(region, screen).nonzero()
    assert (rows.min(), rows.max(), columns.min(), columns.max()) == (30, 34, 10, 19)


def test_a_panel_appends_to_the_regions_of_its_view_and_shows_them() -> None:
    view = Still(KINDS["counts"])
    panel = Panel(view, ImageDrawing, cell=Cell(), wake=lambda: None)
    page = Page(panel)
    page.step()
    page.answers()
    assert panel._clear.layout.display == "none"
    page.says(panel._drawing.models["drawn"], ["rect", "a", 1, 2, 3, 4])
    page.step()
    assert view.drawn == [Rectangle((1, 2), (3, 4))]
    assert "drawn[0] = rectangle(x=(1, 2), y=(3, 4))" in panel._readout.value
    assert panel._clear.layout.display == ""
    page.answers()
    view.drawn.append(rectangle(x=(0, 5), y=(0, 5)))
    page.step()
    assert len(panel._drawing.hand._outlines.data["xs"]) == 2
    page.answers()
    panel._clear.click()
    page.step()
    assert view.drawn == []
    assert panel._drawing.hand._outlines.data["xs"] == []
    panel.dispose()


def test_what_was_drawn_counts_as_a_region_of_the_view() -> None:
    view, flow = image_view((8, 8))
    panel = Panel(view, ImageDrawing, cell=Cell(), wake=lambda: None)
    page = Page(panel)
    page.step()
    page.answers()
    page.says(panel._drawing.models["drawn"], ["rect", "a", 1, 2, 3, 6])
    page.step()
    inside = view.region(view.drawn[-1])
    flow.push(np.arange(1, 65), np.zeros(64))
    ledger = seen(inside, 64).latest.ledger
    assert (ledger.binned, ledger.outside) == (3, 61)
    panel.dispose()
    inside.stop()
    view.stop()


def test_a_new_panel_shows_what_was_drawn_before() -> None:
    view = Still(KINDS["counts"])
    view.drawn.append(rectangle(x=(0, 5), y=(0, 5)))
    panel = Panel(view, ImageDrawing, cell=Cell(), wake=lambda: None)
    assert len(panel._drawing.hand._outlines.data["xs"]) == 1
    panel.dispose()
