"""One quantity against another: points are what was counted while the other had its value."""

import time

import numpy as np
import pytest

import livedata as ld
from livedata import schemas
from livedata.errors import ArgumentError
from tests.session.conftest import PULSE_NS


@pytest.fixture
def live(bench):
    bench.transport.create_topic("ev", partitions=2)
    streams = ld.connect(bench.url, start="earliest")
    yield streams
    streams.close()


def test_a_rate_against_a_log(bench, live):
    second = 1_000_000_000
    bench.t0 = bench.t0 // second * second
    for step in range(8):
        bench.producer.produce("logs", schemas.encode_f144("field", bench.t0 + step * second, np.float64(step * step)))
    for step in range(8):
        bench.pulse = step * second // PULSE_NS + 1
        bench.send(1, n_events=100 * (step + 1))
    view = live["det"].histogram(toa=ld.bins(0, 100, n=1, unit="ms")).wait(events=bench.n_events, timeout=10)
    deadline = time.monotonic() + 10
    while len(live["field"].data) < 8 and time.monotonic() < deadline:
        time.sleep(0.01)
    found = ld.correlate(live["field"], view)

    times = np.concatenate([np.repeat(t, np.diff(i, append=len(toa))) for t, i, toa, _ in bench.sent])
    toa = np.concatenate([toa for *_, toa, _ in bench.sent])
    counted = np.bincount((times[(toa >= 0) & (toa < 100_000_000)] - bench.t0) // second, minlength=8)
    assert found.y.tolist() == counted[: len(found)].tolist()
    assert found.x.tolist() == [step * step for step in range(len(found))]
    assert len(found) == 8
    assert found.coefficient > 0.8
    assert found.binned(4)["count"].sum() == 8
    assert list(found.to_pandas().columns) == ["field", view.name]


def test_two_logs_have_nothing_in_common(bench, live):
    bench.log("a", 1.0)
    with pytest.raises(ArgumentError, match="view"):
        ld.correlate(live["a"], live["a"])
