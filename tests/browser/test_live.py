"""The live picture at 1e6 events a second, as it is painted: frame rate and age, idle and while cells run."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from .lab import STAMP, Lab, Notebook, Watched

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.alone]

CELLS = [
    f"import time, ctypes\nimport livedata as ld\n{STAMP}\nlive = ld.demo(rate=1e6)",
    'live["detector"].image()',
    "time.sleep(5)",
    "end = time.time() + 5\nwhile time.time() < end:\n    pass",
    "print(ctypes.PyDLL(None).usleep(3_000_000))",
]
IMAGE, SLEEP, LOOP, HOLD = 1, 2, 3, 4


@pytest.fixture(scope="module")
def running(lab: Lab, browser: object, screenshots: Path) -> Iterator[Notebook]:
    notebook = Notebook(lab, browser, "live").open(CELLS)
    notebook.run(0)
    notebook.run(IMAGE)
    notebook.page.wait_for_function("() => window.painted > 30")
    yield notebook
    notebook.page.screenshot(path=screenshots / "live.png")
    notebook.close()
    assert notebook.errors == []


def quietest(notebook: Notebook, act: Callable[[], object]) -> tuple[float, Watched]:
    """Return pictures a second and what was seen of the best of three tries: other programs share this machine."""
    best: tuple[float, Watched] | None = None
    for _ in range(3):
        before = notebook.painted()
        notebook.watch()
        act()
        seen = notebook.watched()
        rate = 1000 * (notebook.painted() - before) / (seen.at_ms[-1] - seen.at_ms[0])
        if best is None or seen.worst_age_s() < best[1].worst_age_s():
            best = rate, seen
        if seen.worst_age_s() <= 0.3 and 8 <= rate <= 12:
            break
    assert best is not None
    return best


def test_an_idle_notebook_shows_ten_young_pictures_a_second(running: Notebook) -> None:
    rate, seen = quietest(running, lambda: running.wait_ms(5000))
    print(f"idle: {rate:.1f} pictures/s, {seen.worst_age_s():.3f} s, at most {max(seen.age_ms) / 1000:.3f} s old")
    assert 8 <= rate <= 12
    assert seen.worst_age_s() <= 0.3


def test_the_version_in_the_picture_rises(running: Notebook) -> None:
    running.watch()
    running.wait_ms(3000)
    versions = running.watched().version
    assert list(versions) == sorted(versions)
    assert len(set(versions)) >= 20


def test_a_sleeping_cell_does_not_slow_the_picture(running: Notebook) -> None:
    rate, seen = quietest(running, lambda: running.run(SLEEP))
    print(f"sleeping: {rate:.1f} pictures/s, {seen.worst_age_s():.3f} s, at most {max(seen.age_ms) / 1000:.3f} s old")
    assert 8 <= rate <= 12
    assert seen.worst_age_s() <= 0.3


def test_a_loop_in_pure_python_leaves_the_picture_younger_than_a_second(running: Notebook) -> None:
    running.watch()
    running.run(LOOP)
    seen = running.watched()
    print(f"python loop: {seen.worst_age_s():.3f} s, at most {max(seen.age_ms) / 1000:.3f} s old")
    assert max(seen.age_ms) <= 1000
    assert len(set(seen.version)) >= 10


def test_the_picture_is_live_again_within_a_second_after_the_interpreter_was_held(running: Notebook) -> None:
    running.watch()
    running.run(HOLD)
    running.wait_ms(1500)
    seen = running.watched()
    oldest = max(range(len(seen.age_ms)), key=seen.age_ms.__getitem__)
    assert seen.age_ms[oldest] > 2500, "the interpreter was not held"
    young = next(i for i in range(oldest, len(seen.age_ms)) if seen.age_ms[i] <= 500)
    later_ms = seen.at_ms[young] - seen.at_ms[oldest]
    print(f"interpreter held: {seen.age_ms[oldest] / 1000:.1f} s old, live {later_ms:.0f} ms later")
    assert later_ms <= 1000
