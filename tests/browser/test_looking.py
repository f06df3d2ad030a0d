"""Messages as people look at them: one by one, and the last ones of a topic as a table."""

from __future__ import annotations

from pathlib import Path

import pytest

from .lab import Notebook

pytestmark = [pytest.mark.browser, pytest.mark.slow]

CELLS = [
    """
import time, numpy as np, livedata as ld
from livedata import schemas
from livedata.transport import open_transport
producer = open_transport("memory://looking").producer()
evil = "<script>document.title = 'broken'</script><b class='evil'>"
now = time.time_ns()
y, x = np.mgrid[:480, :640]
image = (4000 * np.exp(-((x - 400) ** 2 + (y - 150) ** 2) / 9000)).astype(np.uint16)
image[400, 100] = 4000
edges, counts = np.linspace(0, 7.1e7, 101), np.random.default_rng(1).poisson(400 * np.exp(-np.arange(100) / 30))
V = schemas.da00.da00_Variable
messages = [
    schemas.f144(source_name=evil, timestamp=now, value=np.float64(21.5)),
    schemas.al00(source_name="SANS2D:TEMP1", timestamp=now, severity=2, message=evil),
    schemas.ad00(source_name="camera", id=7, timestamp=now, data=image),
    schemas.da00(source_name="monitor_1", timestamp=now, data=(
        V(name="signal", unit="counts", axes=("frame_time",), data=counts.astype(np.int32)),
        V(name="frame_time", unit="ns", axes=("frame_time",), data=edges))),
    schemas.x5f2(software_name="forwarder", status_json="{state: idle}"),
]
for message in messages:
    producer.produce("looking", schemas.encode(message))
producer.produce("looking", b"not a message at all")
producer.flush(5)
live = ld.connect("memory://looking")
""",
    'live.peek("looking")',
    'live.peek("looking", schema="ad00").messages[0]',
    'live.peek("looking", schema="da00").messages[0]',
]


def test_the_last_messages_show_as_a_table_that_opens_to_their_fields(notebook: Notebook, screenshots: Path) -> None:
    notebook.open(CELLS)
    for cell in range(len(CELLS)):
        notebook.run(cell)
    table = notebook.page.locator("table.livedata-peek")
    table.wait_for()
    rows = table.locator("> tbody > tr")
    assert rows.count() == 6
    assert "21.5 float64" in rows.nth(0).inner_text()
    assert "<script>" in rows.nth(0).inner_text()
    assert "▲ status_json is not JSON" in rows.nth(4).inner_text()
    assert rows.nth(5).inner_text().count("▲") == 1
    rows.nth(1).locator("summary").first.click()
    fields = rows.nth(1).locator("table.livedata-message")
    fields.wait_for()
    assert fields.bounding_box()["height"] < 250
    assert "MAJOR" in fields.inner_text()
    picture = notebook.page.locator(".jp-OutputArea > .jp-OutputArea-child table.livedata-message img").last
    assert picture.evaluate("image => image.naturalWidth") == 64
    assert notebook.page.locator(".evil").count() == 0
    assert "broken" not in notebook.page.title()
    notebook.page.evaluate("() => window.jupyterapp.shell.currentWidget.content.scrollToItem(1)")
    notebook.page.evaluate("() => document.querySelectorAll('.jp-OutputArea-output').forEach(o => o.scrollLeft = 0)")
    notebook.wait_ms(500)
    notebook.page.screenshot(path=screenshots / "looking.png")
    notebook.page.evaluate(
        "() => window.jupyterapp.commands.execute('apputils:change-theme', { theme: 'JupyterLab Dark' })"
    )
    notebook.page.wait_for_function("() => document.body.dataset.jpThemeLight === 'false'")
    notebook.wait_ms(1000)
    notebook.page.screenshot(path=screenshots / "looking-dark.png")
