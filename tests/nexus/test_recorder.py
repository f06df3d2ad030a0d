import json
import os
import subprocess
import sys
import threading
import time
import uuid
from dataclasses import replace

import numpy as np
import pytest

from livedata.errors import ArgumentError, FileError, OutputExists, RecordingError, WaitTimeout
from livedata.nexus import open_file, record
from livedata.nexus.place import Place, claim, inside
from livedata.nexus.spec import RecorderSpec
from livedata.schemas import encode, encode_ev44, encode_f144, message_class
from livedata.streams.batch import LogBatch
from livedata.streams.key import StreamKey
from livedata.transport import open_transport
from livedata.transport.memory.registry import forget_log
from livedata.transport.protocol import Partition

from .conftest import T0, facet_message, log_message, objects


@pytest.fixture
def memory():
    name = f"t{uuid.uuid4().hex}"
    transport = open_transport(f"memory://{name}")
    yield transport
    transport.close()
    forget_log(name)


def send(transport, n, *, first=0, topic="X_events", partitions=3):
    """Produce `n` ev44 messages of 50 events in two pulses, and a log sample for each; return the sum of ids."""
    producer = transport.producer()
    rng = np.random.default_rng(first)
    total = 0
    for i in range(first, first + n):
        ids = rng.integers(1, 100, 50, dtype=np.int32)
        total += int(ids.sum())
        value = encode_ev44("detector", i, [T0 + 2 * i, T0 + 2 * i + 1], [0, 20], np.arange(50, dtype=np.int32), ids)
        producer.produce(topic, value, partition=i % partitions)
        producer.produce("X_env", encode_f144("temperature", T0 + 2 * i, float(i)))
    assert producer.flush(30) == 0
    producer.close()
    return total


def totals(path):
    batch = open_file(path).read("detector")
    return batch.n_events, batch.n_entries, int(batch.event_id.sum())


def until(condition, timeout=20):
    end = time.monotonic() + timeout
    while not condition():
        assert time.monotonic() < end, "it did not come to pass in time"
        time.sleep(0.02)


def test_nothing_produced_after_the_call_is_missed_and_nothing_before_it_is_taken(memory, tmp_path):
    memory.create_topic("X_events", partitions=3)
    send(memory, 10)
    recording = record(memory, tmp_path / "run.nxs", topics="X_*")
    expected = send(memory, 30, first=10)
    recording.stop(wait=True)
    assert totals(tmp_path / "run.nxs") == (1500, 60, expected)
    assert recording.state == "finished"
    assert recording.counts["detector"].messages == 30
    assert recording.counts["temperature"].samples == 30


def test_the_start_of_the_extent_is_known_at_once(memory, tmp_path):
    memory.create_topic("X_events", partitions=3)
    send(memory, 9)
    with record(memory, tmp_path / "run.nxs") as recording:
        offsets = recording.extent.offsets
        assert offsets[Partition("X_events", 1)] == (3, 3)
    assert open_file(recording.path).extent == recording.extent


def test_a_recording_from_given_positions_takes_what_lies_after_them(memory, tmp_path):
    memory.create_topic("X_events", partitions=3)
    expected = send(memory, 12)
    recording = record(memory, tmp_path / "run.nxs", start={})
    recording.stop(wait=True)
    assert totals(recording.path) == (600, 24, expected)


def test_topics_that_appear_later_are_taken_up(memory, tmp_path):
    recording = record(memory, tmp_path / "run.nxs", topics=["X_*"])
    memory.create_topic("X_events", partitions=2)
    expected = send(memory, 8, partitions=2)
    recording.stop(wait=True)
    assert totals(recording.path) == (400, 16, expected)


def test_other_topics_are_left_alone(memory, tmp_path):
    memory.create_topic("X_events", partitions=3)
    with record(memory, tmp_path / "run.nxs", topics="Y_*"):
        send(memory, 3)
    assert list(open_file(tmp_path / "run.nxs").streams) == []


