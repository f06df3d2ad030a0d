"""Any description of any run: live, the past and the file give what was sent, whatever came when."""

import itertools
import time
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import livedata as ld
from livedata.reduce.counting import Counting
from livedata.reduce.result.ledger import FATES
from livedata.transport import open_transport
from tests.system.descriptions import conditions, descriptions, made_run, regions
from tests.system.oracle import expected

_names = itertools.count()
SLOW = [HealthCheck.too_slow, HealthCheck.data_too_large]


class Place:
    """A broker in the process with the topics of one run."""

    def __init__(self, run):
        self.run = run
        self.url = f"memory://any-{next(_names)}"
        self.transport = open_transport(self.url)
        self.transport.create_topic("ev", partitions=run.n_partitions)
        self.transport.create_topic("logs", partitions=1)
        self.live = ld.connect(self.url, start="earliest")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.live.close()
        self.transport.close()

    def send(self, messages):
        producer = self.transport.producer()
        for topic, partition, value in messages:
            producer.produce(topic, value, partition=partition)
        while producer.flush(1.0):
            pass
        producer.close()

    @property
    def stream(self):
        return self.live["ev/det" if "ev/det" in self.live else "det"].with_layout(ld.layout((8, 8)))


def differs(snapshot, wanted):
    """Return what differs between a result and what was expected; nothing when they agree."""
    values, squares, fates = wanted
    if snapshot.values().shape != values.shape or not np.array_equal(snapshot.values(), values):
        return f"{int(np.sum(snapshot.values()))} counts, expected {int(values.sum())}"
    if not np.array_equal(snapshot.variances(), squares):
        return "variances"
    told = {name: getattr(snapshot.ledger, name) for name in FATES}
    if told != {name: fates.get(name, 0) for name in FATES} or not snapshot.ledger.adds_up:
        return f"fates {snapshot.ledger}, expected {dict(fates)}"
    return ""


def comes_to(view, wanted, timeout_s=10.0):
    """Wait until a live view shows what was expected; return what still differs then."""
    deadline = time.monotonic() + timeout_s
    while (said := differs(view.latest, wanted)) and time.monotonic() < deadline:
        time.sleep(0.005)
    return said


@given(st.integers(0, 2**32), descriptions(), st.integers(1, 3), st.floats(0, 1))
@settings(max_examples=25, deadline=None, suppress_health_check=SLOW)
def test_live_past_and_file_give_what_was_sent(tmp_path_factory, seed, description, n_partitions, cut):
    run = made_run(seed, n_partitions=n_partitions)
    wanted = expected(description, run.truth)
    half = int(len(run.messages) * cut)
    with Place(run) as place:
        place.send(run.messages[:half] or run.messages)
        rest = run.messages[half:] if half else []
        if not run.truth.events or not place.live._connection.wait_for(
            lambda: any(key.family == "events" for key in place.live._connection.keys()), 2.0
        ):
            return
        recording = place.live.record(tmp_path_factory.mktemp("any") / "run.nxs", start="connect")
        early = place.stream.view(description)
        place.send(rest)
        late = place.stream.view(replace(description, masks=(), region=None, filters=()))
        derived = late.mask(*description.masks) if description.masks else late
        derived = derived.where(*description.filters) if description.filters else derived
        derived = derived.region(description.region) if description.region is not None else derived

        assert comes_to(early, wanted) == ""
        assert comes_to(derived, wanted) == ""
        path = recording.stop(wait=True).path
        past = early.over(recording)
        file = ld.open(path)
        again = file["det"].with_layout(ld.layout((8, 8))).view(description)

        assert differs(past.snapshot(), wanted) == ""
        assert differs(again.snapshot(), wanted) == ""
        assert early.same_as(again)
        assert again.ledger.seen == len(run.truth.events) > 0
