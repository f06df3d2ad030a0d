"""The notebook on time travel runs from top to bottom, and what it says of the past is true."""

from __future__ import annotations

import os
import re
import shutil

import pytest

from .pages import ROOT


@pytest.mark.slow
def test_time_travel_ends_with_the_same_numbers(tmp_path, monkeypatch):
    import nbformat
    from nbclient import NotebookClient

    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(ROOT / "src"), os.environ.get("PYTHONPATH", "")]))
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    shutil.copy(ROOT / "notebooks" / "02-time-travel.ipynb", tmp_path)
    notebook = nbformat.read(tmp_path / "02-time-travel.ipynb", as_version=4)
    client = NotebookClient(
        notebook, timeout=90, kernel_name="python3", resources={"metadata": {"path": str(tmp_path)}}
    )
    client.execute()
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    shown = [output["data"] for output in outputs if "data" in output]
    texts = [data.get("text/plain", "") for data in shown]
    said = "".join(o["text"] for o in outputs if o["output_type"] == "stream" and o["name"] == "stdout")
    early = re.search(r"([\d,]+) counts in two seconds", said)
    ring = re.search(r"([\d,]+) counts in the ring, ([\d,]+) events", said)
    ledger = re.search(r"<Ledger ([\d,]+) seen = ([\d,]+) filtered", "\n".join(texts))

    assert [o for o in outputs if o["output_type"] == "stream" and o["name"] == "stderr"] == []
    assert "True" in texts
    assert 1_000_000 < number(early[1]) < 2_500_000
    assert 0 < number(ring[1]) < number(ring[2])
    assert number(ring[2]) > 1_500_000
    assert ledger is None or number(ledger[2]) < number(ledger[1])
    assert sum("application/vnd.jupyter.widget-view+json" in data for data in shown) >= 6


def number(text):
    """Return a number written with commas."""
    return int(text.replace(",", ""))
