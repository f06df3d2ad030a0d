"""What the encoders write and what they refuse: never wrapped, cut or called something else."""

from dataclasses import replace

import numpy as np
import pytest

from livedata import schemas
from livedata.errors import EncodeError
from livedata.schemas.write import encode_as
from livedata.testing import message, message_bytes

READ_ONLY = [schema_id for schema_id in schemas.SCHEMAS if schemas.SCHEMAS[schema_id].is_read_only]
NOW = 1_767_225_600_000_000_000


def test_what_nobody_writes_any_more_is_refused_with_what_to_write_instead():
    told = {}
    for schema_id in READ_ONLY:
        with pytest.raises(EncodeError, match="read, but no longer written") as refused:
            schemas.encode(message(schema_id))
        told[schema_id] = str(refused.value).rpartition("; ")[2]
    assert told["ADAr"] == told["NDAr"] == "write ad00"
    assert told["ba57"] == "write pl72 and 6s4t"
    assert told["ns10"] == "nothing follows it"
    assert sorted(told) == READ_ONLY
    assert all(words.removeprefix("write ")[:4] in [*schemas.SCHEMAS, "noth"] for words in told.values())


@pytest.mark.parametrize("schema_id", READ_ONLY)
def test_what_nobody_writes_any_more_is_refused_even_when_it_was_decoded(schema_id):
    with pytest.raises(EncodeError, match="no longer written"):
        schemas.encode(schemas.decode(message_bytes(schema_id)))


def test_every_current_schema_and_the_old_ones_still_sent_can_be_written():
    written = set(schemas.SCHEMAS) - set(READ_ONLY)
    assert {"ev42", "f142", "hs00", "ev44", "pu00", "f144", "al00", "ep01", "un00", "da00", "ad00", "pl72"} < written
    assert len(written) == 25


@pytest.mark.parametrize("schema_id", schemas.SCHEMAS)
def test_the_same_message_always_gives_the_same_bytes(schema_id):
    assert message_bytes(schema_id) == message_bytes(schema_id)


@pytest.mark.parametrize(
    ("schema_id", "fields", "path"),
    [
        ("ev44", {"time_of_flight": [1, 2], "pixel_id": [1]}, "pixel_id"),
        ("ev44", {"reference_time": [NOW], "reference_time_index": [0, 0]}, "reference_time_index"),
        ("ev44", {"reference_time": [NOW], "reference_time_index": []}, "reference_time_index"),
        ("an44", {"time_of_flight": [1, 2], "weight": [1]}, "weight"),
        ("ev42", {"time_of_flight": [1, 2], "detector_id": [1]}, "detector_id"),
        ("se00", {"values": np.zeros(3), "timestamps": [NOW]}, "timestamps"),
        ("hs01", {"data": np.zeros((2, 2)), "offset": [0]}, "offset"),
        ("df12", {"spectrum": [1], "detector_id": [1, 2]}, "spectrum"),
        ("pl72", {"detector_spectrum_map": {"spectrum": [1], "detector_id": []}}, "detector_spectrum_map.spectrum"),
        ("da00", {"data": [{}, {"name": "v", "data": np.zeros(2), "axes": ("y", "x")}]}, "data[1].axes"),
    ],
)
def test_lists_of_unequal_length_are_refused_where_they_stand(schema_id, fields, path):
    made = message(schema_id, **fields)
    with pytest.raises(EncodeError, match="expected as many") as refused:
        schemas.encode(made)
    assert refused.value.path == path


def test_lists_of_unequal_length_that_were_decoded_are_passed_on():
    data = message_bytes("ev44", time_of_flight=[1, 2], pixel_id=[1])
    assert schemas.encode(schemas.decode(data)) == data


def test_a_changed_copy_of_what_was_decoded_is_looked_at_again():
    decoded = schemas.decode(message_bytes("ev44", time_of_flight=[1, 2], pixel_id=[1]))
    with pytest.raises(EncodeError, match="pixel_id"):
        schemas.encode(replace(decoded, message_id=5))