def test_malformed_messages_are_counted_and_stop_nothing(memory, tmp_path):
    memory.create_topic("X_events", partitions=3)
    recording = record(memory, tmp_path / "run.nxs")
    producer = memory.producer()
    producer.produce("X_events", b"\x00gar", partition=0)
    broken = encode_ev44("detector", 0, [T0, T0], [0, 9], np.arange(2, dtype=np.int32), np.arange(2, dtype=np.int32))
    expected = send(memory, 5)
    producer.produce("X_events", broken, partition=0)
    producer.close()
    recording.stop(wait=True)
    assert totals(recording.path) == (250, 10, expected)
    assert recording.status.malformed == 2
    ledger = open_file(recording.path).ledgers["detector"]
    assert (ledger["messages"], ledger["decoded"], ledger["malformed"]) == (6, 5, 1)


def test_the_last_value_before_the_start_comes_first(memory, tmp_path):
    memory.create_topic("X_env")
    key = StreamKey("X_env", "temperature", "log")
    recording = record(memory, tmp_path / "run.nxs", initial={key: log_message(-1, -5.0, time=T0 - 10**9)})
    memory.producer().produce("X_env", encode_f144("temperature", T0, 7.0))
    recording.stop(wait=True)
    assert open_file(recording.path).read("temperature").value.tolist() == [-5.0, 7.0]


def test_a_last_value_that_is_no_older_is_not_written_twice(memory, tmp_path):
    memory.create_topic("X_env")
    memory.producer().produce("X_env", encode_f144("temperature", T0, 7.0))
    key = StreamKey("X_env", "temperature", "log")
    recording = record(memory, tmp_path / "run.nxs", start={}, initial={key: log_message(-1, 7.0, time=T0)})
    recording.stop(wait=True)
    assert open_file(recording.path).read("temperature").value.tolist() == [7.0]


def test_a_silent_log_keeps_its_last_value(memory, tmp_path):
    memory.create_topic("X_env")
    key = StreamKey("X_env", "temperature", "log")
    recording = record(memory, tmp_path / "run.nxs", initial={key: log_message(-1, 3.0)})
    recording.stop(wait=True)
    assert open_file(recording.path).read("temperature").value.tolist() == [3.0]


def test_an_existing_file_is_never_overwritten(memory, tmp_path):
    path = tmp_path / "run.nxs"
    path.write_text("precious")
    with pytest.raises(OutputExists, match=r"exists already; choose another name, or use \"run_\{number\}.nxs\""):
        record(memory, path)
    assert path.read_text() == "precious"


def test_a_file_that_is_being_recorded_is_refused(memory, tmp_path):
    with record(memory, tmp_path / "run.nxs"), pytest.raises(OutputExists, match="is being recorded"):
        record(memory, tmp_path / "run.nxs")


def test_a_file_that_appears_meanwhile_is_kept_and_the_recording_too(memory, tmp_path):
    recording = record(memory, tmp_path / "run.nxs")
    until(lambda: recording.state == "recording")
    (tmp_path / "run.nxs").write_text("precious")
    with pytest.raises(RecordingError, match=r"the recording is complete at .*run\.nxs\.part"):
        recording.stop(wait=True)
    assert (tmp_path / "run.nxs").read_text() == "precious"
    assert open_file(tmp_path / "run.nxs.part").title == ""


def test_run_numbers_count_on(memory, tmp_path):
    (tmp_path / "run_41.nxs").write_text("")
    with (
        record(memory, tmp_path / "run_{number}.nxs") as first,
        record(memory, tmp_path / "run_{number}.nxs") as second,
    ):
        pass
    assert (first.path.name, second.path.name) == ("run_42.nxs", "run_43.nxs")


