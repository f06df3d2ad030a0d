"""Frames and sets of arrays: recorded, read back and sent again, they are what they were."""

import time
import uuid

import numpy as np
import pytest

import livedata as ld
from livedata import schemas
from livedata.nexus import open_file
from livedata.streams.arrayline import ArrayTimeline
from livedata.testing import message
from livedata.transport import open_transport
from livedata.transport.memory.registry import forget_log

NAMES = ("camera", "monitor", "parts")


@pytest.fixture
def memory():
    """A function that gives the address of a log of the test's own."""
    names = []

    def make():
        names.append(f"test-{uuid.uuid4().hex}")
        return f"memory://{names[-1]}?retention=100MB"

    yield make
    for name in names:
        forget_log(name)


def part_of(schema, table, /, **fields):
    """Make a table inside a message."""
    classes = schemas.SCHEMAS[schema].classes
    return next(cls for full, cls in classes.items() if full.endswith(f".{table}"))(**fields)


def messages(start_ns):
    for i in range(5):
        time_ns = start_ns + i * 100_000_000
        told = (
            part_of("ad00", "Attribute", name="gain", data=np.float64(0.5 * i)),
            part_of("ad00", "Attribute", name="mode", data="single"),
        )
        image = np.arange(12, dtype=np.uint16).reshape(3, 4) + i
        yield message("ad00", source_name="camera", id=i, timestamp=time_ns, data=image, attributes=told)
        edges = part_of("da00", "da00_Variable", name="x", data=np.linspace(0, 1, 4), axes=("x",), unit="m", label="x")
        counts = np.full((3,), i, np.int32)
        signal = part_of("da00", "da00_Variable", name="signal", data=counts, axes=("x",), unit="counts")
        yield message("da00", source_name="monitor", timestamp=time_ns + 1, data=(signal, edges))
        dimension = part_of(
            "hs01", "DimensionMetaData", length=10, label="t", unit="ms", bin_boundaries=np.arange(11.0)
        )
        part = np.arange(5, dtype=np.int64) + i
        yield message(
            "hs01",
            source="parts",
            timestamp=time_ns + 2,
            dim_metadata=(dimension,),
            current_shape=np.array([5], np.int32),
            offset=np.array([5 * (i % 2)], np.int32),
            data=part,
            errors=None,
            info=None,
        )


def kept(stream):
    """Return the times and sets of a live stream as soon as there are five."""
    deadline = time.monotonic() + 20
    while len(stream.data) < 5 and time.monotonic() < deadline:
        time.sleep(0.01)
    return as_pairs(stream.data)


def written(path, name):
    """Return the times and sets of a file's stream, parts put together as they are live."""
    timeline = ArrayTimeline()
    timeline.accept(open_file(path).read(name))
    return as_pairs(timeline.data)


def as_pairs(data):
    return [(time_ns, plain(content)) for time_ns, content in zip(data.time.tolist(), data.sets, strict=True)]


def plain(content):
    variables = {
        name: (v.values.dtype, v.values.tolist(), v.dims, v.unit, v.label) for name, v in content.variables.items()
    }
    return variables, {name: str(value) for name, value in content.attributes.items()}, content.offset, content.whole


def test_frames_and_arrays_recorded_and_sent_again_are_the_same(memory, tmp_path):
    first, second = memory(), memory()
    start_ns = time.time_ns()
    transport = open_transport(first)
    transport.create_topic("T_arrays")
    live = ld.connect(first, topics="T_*")
    rec = live.record(tmp_path / "run.nxs")
    producer = transport.producer()
    for m in messages(start_ns):
        producer.produce("T_arrays", schemas.encode(m))
    seen = {name: kept(live[name]) for name in NAMES}
    rec.stop(wait=True)
    replay = ld.replay(rec.path, to=second, speed="max", topics="T", times="original")
    replay.wait(timeout=30)
    again = ld.connect(second, topics="T_*", start="earliest")

    assert replay.not_sent == ()
    assert [time_ns - start_ns for time_ns, _ in seen["camera"]] == [i * 100_000_000 for i in range(5)]
    for name in NAMES:
        assert len(seen[name]) == 5
        assert written(rec.path, name) == seen[name]
        assert kept(again[name]) == seen[name]
    live.close()
    again.close()
    transport.close()
