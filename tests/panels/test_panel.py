"""A panel without its browser: what goes out for which answer, what is read under the mouse, and who keeps the view."""

from __future__ import annotations

import gc
import time
import weakref
from functools import partial

import numpy as np
import pytest

from livedata.panels.busy import Cell
from livedata.panels.drawing import make_drawing
from livedata.panels.image import ImageDrawing
from livedata.panels.panel import Panel
from livedata.panels.place import places_of
from livedata.panels.spectrum import SpectrumDrawing
from livedata.reduce.axis import bins

from .flow import image_view, seen, spectrum_view
from .still import Still, snapshot


class Page:
    """A browser that answers when it is told to, and keeps what it was sent."""

    def __init__(self, panel: Panel) -> None:
        self.panel, self.sent = panel, []
        panel.link.send = lambda content, buffers=None: self.sent.append((content, buffers))

    def says(self, model, *tags) -> None:
        content = {
            "event": "jsevent",
            "kind": "ModelChanged",
            "attr": "tags",
            "model": {"id": model.id},
            "new": list(tags),
        }
        self.panel.link._sync_model(self.panel.link, content, [])

    def answers(self, page: str = "page") -> None:
        self.says(self.panel.link._ack, self.panel.link.pace.sent, page)

    def step(self, now: float | None = None) -> int:
        """Let the panel do what is due; return the bytes of pixels that it sent."""
        self.sent.clear()
        self.panel.step(time.monotonic() if now is None else now, 0.0, is_busy=False)
        return sum(len(b) for _, buffers in self.sent for b in buffers or ())


@pytest.fixture
def image():
    view, flow = image_view((1000, 700))
    flow.push(np.arange(1, 700_001), np.zeros(700_000))
    flow.push(np.full(41, 1 + 700 * 20 + 10), np.zeros(41))
    seen(view, 700_041)
    panel = Panel(view, partial(ImageDrawing, places=places_of(view)), cell=Cell(), wake=lambda: None)
    yield view, flow, panel, Page(panel)
    panel.dispose()
    view.stop()


def test_a_frame_is_at_most_512_by_512_bytes(image) -> None:
    *_, page = image
    assert 300 * 300 < page.step() <= 512 * 512 + 100


def test_nothing_new_sends_no_pixels(image) -> None:
    *_, page = image
    page.step()
    page.answers()
    page.step()
    page.answers()
    assert page.step() == 0


def test_without_an_answer_nothing_follows(image) -> None:
    _, flow, _, page = image
    page.step()
    flow.push([5], [0])
    assert page.step() == 0


def test_a_page_that_was_loaded_anew_gets_everything_again(image) -> None:
    *_, page = image
    page.step()
    page.answers("first")
    page.step()
    page.answers("first")
    assert page.step() == 0
    page.answers("second")
    assert page.step() > 300 * 300


def test_the_readout_is_exact_where_the_picture_shows_blocks(image) -> None:
    _, _, panel, page = image
    page.step()
    page.answers()
    assert "largest of 2 × 2 bins" in panel._readout.value
    page.says(panel._drawing.models["mouse"], 10.4, 20.9)
    page.step()
    assert "x 10, y 20 (pixel 14011): 42 counts" in panel._readout.value


def test_a_zoom_brings_every_pixel_of_the_part(image) -> None:
    _, _, panel, page = image
    page.step()
    page.answers()
    page.says(panel._drawing.models["window"], 0, 99, 0, 49)
    assert 100 * 50 <= page.step() < 110 * 60
    assert "each dot" not in panel._readout.value


@pytest.mark.parametrize("junk", [["x"], [1, 2, 3], [None] * 4, [], [{"type": "number", "value": "nan"}] * 4])
def test_odd_wishes_change_nothing(image, junk: list) -> None:
    _, _, panel, page = image
    page.step()
    page.answers()
    page.says(panel._drawing.models["window"], *junk)
    page.says(panel._drawing.models["mouse"], *junk)
    page.step()
    assert panel._drawing._window is None


def test_the_colour_bar_shows_true_counts(image) -> None:
    _, _, panel, page = image
    page.step()
    labels = panel._drawing._bar.major_label_overrides
    assert set(labels.values()) >= {"1", "10"}
    assert panel._drawing._scale.high >= 42


def test_a_spectrum_sends_only_its_heights_while_its_window_stands() -> None:
    view, flow = spectrum_view(1000)
    flow.push(None, np.arange(100))
    seen(view, 100)
    panel = Panel(view, SpectrumDrawing, cell=Cell(), wake=lambda: None)
    page = Page(panel)
    first = page.step()
    page.answers()
    page.step()
    page.answers()
    flow.push(None, [5])
    seen(view, 101)
    assert page.step() == 1001 * 4
    assert first <= 1001 * 12
    page.answers()
    page.says(panel._drawing.models["mouse"], 5.05, 0)
    page.step()
    assert "toa 5 … 5.1 ns: 2 counts" in panel._readout.value
    panel.dispose()
    view.stop()


def test_a_view_that_nobody_sees_or_holds_is_collected_and_its_panel_ends() -> None:
    view, _ = image_view()
    reference = weakref.ref(view)
    panel = Panel(view, ImageDrawing, cell=Cell(), wake=lambda: None)
    page = Page(panel)
    del view
    gc.collect()
    assert reference() is not None
    now = time.monotonic()
    for second in range(60):
        page.step(now + second)
    gc.collect()
    assert reference() is None
    page.step(now + 61)
    assert panel.is_closed
    panel.dispose()
    panel.dispose()


def test_an_error_of_a_view_is_shown(image) -> None:
    _, _, panel, _ = image
    panel.fail(ValueError("a <b>bad</b> thing"))
    assert "ValueError: a &lt;b&gt;bad&lt;/b&gt; thing" in panel._head.value


def test_a_picture_whose_axes_come_with_the_data_takes_its_place_then() -> None:
    view = Still(snapshot(0, []))
    panel = Panel(view, make_drawing, cell=Cell(), wake=lambda: None)
    page = Page(panel)
    page.step()
    page.answers()
    assert "comes with the first data" in panel._readout.value
    waiting = panel.link
    view.shown = snapshot([1, 2, 3], [bins(0, 3, n=3).named("x")], version=2)
    page.step()
    assert panel.link is not waiting
    assert panel.widget.children[1] is panel.link
    page = Page(panel)
    page.answers()
    assert page.step() > 0
    assert panel._drawing._data.data["y"].tolist() == [1, 2, 3, 3]
    panel.dispose()
