"""The benchmarks run, on tiny sizes, and say what they should; how fast they are is not judged here."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import streaming_data_types

ROOT = Path(__file__).resolve().parents[2]


def bench(out: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(ROOT / "src"), os.environ.get("PYTHONPATH", "")])}
    command = [sys.executable, "-m", "benchmarks", "--quick", "--out", str(out), *arguments]
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=250, check=False)


def test_kernels_and_recorder_give_rows_as_json(tmp_path: Path) -> None:
    done = bench(tmp_path, "--json", "--only", "kernels,recorder")
    assert done.returncode == 0, done.stderr
    document = json.loads(done.stdout)
    names = [row["name"] for row in document["rows"]]
    assert [name.split(",")[0] for name in names] == [
        "spectrum", "spectrum", "spectrum", "image 1024²", "cube 1024² × 20", "cube 1e5 × 100", "wavelength",
        "events from memory to a NeXus file",
    ]  # fmt: skip
    assert all(row["ours"] > 0 and row["ratio"] > 0 for row in document["rows"])
    assert document["conditions"]["cores"] >= 1
    assert json.loads((tmp_path / "benchmarks.json").read_text())["rows"] == document["rows"]


def test_whole_views_give_rows_as_json(tmp_path: Path) -> None:
    done = bench(tmp_path, "--json", "--only", "reduction")
    assert done.returncode == 0, done.stderr
    rows = json.loads(done.stdout)["rows"]
    assert [row["peer"] for row in rows] == [
        "wanted", "bare loops", "esslivedata's sequence", "the cube alone", "a cube alone", "its bins, 4 bytes each",
        "the events",
    ]  # fmt: skip
    assert all(row["ours"] > 0 and row["ratio"] > 0 for row in rows)


def test_every_schema_that_both_know_is_decoded_and_encoded_by_both(tmp_path: Path) -> None:
    done = bench(tmp_path, "--json", "--only", "schemas")
    assert done.returncode == 0, done.stderr
    rows = json.loads(done.stdout)["rows"]
    names = {row["name"] for row in rows}
    assert {"decode ev44, 1,000 events", "encode ev44, 1,000 events", "decode f144"} <= names
    assert {f"decode {known}" for known in streaming_data_types.DESERIALISERS} <= names
    assert {"encode f142", "encode hs00", "encode ev42"} <= names
    assert "encode NDAr" not in names
    assert all(row["ratio"] > 0 and row["peer"] == "esspy" for row in rows)


@pytest.mark.kafka
def test_small_messages_go_from_kafka_into_timelines(
    tmp_path: Path, kafka_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LIVEDATA_TEST_BROKER", kafka_url)
    done = bench(tmp_path, "--json", "--only", "small")
    assert done.returncode == 0, done.stderr
    (row,) = json.loads(done.stdout)["rows"]
    assert row["ours"] > 0
    assert row["peer"] == "esspy"


@pytest.mark.kafka
def test_views_on_kafka_are_compared_with_bare_reading_and_drawn(
    tmp_path: Path, kafka_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LIVEDATA_TEST_BROKER", kafka_url)
    done = bench(tmp_path, "--only", "kafka,sweep")
    assert done.returncode == 0, done.stderr
    assert "Kafka to spectrum + image, 1 MB messages" in done.stdout
    assert "Kafka to spectrum + image + region's spectrum" in done.stdout
    assert "sweep: 100 kB × 2 partitions" in done.stdout
    assert (tmp_path / "sweep.png").stat().st_size > 10_000


def test_an_unknown_name_lists_those_that_there_are(tmp_path: Path) -> None:
    done = bench(tmp_path, "--only", "speed")
    assert done.returncode == 2
    assert (
        "no benchmark speed; there are kernels, reduction, schemas, kafka, small, recorder, browser, sweep"
        in done.stderr
    )
