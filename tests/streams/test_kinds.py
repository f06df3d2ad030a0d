"""Messages of every schema become batches of their stream, with every number as it was sent."""

import numpy as np
import pytest

from livedata import schemas
from livedata.streams.arrayline import ArrayTimeline
from livedata.streams.key import StreamKey
from livedata.streams.log import LogTimeline
from livedata.streams.split import Splitter
from livedata.streams.vetoes import VetoBook

from .messages import NOW_NS, ev44, message, record, records

PV = StreamKey("t", "pv", "log")


def timeline_of(*values):
    timeline = LogTimeline()
    for _, batch in Splitter().split(records(*values)):
        timeline.accept(batch)
    return timeline


# Events


def test_weights_travel_with_their_events_and_unweighted_ones_count_once():
    kind = {"source_name": "d", "message_id": 0, "reference_time": np.array([NOW_NS]), "time_of_flight": [1, 2]}
    plain = {"reference_time_index": np.zeros(1, np.int32), "pixel_id": [3, 4]}
    weighted = message("an44", **kind, **plain, weight=np.array([-5, 32767], np.int16))

    ((_, batch),) = Splitter().split(records(weighted, message("an44", **kind, **plain)))

    assert batch.event_weight.dtype == np.int16
    assert batch.event_weight.tolist() == [-5, 32767, 1, 1]


def test_unsigned_events_keep_their_bits_and_offsets_too_large_stay_above_every_axis():
    value = message(
        "ev42",
        source_name="d",
        message_id=0,
        pulse_time=NOW_NS,
        time_of_flight=np.array([7, 2**31 - 1, 2**31, 2**32 - 1], np.uint32),
        detector_id=np.array([1, 2, 3, 2**32 - 2], np.uint32),
    )
    splitter = Splitter()

    ((key, batch),) = splitter.split(records(value))

    assert batch.event_time_zero.tolist() == [NOW_NS]
    assert batch.event_time_offset.tolist() == [7, 2**31 - 1, 2**31 - 1, 2**31 - 1]
    assert batch.event_id.view(np.uint32).tolist() == [1, 2, 3, 2**32 - 2]
    assert splitter.ledgers[key].remarks["offsets above 2.147 s taken as 2.147 s"] == 1


def test_messages_of_several_unsigned_pulses_are_read():
    from livedata.schemas.registry import SCHEMAS
    from livedata.schemas.write import encode_as

    kind = SCHEMAS["ev43"].message_class
    value = encode_as(
        SCHEMAS["ev43"],
        kind(
            source_name="d",
            message_id=0,
            pulse_time=np.array([NOW_NS, NOW_NS + 5], np.uint64),
            pulse_index=np.array([0, 1], np.uint32),
            time_of_flight=np.array([1, 2, 3], np.uint32),
            detector_id=np.array([4, 5, 6], np.uint32),
        ),
    )

    ((_, batch),) = Splitter().split(records(value))

    assert batch.event_time_zero.tolist() == [NOW_NS, NOW_NS + 5]
    assert batch.event_index.tolist() == [0, 1]


# Process variables


def test_value_alarm_connection_and_unit_are_facets_of_one_stream():
    timeline = timeline_of(
        message("un00", source_name="pv", timestamp=NOW_NS, units="K"),
        message("ep01", source_name="pv", timestamp=NOW_NS, status=2, service_id="fwd"),
        schemas.encode_f144("pv", NOW_NS, 4.5),
        message("al00", source_name="pv", timestamp=NOW_NS + 1, severity=2, message="HIHI"),
    )

    assert timeline.data.value.tolist() == [4.5]
    assert timeline.unit == "K"
    assert timeline.facet("alarm").value.tolist() == [2]
    assert timeline.facet("alarm").columns["message"].tolist() == ["HIHI"]
    assert timeline.facet("connection").value.tolist() == [2]
    assert timeline.facet("connection").columns["service_id"].tolist() == ["fwd"]