def test_a_list_may_be_left_out_where_the_schema_says_so():
    for fields in ({"pixel_id": []}, {"pixel_id": None}, {"time_of_flight": [], "pixel_id": []}):
        assert schemas.check(schemas.decode(schemas.encode(message("ev44", **fields)))) == []


@pytest.mark.parametrize(
    "lists",
    [
        ([NOW], [0], [1, 2], [1]),
        ([NOW], [0], [], [1]),
        ([NOW], [0, 1], [1, 2], [1, 2]),
        ([NOW], [], [1, 2], [1, 2]),
        ([], [0], [], []),
    ],
)
def test_events_of_unequal_length_are_refused_by_the_fast_encoder_too(lists):
    with pytest.raises(EncodeError) as fast:
        schemas.encode_ev44("det", 0, *lists)
    with pytest.raises(EncodeError) as plain:
        schemas.encode(schemas.Ev44("det", 0, *lists))
    assert str(fast.value) == str(plain.value)


@pytest.mark.parametrize(
    ("schema_id", "fields", "problem"),
    [
        ("pl72", {"n_periods": 2**32}, "n_periods: 4294967296 is not a uint"),
        ("pl72", {"n_periods": -1}, "n_periods: -1 is not a uint"),
        ("pl72", {"n_periods": 1.0}, "n_periods: 1.0 is not a uint"),
        ("pl72", {"n_periods": True}, "n_periods: True is not a uint"),
        ("pl72", {"n_periods": None}, "n_periods: None is not a uint"),
        ("pl72", {"run_name": b"r"}, "run_name: bytes is not a text"),
        ("pl72", {"run_name": "\ud800"}, "run_name: the text is not Unicode"),
        ("wrdn", {"error_encountered": 1}, "error_encountered: 1 is not a bool"),
        ("wrdn", {"file_name": None}, "file_name: a required field is None"),
        ("pu00", {"proton_charge": "1.5"}, "proton_charge: '1.5' is not a float"),
        ("pu00", {"proton_charge": 1e300}, "proton_charge: 1e+300 is not a float"),
        ("al00", {"severity": 2**15}, "severity: 32768 is not a Severity"),
        ("fc00", {"streams": "one"}, "streams: str is not a tuple"),
        ("fc00", {"streams": [5]}, "streams[0]: int is not a Stream"),
        (
            "pl72",
            {"detector_spectrum_map": 5},
            "detector_spectrum_map: int is not a SpectraDetectorMapping",
        ),
        ("ev42", {"facility_specific_data": 5}, "facility_specific_data: int is none of ISISData, AdcPulseDebug"),
        ("tdct", {"name": "n", "timestamps": [2**64]}, "timestamps: object values, expected uint64"),
        ("tdct", {"name": "n", "timestamps": [-1]}, "timestamps: -1 is not uint64, which goes from 0"),
        ("tdct", {"name": "n", "timestamps": [0.5]}, "round them and give array.astype('uint64')"),
        (
            "df12",
            {"detector_id": [2**31]},
            "2147483648 is not int32, which goes from -2147483648 to 2147483647",
        ),
        (
            "df12",
            {"detector_id": np.zeros(2, bool)},
            "bool values, expected int32; give array.astype('uint8')",
        ),
        ("df12", {"detector_id": np.zeros(2, complex)}, "give .real and .imag as two arrays"),
        ("df12", {"detector_id": np.zeros(2, "datetime64[s]")}, "give array.astype('datetime64[ns]')"),
        (
            "df12",
            {"detector_id": np.zeros((2, 2), int)},
            "an array of shape (2, 2), expected one dimension",
        ),
    ],
)
def test_a_value_that_does_not_fit_its_field_is_refused(schema_id, fields, problem):
    given = {"service_id": "s", "job_id": "j", "file_name": "f"} if schema_id == "wrdn" else {}
    given |= {"source_name": "s"} if schema_id == "pu00" else {}
    with pytest.raises(EncodeError) as refused:
        schemas.encode(schemas.message_class(schema_id)(**given | fields))
    assert problem in str(refused.value)


