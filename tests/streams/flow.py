"""A broker in the process, connections to it, and a sink that notes every message it is given."""

import threading
import time
from collections import Counter

import numpy as np

from livedata import schemas
from livedata.streams.batch import EventBatch, entry_sizes
from livedata.streams.connection import Connection
from livedata.streams.key import StreamKey
from livedata.transport import Partition, open_transport

TOPIC, SOURCE = "ev", "det"
KEY = StreamKey(TOPIC, SOURCE, "events")
T0 = 1_790_000_000_000_000_000


class Notebook:
    """A sink: what came of each message, how often, and which offsets it was told are covered."""

    def __init__(self, delay_s=0.0):
        self.delay_s = delay_s
        self.is_full = False
        self.lock = threading.Lock()
        self.times = Counter()
        self.events = {}
        self.checks = {}
        self.offsets = Counter()
        self.n_lost = 0
        self.left_out = []
        self.is_finished = False
        self.error = None

    def accept(self, batch):
        if not isinstance(batch, EventBatch):
            return
        m = batch.messages
        per_message = np.diff(m.first_event, append=batch.n_events)
        toa = np.add.reduceat(np.append(batch.event_time_offset, 0).astype(np.int64), m.first_event)
        ids = batch.event_id if batch.event_id is not None else np.zeros(batch.n_events, np.int32)
        ids = np.add.reduceat(np.append(ids, 0).astype(np.int64), m.first_event)
        weighed = batch.event_time_zero * 0 + entry_sizes(batch) * (batch.event_time_zero - T0)
        times = np.add.reduceat(np.append(weighed, 0), np.minimum(m.first_entry, batch.n_entries))
        with self.lock:
            for i, place in enumerate(zip(m.partition.tolist(), m.offset.tolist(), strict=True)):
                n = int(per_message[i])
                self.times[place] += 1
                self.events[place] = n
                self.checks[place] = (int(toa[i]), int(ids[i]), int(times[i])) if n else (0, 0, 0)

    def work(self):
        if self.delay_s:
            time.sleep(self.delay_s)

    def covered(self, offsets):
        with self.lock:
            for place, (first, stop) in offsets.items():
                self.offsets.update((place.partition, i) for i in range(first, stop))

    def lost(self, n_messages):
        self.n_lost += n_messages

    def skipped(self, n_messages, n_events):
        self.left_out.append((n_messages, n_events))

    def finished(self):
        self.is_finished = True

    def failed(self, error):
        self.error = error

    @property
    def n_events(self):
        with self.lock:
            return sum(self.events[place] * n for place, n in self.times.items())


class Stream:
    """Publishes events to several partitions and remembers what lies where."""

    def __init__(self, name, *, partitions=1, retention="", transport=None):
        self.url = f"memory://{name}{retention}"
        self.transport = transport or open_transport(self.url)
        self.producer = self.transport.producer()
        self.partitions = partitions
        self.transport.create_topic(TOPIC, partitions=partitions)
        self.next = Counter()
        self.sent = {}
        self.n = 0

    def send(self, n_events=5, *, partition=0, source=SOURCE, n_entries=1, has_ids=True, topic=TOPIC):
        self.n += 1
        times = T0 + 1000 * self.n + np.arange(n_entries)
        index = np.sort(np.arange(n_entries) * n_events // max(n_entries, 1)).astype(np.int32)
        toa = (np.arange(n_events) * 7 + self.n).astype(np.int32)
        ids = (np.arange(n_events) * 3 + self.n).astype(np.int32) if has_ids else np.zeros(0, np.int32)
        message = schemas.encode_ev44(source, self.n, times, index, toa, ids)
        self.producer.produce(topic, message, partition=partition)
        offset = self.next[partition]
        self.next[partition] += 1
        if source == SOURCE and topic == TOPIC:
            sizes = np.diff(index, append=n_events)
            weighed = int((sizes * (times - T0)).sum())
            check = (int(toa.sum()), int(ids.sum()), weighed) if n_events else (0, 0, 0)
            self.sent[partition, offset] = (n_events, check)

    def flush(self):
        self.producer.flush(20)

    def connect(self, **options):
        return Connection(open_transport(self.url), topics=[TOPIC], **{"start": "earliest", **options})

    def ends(self):
        return {Partition(TOPIC, p): self.next[p] for p in range(self.partitions)}


def wait_until(true, timeout_s=10.0):
    deadline = time.monotonic() + timeout_s
    while not true():
        assert time.monotonic() < deadline, "it did not become true"
        time.sleep(0.002)


def assert_got(sink, sent, message=""):
    """Every message that was sent is there once, whole, and covered once."""
    assert sink.error is None
    assert sent
    assert {place: n for place, n in sink.times.items() if n != 1} == {}, f"given twice {message}"
    assert set(sent) - set(sink.times) == set(), f"missed {message}"
    assert set(sink.times) - set(sent) == set(), f"not asked for {message}"
    assert {p: (sink.events[p], sink.checks[p]) for p in sent} == sent
    assert {place: n for place, n in sink.offsets.items() if n != 1} == {}, f"covered twice {message}"
    assert set(sent) <= set(sink.offsets)