def test_one_ledger_counts_all_facets_of_a_stream():
    splitter = Splitter()

    splitter.split(records(schemas.encode_f144("pv", NOW_NS, 1.0), message("al00", source_name="pv", timestamp=NOW_NS)))

    assert list(splitter.ledgers) == [PV]
    assert splitter.ledgers[PV].messages == splitter.ledgers[PV].decoded == 2
    assert splitter.ledgers[PV].schema == "f144 al00"


def test_a_variable_that_has_no_unit_is_told_from_one_with_an_empty_unit():
    timeline = timeline_of(
        message("un00", source_name="pv", timestamp=1, units=""), message("un00", source_name="pv", timestamp=2)
    )

    assert timeline.facet("unit").value.tolist() == ["", None]
    assert timeline.unit is None


def test_texts_of_old_logs_stay_texts():
    timeline = timeline_of(
        *(message("f142", source_name="pv", timestamp=NOW_NS + i, value=t) for i, t in enumerate(("détente", "")))
    )

    assert timeline.data.value.tolist() == ["détente", ""]
    assert timeline.data.time.tolist() == [NOW_NS, NOW_NS + 1]


def test_lists_of_texts_are_one_sample_each():
    timeline = timeline_of(message("f142", source_name="pv", timestamp=NOW_NS, value=("a", "b")))

    assert timeline.data.value.tolist() == [["a", "b"]]


ALARMS = [(0, [1]), (1, [2]), (2, [0]), (3, [3]), (4, []), (77, [77]), (65535, [32767])]


@pytest.mark.parametrize(("severity", "expected"), ALARMS)
def test_alarms_of_old_messages_are_counted_as_new_ones_are(severity, expected):
    value = message("f142", source_name="pv", timestamp=NOW_NS, value=np.int32(1), status=3, severity=severity)

    assert timeline_of(value).facet("alarm").value.tolist() == expected


def test_the_samples_of_a_waveform_have_their_own_times():
    even = message("se00", name="pv", packet_timestamp=100, time_delta=0.4, values=np.array([5, 6, 7, 8], np.int16))
    told = message("se00", name="pv", values=np.array([9], np.int16), timestamps=np.array([3]))

    data = timeline_of(even, told).data

    assert data.time.tolist() == [3, 100, 100, 101, 101]
    assert data.value.tolist() == [9, 5, 6, 7, 8]
    assert data.value.dtype == np.int16


def test_a_waveform_whose_times_do_not_fit_is_malformed():
    value = message("se00", name="pv", values=np.arange(3, dtype=np.int16), timestamps=np.arange(3))
    count_of_times = value.rindex(np.arange(3, dtype=np.int64).tobytes()) - 4
    broken = value[:count_of_times] + (2).to_bytes(4, "little") + value[count_of_times + 4 :]
    splitter = Splitter()

    assert len(schemas.decode(broken).timestamps) == 2
    assert splitter.split(records(broken)) == []
    assert splitter.ledgers[PV].malformed == splitter.ledgers[PV].messages == 1


def test_time_stamps_of_a_chopper_are_samples():
    timeline = timeline_of(message("tdct", name="pv", timestamps=np.array([NOW_NS, NOW_NS + 7], np.uint64)))

    assert timeline.data.time.tolist() == [NOW_NS, NOW_NS + 7]


