"""Messages of every schema, through batches into a file and back: the file gives what the messages gave."""

import uuid

import numpy as np
import pytest

from livedata.nexus import open_file, record
from livedata.nexus.check import check
from livedata.nexus.sampletable import exactly
from livedata.streams.key import FAMILY_OF_SCHEMA
from livedata.streams.split import Splitter
from livedata.transport import Record, open_transport
from livedata.transport.memory.registry import forget_log
from tests.system.isis_run import isis_run
from tests.system.muon_run import muon_run

from .conftest import T0
from .sameness import content


def split(records):
    """Return what a splitter makes of records, by stream."""
    found = {}
    for key, batch in Splitter().split(records):
        found.setdefault(key, []).append(batch)
    return found


def read_back(file, name):
    return [b for facet in file.stream(name).facets for b in file.batches(name, facet=facet)]


def compare(path, expected):
    """Compare a file's streams with batches by stream; return how many entries, samples and sets were equal."""
    file = open_file(path)
    assert {s.key for s in file.streams.values()} == set(expected)
    equal = 0
    for name, stream in file.streams.items():
        sent, back = content(expected[stream.key]), content(read_back(file, name))
        assert back == sent
        equal += len(back)
    return equal


@pytest.fixture
def memory():
    name = f"t{uuid.uuid4().hex}"
    transport = open_transport(f"memory://{name}")
    yield transport
    transport.close()
    forget_log(name)


@pytest.mark.parametrize("make", [isis_run, muon_run])
def test_a_recorded_run_gives_back_every_entry_sample_text_alarm_and_unit(memory, tmp_path, make):
    run = make(T0 // 1_000_000 * 1_000_000)
    run.make_topics(memory, "X")
    recording = record(memory, tmp_path / "run.nxs")
    producer = memory.producer()
    for sent in run.messages:
        producer.produce(f"X_{sent.topic}", sent.value, key=sent.key, partition=sent.partition)
    assert producer.flush(30) == 0
    producer.close()
    recording.stop(wait=True)
    consumer = memory.consumer()
    consumer.assign(dict.fromkeys(recording.extent.offsets, 0))
    records = []
    while got := consumer.fetch(0.2):
        records += got
    consumer.close()
    assert len(records) == len(run.messages)
    assert compare(recording.path, split(records)) >= 300


@pytest.mark.shared
def test_every_shared_message_that_makes_a_stream_comes_back_from_a_file(writer, shared):
    records = []
    for schema in FAMILY_OF_SCHEMA:
        for path in sorted((shared / "vectors" / schema).glob("*.bin")):
            records.append(Record(f"{schema}_topic", 0, len(records), 1_700_000_000_000, None, path.read_bytes(), ()))
    expected = split(records)
    for key, batches in expected.items():
        for batch in batches:
            writer.accept(key, batch)
    written = writer.finish()
    check(writer.path, written)
    assert all(counts.unrepresentable == 0 for counts in written.counts.values())
    assert compare(writer.path, expected) > 100


def test_nothing_at_all_fits_any_type():
    there, fits = exactly(np.zeros((0, 0, 3)), np.dtype("i4"))

    assert (there.shape, fits.shape) == ((0, 0, 3), (0,))
