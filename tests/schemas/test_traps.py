"""Where readers and writers of these schemas are known to fall in."""

import numpy as np
import pytest
import streaming_data_types as peer
from streaming_data_types.fbschemas.forwarder_config_update_fc00.UpdateType import UpdateType
from streaming_data_types.forwarder_config_update_fc00 import Protocol, StreamInfo

from livedata import schemas
from livedata.errors import DecodeError, EncodeError
from livedata.testing import message, message_bytes

NOW_NS = 1_767_225_600_000_000_000


def dtypes(schema_id):
    decoded = schemas.decode(message_bytes(schema_id))
    values = {name: getattr(decoded, name) for name in type(decoded).__slots__}
    return {name: value.dtype.name for name, value in values.items() if isinstance(value, np.ndarray)}


def test_offsets_are_arrival_times_and_may_be_negative_or_beyond_the_next_pulse():
    late = message("ev44", time_of_flight=[-5, 71_428_571, 2**31 - 1])
    assert schemas.check(late) == []
    assert schemas.decode(schemas.encode(late)).time_of_flight.tolist() == [-5, 71_428_571, 2**31 - 1]


def test_a_pulse_index_counts_events_and_equal_neighbours_are_an_empty_pulse():
    assert schemas.check(message("ev44", reference_time_index=[0, 7, 7], time_of_flight=np.arange(9))) == []


@pytest.mark.parametrize("index", [[0], [-1], [0, 0], [-1, -1]])
def test_a_message_without_events_may_point_nowhere_in_two_ways(index):
    made = message("ev44", reference_time_index=index, time_of_flight=[], pixel_id=[])
    assert schemas.check(made) == []
    assert schemas.decode(schemas.encode(made)).reference_time_index.tolist() == index


def test_events_without_pixels_are_sound():
    assert schemas.check(message("ev44", time_of_flight=[1, 2, 3], pixel_id=[])) == []
    data = schemas.encode_ev44("monitor", 0, [NOW_NS], [0], [1, 2, 3], [])
    assert len(schemas.decode(data).pixel_id) == 0


@pytest.mark.parametrize("schema_id", ["ev44", "an44"])
def test_absent_vectors_of_events_read_as_empty_arrays_of_their_type(schema_id):
    schema = schemas.SCHEMAS[schema_id]
    made = message(schema_id, time_of_flight=None, pixel_id=None, **({"weight": None} if schema_id == "an44" else {}))
    assert {"time_of_flight", "pixel_id"} <= set(schemas.wire(schemas.encode(made))["__absent__"])
    decoded = schemas.decode(schemas.encode(made))
    assert (decoded.time_of_flight.size, decoded.time_of_flight.dtype) == (0, np.int32)
    assert (decoded.pixel_id.size, decoded.pixel_id.dtype) == (0, np.int32)
    assert schema.message_class(source_name="s", message_id=0, reference_time=[], reference_time_index=[]) is not None


