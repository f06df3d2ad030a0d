"""The usual Python package of the facilities reads what we write, and we read what it writes."""

import numpy as np
import pytest
import streaming_data_types as peer

from livedata import schemas

EVENTS = (
    "det",
    3,
    np.array([10, 20]),
    np.array([0, 2], np.int32),
    np.arange(4, dtype=np.int32),
    np.arange(4, dtype=np.int32),
)


def test_events_are_read_alike():
    message = schemas.decode_ev44(peer.serialise_ev44(*EVENTS))
    assert message == schemas.Ev44(*EVENTS)


def test_our_events_are_read_by_the_peer():
    told = peer.deserialise_ev44(schemas.encode_ev44(*EVENTS))
    assert (told.source_name, told.message_id) == ("det", 3)
    for ours, theirs in zip(EVENTS[2:], told[2:], strict=True):
        np.testing.assert_array_equal(ours, theirs)
        assert ours.dtype == theirs.dtype


@pytest.mark.parametrize("value", [np.int8(-3), np.uint64(2**63), np.float32(1.5), 0.0, np.arange(3, dtype=np.uint16)])
def test_samples_are_read_alike_both_ways(value):
    ours = schemas.decode_f144(peer.serialise_f144("pv", value, 17))
    np.testing.assert_array_equal(ours.value, value)
    assert (ours.source_name, ours.timestamp) == ("pv", 17)
    theirs = peer.deserialise_f144(schemas.encode_f144("pv", 17, value))
    np.testing.assert_array_equal(theirs.value, value)
    assert (theirs.source_name, theirs.timestamp_unix_ns) == ("pv", 17)


def test_run_starts_are_read_alike_both_ways():
    data = peer.serialise_pl72(
        "job", "f.nxs", start_time=1700000000123, run_name="r", detector_spectrum_map=None, metadata="{}"
    )
    ours = schemas.decode(data)
    assert (ours.job_id, ours.filename, ours.start_time, ours.n_periods) == ("job", "f.nxs", 1700000000123, 1)
    theirs = peer.deserialise_pl72(schemas.encode(ours))
    assert theirs == peer.deserialise_pl72(data)


def test_run_stops_are_read_alike_both_ways():
    data = peer.serialise_6s4t("job", run_name="r", service_id="service", stop_time=1700000000123, command_id="command")
    assert peer.deserialise_6s4t(schemas.encode(schemas.decode(data))) == peer.deserialise_6s4t(data)


def test_heartbeats_are_read_alike_both_ways():
    data = peer.serialise_x5f2("program", "1.0", "service", "host", 7, 1000, "{}")
    assert peer.deserialise_x5f2(schemas.encode(schemas.decode(data))) == peer.deserialise_x5f2(data)


def test_reports_of_finished_files_are_read_alike_both_ways():
    data = peer.serialise_wrdn("service", "job", True, "f.nxs", "{}", "disk full")
    assert peer.deserialise_wrdn(schemas.encode(schemas.decode(data))) == peer.deserialise_wrdn(data)
