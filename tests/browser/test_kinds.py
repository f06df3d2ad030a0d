"""Pictures of every kind in a real browser, and regions drawn in them by hand."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from .lab import STAMP, Lab, Notebook

pytestmark = [pytest.mark.browser, pytest.mark.slow]

STILL = (Path(__file__).parents[1] / "panels" / "still.py").read_text(encoding="utf-8").split("\n", 4)[4]
NAMES = ["counts", "rate", "difference", "uneven", "spectrum", "ratio", "series", "negative", "states"]
CELLS = [
    f"{STILL}\n{STAMP}\n"
    "from livedata.reduce.pixels.layout import layout\n"
    "shown = {name: Still(one, name=name) for name, one in kinds().items()}\n"
    "shown['counts'].layout = layout((128, 192))",
    *(f"shown[{name!r}]" for name in NAMES),
    "import livedata as ld\nlive = ld.demo(rate=1e5)\nlive['detector'].image().series()",
    "",
]
FIGURE, HEAD, READOUT = ".bk-Figure", ".livedata-head", ".livedata-readout"
SERIES, ASK = len(CELLS) - 2, len(CELLS) - 1


@pytest.fixture(scope="module")
def pictures(lab: Lab, browser: object) -> Iterator[Notebook]:
    notebook = Notebook(lab, browser, "kinds").open(CELLS)
    for cell in range(len(NAMES) + 1):
        notebook.run(cell)
    yield notebook
    notebook.close()
    assert notebook.errors == []


def look_at(notebook: Notebook, name: str) -> dict[str, float]:
    """Scroll to a picture; return where its frame is."""
    cell = NAMES.index(name) + 1
    notebook.page.evaluate(f"() => window.jupyterapp.shell.currentWidget.content.scrollToItem({cell}, 'start')")
    notebook.wait_ms(700)
    box = notebook.page.locator(".jp-Cell").nth(cell).locator(FIGURE).bounding_box()
    assert box is not None
    return box


@pytest.mark.parametrize("name", NAMES)
def test_every_kind_has_a_picture(pictures: Notebook, screenshots: Path, name: str) -> None:
    look_at(pictures, name)
    cell = pictures.page.locator(".jp-Cell").nth(NAMES.index(name) + 1)
    cell.locator(HEAD).filter(has_text=f"{name} ● live").wait_for()
    cell.screenshot(path=screenshots / f"kind-{name}.png")


def drag(notebook: Notebook, box: dict[str, float], start: tuple[float, float], stop: tuple[float, float]) -> None:
    mouse = notebook.page.mouse
    mouse.move(box["x"] + start[0] * box["width"], box["y"] + start[1] * box["height"])
    mouse.down()
    mouse.move(box["x"] + stop[0] * box["width"], box["y"] + stop[1] * box["height"], steps=5)
    mouse.up()


def tool(notebook: Notebook, name: str, title: str) -> None:
    cell = notebook.page.locator(".jp-Cell").nth(NAMES.index(name) + 1)
    cell.locator(f".bk-ToolButton[title^='{title}'], .bk-OnOffButton[title^='{title}']").first.click()


def test_a_rectangle_drawn_on_pixels_is_one_of_indices(pictures: Notebook, screenshots: Path) -> None:
    box = look_at(pictures, "counts")
    tool(pictures, "counts", "Draw a rectangle")
    drag(pictures, box, (0.3, 0.3), (0.5, 0.6))
    cell = pictures.page.locator(".jp-Cell").nth(1)
    cell.locator(READOUT).filter(has_text="drawn[0] = rectangle(").wait_for()
    said = pictures.ask(ASK, "print(shown['counts'].drawn)")
    x0, x1, y0, y1 = map(float, re.fullmatch(r"\[rectangle\(x=\((.*), (.*)\), y=\((.*), (.*)\)\)\]", said).groups())
    assert 0 < x0 < x1 < 192
    assert 0 < y0 < y1 < 128
    look_at(pictures, "counts")
    cell.screenshot(path=screenshots / "drawn.png")


def test_a_region_drawn_in_metres_keeps_its_unit(pictures: Notebook) -> None:
    box = look_at(pictures, "rate")
    tool(pictures, "rate", "Draw a rectangle")
    drag(pictures, box, (0.3, 0.3), (0.5, 0.6))
    pictures.page.locator(".jp-Cell").nth(2).locator(READOUT).filter(has_text="unit='m'").wait_for()


def test_a_polygon_ends_with_a_double_click(pictures: Notebook, screenshots: Path) -> None:
    box = look_at(pictures, "rate")
    tool(pictures, "rate", "Draw a polygon")
    mouse = pictures.page.mouse
    for x, y in ((0.3, 0.3), (0.6, 0.35), (0.5, 0.7)):
        mouse.click(box["x"] + x * box["width"], box["y"] + y * box["height"])
        pictures.wait_ms(400)
    mouse.dblclick(box["x"] + 0.4 * box["width"], box["y"] + 0.5 * box["height"])
    cell = pictures.page.locator(".jp-Cell").nth(2)
    cell.locator(READOUT).filter(has_text="= polygon([").wait_for()
    assert pictures.ask(ASK, "print(type(shown['rate'].drawn[-1]).__name__)") == "Polygon"
    look_at(pictures, "rate")
    cell.screenshot(path=screenshots / "drawn-polygon.png")


def test_what_was_drawn_can_be_cleared(pictures: Notebook) -> None:
    look_at(pictures, "rate")
    pictures.page.locator(".jp-Cell").nth(2).get_by_role("button", name="Clear drawn").click()
    pictures.wait_ms(500)
    assert pictures.ask(ASK, "print(len(shown['rate'].drawn))") == "0"


def test_a_span_drawn_on_a_spectrum_is_one_of_its_quantity(pictures: Notebook) -> None:
    box = look_at(pictures, "spectrum")
    tool(pictures, "spectrum", "Draw a span")
    drag(pictures, box, (0.3, 0.3), (0.5, 0.6))
    pictures.page.locator(".jp-Cell").nth(NAMES.index("spectrum") + 1).locator(READOUT).filter(
        has_text="drawn[0] = span(toa=("
    ).wait_for()


def test_a_series_shows_itself_when_data_come_and_goes_on(pictures: Notebook, screenshots: Path) -> None:
    pictures.page.evaluate(f"() => window.jupyterapp.shell.currentWidget.content.scrollToItem({SERIES}, 'start')")
    pictures.run(SERIES)
    cell = pictures.page.locator(".jp-Cell").nth(SERIES)
    cell.locator(FIGURE).wait_for()
    ends = (
        "() => [...Bokeh.documents].flatMap(d => [...d._all_models.values()])"
        ".filter(m => m.type === 'Range1d').map(m => m.end)"
    )
    pictures.wait_ms(1500)
    before = max(pictures.page.evaluate(ends))
    pictures.wait_ms(4000)
    cell.screenshot(path=screenshots / "series-live.png")
    assert max(pictures.page.evaluate(ends)) > before > 1e12
    pictures.ask(ASK, "live.close()")