def test_milliseconds_and_nanoseconds_are_told_apart():
    assert schemas.check(message("pl72", start_time=NOW_NS // 10**6)) == []
    assert "after" not in str(schemas.check(message("f144", timestamp=NOW_NS)))
    assert "start_time is 1767225600000000000 ms since 1970" in schemas.check(message("pl72", start_time=NOW_NS))[0]
    assert "timestamp is 1767225600000 ns since 1970" in schemas.check(message("f144", timestamp=NOW_NS // 10**6))[0]


def test_severities_of_alarms_are_counted_differently():
    def severities(schema_id, name):
        return dict(schemas.SCHEMAS[schema_id].layout.enums[f"livedata.{schema_id}.{name}"].members)

    assert severities("al00", "Severity") == {"OK": 0, "MINOR": 1, "MAJOR": 2, "INVALID": 3}
    old = severities("f142", "AlarmSeverity")
    assert old == {"MINOR": 0, "MAJOR": 1, "NO_ALARM": 2, "INVALID": 3, "NO_CHANGE": 4}


def test_an_alarm_that_f142_leaves_out_has_not_changed():
    decoded = schemas.decode(message_bytes("f142"))
    assert (decoded.status, decoded.severity) == (22, 4)
    assert {"status", "severity"} <= set(schemas.wire(message_bytes("f142"))["__absent__"])


def test_an_unknown_severity_stays_a_number_and_is_remarked_upon():
    decoded = schemas.decode(message_bytes("al00", severity=9))
    assert decoded.severity == 9
    assert "severity is 9, which has no name" in schemas.check(decoded)[0]


@pytest.mark.parametrize(("value", "code"), [("text", 21), (("a", "b"), 22), ((), 22), ("", 21)])
def test_f142_carries_texts(value, code):
    data = message_bytes("f142", value=value)
    assert schemas.wire(data)["value_type"] == code
    assert schemas.decode(data).value == value


@pytest.mark.parametrize("value", ["text", ("a", "b"), ()])
def test_f144_carries_none(value):
    with pytest.raises(EncodeError, match="text"):
        schemas.encode_f144("pv", NOW_NS, value)


def test_each_generation_has_its_signs():
    assert dtypes("ev44")["time_of_flight"] == "int32"
    assert dtypes("ev42")["time_of_flight"] == "uint32"
    assert (dtypes("hs01")["current_shape"], dtypes("hs00")["current_shape"]) == ("int32", "uint32")
    assert (dtypes("ad00")["dimensions"], dtypes("ADAr")["dimensions"]) == ("int64", "uint64")
    assert (dtypes("se00")["timestamps"], dtypes("senv")["Timestamps"]) == ("int64", "uint64")
    assert schemas.decode(message_bytes("f142", timestamp=2**64 - 1)).timestamp == 2**64 - 1
    with pytest.raises(EncodeError, match="timestamp"):
        message_bytes("f144", timestamp=2**63)


def test_da00_keeps_the_order_and_the_units_of_its_arrays():
    names = ["frame_time", "signal", "reference_time", "frame_total"]
    data = [{"name": name, "data": np.zeros(3), "axes": (name,), "unit": "us"} for name in names]
    decoded = schemas.decode(message_bytes("da00", data=data))
    assert [(v.name, v.unit) for v in decoded.data] == [(name, "us") for name in names]


def test_absent_is_not_empty_and_not_zero():
    assert schemas.decode(message_bytes("un00", units=None)).units is None
    assert schemas.decode(message_bytes("un00", units="")).units == ""
    unknown = schemas.decode(message_bytes("pu00", vetos=None, period_number=0, proton_charge=None))
    assert (unknown.vetos, unknown.period_number, unknown.proton_charge) == (None, 0, None)


def test_clocks_that_were_never_set_are_remarked_upon_and_nothing_more():
    for time in (0, -1, 5, 2**63 - 1, -(2**63)):
        decoded = schemas.decode(message_bytes("f144", timestamp=time))
        assert decoded.timestamp == time
        assert len(schemas.check(decoded)) == 1


def test_identifiers_that_had_another_life_are_named():
    data = bytearray(message_bytes("f144"))
    data[4:8] = b"scal"
    with pytest.raises(DecodeError, match="a draft of f144"):
        schemas.decode(data)


@pytest.mark.parametrize("dtype", ["int32", "int64", "float32", "float64"])
def test_counts_of_hs01_keep_their_type(dtype):
    counts = np.arange(4, dtype=dtype)
    assert schemas.decode(message_bytes("hs01", data=counts)).data.dtype == dtype
    histogram = {"source": "s", "timestamp": NOW_NS, "current_shape": [4], "dim_metadata": [], "data": counts}
    told = peer.deserialise_hs01(schemas.encode(message("hs01", data=counts)))
    assert told["data"].dtype == schemas.decode(peer.serialise_hs01(histogram | {"dim_metadata": DIM})).data.dtype


DIM = [{"length": 4, "bin_boundaries": np.arange(5.0)}]


@pytest.mark.parametrize("dtype", ["int8", "uint8", "int16", "uint16", "uint32", "uint64", "bool", "float16"])
def test_counts_that_hs01_has_no_type_for_are_refused_and_never_made_another(dtype):
    with pytest.raises(EncodeError) as refused:
        schemas.encode(schemas.hs01(timestamp=NOW_NS, data=np.arange(4).astype(dtype)))
    assert refused.value.path == "data"
    assert f"{dtype} array; expected int32 array, int64 array, float64 array, float32 array" in str(refused.value)


@pytest.mark.parametrize(("dtype", "fits"), [("uint32", True), ("uint64", True), ("int32", False), ("int64", False)])
def test_counts_of_hs00_are_unsigned(dtype, fits):
    made = schemas.hs00(timestamp=NOW_NS, data=np.arange(4).astype(dtype))
    if fits:
        assert schemas.decode(schemas.encode(made)).data.dtype == dtype
    else:
        with pytest.raises(EncodeError, match=dtype):
            schemas.encode(made)


def test_streams_of_fc00_keep_their_order():
    names = ["first", "second", "third"]
    data = message_bytes("fc00", streams=[{"channel": name} for name in names])
    assert [s.channel for s in schemas.decode(data).streams] == names


def test_streams_of_fc00_are_read_in_the_order_of_the_wire():
    streams = [StreamInfo(name, "f144", "topic", Protocol.Protocol.CA, 0) for name in ("first", "second", "third")]
    data = peer.serialise_fc00(UpdateType.ADD, streams)
    assert [s.channel for s in schemas.decode(data).streams] == ["third", "second", "first"]


@pytest.mark.parametrize("n_periods", [0, 1, 2, 2**32 - 1])
def test_any_number_of_periods_can_be_written(n_periods):
    assert schemas.decode(schemas.encode(schemas.pl72(n_periods=n_periods))).n_periods == n_periods


def test_a_run_start_that_does_not_tell_periods_has_one():
    assert schemas.pl72().n_periods == 1


def test_a_heartbeat_without_texts_is_sound():
    decoded = schemas.decode(schemas.encode(schemas.x5f2()))
    assert (decoded.software_name, decoded.status_json, decoded.process_id) == (None, None, 0)
    assert schemas.check(decoded) == []


def test_samples_without_own_times_have_a_step():
    decoded = schemas.decode(message_bytes("se00", timestamps=[], time_delta=0.5))
    assert (decoded.timestamps.size, decoded.time_delta) == (0, 0.5)
    assert schemas.check(decoded) == []
