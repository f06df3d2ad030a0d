"""Drawings of every kind without a browser: they are made, zoomed and pointed at; pixels and masks in the readout."""

from __future__ import annotations

import numpy as np
import pytest

from livedata.errors import ArgumentError
from livedata.panels import draw, render
from livedata.panels.image import PIXELS, ImageDrawing
from livedata.panels.place import places_of
from livedata.panels.spectrum import SpectrumDrawing
from livedata.reduce.axis import Axes, bins
from livedata.reduce.physics.geometry import Geometry
from livedata.reduce.pixels.layout import layout
from livedata.reduce.pixels.screen import OFF, Screen
from livedata.reduce.show import palette

from .still import Still, kinds, snapshot

KINDS = kinds()


def drawing(name: str):
    shown = KINDS[name]
    return (ImageDrawing if shown.array.ndim == 2 else SpectrumDrawing)(shown), shown


@pytest.mark.parametrize("name", KINDS)
@pytest.mark.parametrize("is_log", [True, False])
def test_every_kind_is_drawn_and_zoomed(name: str, is_log: bool) -> None:
    made, shown = drawing(name)
    made.draw(shown, is_log=is_log)
    x0, x1 = made.root.x_range.start, made.root.x_range.end
    y0, y1 = made.root.y_range.start, made.root.y_range.end
    assert made.window([x0 + (x1 - x0) / 3, x0 + (x1 - x0) / 2, y0, y1])
    made.draw(shown, is_log=is_log)
    assert made.readout(shown, [x0 + (x1 - x0) / 2.5, y0 + (y1 - y0) / 2]).count(": ") == 1


@pytest.mark.parametrize("name", KINDS)
def test_every_kind_stands_still_as_characters_and_pixels(name: str) -> None:
    assert render({name: KINDS[name]}).startswith(b"\x89PNG")
    assert max(len(line) for line in draw(KINDS[name], name=name).splitlines()) <= 72


def test_units_stand_at_axes_and_colours() -> None:
    made, _ = drawing("rate")
    assert (made.root.xaxis[0].axis_label, made.root.yaxis[0].axis_label) == ("x [m]", "y [m]")
    assert made._bar.title == "counts/s"
    made, _ = drawing("ratio")
    assert (made.root.xaxis[0].axis_label, made.root.yaxis[0].axis_label) == ("wavelength [Å]", "ratio")


def test_what_has_no_value_is_sent_as_transparent() -> None:
    made, shown = drawing("rate")
    made.draw(shown, is_log=True)
    image = made._data.data["image"][0]
    np.testing.assert_array_equal(image == palette.NOTHING, np.isnan(shown.array))


def test_a_value_is_said_with_its_error_and_unit() -> None:
    made, shown = drawing("rate")
    value, error = shown.array[64, 20], np.sqrt(shown.spread[64, 20])
    said = made.readout(shown, [-0.6 + 20.5 * 1.2 / 192, -0.4 + 64.5 * 0.8 / 128])
    assert said.endswith(" counts/s")
    number, spread = said.rsplit(": ", 1)[1].removesuffix(" counts/s").split(" ± ")
    assert float(number) == pytest.approx(value, abs=0.1 * error)
    assert float(spread) == pytest.approx(error, rel=0.05)
    assert made.readout(shown, [-0.6 + 92.5 * 1.2 / 192, -0.4 + 60.5 * 0.8 / 128]).endswith(": no value")


def test_uneven_bins_are_drawn_at_their_places() -> None:
    made, shown = drawing("uneven")
    made.draw(shown, is_log=True)
    data = made._data.data
    assert data["image"][0].shape == (PIXELS, PIXELS)
    assert (data["x"][0], data["dw"][0]) == pytest.approx((0.01, 9.99))
    assert made.root.x_scale.__class__.__name__ == "LogScale"
    rows = (np.diff(data["image"][0][:, 0].astype(int)) != 0).nonzero()[0] + 1
    assert set(rows) <= {round(e / 90 * PIXELS + d) for e in shown.axes[0].edges for d in (-1, 0, 1)}


def test_moments_are_drawn_as_moments() -> None:
    made, shown = drawing("series")
    made.draw(shown, is_log=False)
    assert made.root.x_range.start == 1_795_000_000_000
    assert "UTC: " in made.readout(shown, [1_795_000_001_000, 0])
    np.testing.assert_allclose(made._points.data["high"] - made._points.data["y"], np.sqrt(shown.spread), rtol=1e-5)


