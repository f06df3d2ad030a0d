"""Results drawn without a plotting library: sound XML with axes, units and the values' places."""

from __future__ import annotations

import base64
import io
import re
from xml.etree import ElementTree

import numpy as np
import pytest

from livedata.errors import ArgumentError
from livedata.reduce.axis import Axes, bins, log_bins
from livedata.reduce.result.histogram import Histogram
from livedata.reduce.result.svg import svg

SVG = "{http://www.w3.org/2000/svg}"


def drawn(array, *axes, unit="counts", spread=None, title="") -> ElementTree.Element:
    made = Histogram(array=np.asarray(array), axes=Axes(axes), unit=unit, spread=spread)
    return ElementTree.fromstring(svg(made, title))


def words(root: ElementTree.Element) -> list[str]:
    return [text.text for text in root.iter(f"{SVG}text")]


def test_a_curve_has_axes_with_units_and_a_title() -> None:
    root = drawn([1, 5, 2], bins(0, 3, n=3, unit="us").named("toa"), title="peak <1>")
    assert {"peak <1>", "toa [µs]", "counts", "0", "3"} <= set(words(root))


def test_a_curve_stands_where_its_values_are() -> None:
    root = drawn([1, 5, 0], bins(0, 3, n=3).named("x"))
    frame = root.find(f"{SVG}rect").attrib
    bottom, height = float(frame["y"]) + float(frame["height"]), float(frame["height"])
    points = [tuple(map(float, p.split(","))) for p in root.find(f"{SVG}polyline").attrib["points"].split()]
    heights = [(bottom - y) / height for _, y in points]
    assert heights[0] / heights[2] == pytest.approx(1 / 5, abs=0.01)
    assert heights[4] == pytest.approx(0, abs=0.001)
    assert points[0][0] == float(frame["x"])
    assert points[-1][0] == float(frame["x"]) + float(frame["width"])


def test_an_image_has_its_first_row_at_the_bottom_and_leaves_open_what_has_no_value() -> None:
    from PIL import Image

    axes = bins(0, 2, n=2, unit="m").named("y"), bins(0, 2, n=2, unit="m").named("x")
    root = drawn([[np.nan, 1.0], [0.0, 3.0]], *axes, unit="counts/s")
    picture = root.find(f"{SVG}image").attrib["href"]
    pixels = np.asarray(Image.open(io.BytesIO(base64.b64decode(picture.split(",")[1]))).convert("RGBA"))
    assert pixels[1, 0, 3] == 0
    assert pixels[0, 0].tolist() == [0, 0, 0, 255]
    assert {"x [m]", "y [m]", "counts/s"} <= set(words(root))


def test_a_large_image_stays_a_small_drawing() -> None:
    axes = bins(0, 2000, n=2000).named("y"), bins(0, 2000, n=2000).named("x")
    made = Histogram(array=np.random.default_rng(1).poisson(3, (2000, 2000)), axes=Axes(axes))
    text = svg(made, "large")
    assert len(text) < 300_000
    assert "largest of" in text


def test_error_bars_and_a_logarithmic_axis_are_drawn() -> None:
    plain = drawn([1.0, 2.0, 3.0], log_bins(0.1, 100, n=3).named("Q"), unit="1")
    barred = drawn([1.0, 2.0, 3.0], log_bins(0.1, 100, n=3).named("Q"), unit="1", spread=np.ones(3))
    assert len(barred.findall(f"{SVG}line")) == len(plain.findall(f"{SVG}line")) + 3
    xs = set(re.findall(r"([\d.]+),", barred.find(f"{SVG}polyline").attrib["points"]))
    assert len(xs) == 4
    steps = np.diff(sorted(map(float, xs)))
    assert np.ptp(steps) < 0.2  # decades are equally wide
    assert "ratio" in words(barred)


def test_texts_from_outside_are_escaped() -> None:
    made = Histogram(array=np.array([1]), axes=Axes([bins(0, 1, n=1).named("<script>")]))
    assert "<script>" not in svg(made, "<script>\"'")


def test_what_cannot_be_drawn_is_refused() -> None:
    cube = Histogram(array=np.zeros((1, 1, 1), np.int64), axes=Axes([bins(0, 1, n=1).named(n) for n in "zyx"]))
    with pytest.raises(ArgumentError, match="sum over some"):
        svg(cube)
