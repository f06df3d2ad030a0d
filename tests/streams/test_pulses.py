"""What frame metadata say of the events behind them, in their partition and in no other."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from livedata.streams.split import Splitter

from .messages import NOW_NS, ev44, message, pu00, record, records

FRAME_NS = 20_000_000


def columns(batches):
    return {
        int(time): tuple(float(column[i]) for column in (b.columns["period"], b.columns["veto"], b.columns["charge"]))
        for _, b in batches
        for i, time in enumerate(b.event_time_zero)
    }


def test_events_get_period_vetoes_and_charge_of_the_frame_before_them():
    told = pu00(period_number=3, vetos=5, proton_charge=0.25)

    ((_, batch),) = Splitter().split(records(told, ev44(), ev44()))

    assert batch.columns["period"].tolist() == [3, 3]
    assert batch.columns["veto"].tolist() == [5, 5]
    assert batch.columns["charge"].tolist() == [0.25, 0.25]


def test_what_a_frame_does_not_tell_is_unknown_and_not_zero():
    ((_, batch),) = Splitter().split(records(pu00(period_number=0), ev44()))

    assert batch.columns["period"].tolist() == [0]
    assert batch.columns["veto"].tolist() == [-1]
    assert np.isnan(batch.columns["charge"]).all()


def test_events_before_the_first_frame_metadata_are_of_no_known_period():
    ((_, batch),) = Splitter().split(records(ev44(), pu00(period_number=2), ev44()))

    assert batch.columns["period"].tolist() == [-1, 2]


def test_without_frame_metadata_there_are_no_columns():
    ((_, batch),) = Splitter().split(records(ev44()))

    assert not batch.columns


@given(
    st.lists(st.tuples(st.integers(0, 2), st.integers(0, 3), st.integers(0, 2)), min_size=1, max_size=40),
    st.lists(st.integers(1, 7), min_size=1, max_size=8),
    st.randoms(use_true_random=False),
)
def test_every_partition_has_its_own_frames_however_messages_are_mixed_and_cut(frames, cuts, random):
    """Each frame: partition, number of event messages, what its metadata tell (period only, all, nothing)."""
    lanes, truth = {p: [] for p in range(3)}, {}
    for i, (partition, n_messages, told) in enumerate(frames):
        time = NOW_NS + i * FRAME_NS
        known = {"period_number": i % 4} if told else {}
        known |= {"vetos": i, "proton_charge": i / 8} if told == 2 else {}
        lanes[partition].append(pu00(time, **known))
        lanes[partition] += [ev44(times=(time,))] * n_messages
        if n_messages:
            truth[time] = (known.get("period_number", -1), known.get("vetos", -1), known.get("proton_charge", np.nan))
    queue = {p: [record(v, partition=p, offset=o) for o, v in enumerate(lane)] for p, lane in lanes.items()}
    mixed = []
    while any(queue.values()):
        p = random.choice([p for p, left in queue.items() if left])
        mixed.append(queue[p].pop(0))

    splitter, batches = Splitter(), []
    while mixed:
        n = cuts[len(batches) % len(cuts)]
        batches += splitter.split(mixed[:n])
        mixed = mixed[n:]
        cuts.append(cuts.pop(0))

    found = columns(batches)
    assert found.keys() == truth.keys()
    for time, expected in truth.items():
        np.testing.assert_array_equal(found[time], expected)


def test_metadata_of_another_time_still_hold_and_are_remarked():
    splitter = Splitter()

    ((key, batch),) = splitter.split(records(pu00(NOW_NS - FRAME_NS, period_number=1), ev44()))

    assert batch.columns["period"].tolist() == [1]
    assert splitter.ledgers[key].remarks["frame metadata (pu00) of another time"] == 1


def test_frame_metadata_count_for_streams_that_nobody_watched_at_the_time():
    splitter = Splitter(wants=lambda key: key.source == "other")
    splitter.split(records(pu00(period_number=1), ev44()))

    ((_, batch),) = splitter.split([record(ev44(source="other"), offset=2)])

    assert batch.columns["period"].tolist() == [1]


def test_frame_metadata_and_unsound_ones_are_counted():
    splitter = Splitter()

    splitter.split(records(pu00(), pu00()[:-12] + b"\xff" * 12, pu00()))

    topic = splitter.topics["t"]
    assert topic.messages == topic.noted["pu00"] + topic.malformed
    assert topic.malformed <= 1


@pytest.mark.parametrize("schema", ["aev2", "ev42"])
def test_messages_that_tell_their_own_period_need_no_metadata(schema):
    from livedata.schemas.registry import SCHEMAS
    from livedata.schemas.write import encode_as

    kind = SCHEMAS[schema].message_class
    if schema == "aev2":
        time = kind.GpsTime(year=26, day=325, hour=1, minute=2, second=3, millisecond=4, microsecond=5, nanosecond=6)
        frame = kind.FrameMetadataV2(timestamp=time, period_number=7, veto_flags=2)
        ids = {"channel": np.array([1, 2], np.uint32), "voltage": np.array([1, 2], np.uint16)}
        value = encode_as(SCHEMAS[schema], kind(metadata=frame, time=np.array([1, 2], np.uint32), **ids))
    else:
        extra = kind.ISISData(period_number=7, run_state=1, proton_charge=0.5)
        arrays = {"time_of_flight": np.array([1, 2], np.uint32), "detector_id": np.array([1, 2], np.uint32)}
        value = message("ev42", source_name="d", pulse_time=NOW_NS, facility_specific_data=extra, **arrays)

    ((_, batch),) = Splitter().split(records(pu00(period_number=1), value))

    assert batch.columns["period"].tolist() == [7]
    assert batch.event_id.tolist() == [1, 2]
    if schema == "aev2":
        # 2026, day 325 is the 21st of November.
        assert str(np.datetime64(int(batch.event_time_zero[0]), "ns")) == "2026-11-21T01:02:03.004005006"


def test_a_frame_of_a_year_beyond_all_clocks_is_counted_and_moves_none():
    from livedata.testing import message_bytes

    units = ("hour", "minute", "second", "millisecond", "microsecond", "nanosecond")
    far = {"year": 255, "day": 65535} | dict.fromkeys(units, 255)
    splitter = Splitter()

    ((key, batch),) = splitter.split(records(message_bytes("aev2", metadata={"timestamp": far})))

    assert batch.event_time_zero.tolist() == [0]
    assert splitter.ledgers[key].newest_ns is None
