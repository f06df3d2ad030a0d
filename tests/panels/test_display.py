"""The display thread: one for all panels, none when there are none, and no panel stops the others."""

from __future__ import annotations

import subprocess
import sys
import textwrap
import threading
import time

import pytest

from livedata.panels.busy import Cell
from livedata.panels.display import FPS, Display


class Fake:
    """A panel that counts its turns."""

    def __init__(self, name: str = "fake", *, is_broken: bool = False) -> None:
        self.name, self.cell, self.is_broken = name, Cell("", len(name)), is_broken
        self.turns, self.errors, self.is_closed, self.is_disposed = 0, [], False, False

    def step(self, now: float, interval_s: float, *, is_busy: bool) -> float:
        self.turns += 1
        if self.is_broken:
            raise ValueError("broken")
        return now + 0.01

    def fail(self, error: Exception) -> None:
        self.errors.append(error)

    def close(self) -> None:
        self.is_closed = True

    def dispose(self) -> None:
        self.is_disposed = True


@pytest.fixture
def display():
    display = Display(None)
    yield display
    display.stop(timeout_s=5)


def until(condition) -> None:
    deadline = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.005)


def test_one_thread_serves_all_panels(display: Display) -> None:
    panels = [Fake("a"), Fake("bb"), Fake("ccc")]
    before = threading.active_count()
    for panel in panels:
        display.add(panel)
    until(lambda: all(p.turns > 3 for p in panels))
    assert threading.active_count() == before + 1


def test_a_broken_panel_shows_its_error_and_the_others_go_on(display: Display) -> None:
    broken, sound = Fake("broken", is_broken=True), Fake("sound")
    display.add(broken)
    display.add(sound)
    until(lambda: broken.errors and sound.turns > 3)
    assert str(broken.errors[0]) == "broken"


def test_a_closed_panel_is_taken_away_and_the_thread_ends(display: Display, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("livedata.panels.display.LINGER_S", 0.05)
    panel = Fake()
    display.add(panel)
    panel.close()
    display.wake()
    until(lambda: panel.is_disposed and display._thread is None)
    assert display.panels == ()


def test_without_cell_ids_a_panel_replaces_the_one_of_its_name(display: Display) -> None:
    old, new, other = Fake("image"), Fake("image"), Fake("spectrum")
    new.cell = Cell("", 99)
    for panel in (old, other, new):
        display.add(panel)
    assert old.is_closed
    assert not other.is_closed


def test_many_panels_share_one_budget(display: Display) -> None:
    display._panels = [Fake() for _ in range(40)]
    assert display.interval_s() >= 40 * 8 / 500
    display._panels = []
    assert display.interval_s() == 1 / FPS


def test_plain_python_shows_text_and_loads_no_widgets() -> None:
    script = textwrap.dedent("""
        import sys, threading
        sys.path.insert(0, "tests/panels")
        from flow import image_view
        from livedata.panels import present, stream_table
        view, flow = image_view(present=present)
        bundle = view._repr_mimebundle_()
        assert list(bundle) == ["text/plain"], bundle
        assert not {"bokeh", "ipywidgets", "IPython"} & set(sys.modules), "loaded"
        assert not [t for t in threading.enumerate() if "display" in t.name]
        view.stop()
        print("quiet")
    """)
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert (done.stdout.strip(), done.stderr) == ("quiet", "")
