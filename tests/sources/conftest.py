"""What the tests of sources share: a log of their own, a reader of it, and files with the quirks of real ones."""

from __future__ import annotations

import os
import uuid
from dataclasses import dataclass, field
from pathlib import Path

import h5py
import numpy as np
import pytest

from livedata.schemas import decode, identify
from livedata.transport import Partition, open_transport
from livedata.transport.memory.registry import forget_log

START_NS = 1_700_000_000_123_456_789


@dataclass
class Topics:
    """All messages of a transport, decoded, in the order of their partition and offset."""

    transport: object
    records: list = field(default_factory=list)
    decoded: dict = field(default_factory=dict)

    def read(self):
        consumer = self.transport.consumer()
        partitions = [Partition(t, p) for t, n in self.transport.topics().items() for p in range(n)]
        marks = self.transport.watermarks(partitions)
        consumer.assign({p: m.low for p, m in marks.items()})
        expected = sum(m.high - m.low for m in marks.values())
        self.records = []
        while len(self.records) < expected:
            fetched = consumer.fetch(5.0, max_records=10_000)
            assert fetched, f"only {len(self.records)} of {expected} messages came"
            self.records += fetched
        consumer.close()
        self.records.sort(key=lambda r: (r.topic, r.partition, r.offset))
        self.decoded = {}
        for record in self.records:
            message = decode(record.value)
            place = identify(record.value), getattr(message, "source_name", None)
            self.decoded.setdefault(place, []).append((record, message))
        return self

    def of(self, schema, source=None):
        if source is not None:
            return self.decoded.get((schema, source), [])
        found = [pair for (s, _), pairs in self.decoded.items() if s == schema for pair in pairs]
        return sorted(found, key=lambda pair: (pair[0].topic, pair[0].partition, pair[0].offset))


@pytest.fixture(scope="session")
def topics_of():
    """A function that reads all messages of a transport."""
    return lambda transport: Topics(transport).read()


@pytest.fixture
def memory():
    name = f"test-{uuid.uuid4().hex}"
    yield open_transport(f"memory://{name}?retention=2GB")
    forget_log(name)


@pytest.fixture
def read(memory):
    return lambda: Topics(memory).read()


def write_events(parent, name, *, ids, offsets, zero, index, units=True, zero_attrs=None):
    group = parent.create_group(name)
    group.attrs["NX_class"] = "NXevent_data"
    if ids is not None:
        group["event_id"] = np.asarray(ids, np.uint32)
    group["event_time_offset"] = offsets
    group["event_time_zero"] = zero
    group["event_index"] = np.asarray(index)
    if units:
        group["event_time_offset"].attrs["units"] = "microsecond"
        group["event_time_zero"].attrs["units"] = "second"
    group["event_time_zero"].attrs.update(zero_attrs or {"offset": "2023-11-14T22:13:20.123456789Z"})
    return group


def write_log(parent, name, *, time, value, unit=None, start="2023-11-14T22:13:20.123456789Z"):
    group = parent.create_group(name)
    group.attrs["NX_class"] = "NXlog"
    group["time"] = np.asarray(time)
    group["time"].attrs.update({"units": "second", "start": start})
    group["value"] = value
    if unit:
        group["value"].attrs["units"] = unit
    return group


@pytest.fixture
def quirky(tmp_path):
    """A file with most of what real files have done."""
    path = tmp_path / "quirky_12.nxs"
    with h5py.File(path, "w") as file:
        entry = file.create_group("entry")
        entry.attrs["NX_class"] = "NXentry"
        instrument = entry.create_group("instrument")
        instrument.attrs["NX_class"] = "NXinstrument"
        instrument["name"] = "QUIRK"
        # Entries 0.3 and 0.2 are out of order, one has no events, and two are of one pulse.
        write_events(
            entry,
            "bank1_events",
            ids=[1, 2, 3, 4, 5, 0x80000000],
            offsets=np.array([10.0004, 20.0006, 30.5, 40.25, 50.0, 60.0], np.float32),
            zero=np.array([0.0, 0.1, 0.1, 0.3, 0.2]),
            index=np.array([0, 2, 3, 3, 5], np.uint64),
        )
        write_events(
            entry,
            "bank2_events",
            ids=[7],
            offsets=np.array([1.0], np.float32),
            zero=np.array([0.0, 0.1]),
            index=np.array([0, 2**64 - 1], np.uint64),
        )
        write_events(
            entry,
            "bank_error_events",
            ids=[0x80000000] * 2,
            offsets=np.array([3.0e6, 5.0], np.float32),
            zero=np.array([0.05, 0.15]),
            index=np.array([0, 1], np.uint64),
        )
        entry["detector_1_events"] = entry["bank1_events"]
        write_log(entry, "temperature", time=[-3600.0, 0.12, 0.25], value=np.array([[4.0], [5.0], [6.5]]), unit="K")
        write_log(entry, "late", time=np.array([0.01, 9.2e9, 0.02]), value=np.array([1, 2, 3], np.int32))
        write_log(entry, "words", time=[0.0, 1.0], value=np.array([b"on", b"off"]))
        write_log(entry, "vector", time=[0.07], value=np.array([[1.0, 2.0, 3.0]], np.float32))
    return path


@pytest.fixture
def steady(tmp_path):
    """A plain file: 40 entries of 25 events, 50 ms apart, and a log."""
    path = tmp_path / "steady_1.nxs"
    with h5py.File(path, "w") as file:
        entry = file.create_group("entry")
        entry.attrs["NX_class"] = "NXentry"
        write_events(
            entry,
            "bank",
            ids=np.arange(1000) % 64 + 1,
            offsets=np.arange(1000, dtype=np.float32),
            zero=np.arange(40) * 0.05,
            index=np.arange(40) * 25,
        )
        write_log(entry, "speed", time=np.arange(4) * 0.5, value=np.array([1.0, 2.0, 3.0, 4.0]), unit="Hz")
    return path


@pytest.fixture(scope="session")
def event_files():
    """The folder of real event files."""
    folder = Path(os.environ.get("LIVEDATA_SHARED") or Path(__file__).parents[3] / "shared") / "data"
    if not folder.is_dir():
        pytest.skip("needs the real instrument files: set LIVEDATA_SHARED")
    return folder
