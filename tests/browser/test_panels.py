"""Panels as people use them: run again, point, zoom, pause, reload, restart; and what a hanging kernel looks like."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from .lab import IDLE, STAMP, Lab, Notebook

pytestmark = [pytest.mark.browser, pytest.mark.slow]

CELLS = [
    f"import livedata as ld\n{STAMP}\nlive = ld.demo(rate=2e5)",
    "live.panel()",
    'live["monitor"].histogram(toa=ld.bins(0, 71.43, n=500, unit="ms"))',
    'view = live["detector"].image()\nview',
    "import ctypes; ctypes.PyDLL(None).usleep(5_500_000)",
    "",
]
START, TABLE, SPECTRUM, IMAGE, HANG, ASK = range(6)
OPEN_PANELS = "from livedata.panels.display import display; print(len(display().panels))"
LIVE_IMAGES = (
    "import gc; from livedata.reduce.view import View; gc.collect(); "
    "print(sum(isinstance(o, View) and o.state == 'live' and o.layout is not None for o in gc.get_objects()))"
)
THREADS = "import threading; print(sorted(t.name for t in threading.enumerate() if 'livedata-display' in t.name))"
CUT = (
    "from livedata.panels.display import display; "
    "c = next(p for p in display().panels if 'image' in p.name)._drawing._cut; print(c.width, c.height)"
)
HEAD, READOUT, FIGURE = ".livedata-head", ".livedata-readout", ".bk-Figure"


@pytest.fixture(scope="module")
def running(lab: Lab, browser: object) -> Iterator[Notebook]:
    notebook = Notebook(lab, browser, "panels").open(CELLS)
    for cell in (START, TABLE, SPECTRUM, IMAGE):
        notebook.run(cell)
    yield notebook
    notebook.close()
    assert notebook.errors == []


def wait_for_picture(notebook: Notebook, n: int = 5) -> None:
    """Wait for the n-th stamped picture from now."""
    notebook.page.wait_for_function("n => window.painted >= n", arg=notebook.painted() + n)


def test_spectrum_and_table_refresh_beside_the_image(running: Notebook, screenshots: Path) -> None:
    wait_for_picture(running, 10)
    said = running.page.locator(HEAD).all_inner_texts()
    table = running.page.locator("table.livedata-streams").inner_text()
    running.wait_ms(2500)
    running.page.screenshot(path=screenshots / "panels.png")
    assert len(said) == 2
    assert all(now != then for now, then in zip(running.page.locator(HEAD).all_inner_texts(), said, strict=True))
    assert running.page.locator("table.livedata-streams").inner_text() != table


def test_running_the_cell_again_leaves_one_view(running: Notebook) -> None:
    for _ in range(3):
        running.run(IMAGE)
        wait_for_picture(running)
    assert running.page.locator(HEAD).count() == 2
    assert running.ask(ASK, OPEN_PANELS) == "3"
    assert running.ask(ASK, LIVE_IMAGES) == "1"
    assert running.ask(ASK, THREADS) == "['livedata-display']"


def test_the_pixel_under_the_mouse_is_counted_exactly(running: Notebook) -> None:
    running.ask(ASK, "view.stop(); print(view.state)")
    figure = running.page.locator(FIGURE).last.bounding_box()
    assert figure is not None
    running.page.mouse.move(figure["x"] + 0.3 * figure["width"], figure["y"] + 0.4 * figure["height"])
    readout = running.page.locator(READOUT).last
    readout.filter(has_text="(pixel ").wait_for()
    told = r"x (\d+), y (\d+) \(pixel (\d+), (?:bank \w+, )?at [^)]+ m, 2θ [\d.]+°\): ([\d,]+) counts?"
    place = re.fullmatch(told, readout.inner_text().strip())
    assert place is not None, readout.inner_text()
    column, row, pixel, count = (int(g.replace(",", "")) for g in place.groups())
    assert pixel == 256 * row + column + 1
    assert running.ask(ASK, f"print(view.values()[{row}, {column}])") == str(count)


def test_a_zoom_sends_the_visible_part_alone(running: Notebook) -> None:
    running.run(IMAGE)
    wait_for_picture(running)
    figure = running.page.locator(FIGURE).last.bounding_box()
    assert figure is not None
    x, y = figure["x"] + 0.3 * figure["width"], figure["y"] + 0.4 * figure["height"]
    running.page.mouse.move(x, y)
    running.page.mouse.down()
    running.page.mouse.move(x + 60, y + 50, steps=4)
    running.page.mouse.up()
    running.wait_ms(500)
    width, height = map(int, running.ask(ASK, CUT).split())
    assert 10 < width < 100
    assert 10 < height < 100


def test_a_paused_picture_stands_still_and_goes_on(running: Notebook) -> None:
    running.run(IMAGE)
    wait_for_picture(running)
    pause = running.page.get_by_role("button", name="Pause").last
    pause.click()
    running.page.locator(HEAD).last.filter(has_text="paused").wait_for()
    stands = running.painted()
    running.wait_ms(1000)
    assert running.painted() == stands
    pause.click()
    wait_for_picture(running)


def test_buttons_act_while_a_cell_runs(running: Notebook) -> None:
    running.set_cell(ASK, "import time; time.sleep(4)")
    running.start(ASK)
    pause = running.page.get_by_role("button", name="Pause").last
    pause.click()
    running.page.locator(HEAD).last.filter(has_text="paused").wait_for()
    assert running.page.evaluate("() => window.ran") is False
    pause.click()
    running.page.locator(HEAD).last.filter(has_not_text="paused").wait_for()
    running.finish()


def test_a_hanging_kernel_is_named_in_the_picture(running: Notebook, screenshots: Path) -> None:
    running.start(HANG)
    running.wait_ms(4800)
    notes = running.page.evaluate(
        "() => [...Bokeh.documents].flatMap(d => [...d._all_models.values()])"
        ".filter(m => m.type === 'Label' && m.visible).map(m => m.text)"
    )
    running.page.screenshot(path=screenshots / "silent.png")
    assert len(notes) >= 1
    assert all(re.fullmatch(r" no news from the kernel for \d s ", note) for note in notes)
    running.finish()
    wait_for_picture(running)


def test_a_reloaded_page_is_live_again(running: Notebook) -> None:
    running.page.evaluate("() => window.jupyterapp.commands.execute('docmanager:save')")
    running.wait_ms(500)
    running.page.reload()
    running.page.wait_for_function("() => window.painted >= 10")
    assert "live" in running.page.locator(HEAD).last.inner_text()


def test_a_restarted_kernel_has_nothing_left_and_starts_anew(running: Notebook) -> None:
    before = int(running.ask(ASK, "import os; print(os.getpid())"))
    running.page.evaluate("() => window.jupyterapp.shell.currentWidget.sessionContext.restartKernel()")
    running.page.wait_for_function(IDLE)
    assert int(running.ask(ASK, "import os; print(os.getpid())")) != before
    assert not Path(f"/proc/{before}").exists()
    assert running.ask(ASK, THREADS) == "[]"
    stopped = running.painted()
    running.wait_ms(1000)
    assert running.painted() == stopped
    running.run(START)
    running.run(IMAGE)
    wait_for_picture(running)
