"""A broker in the process with a small event topic on it."""

import itertools
import time

import numpy as np
import pytest

import livedata as ld
from livedata import schemas
from livedata.transport import open_transport

_names = itertools.count()
PULSE_NS = 71_428_571


class Bench:
    """Publishes events and logs, and remembers what it sent."""

    def __init__(self, url):
        self.url = url
        self.transport = open_transport(url)
        self.producer = self.transport.producer()
        self.rng = np.random.default_rng(7)
        self.t0 = time.time_ns()
        self.sent = []
        self.pulse = 0

    def send(self, n_messages=1, *, n_events=100, topic="ev", source="det", partitions=1):
        self.transport.create_topic(topic, partitions=partitions)
        for _ in range(n_messages):
            times = self.t0 + PULSE_NS * np.arange(self.pulse, self.pulse + 2)
            toa = self.rng.integers(-5, 71_500_000, n_events, dtype=np.int32)
            toa[0] = -5  # below every axis
            ids = self.rng.integers(0, 70, n_events, dtype=np.int32)
            index = np.array([0, n_events // 3], np.int32)
            message = schemas.encode_ev44(source, self.pulse, times, index, toa, ids)
            self.producer.produce(topic, message, partition=self.pulse // 2 % partitions)
            self.sent.append((times, index, toa, ids))
            self.pulse += 2
        self.producer.flush(5)

    def log(self, name, value, *, age_s=0.0, topic="logs"):
        self.producer.produce(topic, schemas.encode_f144(name, time.time_ns() - int(age_s * 1e9), np.float64(value)))
        self.producer.flush(5)

    @property
    def n_events(self):
        return sum(len(toa) for _, _, toa, _ in self.sent)

    def spectrum(self, thresholds, start=None, stop=None):
        """Count with numpy what was sent, between integer thresholds, for entries in a span."""
        counts = np.zeros(len(thresholds) - 1, np.int64)
        for times, index, toa, _ in self.sent:
            t = np.repeat(times, np.diff(index, append=len(toa)))
            keep = (t >= (start or 0)) & (t < (stop or 2**62))
            place = np.searchsorted(thresholds, toa[keep], side="right") - 1
            place = place[(place >= 0) & (place < len(counts))]
            counts += np.bincount(place, minlength=len(counts))
        return counts

    def image(self, n):
        ids = np.concatenate([ids for *_, ids in self.sent])
        return np.bincount(ids[(ids >= 1) & (ids <= n)] - 1, minlength=n)


@pytest.fixture
def bench():
    bench = Bench(f"memory://session-{next(_names)}")
    yield bench
    bench.producer.close()
    bench.transport.close()


@pytest.fixture
def connect(bench):
    opened = []

    def connect(**options):
        bench.transport.create_topic("ev", partitions=2)
        opened.append(ld.connect(bench.url, start="earliest", **options))
        return opened[-1]

    yield connect
    for live in opened:
        live.close()


@pytest.fixture
def detector(bench, connect):
    """A stream with its first events."""
    bench.send(10, partitions=2)
    return connect()["det"].with_layout(ld.layout((8, 8)))
