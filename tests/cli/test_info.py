"""``livedata info``: the streams of a file or a broker, for people and for programs."""

from __future__ import annotations

import json

import pytest


def test_json_tells_kind_path_and_numbers_of_every_stream(livedata, run_file):
    ended = livedata("info", run_file.path, "--json")
    assert (ended.code, ended.err) == (0, "")
    streams = ended.json["streams"]
    assert set(streams) == {"detector_events", "monitor_events", "temperature"}
    detector = streams["detector_events"]
    assert detector["kind"] == "events"
    assert detector["path"] == "/entry/instrument/detector/detector_events"
    assert (detector["events"], detector["entries"], detector["pulses"]) == (5000, run_file.entries, run_file.pulses)
    log = streams["temperature"]
    assert (log["kind"], log["path"], log["points"], log["unit"]) == ("log", "/entry/sample/temperature", 3, "K")


def test_people_get_a_table_with_a_line_for_every_stream(livedata, run_file):
    ended = livedata("info", run_file.path)
    assert (ended.code, ended.err) == (0, "")
    lines = ended.out.splitlines()
    assert len(lines) == 4
    assert "5,000" in next(line for line in lines if line.startswith("detector_events"))


def test_a_table_in_a_pipe_keeps_its_lines_whole(livedata, run_file):
    narrow = livedata("info", run_file.path, COLUMNS="20")
    assert narrow.out == livedata("info", run_file.path).out


def test_a_file_has_no_topics_to_choose_from(livedata, run_file):
    ended = livedata("info", run_file.path, "--topics", "A_*")
    assert ended.code == 2
    assert "no topics" in ended.error


@pytest.mark.kafka
def test_a_broker_shows_its_streams_by_topic(livedata, run_file, kafka_url, topic_prefix):
    sent = livedata("replay", run_file.path, "--to", kafka_url, "--speed", "max", "--topics", topic_prefix)
    assert (sent.code, sent.err) == (0, "")
    ended = livedata("info", kafka_url, "--topics", f"{topic_prefix}_*", "--seconds", "0.5", "--json")
    assert (ended.code, ended.err) == (0, "")
    streams = ended.json["streams"]
    assert set(streams) == {"detector_events", "monitor_events", "temperature"}
    assert (streams["detector_events"]["kind"], streams["detector_events"]["schema"]) == ("events", "ev44")
    assert streams["detector_events"]["path"] == f"{topic_prefix}_events"
    assert streams["temperature"]["path"] == f"{topic_prefix}_sampleEnv"


@pytest.mark.shared
@pytest.mark.parametrize(
    ("name", "stream", "events"),
    [
        ("SANS_test_reduced.hdf5", "detector_1_events", 237_078),
        ("SANS2D_reduced_with_geometry.nxs", "detector_1_events", 237_078),
    ],
)
def test_real_files_have_the_events_that_are_known_to_be_in_them(livedata, shared, name, stream, events):
    streams = livedata("info", shared / "data" / "events" / name, "--json").json["streams"]
    assert streams[stream]["events"] == events
    assert streams[stream]["pulses"] == 300


@pytest.mark.shared
def test_every_real_file_can_be_described(livedata, shared):
    manifest = json.loads((shared / "data" / "manifest.json").read_text())
    assert manifest
    files = [path for folder in ("events", "histograms") for path in sorted((shared / "data" / folder).iterdir())]
    assert len(files) == 12
    for path in files:
        ended = livedata("info", path, "--json")
        assert (ended.code, ended.err) == (0, ""), path.name
        assert ended.json["streams"], path.name
