"""Small NeXus files with the quirks of real ones, batches to write, and the real files where they are found."""

from __future__ import annotations

import os
from pathlib import Path

import h5py
import numpy as np
import pytest

from livedata.nexus.writer import FileWriter
from livedata.streams.batch import EventBatch, LogBatch, Messages
from livedata.streams.key import StreamKey

DETECTOR = StreamKey("X_events", "detector", "events")
MONITOR = StreamKey("X_events", "monitor", "events")
TEMPERATURE = StreamKey("X_env", "temperature", "log")
T0 = 1_700_000_000_123_456_789


class Sink:
    """Keeps all that a feed hands over."""

    def __init__(self):
        self.batches, self.ranges, self.is_finished, self.error = [], [], False, None
        self.is_full = False

    def accept(self, batch):
        self.batches.append(batch)

    def work(self):
        """Nothing to do: batches are kept as they came."""

    def covered(self, offsets):
        self.ranges.append(dict(offsets))

    def lost(self, n_messages):
        raise AssertionError("a file loses nothing")

    def finished(self):
        self.is_finished = True

    def failed(self, error):
        self.error = error


@pytest.fixture
def drain():
    """Read a feed to its end; return the sink."""

    def read(feed, extent=None):
        sink = Sink()
        subscription = feed.subscribe(sink, extent)
        assert subscription.join(60)
        return sink

    return read


@pytest.fixture
def make(tmp_path):
    """Write a file with one event group from the given datasets, each (values, attributes)."""

    def build(nx_class="NXevent_data", start_time="2020-01-01T00:00:00Z", **datasets):
        path = tmp_path / "quirk.nxs"
        with h5py.File(path, "w") as file:
            entry = file.create_group("entry")
            entry.attrs["NX_class"] = "NXentry"
            if start_time:
                entry["start_time"] = start_time
            group = entry.create_group("bank_events")
            if nx_class:
                group.attrs["NX_class"] = nx_class
            for name, (values, attributes) in datasets.items():
                group[name] = values
                group[name].attrs.update(attributes)
        return path

    return build


def event_message(offset, *, n=100, entries=2, partition=0, ids=True, seed=None, topic="X_events"):
    """A batch of one message with random events."""
    rng = np.random.default_rng(offset if seed is None else seed)
    zero = np.zeros(1, np.int64)
    index = np.sort(rng.integers(0, n + 1, entries)).astype(np.int64)
    index[:1] = 0
    return EventBatch(
        rng.integers(1, 65, n, dtype=np.int32) if ids else None,
        rng.integers(0, 71_000_000, n, dtype=np.int32),
        T0 + (offset * entries + np.arange(entries, dtype=np.int64)) * 71_428_571,
        index,
        Messages(topic, np.array([partition], np.int32), zero + offset, zero + 1_700_000_000_000, zero, zero),
    )


def log_message(offset, value, *, time=None):
    """A batch of one sample."""
    zero = np.zeros(1, np.int64)
    at = T0 + offset * 10**9 if time is None else time
    messages = Messages("X_env", np.zeros(1, np.int32), zero + offset, zero - 1, zero, zero)
    return LogBatch(np.array([at], np.int64), np.asarray(value)[None], messages)


def message(offset, *, topic="X_env", partition=0):
    """The place of one message."""
    zero = np.zeros(1, np.int64)
    return Messages(topic, np.array([partition], np.int32), zero + offset, zero - 1, zero, zero)


def objects(texts):
    """Texts (or None) as batches hold them."""
    array = np.empty(len(texts), object)
    array[:] = texts
    return array


def facet_message(facet, offset, value, **columns):
    """A batch of one sample of a facet, a second later with each offset."""
    values = objects([value]) if facet == "unit" else np.array([value], np.int16)
    texts = {name: objects([text]) for name, text in columns.items()}
    return LogBatch(np.array([T0 + offset * 10**9]), values, message(offset), facet, texts)


@pytest.fixture
def writer(tmp_path):
    """A writer of a file under its temporary name."""
    made = FileWriter(tmp_path / "run.nxs.part", title="a title", instrument="X", start_ns=T0)
    yield made
    made.abandon()


@pytest.fixture(scope="session")
def real_files():
    """The folder with real instrument data; tests that need it are skipped where it is absent."""
    default = Path(__file__).resolve().parents[3] / "shared"
    folder = Path(os.environ.get("LIVEDATA_SHARED", default)) / "data"
    if not folder.is_dir():
        pytest.skip(f"no real files at {folder}; set LIVEDATA_SHARED")
    return folder
