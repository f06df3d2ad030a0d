"""``livedata reduce``: descriptions run on files and topics, with the numbers that plain numpy gives."""

from __future__ import annotations

import json
import shutil
import time

import numpy as np
import pytest

import livedata as ld
from livedata import schemas
from livedata.transport import open_transport

SPECTRUM = {"format": 1, "axes": [{"name": "toa", "bins": {"start": 0, "stop": 100, "n": 100}, "unit": "ms"}]}


def expected(offsets_ns: np.ndarray) -> list[int]:
    """Count as plain numpy does, with integers."""
    inside = offsets_ns[(offsets_ns >= 0) & (offsets_ns < 100_000_000)]
    return np.bincount(inside // 1_000_000, minlength=100).tolist()


@pytest.fixture
def described(tmp_path):
    """Return a function that writes a description."""

    def write(content) -> str:
        path = tmp_path / "view.json"
        path.write_text(content if isinstance(content, str) else json.dumps(content))
        return str(path)

    return write


@pytest.fixture
def two_files(run_file, tmp_path):
    """Return the same run twice, under two names."""
    paths = [tmp_path / "one.nxs", tmp_path / "two.nxs"]
    for path in paths:
        shutil.copy(run_file.path, path)
    return paths


def test_a_description_is_run_on_a_file(livedata, run_file, described):
    ended = livedata("reduce", described(SPECTRUM), run_file.path, "--stream", "detector_events", "--json")

    assert (ended.code, ended.err) == (0, "")
    (result,) = ended.json["results"]
    assert result["values"] == expected(run_file.offsets_ns)
    assert result["ledger"]["seen"] == 5000
    assert result["stream"] == "detector_events"
    assert ended.json["description"] == SPECTRUM


def test_several_files_are_reduced_and_added_up(livedata, run_file, two_files, described, tmp_path):
    out = tmp_path / "out.npz"
    options = ("--stream", "detector_events", "--sum", "--save", out, "--json")
    ended = livedata("reduce", described(SPECTRUM), *two_files, *options)

    assert ended.code == 0
    once = expected(run_file.offsets_ns)
    assert [result["values"] for result in ended.json["results"]] == [once, once]
    assert ended.json["sum"]["values"] == [2 * n for n in once]
    assert ended.json["sum"]["ledger"]["seen"] == 10_000
    assert sorted(path.name for path in tmp_path.glob("*.npz")) == ["out.npz", "out_one.npz", "out_two.npz"]


def test_people_get_a_table_of_ledgers(livedata, two_files, described):
    ended = livedata("reduce", described(SPECTRUM), *two_files, "--stream", "detector_events", "--sum")

    assert ended.code == 0
    one, two, both = [line.split() for line in ended.out.splitlines()[-3:]]
    assert one[:3] == ["one.nxs", "detector_events", "5,000"]
    assert two[:3] == ["two.nxs", "detector_events", "5,000"]
    assert both[:2] == ["sum", "10,000"]


def test_a_file_that_cannot_be_reduced_does_not_stop_the_others(livedata, two_files, text_file, described):
    files = [two_files[0], text_file, two_files[1]]
    ended = livedata("reduce", described(SPECTRUM), *files, "--stream", "detector_events", "--json")

    assert ended.code == 1
    results = ended.json["results"]
    assert [("error" in result) for result in results] == [False, True, False]
    assert str(text_file) in results[1]["error"]


def test_a_log_filters_and_an_image_is_cut_as_the_description_says(livedata, run_file, described):
    content = {
        "format": 1,
        "projection": {"logical": {}},
        "region": {"rectangle": {"x": [0, 4], "y": [0, 8]}},
        "where": ["temperature >= 3.5 K"],
    }
    ended = livedata("reduce", described(content), run_file.path, "--stream", "detector_events", "--json")

    (result,) = ended.json["results"]
    values = np.array(result["values"])
    assert values.shape == (8, 8)
    assert values[:, 4:].sum() == 0
    ledger = result["ledger"]
    assert ledger["filtered"] > 0
    assert ledger["outside"] > 0
    assert ledger["binned"] == values.sum() == 5000 - ledger["filtered"] - ledger["outside"]


def test_the_stream_may_be_left_out_only_where_there_is_one(livedata, run_file, described):
    ended = livedata("reduce", described(SPECTRUM), run_file.path)

    assert ended.code == 2
    assert "detector_events, monitor_events" in ended.error


def test_all_problems_of_a_description_are_told_at_once(livedata, run_file, described):
    ended = livedata("reduce", described({"format": 1, "axis": [], "where": ["x ="]}), run_file.path)

    assert (ended.code, ended.out) == (2, "")
    assert "axis: no such key; did you mean 'axes'?" in ended.error
    assert "where[0]: condition 'x ='" in ended.error


def test_a_missing_description_is_told(livedata, run_file, tmp_path):
    ended = livedata("reduce", tmp_path / "none.json", run_file.path)

    assert ended.code == 2
    assert "none.json" in ended.error


def test_an_unknown_log_names_the_near_misses(livedata, run_file, described):
    content = {**SPECTRUM, "where": ["temperatur < 5 K"]}
    ended = livedata("reduce", described(content), run_file.path, "--stream", "detector_events")

    assert ended.code == 2
    assert "did you mean 'temperature'" in ended.error


def test_what_histogram_describes_reduce_runs(livedata, run_file, described):
    options = (
        "--stream",
        "detector_events",
        "--axis",
        "temperature=3,4:5:3 K".replace("3,4", "3"),
        "--where",
        "time > 0",
    )
    counted = livedata("histogram", run_file.path, *options, "--json").json
    description = livedata("histogram", run_file.path, *options, "--describe").json
    again = livedata("reduce", described(description), run_file.path, "--stream", "detector_events", "--json").json

    assert sum(counted["values"]) > 0
    assert again["results"][0]["values"] == counted["values"]


def test_counts_are_added_up_before_they_are_divided(livedata, two_files, described):
    content = {**SPECTRUM, "normalise": [{"by": "pulses"}]}
    ended = livedata("reduce", described(content), *two_files, "--stream", "detector_events", "--sum")

    assert ended.code == 2
    assert "normalise" in ended.error


def test_quotients_without_a_value_are_no_number_in_json(livedata, run_file, described):
    content = {**SPECTRUM, "normalise": [{"by": "charge"}]}
    ended = livedata("reduce", described(content), run_file.path, "--stream", "detector_events", "--json")

    assert ended.code == 0
    assert set(ended.json["results"][0]["values"]) == {None}


def test_a_file_that_is_there_is_told_before_anything_is_counted(livedata, run_file, described, tmp_path):
    out = tmp_path / "out.csv"
    out.write_text("precious")
    command = ("reduce", described(SPECTRUM), run_file.path, "--stream", "detector_events", "--save", out)

    refused, replaced = livedata(*command), livedata(*command, "--overwrite")

    assert (refused.code, refused.out) == (1, "")
    assert "exists already" in refused.error
    assert replaced.code == 0
    assert "precious" not in out.read_text()


def test_results_that_would_overwrite_each_other_are_refused(livedata, run_file, described, tmp_path):
    ended = livedata("reduce", described(SPECTRUM), run_file.path, run_file.path, "--save", tmp_path / "out.npz")

    assert ended.code == 2
    assert "two results" in ended.error


def test_frames_are_summed_as_a_description_says(livedata, described, tmp_path):
    transport = open_transport(url := "memory://frames-to-reduce")
    transport.create_topic("cam")
    producer, start = transport.producer(), time.time_ns()
    with ld.connect(url, topics="cam", start="earliest") as live:
        for i in range(4):
            image = np.full((2, 3), i, np.uint16)
            producer.produce("cam", schemas.encode(schemas.ad00(source_name="cam", timestamp=start + i, data=image)))
        producer.flush(5)
        recording = live.record(tmp_path / "run.nxs", start="connect")
        recording.stop(wait=True)
    producer.close()
    transport.close()

    ended = livedata("reduce", described({"format": 1, "frames": "sum"}), recording.path, "--json")

    assert ended.code == 0
    assert ended.json["results"][0]["values"] == [[6, 6, 6], [6, 6, 6]]
    refused = livedata("reduce", described(SPECTRUM), recording.path, "--stream", "cam")
    assert refused.code == 2
    assert "expected one of events" in refused.error


@pytest.mark.kafka
def test_a_topic_gives_the_counts_of_the_file(livedata, run_file, described, kafka_url, topic_prefix):
    livedata("replay", run_file.path, "--to", kafka_url, "--speed", "max", "--topics", topic_prefix)
    content = {**SPECTRUM, "where": ["temperature >= 3.5 K"]}
    options = ("--stream", "detector_events", "--json")
    live = livedata("reduce", described(content), kafka_url, *options, "--topics", f"{topic_prefix}_*")
    file = livedata("reduce", described(content), run_file.path, *options)

    assert live.code == 0
    (from_topic,), (from_file,) = live.json["results"], file.json["results"]
    assert from_topic["values"] == from_file["values"]
    assert from_topic["ledger"] == from_file["ledger"]
    assert from_file["ledger"]["filtered"] > 0
