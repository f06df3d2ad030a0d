"""Views of camera frames: live, over a span and in the file, they show the same."""

import itertools
import time

import numpy as np
import pytest

import livedata as ld
from livedata import schemas
from livedata.errors import ArgumentError
from livedata.transport import open_transport

NOW_NS = time.time_ns()


_names = itertools.count()


@pytest.fixture
def bus():
    transport = open_transport(url := f"memory://frames-{next(_names)}")
    transport.create_topic("cam")
    producer = transport.producer()
    yield url, producer
    producer.close()
    transport.close()


def frame(i, shape=(2, 3)):
    return schemas.ad00(source_name="cam", timestamp=NOW_NS + i, data=np.full(shape, i % 100, np.uint16))


def send(producer, *frames):
    for one in frames:
        producer.produce("cam", schemas.encode(one))
    producer.flush(5)


def until(condition):
    deadline = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


@pytest.mark.parametrize(("how", "value"), [("sum", 21), ("mean", 3.5), ("max", 6), ("newest", 5)])
def test_frames_are_folded_alike_live_and_in_the_file(bus, tmp_path, how, value):
    url, producer = bus
    send(producer, frame(1), frame(3))
    with ld.connect(url, topics="cam", start="earliest") as live:
        view = getattr(live["cam"], how)()
        rec = live.record(tmp_path / "run.nxs", start="connect")
        send(producer, frame(6), frame(2), frame(4), frame(5))
        if how == "newest":
            value = 6
        until(lambda: view.latest.ledger.seen == 6)
        rec.stop(wait=True)
        again = getattr(ld.open(rec.path)["cam"], how)()

        assert view.latest.values().tolist() == [[value] * 3] * 2
        assert again.values().tolist() == view.latest.values().tolist()
        assert again.ledger == view.latest.ledger
        assert again.ledger.adds_up


def test_only_frames_of_a_span_are_folded(bus):
    url, producer = bus
    send(producer, *(frame(i) for i in range(5)))
    with ld.connect(url, topics="cam", start="earliest") as live:
        view = live["cam"].sum().over(NOW_NS + 1, NOW_NS + 4)
        send(producer, frame(5_000_000_000))
        until(lambda: view.latest.ledger.seen == 3)

        assert view.latest.values().tolist() == [[6] * 3] * 2


@pytest.mark.parametrize(
    ("change", "what"),
    [
        (lambda view: view.mask([1, 2]), "mask"),
        (lambda view: view.region(ld.rectangle(x=(0, 1), y=(0, 1))), "region"),
        (lambda view: view.rebin(toa=ld.bins(0, 1, n=2, unit="ms")), "bins"),
        (lambda view: view.series(1), "series"),
        (lambda view: view.window(pulses=3), "window"),
        (lambda view: view.normalise(time=True), "division"),
    ],
)
def test_what_is_made_of_events_only_is_refused_rather_than_left_out(bus, change, what):
    url, producer = bus
    send(producer, frame(1))
    with ld.connect(url, topics="cam", start="earliest") as live, pytest.raises(ArgumentError, match=f"no {what}"):
        change(live["cam"].sum())


def test_frames_of_another_shape_begin_a_new_sum(bus):
    url, producer = bus
    send(producer, frame(1), frame(2))
    with ld.connect(url, topics="cam", start="earliest") as live:
        view = live["cam"].sum()
        until(lambda: view.latest.ledger.seen == 2)
        send(producer, frame(3, (4, 4)), frame(4, (4, 4)))
        until(lambda: view.generation == 2 and view.latest.ledger.seen == 2)

        assert view.latest.values().tolist() == [[7] * 4] * 4
        assert len(view.axes) == 2


def test_two_ways_to_fold_the_same_frames_do_not_meet(bus):
    url, producer = bus
    send(producer, frame(1), frame(3))
    with ld.connect(url, topics="cam", start="earliest") as live:
        mean, last = live["cam"].mean(), live["cam"].newest()
        until(lambda: mean.latest.ledger.seen == last.latest.ledger.seen == 2)

        assert (mean.latest.values()[0, 0], last.latest.values()[0, 0]) == (2, 3)
