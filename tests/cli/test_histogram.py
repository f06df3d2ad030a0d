"""``livedata histogram``: exact counts of a stream, for people and for programs."""

from __future__ import annotations

import json

import numpy as np
import pytest

TOA = ("--toa", "0:100000:100", "--unit", "us")


def expected(offsets_ns: np.ndarray) -> list[int]:
    """Count as plain numpy does, with integers."""
    inside = offsets_ns[(offsets_ns >= 0) & (offsets_ns < 100_000_000)]
    return np.bincount(inside // 1_000_000, minlength=100).tolist()


def test_json_holds_edges_values_ledger_and_coverage(livedata, run_file):
    ended = livedata("histogram", run_file.path, "--stream", "detector_events", *TOA, "--json")
    assert (ended.code, ended.err) == (0, "")
    document = ended.json
    assert document["edges"] == np.linspace(0, 100_000, 101).tolist()
    assert document["values"] == expected(run_file.offsets_ns)
    binned = sum(expected(run_file.offsets_ns))
    assert 0 < binned < 5000
    assert document["ledger"]["seen"] == 5000
    assert document["ledger"]["binned"] == binned
    assert document["ledger"]["overflow"] == 5000 - binned
    assert document["coverage"]["complete"] is True


def test_a_monitor_without_pixels_has_a_spectrum_too(livedata, run_file):
    ended = livedata("histogram", run_file.path, "--stream", "monitor_events", *TOA, "--json")
    assert ended.json["values"] == expected(run_file.monitor_offsets_ns)


def test_units_are_converted_exactly(livedata, run_file):
    in_us = livedata("histogram", run_file.path, "--stream", "detector_events", *TOA, "--json").json
    for toa, unit in (("0:100:100", "ms"), ("0:100000000:100", "ns"), ("0:1/10:100", "s")):
        ended = livedata(
            "histogram", run_file.path, "--stream", "detector_events", "--toa", toa, "--unit", unit, "--json"
        )
        assert ended.json["values"] == in_us["values"]


def test_a_stream_is_also_found_by_its_path(livedata, run_file):
    path = "/entry/instrument/detector/detector_events"
    ended = livedata("histogram", run_file.path, "--stream", path, *TOA, "--json")
    assert ended.json["ledger"]["seen"] == 5000


def test_people_get_a_picture_and_the_ledger(livedata, run_file):
    ended = livedata("histogram", run_file.path, "--stream", "detector_events", *TOA)
    assert (ended.code, ended.err) == (0, "")
    assert "█" in ended.out
    assert "5,000 seen" in ended.out


def test_several_axes_make_a_table(livedata, run_file):
    axes = ("--axis", "event_id=1:65:8", "--axis", "toa=0:100:10 ms")
    document = livedata("histogram", run_file.path, "--stream", "detector_events", *axes, "--json").json

    inside = run_file.offsets_ns < 100_000_000
    counts, _, _ = np.histogram2d(
        run_file.ids[inside], run_file.offsets_ns[inside], bins=[np.arange(1, 66, 8), np.arange(11) * 10_000_000]
    )
    assert document["values"] == counts.astype(int).tolist()
    assert [axis["name"] for axis in document["axes"]] == ["event_id", "toa"]


def test_only_pulses_that_fulfil_the_conditions_count(livedata, run_file):
    def ledger(*where):
        options = ("--stream", "detector_events", *TOA, "--json")
        return livedata("histogram", run_file.path, *options, *where).json["ledger"]

    cold, warm = ledger("--where", "temperature < 3.5 K"), ledger("--where", "not temperature < 3500 mK")
    both = ledger("--where", "temperature < 3.5 K", "--where", "temperature >= 3.5 K")

    assert 0 < cold["filtered"] < 5000
    assert cold["filtered"] + warm["filtered"] == 5000
    assert both["filtered"] == 5000


def test_an_image_is_cut_by_a_region_and_masked(livedata, run_file, tmp_path):
    region, mask, saved = tmp_path / "region.json", tmp_path / "dead.txt", tmp_path / "image.npz"
    region.write_text(json.dumps({"rectangle": {"x": [0, 2], "y": [0, 8]}}))
    mask.write_text("1,9")
    options = ("--image", "--region", region, "--mask", mask, "--save", saved)
    document = livedata("histogram", run_file.path, "--stream", "detector_events", *options, "--json").json

    counts = np.bincount(run_file.ids - 1, minlength=64).reshape(8, 8)
    values = np.array([[n if n is not None else -1 for n in row] for row in document["values"]])
    assert values[:, 1].tolist() == counts[:, 1].tolist()
    assert values[2:, 0].tolist() == counts[2:, 0].tolist()
    assert document["ledger"]["masked"] == counts[0, 0] + counts[1, 0]
    assert document["ledger"]["outside"] == counts[:, 2:].sum()
    assert saved.exists()


def test_a_region_without_an_image_gives_its_spectrum(livedata, run_file):
    region = '{"rectangle": {"x": [0, 2], "y": [0, 8]}}'
    options = ("--stream", "detector_events", *TOA, "--region", region, "--json")
    document = livedata("histogram", run_file.path, *options).json

    assert document["values"] == expected(run_file.offsets_ns[(run_file.ids - 1) % 8 < 2])


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ((), "--image"),
        (("--axis", "toa"), "NAME=START:STOP:N"),
        (("--axis", "toa=0:1:1 K"), "cannot convert 'K'"),
        ((*TOA, "--axis", "toa=0:1:1 ms"), "same quantity"),
        ((*TOA, "--where", "temperature <"), "character 14"),
        ((*TOA, "--where", "temperatur < 5"), "did you mean 'temperature'"),
        ((*TOA, "--region", '{"circle": 1}'), "region.circle"),
        ((*TOA, "--region", "nowhere.json"), "nowhere.json"),
    ],
)
def test_options_that_cannot_be_used_are_refused_in_one_line(livedata, run_file, options, says):
    ended = livedata("histogram", run_file.path, "--stream", "detector_events", *options)

    assert (ended.code, ended.out) == (2, "")
    assert says in ended.error


