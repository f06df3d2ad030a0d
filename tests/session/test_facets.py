"""A process variable's unit, alarm and connection, as people see them live and in the file."""

import time

import numpy as np
import pytest

import livedata as ld
from livedata import schemas
from livedata.transport import open_transport

NOW_NS = time.time_ns()


@pytest.fixture
def bus(request):
    url = f"memory://{request.node.name}"
    transport = open_transport(url)
    for topic in ("se", "cam"):
        transport.create_topic(topic)
    producer = transport.producer()
    yield url, producer
    producer.close()
    transport.close()


def tell(producer, *messages, topic="se"):
    for message in messages:
        producer.produce(topic, message if isinstance(message, bytes) else schemas.encode(message))
    producer.flush(5)


def await_(condition):
    deadline = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_a_recording_begins_with_what_was_last_told_of_each_variable(bus, tmp_path):
    url, producer = bus
    tell(
        producer,
        schemas.un00(source_name="pv", timestamp=NOW_NS - 5, units="K"),
        schemas.al00(source_name="pv", timestamp=NOW_NS - 4, severity=1, message="HIGH"),
        schemas.ep01(source_name="pv", timestamp=NOW_NS - 3, status=2),
        schemas.encode_f144("pv", NOW_NS - 2, 4.5),
    )
    with ld.connect(url, topics="se") as live:
        pv = live["pv"]
        await_(lambda: pv.unit == "K" and len(pv.connection))
        rec = live.record(tmp_path / "run.nxs")
        tell(producer, schemas.encode_f144("pv", NOW_NS, 5.5))
        await_(lambda: len(pv.data) == 2)
        rec.stop(wait=True)

        again = ld.open(rec.path)["pv"]

        assert again.unit == "K"
        assert again.value.tolist() == pv.value.tolist() == [4.5, 5.5]
        assert again.alarm.value.tolist() == [1]
        assert again.alarm.columns["message"].tolist() == ["HIGH"]
        assert again.connection.value.tolist() == [2]


def test_the_table_shows_unit_and_what_is_wrong(bus):
    url, producer = bus
    tell(
        producer,
        schemas.un00(source_name="pv", timestamp=NOW_NS, units="K"),
        schemas.encode_f144("pv", NOW_NS, 4.5),
        schemas.al00(source_name="pv", timestamp=NOW_NS, severity=2, message="HIHI"),
        schemas.ep01(source_name="pv", timestamp=NOW_NS, status=3),
    )
    with ld.connect(url, topics="se", start="earliest") as live:
        pv = live["pv"]
        await_(lambda: len(pv.connection))

        row = pv.row

        assert row.last == "4.5 K"
        assert row.samples == 1
        assert row.remarks == ("alarm MAJOR (HIHI)", "disconnected")


def test_an_alarm_that_has_passed_is_not_shown(bus):
    url, producer = bus
    tell(
        producer,
        schemas.al00(source_name="pv", timestamp=NOW_NS + 1, severity=0),
        schemas.al00(source_name="pv", timestamp=NOW_NS, severity=2, message="HIHI"),
        schemas.encode_f144("pv", NOW_NS, 4.5),
    )
    with ld.connect(url, topics="se", start="earliest") as live:
        pv = live["pv"]
        await_(lambda: len(pv.data))

        assert pv.alarm.value.tolist() == [2, 0]
        assert pv.row.remarks == ()


def frame(i):
    return schemas.ad00(source_name="cam", timestamp=NOW_NS + i, data=np.full((2, 3), i, np.uint16))


def test_frames_are_kept_while_somebody_holds_their_stream(bus):
    url, producer = bus
    tell(producer, frame(1), topic="cam")
    with ld.connect(url, topics="cam", start="earliest") as live:
        held = [live["cam"]]
        tell(producer, frame(2), topic="cam")
        await_(lambda: len(held[0].data) == 2)

        assert held[0] is live["cam"]
        assert held[0].values().tolist() == [[2, 2, 2]] * 2
        assert live["cam"].row.last == "2×3 uint16"

        held.clear()
        await_(lambda: not live._connection._subscriptions)


def test_frames_of_a_file_are_those_that_came(bus, tmp_path):
    url, producer = bus
    with ld.connect(url, topics="cam", start="earliest") as live:
        rec = live.record(tmp_path / "run.nxs", start="connect")
        tell(producer, *(frame(i) for i in range(4)), topic="cam")
        rec.stop(wait=True)

    cam = ld.open(rec.path)["cam"]

    assert cam.data.time.tolist() == [NOW_NS + i for i in range(4)]
    assert [s.variables["signal"].values[0, 0] for s in cam.data.sets] == [0, 1, 2, 3]
    assert cam.values().dtype == np.uint16


def test_a_stream_without_frames_yet_says_so(bus):
    url, producer = bus
    other = schemas.da00(source_name="m", timestamp=1, data=(schemas.da00.da00_Variable(name="v", data=np.ones(2)),))
    tell(producer, other)
    with ld.connect(url, topics="se", start="earliest") as live:
        stream = live["m"]
        await_(lambda: len(stream.data))

        with pytest.raises(ld.LiveDataError, match=r"no array called 'signal'.*holds v"):
            stream.values()
