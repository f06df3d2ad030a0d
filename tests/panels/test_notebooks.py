"""The notebooks run from top to bottom without any browser, quickly and quietly, and are kept without outputs."""

from __future__ import annotations

import json
import os
import re
import shutil
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: p.stem)
def test_outputs_are_not_committed(path: Path) -> None:
    for cell in json.loads(path.read_text())["cells"]:
        assert cell.get("outputs", []) == []
        assert cell.get("execution_count") is None


@pytest.mark.slow
def test_first_light_ends_with_the_same_numbers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import nbformat
    from nbclient import NotebookClient

    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(ROOT / "src"), os.environ.get("PYTHONPATH", "")]))
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    shutil.copy(ROOT / "notebooks" / "01-first-light.ipynb", tmp_path)
    notebook = nbformat.read(tmp_path / "01-first-light.ipynb", as_version=4)
    began = time.monotonic()
    client = NotebookClient(
        notebook, timeout=60, kernel_name="python3", resources={"metadata": {"path": str(tmp_path)}}
    )
    client.execute()
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    shown = [output["data"] for output in outputs if "data" in output]
    said = "".join(
        output["text"] for output in outputs if output["output_type"] == "stream" and output["name"] == "stdout"
    )
    counts = re.search(r"([\d,]+) counts from the topic, ([\d,]+) from the file", said)
    assert counts is not None
    assert counts.group(1) == counts.group(2)
    assert int(counts.group(1).replace(",", "")) > 1_000_000
    assert "True" in [data.get("text/plain") for data in shown]
    assert sum("image/png" in data and "application/vnd.jupyter.widget-view+json" in data for data in shown) == 3
    assert [o for o in outputs if o["output_type"] == "stream" and o["name"] == "stderr"] == []
    assert time.monotonic() - began < 60
    assert len(list(tmp_path.glob("*.nxs"))) == 1
