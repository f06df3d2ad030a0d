"""Replay of what files tell beside events and numbers: texts, units, alarms, connections, frames, weights, arrays."""

import time
from itertools import pairwise

import h5py
import numpy as np
import pytest

from livedata.schemas import decode, identify
from livedata.sources import start_replay

from .conftest import START_NS, write_events, write_log

S = 10**9


def add_facet(group, value_name, time_name, seconds, values):
    group[time_name] = np.asarray(seconds, np.float64)
    group[time_name].attrs.update({"units": "second", "start": "2023-11-14T22:13:20.123456789Z"})
    group[value_name] = values


@pytest.fixture
def told(tmp_path):
    """A file with a process variable of which everything is told, an enumerated one, and texts."""
    path = tmp_path / "told_1.nxs"
    with h5py.File(path, "w") as file:
        entry = file.create_group("entry")
        entry.attrs["NX_class"] = "NXentry"
        write_events(entry, "bank", ids=[1, 2], offsets=[1.0, 2.0], zero=np.array([0.0, 0.1]), index=[0, 1])
        pv = write_log(entry, "pressure", time=[0.0, 1.0, 2.0], value=np.array([1.0, 2.0, 3.0]), unit="mbar")
        add_facet(pv, "alarm_severity", "alarm_time", [0.5, 1.5], np.array([2, 0], np.int16))
        pv["alarm_message"] = np.array([b"HIHI", b""])
        add_facet(pv, "connection_status", "connection_status_time", [-5.0], np.array([2], np.int16))
        shutter = write_log(entry, "shutter", time=[0.0, 3.0], value=np.array([0, 1], np.uint32))
        shutter["value_strings"] = np.array([[b"closed"], [b"open"]])
        write_log(entry, "words", time=[0.25], value=np.array(["№"], h5py.string_dtype()))
    return path