def test_many_messages_at_once_give_what_they_give_one_by_one():
    rng = np.random.default_rng(4)
    names = [f"pv{'x' * int(n)}{i}" for i, n in enumerate(rng.integers(0, 30, 40))]
    values = []
    for i in range(3000):
        name, time = names[rng.integers(len(names))], NOW_NS + int(rng.integers(-(10**9), 10**9)) * (i % 97 != 0)
        kind = rng.integers(8)
        if kind < 3:
            values.append(schemas.encode_f144(name, time, float(rng.normal())))
        elif kind == 3:
            values.append(schemas.encode_f144(name + "i", time, np.int16(rng.integers(-9, 9))))
        elif kind == 4:
            values.append(schemas.encode_f144(name + "a", time, rng.integers(0, 9, int(rng.integers(0, 3)))))
        elif kind == 5:
            values.append(
                message("al00", source_name=name, timestamp=time, severity=int(rng.integers(0, 4)), message="x")
            )
        elif kind == 6:
            values.append(message("ep01", source_name=name, timestamp=time, status=2))
        else:
            values.append(schemas.encode_f144(name, time, 0.0)[: int(rng.integers(0, 60))])
    rows = records(*values)

    together, alone = Splitter(), Splitter()
    bulk, single = {}, {}
    for key, batch in together.split(rows):
        bulk.setdefault(key, LogTimeline()).accept(batch)
    for row in rows:
        for key, batch in alone.split([row]):
            single.setdefault(key, LogTimeline()).accept(batch)

    assert bulk.keys() == single.keys()
    assert len(bulk) > 100
    for key, timeline in single.items():
        for facet in ("value", "alarm", "connection"):
            a, b = bulk[key].facet(facet), timeline.facet(facet)
            np.testing.assert_array_equal(a.time, b.time)
            np.testing.assert_array_equal(a.value, b.value)
            assert a.value.dtype == b.value.dtype
            assert {n: c.tolist() for n, c in a.columns.items()} == {n: c.tolist() for n, c in b.columns.items()}
    for key, ledger in alone.ledgers.items():
        other = together.ledgers[key]
        for count in ("decoded", "samples", "nbytes", "newest_ns", "schemas", "remarks"):
            assert getattr(other, count) == getattr(ledger, count), (key, count)
    assert together.topics["t"].malformed + sum(x.malformed for x in together.ledgers.values()) == alone.topics[
        "t"
    ].malformed + sum(x.malformed for x in alone.ledgers.values())


# Frames and arrays


def da00(timestamp, *variables):
    kind = schemas.message_class("da00")
    return message("da00", source_name="m", timestamp=timestamp, data=tuple(kind.da00_Variable(**v) for v in variables))


def test_named_arrays_keep_dtype_shape_dimensions_and_units():
    value = da00(
        NOW_NS,
        {"name": "signal", "unit": "counts", "axes": ("y", "x"), "data": np.arange(6, dtype=np.int32).reshape(2, 3)},
        {"name": "x", "unit": "mm", "axes": ("x",), "data": np.arange(4.0)},
        {"name": "title", "data": "hello"},
    )

    ((key, batch),) = Splitter().split(records(value))

    (found,) = batch.sets
    assert key == StreamKey("t", "m", "arrays")
    assert found.variables["signal"].values.tolist() == [[0, 1, 2], [3, 4, 5]]
    assert found.variables["signal"].values.dtype == np.int32
    assert (found.variables["x"].dims, found.variables["x"].unit) == (("x",), "mm")
    assert found.attributes == {"title": "hello"}


def test_arrays_are_dated_by_their_last_reference_time_if_that_is_a_time():
    pulses = {"name": "reference_time", "axes": ("p",), "data": np.array([5, 9]), "unit": "us"}
    other = pulses | {"unit": "counts"}

    batches = Splitter().split(records(da00(NOW_NS, pulses), da00(NOW_NS, other)))

    assert [int(batch.time[0]) for _, batch in batches] == [9000, NOW_NS]


def test_two_arrays_of_one_name_are_both_kept():
    ((_, batch),) = Splitter().split(
        records(da00(1, {"name": "v", "data": np.zeros(1)}, {"name": "v", "data": np.ones(1)}))
    )

    assert [v.values.tolist() for v in batch.sets[0].variables.values()] == [[0.0], [1.0]]


def test_arrays_that_contradict_their_shape_are_malformed():
    good = da00(1, {"name": "v", "data": np.arange(3.0)})
    at = good.index((3).to_bytes(8, "little"))
    splitter = Splitter()

    assert splitter.split(records(good[:at] + (5).to_bytes(8, "little") + good[at + 8 :])) == []
    assert splitter.ledgers[StreamKey("t", "m", "arrays")].malformed == 1


