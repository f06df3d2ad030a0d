"""What is odd about sound messages, told in sentences and never raised."""

import json
import tracemalloc
from pathlib import Path

import numpy as np
import pytest

from livedata import schemas
from livedata.errors import DecodeError
from livedata.testing import message, message_bytes

NOW = 1_767_225_600_000_000_000


def remarks(schema_id, **fields):
    """Return the remarks on a message as it is read, whatever its content."""
    return schemas.check(schemas.decode(message_bytes(schema_id, **fields)))


@pytest.mark.parametrize("schema_id", schemas.SCHEMAS)
def test_sensible_messages_are_not_remarked_upon(schema_id):
    assert remarks(schema_id) == []
    assert schemas.check(message(schema_id)) == []


@pytest.mark.parametrize(
    ("schema_id", "fields", "remark"),
    [
        ("ev44", {"time_of_flight": [1, 2, 3], "pixel_id": [1]}, "pixel_id has 1 elements, but 3 in time_of_flight"),
        ("ev44", {"time_of_flight": [], "pixel_id": [1]}, "pixel_id has 1 elements, but 0 in time_of_flight"),
        ("ev44", {"reference_time": [NOW], "reference_time_index": [0, 1]}, "2 elements, but 1 in reference_time"),
        ("ev44", {"reference_time": [NOW], "reference_time_index": []}, "0 elements, but 1 in reference_time"),
        ("an44", {"time_of_flight": [1, 2], "weight": [1]}, "weight has 1 elements, but 2 in time_of_flight"),
        ("ev42", {"time_of_flight": [1, 2], "detector_id": [1]}, "detector_id has 1 elements"),
        ("ev43", {"pulse_time": [NOW], "pulse_index": [0, 1]}, "pulse_index has 2 elements"),
        ("se00", {"values": np.zeros(3), "timestamps": [NOW]}, "timestamps has 1 elements, but 3 in values"),
        ("senv", {"Values": np.zeros(3, int), "Timestamps": [NOW]}, "Timestamps has 1 elements, but 3 in Values"),
        ("df12", {"spectrum": [1, 2], "detector_id": [1]}, "spectrum has 2 elements, but 1 in detector_id"),
        (
            "pl72",
            {"detector_spectrum_map": {"spectrum": [1, 2], "detector_id": [1]}},
            "detector_spectrum_map.spectrum has 2 elements, but 1 in detector_id",
        ),
        ("dev2", {"time": [1, 2], "voltage": [1]}, "voltage has 1 elements, but 2 in time"),
    ],
)
def test_lists_of_unequal_length_are_remarked_upon(schema_id, fields, remark):
    assert remark in remarks(schema_id, **fields)[0]


@pytest.mark.parametrize(
    ("fields", "remark"),
    [
        (
            {"reference_time": [], "reference_time_index": [], "time_of_flight": [1, 2, 3]},
            "3 events but no pulse they belong to",
        ),
        (
            {"reference_time_index": [0, 2], "time_of_flight": [], "pixel_id": []},
            "reference_time_index of pulse 1 is 2, but there are no events; expected 0 or -1",
        ),
        ({"reference_time_index": [1]}, "reference_time_index of the first pulse is 1; expected 0"),
        (
            {"reference_time_index": [0, 2, 1]},
            "reference_time_index falls from 2 to 1 at pulse 2; expected not to decrease",
        ),
        (
            {"reference_time_index": [0, 500]},
            "reference_time_index of pulse 1 is 500 with 3 events; expected 0 to 3",
        ),
    ],
)
@pytest.mark.parametrize("schema_id", ["ev44", "an44"])
def test_pulses_that_begin_nowhere_are_remarked_upon(schema_id, fields, remark):
    assert remarks(schema_id, **fields) == [remark]


def test_pulses_of_ev43_are_looked_at_too():
    assert remarks("ev43", pulse_index=[0, 2**32 - 1]) == [
        "pulse_index of pulse 1 is 4294967295 with 3 events; expected 0 to 3"
    ]


def test_a_negative_first_index_with_events_is_odd_in_two_ways():
    assert len(remarks("ev44", reference_time_index=[-1])) == 2


@pytest.mark.parametrize(
    ("schema_id", "fields", "remark"),
    [
        (
            "f144",
            {"timestamp": 0},
            "timestamp is 0, which means that it was not set; expected a time from 1990 to 2100",
        ),
        ("f144", {"timestamp": 631_151_999 * 10**9}, "timestamp is 631151999000000000 ns since 1970; expected"),
        ("f144", {"timestamp": 4_102_444_800 * 10**9}, "timestamp is 4102444800000000000 ns since 1970; expected"),
        ("f142", {"timestamp": 2**64 - 1}, "timestamp is 18446744073709551615 ns since 1970"),
        ("pl72", {"start_time": 5}, "start_time is 5 ms since 1970"),
        ("6s4t", {"stop_time": 2**64 - 1}, "stop_time is 18446744073709551615 ms since 1970"),
        ("ns10", {"time": float("nan")}, "time is nan s since 1970"),
        ("ns10", {"time": float("inf")}, "time is inf s since 1970"),
        (
            "tdct",
            {"timestamps": [NOW, 7, 0]},
            "timestamps[1] is 7 ns since 1970; expected a time from 1990 to 2100 (2 of 3",
        ),
        ("ev44", {"reference_time": [-(2**63)]}, "reference_time[0] is -9223372036854775808 ns since 1970"),
        ("ba57", {"info_type": None}, None),
    ],
)
def test_times_that_cannot_be_meant_are_remarked_upon(schema_id, fields, remark):
    found = remarks(schema_id, **fields)
    assert len(found) == (remark is not None)
    assert remark is None or remark in found[0]