def test_negative_values_reach_below_zero() -> None:
    made, shown = drawing("negative")
    made.draw(shown, is_log=False)
    assert made._y_range.start < shown.array.min()


# Pixels behind a picture


def detector(masked=None):
    """Two pixels beside each other in the left place, one in the right, one off the screen."""
    axes = Axes([bins(0, 1, n=1, unit="m").named("y"), bins(0, 2, n=2, unit="m").named("x")])
    screen = Screen(axes, np.array([[0, 0, 1, OFF]], np.int32), "seen from the sample, x to the left")
    geometry = Geometry(
        np.array([[0.0, 0, 5], [0.2, 0, 5], [5, 0, 0], [0, 0, 9]]),
        source=(0, 0, -10),
        sample=(0, 0, 0),
        names=("east", "west"),
        bank=np.array([0, 0, 1, 1], np.int32),
    )
    return Still(
        snapshot(np.array([[5, 0]]), axes), layout=layout((4,), first_id=11), screen=screen, geometry=geometry,
        masked=masked,
    )  # fmt: skip


def test_pixels_tell_their_number_bank_position_and_angle() -> None:
    view = detector()
    made = ImageDrawing(view.picture(), places_of(view))
    assert "(pixels 11, 12, bank east, 2θ 0 … 2.291°): 5 counts" in made.readout(view.shown, [0.5, 0.5])
    assert "(pixel 13, bank west, at 5, 0, 0 m, 2θ 90°): 0 counts" in made.readout(view.shown, [1.5, 0.5])


def test_the_picture_says_from_where_one_looks() -> None:
    view = detector()
    root = ImageDrawing(view.picture(), places_of(view)).root
    assert [t.text for t in root.above] == ["seen from the sample, x to the left"]


def test_places_that_only_masked_pixels_show_are_transparent() -> None:
    view = detector(np.array([True, False, True, False]))
    made = ImageDrawing(view.picture(), places_of(view))
    made.draw(view.shown, is_log=True)
    image = made._data.data["image"][0]
    assert (image == palette.NOTHING).tolist() == [[False, True]]
    assert "masked" in made.readout(view.shown, [1.5, 0.5])
    assert "masked" not in made.readout(view.shown, [0.5, 0.5])


def test_a_layout_of_another_shape_names_no_pixels() -> None:
    view = Still(KINDS["counts"], layout=layout((7, 7)))
    made = ImageDrawing(view.picture(), places_of(view))
    assert "pixel" not in made.readout(view.shown, [3.5, 3.5])


# Axes that change


def grown(n: int):
    start = 1_795_000_000 * 10**9
    return snapshot(np.arange(1, n + 1), [bins(start, start + n * 10**9, n=n, unit="ns").named("time")], version=n)


def test_a_series_goes_on_in_the_same_picture() -> None:
    made = SpectrumDrawing(grown(3))
    made.draw(grown(3), is_log=False)
    made.window([made.root.x_range.start, made.root.x_range.end, 0, 1])
    made.draw(grown(5), is_log=False)
    assert made.root.x_range.end == 1_795_000_005_000
    assert made.root.x_range.bounds[1] == 1_795_000_005_000
    assert made._data.data["y"].tolist() == [1, 2, 3, 4, 5, 5]
    assert made.readout(grown(5), [1_795_000_004_500, 0]).endswith(": 5 counts")


def test_a_zoom_into_a_series_stays_while_it_goes_on() -> None:
    made = SpectrumDrawing(grown(10))
    made.draw(grown(10), is_log=False)
    start = made.root.x_range.start
    made.window([start + 2000, start + 4000, 0, 1])
    made.draw(grown(12), is_log=False)
    assert made.root.x_range.end == start + 10_000
    assert made._data.data["y"].tolist() == [3, 4, 4]


def test_frames_of_another_shape_are_shown_whole() -> None:
    made = ImageDrawing(KINDS["counts"])
    made.draw(KINDS["counts"], is_log=True)
    other = snapshot(np.ones((4, 6)), [bins(0, 4, n=4).named("y"), bins(0, 6, n=6).named("x")])
    made.draw(other, is_log=True)
    assert made._data.data["image"][0].shape == (4, 6)
    assert (made.root.x_range.end, made.root.y_range.end) == (6, 4)


def test_another_quantity_needs_another_picture() -> None:
    made, _ = drawing("counts")
    with pytest.raises(ArgumentError, match="'y' has become 'y \\[m\\]'; run the cell again"):
        made.draw(KINDS["rate"], is_log=True)
