"""Pictures that stand still: characters for terminals, PNG for files."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest

from livedata.errors import FileError
from livedata.panels import draw, render, save

from .flow import image_view, seen, spectrum_view


@pytest.fixture
def spectrum():
    view, flow = spectrum_view(300)
    flow.push(None, np.repeat(np.arange(10, 90), 5))
    yield seen(view, 400)
    view.stop()


@pytest.fixture
def image():
    view, flow = image_view((40, 60))
    flow.push(np.arange(1, 2401), np.zeros(2400))
    flow.push(np.full(100, 1), np.zeros(100))
    yield seen(view, 2500)
    view.stop()


@pytest.mark.parametrize("width", [20, 72, 200])
@pytest.mark.parametrize("is_ascii", [True, False])
def test_no_line_is_wider_than_asked_for(spectrum, image, width: int, is_ascii: bool) -> None:
    for view in (spectrum, image):
        text = draw(view.picture(), name=view.name, width=width, is_ascii=is_ascii)
        assert max(len(line) for line in text.splitlines()) <= width
        assert not is_ascii or text.isascii()


def test_a_spectrum_rises_where_the_counts_are(spectrum) -> None:
    bottom = draw(spectrum.picture(), width=108, height=4).splitlines()[4]
    assert bottom[8:18].strip() == ""
    assert set(bottom[20:90].strip()) <= set("▁▂▃▄▅▆▇█ ")
    assert "█" in bottom


def test_the_first_row_of_an_image_stands_at_the_bottom(image) -> None:
    lines = draw(image.picture(), width=60, height=40).splitlines()
    assert lines[40][0] == "█"
    assert lines[1][0] != "█"


def test_the_caption_says_the_scale_and_the_axes(image) -> None:
    assert "60 x × 40 y" in draw(image.picture())
    assert "log" in draw(image.picture())


def test_a_terminal_may_have_colours(image) -> None:
    assert "\x1b[38;2;" in draw(image.picture(), is_colour=True)
    assert "\x1b" not in draw(image.picture())


def test_pictures_stand_side_by_side_in_one_png(image, spectrum) -> None:
    from PIL import Image

    one = Image.open(io.BytesIO(render({image.name: image.picture()})))
    both = Image.open(io.BytesIO(render({image.name: image.picture(), spectrum.name: spectrum.picture()})))
    assert both.width > one.width + 300
    assert len(one.convert("RGB").getcolors(maxcolors=100_000)) > 5


def test_a_picture_is_saved_and_an_impossible_place_is_named(tmp_path: Path, spectrum) -> None:
    path = save(tmp_path / "demo.png", {"spectrum": spectrum.picture()})
    assert path.read_bytes().startswith(b"\x89PNG")
    with pytest.raises(FileError, match="nowhere"):
        save(tmp_path / "nowhere" / "demo.png", {"spectrum": spectrum.picture()})


def test_an_empty_view_has_pictures_too() -> None:
    view, _ = image_view((40, 60))
    assert "0 counts" in draw(view.picture())
    assert render({"empty": view.picture()}).startswith(b"\x89PNG")
    view.stop()