@pytest.mark.parametrize("time_s", [631_152_000, 4_102_444_799])
def test_times_from_1990_to_2100_are_not(time_s):
    assert remarks("f144", timestamp=time_s * 10**9) == []


@pytest.mark.parametrize("schema_id", ["pl72", "6s4t", "answ"])
@pytest.mark.parametrize("stop_time", [0, 9_223_372_036_854])
def test_a_stop_time_may_be_unknown(schema_id, stop_time):
    assert remarks(schema_id, stop_time=stop_time) == []


def test_times_inside_other_tables_are_found():
    run = schemas.ba57(info_type=schemas.ba57.RunStart(start_time=3, run_number=1))
    assert schemas.check(run) == ["info_type.start_time is 3 ns since 1970; expected a time from 1990 to 2100"]


@pytest.mark.parametrize(
    ("schema_id", "field"),
    [
        ("x5f2", "status_json"),
        ("json", "json"),
        ("pl72", "nexus_structure"),
        ("pl72", "metadata"),
        ("wrdn", "metadata"),
    ],
)
def test_texts_that_are_due_to_be_json_are_looked_at(schema_id, field):
    assert remarks(schema_id, **{field: '{"a": [1, 2.5e3, "x"], "b": null}'}) == []
    assert remarks(schema_id, **{field: ""}) == []
    assert remarks(schema_id, **{field: None}) == []
    assert remarks(schema_id, **{field: "starting up"}) == [
        f"{field} is not JSON: character 0 is 'starting up', expected a value"
    ]


@pytest.mark.parametrize(
    "text",
    [
        "[" * 10**6,
        '{"a":' * 10**6,
        "[[]," * 10**6,
        '"\\"' * 10**6,
        "[" + '"' * 10**6,
        "[" + "[1],[[2]]," * 10**4 + "3]",
        "[" * 100 + "0," * 10**6 + "0" + "]" * 100,
        "\\" * 10**6,
    ],
    ids=lambda text: text[:8],
)
def test_a_hostile_text_is_looked_at_without_recursion_and_without_much_memory(text):
    tracemalloc.start()
    found = remarks("x5f2", status_json=text)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert len(found) == (0 if text.endswith("]" * 100) or text.endswith("3]") else 1)
    assert all(len(remark) < 200 for remark in found)
    assert peak < 6 * len(text) + 200_000


@pytest.mark.parametrize(
    ("schema_id", "fields", "remark"),
    [
        (
            "al00",
            {"severity": -7},
            "severity is -7, which has no name; expected one of OK 0, MINOR 1, MAJOR 2, INVALID 3",
        ),
        ("ep01", {"status": 8}, "status is 8, which has no name"),
        ("f142", {"status": 23}, "status is 23, which has no name; expected one of NO_ALARM 0"),
        ("answ", {"action": 2, "outcome": 3}, "action is 2, which has no name"),
        ("da00", {"data": [{"name": "v", "data": 1.0, "data_type": 12}]}, "data[0].data_type is 12, which has no name"),
        ("fc00", {"streams": [{}, {"protocol": 5}]}, "streams[1].protocol is 5, which has no name"),
    ],
)
def test_enum_values_without_a_name_are_remarked_upon(schema_id, fields, remark):
    assert remark in remarks(schema_id, **fields)[0]


def test_a_message_with_much_to_remark_upon_is_told_in_a_hundred_sentences():
    found = remarks("fc00", streams=[{"protocol": 99}] * 5000)
    assert len(found) == 101
    assert found[-1] == "and more: only the first 100 remarks are told"


def test_what_cannot_be_encoded_is_remarked_upon():
    assert schemas.check(schemas.x5f2(process_id="seven")) == ["x5f2.process_id: 'seven' is not a uint"]
    assert schemas.check(schemas.Ev44("d", 0, [NOW], [0], [1, 2], [1])) == [
        "ev44.pixel_id: 1 elements, but 2 in time_of_flight; expected as many or none"
    ]


@pytest.mark.parametrize("what", [None, 5, "ev44", b"", {"a": 1}, schemas.pl72.SpectraDetectorMapping()])
def test_what_is_no_message_is_remarked_upon(what):
    (remark,) = schemas.check(what)
    assert "message" in remark


def test_a_message_that_contains_itself_is_remarked_upon():
    members = []
    part = schemas.f143.Obj(value=members)
    members.append(schemas.f143.ObjM(k="k", v=part))
    (remark,) = schemas.check(schemas.f143(name="n", value=schemas.f143.Obj(value=members)))
    assert "nested more than 64 deep" in remark


def test_a_decoded_message_is_not_changed_by_being_looked_at():
    data = message_bytes("ev44", time_of_flight=[1, 2, 3], pixel_id=[1])
    decoded = schemas.decode(data)
    schemas.check(decoded)
    assert schemas.encode(decoded) == data


@pytest.mark.shared
def test_every_odd_message_of_the_hostile_ones_is_refused_or_remarked_upon(vectors: Path):
    told = json.loads((vectors / "hostile" / "index.json").read_text())["messages"]
    verdicts = {}
    for case in told:
        if case["expect"] == "report":
            try:
                verdicts[case["file"][:2]] = schemas.check(
                    schemas.decode((vectors / "hostile" / case["file"]).read_bytes())
                )
            except DecodeError as error:
                verdicts[case["file"][:2]] = [str(error)]
    assert sorted(verdicts) == ["18", "22", "23", "24", "25"]
    assert all(len(found) == 1 for found in verdicts.values()), verdicts