def test_run_numbers_are_never_given_twice(tmp_path):
    places = []
    threads = [threading.Thread(target=lambda: places.append(claim(tmp_path / "r{number:04d}.nxs"))) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(p.final.name for p in places) == [f"r{n:04d}.nxs" for n in range(1, 17)]


def test_a_missing_folder_is_told(memory, tmp_path):
    with pytest.raises(FileError, match=r"no folder .*make it first"):
        record(memory, tmp_path / "absent" / "run.nxs")


@pytest.mark.parametrize("name", ["{run}.nxs", "{number", "{number}{number}.nxs"])
def test_a_pattern_with_anything_but_one_number_is_refused(tmp_path, name):
    with pytest.raises(ArgumentError, match="number"):
        claim(tmp_path / name)


@pytest.mark.parametrize("name", ["../x.nxs", "a/b.nxs", "..", "", "/etc/passwd", "a\\b"])
def test_names_from_elsewhere_cannot_leave_the_folder(tmp_path, name):
    with pytest.raises(ArgumentError, match="no plain file name"):
        inside(tmp_path, name)


def test_a_wait_that_is_too_short_says_so_and_the_recording_goes_on(memory, tmp_path):
    recording = record(memory, tmp_path / "run.nxs")
    with pytest.raises(WaitTimeout, match="still"):
        recording.wait(0.3)
    recording.stop(wait=True)


def test_stopping_twice_does_nothing(memory, tmp_path):
    recording = record(memory, tmp_path / "run.nxs")
    recording.stop()
    recording.stop(wait=True)
    recording.stop(wait=True)
    assert repr(recording) == "<Recording run.nxs finished: 0 events, 0.0 MB>"


def test_names_from_the_wire_are_escaped_in_html(memory, tmp_path):
    memory.create_topic("X_env")
    recording = record(memory, tmp_path / "run.nxs")
    memory.producer().produce("X_env", encode_f144("<script>", T0, 7.0))
    recording.stop(wait=True)
    assert "<script>" not in recording._repr_html_()
    assert "&lt;script&gt;" in recording._repr_html_()


def test_a_finished_recording_leaves_no_thread_and_no_other_file(memory, tmp_path):
    recording = record(memory, tmp_path / "run.nxs")
    recording.stop(wait=True)
    until(lambda: not [t for t in threading.enumerate() if t.name.startswith("livedata-recorder")], 5)
    assert [p.name for p in tmp_path.iterdir()] == ["run.nxs"]


DISC_FULL = """
import resource, signal, sys
import numpy as np
from livedata.errors import RecordingError
from livedata.nexus import record
from livedata.schemas import encode_ev44
from livedata.transport import open_transport

limit = int(sys.argv[2])
if limit:
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
transport = open_transport("memory://full")
transport.create_topic("T")
recording = record(transport, sys.argv[1])
producer = transport.producer()
value = encode_ev44("d", 0, [1], [0], np.zeros(100_000, np.int32), np.zeros(100_000, np.int32))
for _ in range(60):
    producer.produce("T", value)
try:
    recording.stop(wait=True)
except RecordingError as error:
    print(recording.state, "|", error)
"""


@pytest.fixture(params=["tmpfs", "file size limit"])
def full_disc(request, tmp_path):
    """(folder, limit in bytes): a small tmpfs where this user may mount one, else only the limit of file sizes."""
    if request.param == "file size limit":
        yield tmp_path, 20_000_000
        return
    folder = tmp_path / "small"
    folder.mkdir()
    mounted = (
        os.geteuid() == 0
        and not subprocess.run(
            ["mount", "-t", "tmpfs", "-o", "size=20m", "tmpfs", str(folder)], capture_output=True, check=False
        ).returncode
    )
    yield (folder, 0) if mounted else (folder, 20_000_000)
    if mounted:
        subprocess.run(["umount", str(folder)], check=True)


def test_a_full_disc_is_one_clear_error_and_leaves_nothing_under_the_name(full_disc):
    folder, limit = full_disc
    path = folder / "run.nxs"
    done = subprocess.run(
        [sys.executable, "-c", DISC_FULL, str(path), str(limit)],
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(f"failed | {path}: cannot write: ")
    assert "no space left" in done.stdout or "larger than this system allows" in done.stdout
    assert f"MB are left at {path}.part" in done.stdout
    assert not path.exists()
    assert "Traceback" not in done.stderr


KILLED = """
import sys, time
from pathlib import Path
import numpy as np
from livedata.nexus.writer import FileWriter
from livedata.streams.batch import EventBatch, LogBatch, Messages
from livedata.streams.key import StreamKey
from livedata.transport.protocol import Partition
writer = FileWriter(Path(sys.argv[1]))
zero = np.zeros(1, np.int64)
i = 0
while True:
    n = 20_000
    for name in "ab":
        messages = Messages("T", np.zeros(1, np.int32), zero + i, zero, zero, zero)
        batch = EventBatch(np.full(n, i, np.int32), np.full(n, i, np.int32), zero + i, zero, messages)
        writer.accept(StreamKey("T", name, "events"), batch)
    text = np.full(1, f"text {i}", object)
    writer.accept(StreamKey("T", "words", "log"), LogBatch(zero + i, text, messages))
    writer.covered({Partition("T", 0): (0, i + 1)})
    i += 1
    if i % 20 == 0:
        writer.checkpoint()
        print(i, flush=True)
"""


@pytest.mark.parametrize("lines", [2, 3, 5, 8, 13])
def test_a_writer_that_is_killed_leaves_a_file_that_opens_with_all_that_its_side_file_promises(tmp_path, lines):
    import h5py

    from livedata.nexus.sidefile import read_side_file

    path = tmp_path / "run.nxs.part"
    child = subprocess.Popen([sys.executable, "-c", KILLED, str(path)], stdout=subprocess.PIPE, text=True)
    for _ in range(lines):
        assert child.stdout.readline()
    time.sleep(0.013 * lines)
    child.kill()
    child.wait()
    child.stdout.close()
    side = read_side_file(path)
    ((_, _, first, stop),) = side["offsets"]
    assert (first, stop % 20) == (0, 0)
    assert stop >= 20
    with h5py.File(path) as file:
        for stream in side["streams"]:
            for dataset, rows in stream["rows"].items():
                assert file[dataset].shape[0] >= rows
        for name in "ab":
            ids = file[f"entry/{name}_events/event_id"][: stop * 20_000]
            assert np.array_equal(ids, np.repeat(np.arange(stop, dtype=np.int32), 20_000))
        texts = file["entry/logs/words/value"].asstr()[:stop]
        assert texts.tolist() == [f"text {i}" for i in range(stop)]


def test_the_last_alarm_text_and_unit_before_the_start_come_first(memory, tmp_path):
    memory.create_topic("X_env")
    key = StreamKey("X_env", "temperature", "log")
    alarm = facet_message("alarm", -1, 2, message="HIHI")
    before = (
        LogBatch(np.array([T0 - 10**9]), objects(["shut"]), log_message(-1, 0.0).messages),
        replace(alarm, time=alarm.time - 10**9),
        facet_message("unit", -1, None),
    )
    recording = record(memory, tmp_path / "run.nxs", initial={key: before})
    producer = memory.producer()
    producer.produce("X_env", encode(message_class("f142")(source_name="temperature", timestamp=T0, value="open")))
    producer.produce("X_env", encode(message_class("al00")(source_name="temperature", timestamp=T0, severity=0)))
    producer.close()
    recording.stop(wait=True)
    file = open_file(recording.path)
    assert file.read("temperature").value.tolist() == ["shut", "open"]
    said = file.read("temperature", facet="alarm")
    assert (said.value.tolist()[0], said.columns["message"].tolist()[0]) == (2, "HIHI")
    assert file.read("temperature", facet="unit").value.tolist() == [None]
    assert recording.counts["temperature"].facets["unit"] == 1


def test_what_a_recorder_is_told_survives_the_way_to_another_process(tmp_path):
    key = StreamKey("X_env", "temperature", "log")
    told = (
        LogBatch(np.array([T0]), objects(["größer"]), log_message(-1, 0.0).messages),
        facet_message("alarm", -1, 3, message="LOLO"),
        facet_message("unit", -1, None),
        log_message(-1, np.arange(3, dtype=np.int16)),
    )
    spec = RecorderSpec(Place(tmp_path / "a", tmp_path / "b"), None, {}, initial={key: told})
    back = RecorderSpec.from_json(json.loads(json.dumps(spec.to_json()))).initial[key]
    assert [(b.facet, b.value.tolist(), b.value.dtype, b.time.tolist()) for b in back] == [
        (b.facet, b.value.tolist(), b.value.dtype, b.time.tolist()) for b in told
    ]
    assert back[1].columns["message"].tolist() == ["LOLO"]