def test_numbers_equal_to_their_default_are_written_as_usual_producers_do():
    assert "severity" in schemas.wire(message_bytes("al00", severity=0))["__absent__"]
    assert "__absent__" not in schemas.wire(message_bytes("x5f2", process_id=0))
    assert schemas.wire(message_bytes("tdct", sequence_counter=0))["__absent__"] == ["sequence_counter"]


def test_empty_lists_are_written_as_usual_producers_do():
    assert "__absent__" not in schemas.wire(message_bytes("ev44", pixel_id=[]))
    assert schemas.wire(message_bytes("fc00", streams=[]))["__absent__"] == ["streams"]
    assert "timestamps" in schemas.wire(message_bytes("se00", timestamps=[]))["__absent__"]


def test_a_union_without_value_has_no_code_on_the_wire():
    told = schemas.wire(message_bytes("ev42", facility_specific_data=None))
    assert {"facility_specific_data_type", "facility_specific_data"} <= set(told["__absent__"])


def test_a_part_of_a_message_cannot_be_encoded_alone():
    with pytest.raises(EncodeError, match="only a part of a message of class da00"):
        encode_as(schemas.SCHEMAS["da00"], schemas.da00.da00_Variable(name="v", data=1.0))


def test_integers_of_other_widths_are_converted_when_they_fit():
    data = schemas.encode_ev44("det", 1, [1], [0], np.array([5], np.uint32), np.array([2**31 - 1], np.int64))
    assert schemas.decode_ev44(data).pixel_id.tolist() == [2**31 - 1]


def test_strided_arrays_are_encoded_by_their_elements():
    data = schemas.encode_ev44("det", 1, [1], [0], np.arange(6, dtype=np.int32)[::2], [])
    assert schemas.decode_ev44(data).time_of_flight.tolist() == [0, 2, 4]


@pytest.mark.parametrize(
    ("arguments", "path"),
    [
        (("det", 2**63, [], [], [], []), "message_id"),
        (("det", 1.5, [], [], [], []), "message_id"),
        (("det", True, [], [], [], []), "message_id"),
        ((None, 1, [], [], [], []), "source_name"),
        ((b"det", 1, [], [], [], []), "source_name"),
        (("\ud800", 1, [], [], [], []), "source_name"),
        (("det", 1, None, [], [], []), "reference_time"),
        (("det", 1, [0.5], [], [], []), "reference_time"),
        (("det", 1, [[1]], [], [], []), "reference_time"),
        (("det", 1, [], [], [2**31], []), "time_of_flight"),
        (("det", 1, [], [], [0.5], []), "time_of_flight"),
        (("det", 1, [], [], [], np.array([2**32 - 1], np.uint32)), "pixel_id"),
        (("det", 1, [], [], [], ["one"]), "pixel_id"),
    ],
)
def test_content_that_does_not_fit_is_refused_with_its_field(arguments, path):
    with pytest.raises(EncodeError) as refused:
        schemas.encode_ev44(*arguments)
    assert refused.value.path == path
    with pytest.raises(EncodeError):
        schemas.encode(schemas.Ev44(*arguments))


@pytest.mark.parametrize(
    "value", ["text", True, None, 1j, [[1]], np.zeros((2, 2)), np.float16(1), 2**64, ["a"], object()]
)
def test_values_that_the_schema_lacks_are_refused(value):
    with pytest.raises(EncodeError) as refused:
        schemas.encode_f144("pv", 1, value)
    assert refused.value.path == "value"


def test_negative_zero_keeps_its_sign():
    assert np.signbit(schemas.decode_f144(schemas.encode_f144("pv", 1, -0.0)).value)


def test_arrays_of_decoded_messages_cannot_be_written_to():
    data = bytearray(schemas.encode_ev44("det", 1, [1], [0], [5], []))
    decoded = schemas.decode_ev44(data)
    assert not any(a.flags.writeable for a in (decoded.reference_time, decoded.time_of_flight, decoded.pixel_id))


def test_arrays_of_decoded_messages_are_views():
    data = bytearray(schemas.encode_ev44("det", 1, [1], [0], [5], [6]))
    decoded = schemas.decode_ev44(data)
    data[-4] = 9
    assert decoded.pixel_id.tolist() == [9]