def test_seconds_make_no_sense_for_a_file(livedata, run_file):
    ended = livedata("histogram", run_file.path, "--stream", "detector_events", *TOA, "--seconds", "1")
    assert ended.code == 2
    assert "--seconds" in ended.error


@pytest.mark.kafka
def test_a_topic_gives_the_counts_of_the_file_that_was_replayed_to_it(livedata, run_file, kafka_url, topic_prefix):
    livedata("replay", run_file.path, "--to", kafka_url, "--speed", "max", "--topics", topic_prefix)
    topics = ("--topics", f"{topic_prefix}_*")
    ended = livedata("histogram", kafka_url, "--stream", "detector_events", *topics, *TOA, "--json")
    assert (ended.code, ended.err) == (0, "")
    assert ended.json["values"] == expected(run_file.offsets_ns)
    assert ended.json["ledger"]["seen"] == 5000
    assert ended.json["coverage"]["complete"] is True


@pytest.mark.kafka
def test_an_unknown_stream_of_a_broker_names_the_near_misses(livedata, run_file, kafka_url, topic_prefix):
    livedata("replay", run_file.path, "--to", kafka_url, "--speed", "max", "--topics", topic_prefix)
    topics = ("--topics", f"{topic_prefix}_*")
    ended = livedata("histogram", kafka_url, "--stream", "detektor_events", *topics, *TOA)
    assert (ended.code, ended.out) == (1, "")
    assert "detector_events" in ended.error


@pytest.mark.shared
def test_the_known_spectrum_of_sans2d(livedata, shared):
    path = shared / "data" / "events" / "SANS_test_reduced.hdf5"
    document = livedata("histogram", path, "--stream", "detector_1_events", *TOA, "--json").json
    assert sum(document["values"]) == 237_078
    assert int(np.argmax(document["values"])) == 17
    assert document["values"][17] == 9022


@pytest.mark.shared
def test_the_known_spectrum_of_amor(livedata, shared):
    path = shared / "data" / "events" / "amor2025n004107.hdf"
    streams = livedata("info", path, "--json").json["streams"]
    (name,) = (name for name, facts in streams.items() if facts.get("events") == 84_620)
    ended = livedata("histogram", path, "--stream", name, "--toa", "0:120:120", "--unit", "ms", "--json")
    document = json.loads(ended.out)
    assert sum(document["values"]) == 84_620
    assert document["values"][28] == 1996
