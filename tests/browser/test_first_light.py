"""The first notebook, as a scientist runs it: in JupyterLab, from the first cell to the last."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from .lab import Notebook

pytestmark = [pytest.mark.browser, pytest.mark.slow]

WIDGET = "application/vnd.jupyter.widget-view+json"
PATH = Path(__file__).resolve().parents[2] / "notebooks" / "01-first-light.ipynb"


def test_the_first_notebook_runs_from_top_to_bottom(notebook: Notebook, screenshots: Path) -> None:
    notebook.open_text(PATH.read_text())
    notebook.page.evaluate(
        """() => { window.ran = false;
        window.jupyterapp.commands.execute('notebook:run-all-cells').then(() => { window.ran = true }) }"""
    )
    notebook.page.wait_for_selector(".bk-Figure")
    notebook.finish()
    n = notebook.page.evaluate("() => window.jupyterapp.shell.currentWidget.content.widgets.length")
    said = "".join(notebook.said(i) for i in range(n) if notebook.is_code(i))
    counts = re.search(r"([\d,]+) counts from the topic, ([\d,]+) from the file", said)
    assert counts is not None, said
    assert counts.group(1) == counts.group(2)
    assert int(counts.group(1).replace(",", "")) > 1_000_000
    shown = [o.get("data", {}) for i in range(n) if notebook.is_code(i) for o in notebook.outputs(i)]
    assert sum("image/png" in data and WIDGET in data for data in shown) == 3
    assert "True" in [data.get("text/plain") for data in shown]
    notebook.page.evaluate("() => window.jupyterapp.shell.currentWidget.content.scrollToItem(0)")
    notebook.wait_ms(500)
    notebook.page.screenshot(path=screenshots / "first-light.png")
    notebook.page.evaluate("() => window.jupyterapp.shell.currentWidget.content.scrollToItem(16)")
    notebook.page.locator(".livedata-head").last.filter(has_text="complete").wait_for()
    notebook.page.screenshot(path=screenshots / "first-light-file.png")