def test_what_is_told_of_a_variable_goes_under_its_name(memory, read, told):
    start_replay(told, memory, speed="max", times="original").wait(20)
    topics = read()

    alarms = [(m.timestamp - START_NS, m.severity, m.message) for _, m in topics.of("al00", "pressure")]
    assert alarms == [(S // 2, 2, "HIHI"), (3 * S // 2, 0, "")]
    assert [(m.timestamp - START_NS, m.status) for _, m in topics.of("ep01", "pressure")] == [(-5 * S, 2)]
    assert [m.value for _, m in topics.of("f144", "pressure")] == [1.0, 2.0, 3.0]


def test_the_states_of_an_enumerated_variable_are_numbers_and_texts_under_two_names(memory, read, told):
    start_replay(told, memory, speed="max", times="original").wait(20)
    topics = read()

    numbers = [(m.timestamp, m.value) for _, m in topics.of("f144", "shutter")]
    texts = [(m.timestamp, m.value) for _, m in topics.of("f142", "shutter/value_strings")]
    assert numbers == [(START_NS, 0), (START_NS + 3 * S, 1)]
    assert texts == [(START_NS, "closed"), (START_NS + 3 * S, "open")]


def test_each_unit_is_told_at_the_run_start_and_its_absence_too(memory, read, told):
    start_replay(told, memory, speed="max").wait(20)
    topics = read()
    ((_, run),) = topics.of("pl72")

    units = {m.source_name: (m.timestamp, m.units) for _, m in topics.of("un00")}
    start_ns = run.start_time * 1_000_000
    absent = dict.fromkeys(("shutter", "shutter/value_strings", "words"), (start_ns, None))
    assert units == {"pressure": (start_ns, "mbar"), **absent}


def test_units_are_told_anew_in_each_pass(memory, read, told):
    replay = start_replay(told, memory, speed="max", loop=True)
    while replay.loops_done < 3:
        time.sleep(0.01)
    replay.stop(wait=True)
    topics = read()
    times = [m.timestamp for _, m in topics.of("un00", "pressure")]

    assert times == [m.start_time * 1_000_000 for _, m in topics.of("pl72")]
    assert len(times) >= 3
    assert all(a < b for a, b in pairwise(times))


def test_all_that_is_told_moves_by_one_constant(memory, read, told):
    start_replay(told, memory, speed="max").wait(20)
    topics = read()
    zero = min(int(m.reference_time[0]) for _, m in topics.of("ev44"))
    told_at = {schema: [m.timestamp - zero for _, m in topics.of(schema)] for schema in ("f142", "al00", "ep01")}

    assert told_at == {"f142": [0, S // 4, 3 * S], "al00": [S // 2, 3 * S // 2], "ep01": [-5 * S]}


def test_what_is_told_is_counted_but_only_values_are_samples(memory, told):
    replay = start_replay(told, memory, speed="max").wait(20)
    sent = replay.sent["pressure"]

    assert (sent.messages, sent.entries) == (3 + 2 + 1 + 1, 3)
    assert replay.not_sent == ()


def test_texts_from_before_1970_are_listed_as_not_sent(memory, read, tmp_path):
    path = tmp_path / "old.nxs"
    with h5py.File(path, "w") as file:
        write_log(file, "words", time=[0.0, 2.0], value=np.array([b"old", b"new"]), start="1969-12-31T23:59:59Z")
    replay = start_replay(path, memory, speed="max", times="original").wait(20)

    assert [m.value for _, m in read().of("f142")] == ["new"]
    assert [(row.name, row.count) for row in replay.not_sent] == [("words", 1)]


@pytest.fixture
def framed(tmp_path):
    """A file that knows the frames of one bank and nothing of those of another; two entries have the same time."""
    path = tmp_path / "framed_1.nxs"
    with h5py.File(path, "w") as file:
        entry = file.create_group("entry")
        entry.attrs["NX_class"] = "NXentry"
        seconds = np.array([0.0, 0.1, 0.1, 0.2, 0.3])
        bank = write_events(
            entry, "bank", ids=np.arange(10), offsets=np.arange(10.0), zero=seconds, index=np.arange(5) * 2
        )
        bank["period_number"] = np.array([0, 1, 1, -1, 2])
        bank["vetos"] = np.array([0, 3, 3, -1, 2**32])
        bank["proton_charge"] = np.array([0.5, np.nan, np.nan, np.nan, 0.25], np.float32)
        write_events(entry, "monitor", ids=None, offsets=[1.0], zero=np.array([0.2, 0.3]), index=[0, 1])
    return path


def as_applied(records):
    """What a reader knows of each event message: the latest pu00 of its partition."""
    latest, found = {}, []
    for record in records:
        if identify(record.value) == "pu00":
            latest[record.partition] = decode(record.value)
        elif identify(record.value) == "ev44":
            message, note = decode(record.value), latest[record.partition]
            (time_ns,) = message.reference_time.tolist()
            assert (note.reference_time, record.key) == (time_ns, str(time_ns).encode())
            known = note.period_number, note.vetos, note.proton_charge
            found.append((message.source_name, time_ns - START_NS, len(message.time_of_flight), *known))
    return sorted(found, key=str)


@pytest.mark.parametrize("partitions", [1, 3])
@pytest.mark.parametrize("message_size", [None, 1, 1000])
def test_each_frame_is_told_before_its_events_in_their_partition(memory, read, framed, partitions, message_size):
    kw = {"speed": "max", "times": "original", "partitions": partitions, "message_size": message_size}
    replay = start_replay(framed, memory, **kw).wait(20)
    size = 2 if message_size != 1 else 1
    n_messages = 2 // size

    bank = [
        (0, 0, 0, 0.5),
        *[(S // 10, 1, 3, None)] * 2,
        (S // 5, None, None, None),
        (3 * S // 10, 2, None, 0.25),
    ]
    expected = [("bank", time_ns, size, *known) for time_ns, *known in bank for _ in range(n_messages)]
    expected += [("monitor", S // 5, 1, None, None, None), ("monitor", 3 * S // 10, 0, None, None, None)]
    assert as_applied(read().records) == sorted(expected, key=str)
    assert [(row.name, row.count) for row in replay.not_sent] == [("bank", 1)]


def test_a_frame_told_once_is_not_told_again(memory, read, framed):
    start_replay(framed, memory, speed="max", times="original").wait(20)
    told_at = [m.reference_time - START_NS for _, m in read().of("pu00")]

    assert told_at == [0, S // 10, S // 5, 3 * S // 10, 3 * S // 10]


def test_pu00_and_ev44_share_their_running_number(memory, read, framed):
    start_replay(framed, memory, speed="max").wait(20)
    topics = read()
    numbers = sorted(m.message_id for _, m in topics.of("pu00", "bank") + topics.of("ev44", "bank"))

    assert numbers == list(range(len(numbers)))


def test_events_with_weights_keep_them(memory, read, tmp_path):
    path = tmp_path / "weighted.nxs"
    with h5py.File(path, "w") as file:
        bank = write_events(
            file, "bank", ids=[1, 2, 3], offsets=[1.0, 2.0, 3.0], zero=np.array([0.0, 0.1]), index=[0, 2]
        )
        bank["event_weight"] = np.array([-1, 2, 300], np.int16)
    start_replay(path, memory, speed="max").wait(20)
    topics = read()

    assert [m.weight.tolist() for _, m in topics.of("an44", "bank")] == [[-1, 2], [300]]
    assert not topics.of("ev44")
