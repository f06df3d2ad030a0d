"""A message as HTML: all fields with their meaning, small, and nothing from the wire unescaped."""

import base64
import re
import zlib
from html.parser import HTMLParser

import numpy as np
import pytest

from livedata import schemas
from livedata.schemas.show.picture import image_html, sparkline_html
from tests.schemas.generate import plain, random_bytes

T = 1_700_000_000_123_456_789
VOID = {"img"}
ALLOWED = {
    "table", "caption", "thead", "tbody", "tr", "th", "td", "b", "span", "div", "details", "summary",
    "svg", "path", "img",
}  # fmt: skip


class Checked(HTMLParser):
    """Collects text; fails on tags that are not ours or not closed."""

    def __init__(self, html):
        super().__init__()
        self.open, self.text = [], []
        self.feed(html)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        assert tag in ALLOWED
        assert not [name for name, _ in attrs if name.startswith("on")]
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text.append(data)


def text_of(message):
    return " ".join(Checked(message._repr_html_()).text)


def test_fields_stand_with_names_values_and_what_they_mean():
    text = text_of(schemas.al00(source_name="T1", timestamp=T, severity=2, message="HIHI"))
    assert "al00" in text
    assert "severity MAJOR 2" in re.sub(r"\s+", " ", text)
    assert "2023-11-14 22:13:20.123456789" in text
    assert str(T) in text
    assert "HIHI" in text


def test_what_is_absent_is_told_from_what_is_empty():
    assert "not sent" in text_of(schemas.un00(source_name="T1", timestamp=T))
    assert "empty text" in text_of(schemas.un00(source_name="T1", timestamp=T, units=""))


def test_an_enum_without_a_name_says_so():
    assert "no name in the schema" in text_of(schemas.al00(source_name="T1", severity=9))


def test_what_is_odd_about_the_content_is_said_above():
    message = schemas.decode(schemas.encode(schemas.x5f2(status_json="{state: <b>idle}")))
    html = message._repr_html_()
    assert "▲ status_json is not JSON" in html
    assert "<b>idle" not in html


def test_text_from_the_wire_is_escaped():
    evil = "</td><script>alert(1)</script><img src=x onerror=alert(1)>"
    html = schemas.al00(source_name=evil, message=evil)._repr_html_()
    assert "<script" not in html
    assert "<img" not in html
    assert evil in "".join(Checked(html).text)


@pytest.mark.parametrize("id", schemas.SCHEMAS)
def test_any_message_gives_sound_html_of_bounded_size(id):
    rng = np.random.default_rng(6)
    for _ in range(15):
        html = schemas.decode(random_bytes(plain(id), rng))._repr_html_()
        assert Checked(html).text
        assert len(html.encode()) < 50_000


@pytest.mark.shared
def test_the_shared_messages_all_have_sound_html_of_bounded_size(vectors):
    files = [path for path in vectors.glob("*/*.bin") if path.parent.name != "hostile"]
    assert len(files) > 380
    for path in files:
        html = schemas.decode(path.read_bytes())._repr_html_()
        assert Checked(html).text
        assert len(html.encode()) < 50_000, path.name


def test_a_large_message_gives_little_html():
    n = 1_300_000
    message = schemas.ev44(
        source_name="det",
        message_id=1,
        reference_time=np.array([T]),
        reference_time_index=np.zeros(1, np.int32),
        time_of_flight=np.arange(n, dtype=np.int32),
        pixel_id=np.arange(n, dtype=np.int32),
    )
    assert len(message._repr_html_().encode()) < 20_000


def test_a_message_of_many_large_tables_stays_below_the_bound():
    Variable = schemas.da00.da00_Variable
    rng = np.random.default_rng(3)
    many = tuple(Variable(name=f"<{i}>" * 60, axes=("x",), data=rng.random(5000)) for i in range(200))
    html = schemas.da00(source_name="mon", timestamp=T, data=many)._repr_html_()
    assert "200 entries" in Checked(html).text
    assert len(html.encode()) < 50_000


def ys(svg):
    return [float(y) for y in re.findall(r"[ V]([\d.]+)(?=[MLV\"])", re.search(r'd="([^"]*)"', svg)[0])]


def test_a_single_spike_among_a_million_values_shows():
    flat, spiked = np.zeros(1_000_000), np.zeros(1_000_000)
    flat[0] = spiked[0] = -1.0
    spiked[654_321] = 50.0
    assert min(ys(sparkline_html(spiked))) < 3
    assert sparkline_html(spiked) != sparkline_html(flat)
    assert len(sparkline_html(spiked)) < 4000


@pytest.mark.parametrize(
    "values",
    [
        [np.nan, 1, np.inf, 3, -np.inf, 2],
        [1.7e308, -1.7e308, 0, 0, 0],
        [5, 5, 5, 5, 5],
        [True, False, True, True, False],
    ],
)
def test_odd_numbers_stay_inside_the_picture(values):
    assert all(0 <= y <= 28 for y in ys(sparkline_html(np.array(values))))


def test_values_that_are_not_finite_leave_a_gap():
    assert sparkline_html(np.array([1, np.nan, 3.0])).count("M") == 2


def pixels(html):
    png = base64.b64decode(re.search(r"base64,([^\"]+)", html)[1])
    width, height = int.from_bytes(png[16:20], "big"), int.from_bytes(png[20:24], "big")
    at = png.index(b"IDAT")
    rows = zlib.decompress(png[at + 4 : at + 4 + int.from_bytes(png[at - 4 : at], "big")])
    return np.frombuffer(rows, np.uint8).reshape(height, width + 1)[:, 1:]


def test_an_image_keeps_its_rows_and_its_single_hot_pixel():
    image = np.zeros((480, 640), np.uint16)
    image[7, 630] = 60_000
    shown = pixels(image_html(image))
    assert shown.shape == (60, 64)
    assert np.argwhere(shown == 255).tolist() == [[0, 63]]
    assert np.count_nonzero(shown) == 1
