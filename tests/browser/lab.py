"""Driving notebooks in JupyterLab: open, run a cell, read what it said and what is painted."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

WAIT_MS = 60_000

# Notes what is painted. Pictures of a stamped view carry version and time in the pixels of their first row.
PROBE = """
window.painted = 0; window.stamp = null;
const put = CanvasRenderingContext2D.prototype.putImageData;
const bright = (d, i) => d[4 * i] + d[4 * i + 1] + d[4 * i + 2] > 300 ? 1 : 0;
const read = (d, first, n) => {
  let v = 0;
  for (let i = first; i < first + n; i++) v = 2 * v + bright(d, i);
  return v;
};
CanvasRenderingContext2D.prototype.putImageData = function (...a) {
  const image = a[0];
  if (image.width >= 128) {
    // The first row of counts may be the first row of the image buffer or the last.
    for (const row of [0, image.height - 1]) {
      const d = image.data.subarray(4 * row * image.width, 4 * (row + 1) * image.width);
      if (read(d, 0, 8) === 165) { window.stamp = [read(d, 8, 32), read(d, 40, 48)]; window.painted++ }
    }
  }
  return put.apply(this, a);
};
window.watch = () => {
  window.noted = [];
  const look = () => {
    if (!window.noted) return;
    if (window.stamp) window.noted.push([Date.now(), Date.now() - window.stamp[1], window.stamp[0]]);
    requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
};
"""

IDLE = "() => window.jupyterapp?.shell?.currentWidget?.sessionContext?.session?.kernel?.status === 'idle'"

# Hides the picture's version and the time of its newest data in the pixels of the first row: 8 bits mark, 32 + 48 bits.
STAMP = """
import dataclasses, numpy as np
from livedata.reduce.view import View
def stamped(self, plain=View.picture):
    shot = plain(self)
    if shot.array.ndim != 2 or shot.array.shape[1] < 128:
        return shot
    bits = f"{165:08b}{shot.version:032b}{(self.data_ns or 0) // 10**6:048b}"
    counts = shot.array.copy()
    counts[0, :len(bits)] = np.where(np.frombuffer(bits.encode(), np.uint8) == 49, max(1, counts.max()), 0)
    return dataclasses.replace(shot, array=counts)
View.picture = stamped
"""


@dataclass(frozen=True)
class Lab:
    """A running JupyterLab."""

    url: str
    token: str
    folder: Path
    pid: int


@dataclass(frozen=True)
class Watched:
    """What was painted at each animation frame of a while."""

    at_ms: tuple[float, ...]
    age_ms: tuple[float, ...]
    """Wall clock minus the time of the newest data in the picture."""
    version: tuple[int, ...]

    def worst_age_s(self, *, share: float = 0.95) -> float:
        """Return the age that was kept for this share of the time."""
        return sorted(self.age_ms)[int(share * (len(self.age_ms) - 1))] / 1000


class Notebook:
    """One notebook in one page."""

    def __init__(self, lab: Lab, browser: Any, name: str) -> None:
        self.lab, self.name = lab, name
        self.errors: list[str] = []
        self.page = browser.new_page(viewport={"width": 1000, "height": 1500})
        self.page.set_default_timeout(WAIT_MS / 2)
        self.page.add_init_script(PROBE)
        self.page.on("pageerror", lambda e: self.errors.append(e.stack or str(e)))
        self.page.on("console", self._console)

    def _console(self, message: Any) -> None:
        if message.type == "error" and "favicon" not in message.text and "Failed to load resource" not in message.text:
            self.errors.append(message.text)

    def open(self, cells: list[str]) -> Notebook:
        """Write a notebook of code cells and open it with a kernel that is ready."""
        document = {
            "cells": [
                {
                    "cell_type": "code",
                    "id": f"cell-{i}",
                    "metadata": {},
                    "outputs": [],
                    "execution_count": None,
                    "source": s,
                }
                for i, s in enumerate(cells)
            ],
            "metadata": {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}},
            "nbformat": 4,
            "nbformat_minor": 5,
        }
        return self.open_text(json.dumps(document))

    def open_text(self, text: str) -> Notebook:
        """Write a notebook file and open it."""
        (self.lab.folder / f"{self.name}.ipynb").write_text(text)
        self.page.goto(f"{self.lab.url}/doc/tree/{self.name}.ipynb?token={self.lab.token}&reset")
        self.page.wait_for_function(IDLE)
        return self

    def start(self, index: int) -> None:
        """Start a cell without waiting for its end."""
        self.page.evaluate(
            """i => { const panel = window.jupyterapp.shell.currentWidget;
            panel.content.activeCellIndex = i; panel.content.deselectAll(); window.ran = false;
            window.jupyterapp.commands.execute('notebook:run-cell').then(() => { window.ran = true }); }""",
            index,
        )

    def finish(self) -> None:
        """Wait for the end of the cell that was started."""
        self.page.wait_for_function("() => window.ran")

    def run(self, index: int) -> str:
        """Run a cell; return the text that it printed."""
        self.start(index)
        self.finish()
        return self.said(index)

    def is_code(self, index: int) -> bool:
        """Whether a cell is one of code."""
        return self.page.evaluate(
            "i => window.jupyterapp.shell.currentWidget.content.widgets[i].model.type === 'code'", index
        )

    def outputs(self, index: int) -> list[dict[str, Any]]:
        """Return the outputs of a cell, without pictures and code of more than a few kilobytes."""
        return self.page.evaluate(
            """i => JSON.parse(JSON.stringify(
            window.jupyterapp.shell.currentWidget.content.widgets[i].model.outputs.toJSON(),
            (k, v) => typeof v === 'string' && v.length > 20000 ? v.slice(0, 200) : v))""",
            index,
        )

    def said(self, index: int) -> str:
        """Return the printed text of a cell; an error of the cell fails the test."""
        outputs = self.outputs(index)
        for output in outputs:
            assert output["output_type"] != "error", f"cell {index}: {output['ename']}: {output['evalue']}"
        return "".join(o["text"] if isinstance(o["text"], str) else "".join(o["text"]) for o in outputs if "text" in o)

    def set_cell(self, index: int, source: str) -> None:
        """Change the text of a cell."""
        self.page.evaluate(
            "([i, s]) => window.jupyterapp.shell.currentWidget.content.widgets[i].model.sharedModel.setSource(s)",
            [index, source],
        )

    def ask(self, index: int, source: str) -> str:
        """Run a text in a cell that is there for that."""
        self.set_cell(index, source)
        return self.run(index).strip()

    def wait_ms(self, ms: float) -> None:
        """Let time pass, with events arriving."""
        self.page.wait_for_timeout(ms)

    def watch(self) -> None:
        """Begin to note, at every animation frame, what is painted."""
        self.page.evaluate("window.watch()")

    def watched(self) -> Watched:
        """Stop noting and return what was painted meanwhile."""
        noted = self.page.evaluate("() => { const noted = window.noted; window.noted = null; return noted }")
        at, age, version = zip(*noted, strict=True)
        return Watched(tuple(at), tuple(age), tuple(version))

    def painted(self) -> int:
        """Return the number of stamped pictures painted so far."""
        return self.page.evaluate("window.painted")

    def shown(self, selector: str) -> str:
        """Return the text of an element of the page."""
        return self.page.locator(selector).first.inner_text()

    def close(self) -> None:
        """Shut the kernel down and leave the page."""
        self.page.evaluate("() => window.jupyterapp?.shell?.currentWidget?.sessionContext?.shutdown()")
        self.page.close()