def test_frames_of_a_camera_come_with_their_attributes():
    kind = schemas.message_class("ad00")
    value = message(
        "ad00",
        source_name="cam",
        id=7,
        timestamp=NOW_NS,
        data=np.arange(6, dtype=np.uint16).reshape(2, 3),
        attributes=(kind.Attribute(name="gain", data=np.float64(2.5)), kind.Attribute(name="mode", data="fast")),
    )

    ((key, batch),) = Splitter().split(records(value))

    assert key.family == "frames"
    assert batch.sets[0].variables["signal"].values.tolist() == [[0, 1, 2], [3, 4, 5]]
    assert batch.sets[0].attributes == {"id": 7, "gain": 2.5, "mode": "fast"}


def hs01(data, offset, lengths, timestamp=NOW_NS):
    kind = schemas.message_class("hs01")
    dims = tuple(
        kind.DimensionMetaData(length=n, unit="ns", label=f"d{i}", bin_boundaries=np.arange(n + 1.0))
        for i, n in enumerate(lengths)
    )
    return message(
        "hs01", source="h", timestamp=timestamp, dim_metadata=dims, offset=np.array(offset, np.int32), data=data
    )


def test_a_histogram_comes_with_its_edges():
    ((_, batch),) = Splitter().split(records(hs01(np.arange(3, dtype=np.int32), (0,), (3,))))

    found = batch.sets[0]
    assert found.variables["signal"].values.dtype == np.int32
    assert found.variables["d0"].values.tolist() == [0, 1, 2, 3]
    assert found.whole == ()


def test_parts_of_a_histogram_are_put_together():
    whole = np.arange(12, dtype=np.int64).reshape(4, 3)
    timeline = ArrayTimeline()
    for _, batch in Splitter().split(
        records(*(hs01(whole[i : i + 2], (i, 0), (4, 3)) for i in (2, 0)), hs01(whole, (0, 0), (4, 3), NOW_NS + 1))
    ):
        timeline.accept(batch)

    assert timeline.data.time.tolist() == [NOW_NS, NOW_NS + 1]
    for found in timeline.data.sets:
        np.testing.assert_array_equal(found.variables["signal"].values, whole)


def test_a_part_of_something_claimed_to_be_huge_stays_a_part():
    timeline = ArrayTimeline()
    for _, batch in Splitter().split(records(hs01(np.ones((1, 1), np.int32), (0, 0), (2, 1000)))):
        timeline.accept(batch)

    (found,) = timeline.data.sets
    assert found.variables["signal"].values.shape == (1, 1)
    assert found.whole == (2, 1000)


def test_only_the_newest_arrays_are_kept_within_the_budget():
    timeline = ArrayTimeline(budget_bytes=100)
    for i in range(5):
        for _, batch in Splitter().split([record(da00(i + 1, {"name": "signal", "data": np.zeros(5)}), offset=i)]):
            timeline.accept(batch)

    assert timeline.data.time.tolist() == [4, 5]
    assert (timeline.n_seen, timeline.n_dropped) == (5, 3)


# Vetoes


def test_the_newest_veto_configuration_counts_whatever_the_order():
    names = tuple(f"veto {i}" for i in range(32))
    old = record(message("vc00", timestamp=1, vetoes=1))
    new = record(message("vc00", timestamp=2, vetoes=0b1000000010, veto_names=names), offset=1)
    for order in ((old, new), (new, old)):
        book = VetoBook()
        for one in order:
            book.take(one)
        assert book.vetoes.switched_on == ("veto 1", "veto 9")
    assert book.vetoes.names_of(-1) == ()


def test_a_veto_without_a_name_goes_by_its_bit():
    book = VetoBook()
    book.take(record(message("vc00", timestamp=1, vetoes=0b10010)))

    assert book.vetoes.switched_on == ("SMP", "bit 4")


def test_streams_without_a_source_name_go_by_their_topic():
    from livedata.streams.key import name_streams

    assert name_streams([StreamKey("frames", "", "events"), StreamKey("t", "det", "events")]) == {
        StreamKey("frames", "", "events"): "frames",
        StreamKey("t", "det", "events"): "det",
    }


def test_events_and_logs_in_one_topic_are_told_apart():
    batches = Splitter().split(records(ev44(source="x"), schemas.encode_f144("x", NOW_NS, 1.0)))

    assert [key for key, _ in batches] == [StreamKey("t", "x", "events"), StreamKey("t", "x", "log")]
