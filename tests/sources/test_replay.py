import threading
import time
from itertools import pairwise

import h5py
import numpy as np
import pytest

from livedata.errors import ArgumentError, FileError, WaitTimeout
from livedata.sources import start_replay

START_NS = 1_700_000_000_123_456_789
MS = 1_000_000


def events_of(topics, source):
    """All events of a stream as columns (time zero, offset, id), and its entries' times, in order."""
    messages = [m for _, m in topics.of("ev44", source)]
    zeros = []
    for m in messages:
        sizes = np.diff(np.append(m.reference_time_index, len(m.time_of_flight)))
        zeros += np.repeat(m.reference_time, sizes).tolist()
    return (
        zeros,
        [int(t) for m in messages for t in m.time_of_flight],
        [int(p) for m in messages for p in m.pixel_id],
        [int(t) for m in messages for t in m.reference_time],
    )


def test_entries_keep_their_order_offsets_are_rounded_and_ids_keep_their_bits(memory, read, quirky):
    start_replay(quirky, memory, speed="max", times="original").wait(20)

    zeros, offsets, ids, entries = events_of(read(), "bank1_events")

    assert offsets == [10_000, 20_001, 30_500, 40_250, 50_000, 60_000]
    assert ids == [1, 2, 3, 4, 5, -(2**31)]
    assert [t - START_NS for t in entries] == [0, 100 * MS, 100 * MS, 300 * MS, 200 * MS]
    assert [t - START_NS for t in zeros] == [0, 0, 100 * MS, 300 * MS, 300 * MS, 200 * MS]


def test_error_banks_are_sent_and_hard_links_only_once(memory, read, quirky):
    replay = start_replay(quirky, memory, speed="max").wait(20)

    assert {name for name, c in replay.sent.items() if c.events} == {
        "bank1_events",
        "bank2_events",
        "bank_error_events",
    }
    assert events_of(read(), "bank_error_events")[2] == [-(2**31)] * 2


def test_an_event_index_of_minus_one_is_an_entry_without_events(memory, read, quirky):
    replay = start_replay(quirky, memory, speed="max").wait(20)

    assert (replay.sent["bank2_events"].entries, replay.sent["bank2_events"].events) == (2, 1)
    assert [len(m.time_of_flight) for _, m in read().of("ev44", "bank2_events")] == [1, 0]


def test_what_cannot_be_sent_as_it_is_is_listed_by_name_and_count(memory, quirky):
    replay = start_replay(quirky, memory, speed="max").wait(20)
    listed = {(row.name, row.what.split()[0]): row.count for row in replay.not_sent}

    assert listed == {("bank_error_events", "time"): 1, ("late", "times"): 1}
    assert "2 things not sent" in repr(replay)


def test_all_streams_are_merged_by_time_with_early_logs_first(memory, read, quirky):
    order = []
    produce = memory.producer

    def producer():
        inner = produce()
        send = inner.produce
        inner.produce = lambda topic, value, **kw: (order.append(value), send(topic, value, **kw))[1]
        return inner

    memory.producer = producer
    start_replay(quirky, memory, speed="max", times="original").wait(20)
    from livedata.schemas import decode, identify

    without_name = ("pl72", "6s4t", "un00")
    names = [identify(v) if identify(v) in without_name else decode(v).source_name for v in order]

    assert names[:6] == ["pl72", *["un00"] * 4, "temperature"]
    assert names[-1] == "6s4t"
    assert names[6:11] == ["bank1_events", "bank2_events", "words", "late", "late"]
    assert names.index("vector") < names.index("bank2_events", 10) < names.index("bank_error_events", 13)


def test_samples_far_in_the_future_are_sent_and_not_waited_for(memory, read, quirky):
    start_replay(quirky, memory, speed=1.0, times="original").wait(5)
    values = [int(m.value) for _, m in read().of("f144", "late")]

    assert values == [1, 2, 3]


def test_columns_become_scalars_and_rows_stay_arrays(memory, read, quirky):
    start_replay(quirky, memory, speed="max").wait(20)
    topics = read()

    assert [float(m.value) for _, m in topics.of("f144", "temperature")] == [4.0, 5.0, 6.5]
    np.testing.assert_array_equal(topics.of("f144", "vector")[0][1].value, np.array([1, 2, 3], np.float32))


def test_times_now_move_all_times_by_one_constant(memory, read, steady):
    before = time.time_ns()
    start_replay(steady, memory, speed="max").wait(20)
    after = time.time_ns()
    topics = read()
    entries = events_of(topics, "bank")[3]

    assert before <= entries[0] <= after
    assert [t - entries[0] for t in entries] == [round(i * 50 * MS) for i in range(40)]
    assert [m.timestamp - entries[0] for _, m in topics.of("f144", "speed")] == [0, 500 * MS, 1000 * MS, 1500 * MS]


def test_record_times_are_now_whatever_the_payload_says(memory, read, steady):
    before = time.time_ns() // MS
    start_replay(steady, memory, speed="max", times="original").wait(20)

    assert all(before <= r.timestamp_ms <= time.time_ns() // MS for r in read().records)


def test_a_run_start_and_stop_in_ms_enclose_all_entries(memory, read, steady):
    start_replay(steady, memory, speed="max").wait(20)
    topics = read()
    (start,), (stop,) = ([m for _, m in topics.of(schema)] for schema in ("pl72", "6s4t"))
    entries = events_of(topics, "bank")[3]

    assert start.start_time * MS <= min(entries) < (start.start_time + 1) * MS
    assert max(entries) < stop.stop_time * MS <= max(entries) + 1 * MS
    assert start.job_id == stop.job_id
    assert (start.run_name, start.filename) == ("steady_1", "steady_1.nxs")


def test_topics_are_named_by_the_instrument_or_as_asked(memory, quirky, steady):
    start_replay(quirky, memory, speed="max").wait(20)
    start_replay(steady, memory, speed="max", topics="MINE").wait(20)

    assert set(memory.topics()) == {
        f"{p}_{kind}" for p in ("QUIRK", "MINE") for kind in ("events", "sampleEnv", "runInfo")
    }


def test_real_time_takes_as_long_as_the_data(memory, steady):
    began = time.monotonic()
    start_replay(steady, memory, speed=2).wait(20)

    assert time.monotonic() - began >= 39 * 0.05 / 2


def test_gaps_in_the_data_are_shortened_and_told(memory, tmp_path, monkeypatch):
    monkeypatch.setattr("livedata.sources.replay.LONGEST_WAIT_NS", 100 * MS)
    path = tmp_path / "gap.nxs"
    with h5py.File(path, "w") as file:
        group = file.create_group("entry/bank")
        group.attrs["NX_class"] = "NXevent_data"
        group["event_time_offset"] = np.zeros(2, np.float32)
        group["event_time_zero"] = np.array([0.0, 1000.0])
        group["event_index"] = np.array([0, 1])

    replay = start_replay(path, memory, speed=1).wait(5)

    assert "1 gap in the data shortened by 1000 s" in repr(replay)


def test_message_size_puts_entries_together_and_loses_nothing(memory, read, steady):
    replay = start_replay(steady, memory, speed="max", times="original", message_size=100).wait(20)
    _, offsets, ids, entries = events_of(read(), "bank")

    assert replay.sent["bank"].messages == 10
    assert len(entries) == 40
    assert offsets == [i * 1000 for i in range(1000)]
    assert ids == [i % 64 + 1 for i in range(1000)]


def test_with_several_partitions_messages_take_turns(memory, read, steady):
    start_replay(steady, memory, speed="max", partitions=3).wait(20)
    places = [r.partition for r, m in read().of("ev44", "bank")]

    assert [places.count(p) for p in range(3)] == [14, 13, 13]


def test_pause_holds_within_a_fifth_of_a_second_and_resume_goes_on(memory, steady):
    replay = start_replay(steady, memory, speed=1)
    while not replay.progress.done:
        time.sleep(0.01)
    replay.pause()
    time.sleep(0.2)
    held = replay.progress.done
    time.sleep(0.4)
    assert replay.progress.done == held < 1000
    assert replay.state == "paused"
    replay.resume()
    replay.wait(20)
    assert replay.progress.done == replay.progress.total == 1000


def test_stop_ends_the_run_and_leaves_no_thread(memory, read, steady):
    replay = start_replay(steady, memory, speed=0.5)
    with pytest.raises(WaitTimeout):
        replay.wait(0.2)
    replay.stop(wait=True)

    assert replay.state == "stopped"
    assert replay.error is None
    assert 0 < replay.progress.done < 1000
    assert len(read().of("6s4t")) == 1
    assert not [t for t in threading.enumerate() if t.name == "livedata steady_1.nxs"]


def test_a_paused_replay_can_be_stopped(memory, steady):
    replay = start_replay(steady, memory)
    replay.pause()
    replay.stop(wait=True)

    assert replay.state == "stopped"


def test_a_loop_begins_again_with_later_times_until_stopped(memory, read, steady):
    replay = start_replay(steady, memory, speed="max", loop=True)
    while replay.loops_done < 3:
        time.sleep(0.01)
    replay.stop(wait=True)
    topics = read()
    runs = sorted(
        (m.start_time, stop.stop_time) for (_, m), (_, stop) in zip(topics.of("pl72"), topics.of("6s4t"), strict=True)
    )

    assert len(runs) >= 3
    assert all(stop <= start for (_, stop), (start, _) in pairwise(runs))


def test_sent_counts_are_what_is_on_the_topics(memory, read, quirky):
    replay = start_replay(quirky, memory, speed="max").wait(20)
    topics = read()

    for name, counts in replay.sent.items():
        events = [m for _, m in topics.of("ev44", name)]
        samples = topics.of("f144", name) + topics.of("f142", name)
        assert counts.messages == len(events) + len(samples) + len(topics.of("un00", name))
        assert counts.entries == sum(len(m.reference_time) for m in events) + len(samples)
        assert counts.events == sum(len(m.time_of_flight) for m in events)
    assert replay.progress.done == replay.progress.total == 9


def test_a_recorder_without_room_holds_the_replay_and_stop_still_ends_it(tmp_path, steady):
    from livedata.transport import Partition, open_transport

    transport = open_transport("memory://tight?retention=20kB")
    transport.create_topic("T_events")
    holder = transport.consumer(holds_retention=True)
    holder.assign({Partition("T_events", 0): 0})
    replay = start_replay(steady, transport, speed="max", loop=True, topics="T")
    time.sleep(0.5)
    assert replay.state == "running"
    began = time.monotonic()
    replay.stop(wait=True)

    assert time.monotonic() - began < 5
    assert replay.state in ("stopped", "failed")
    holder.close()


def test_a_file_cut_short_fails_with_one_clear_error(memory, steady):
    data = steady.read_bytes()
    steady.write_bytes(data[: len(data) // 2])

    with pytest.raises(FileError):
        start_replay(steady, memory, speed="max").wait(20)


def test_a_file_that_breaks_later_ends_the_replay_with_its_error(memory, steady):
    replay = start_replay(steady, memory, speed=1, loop=True)
    steady.write_bytes(b"gone")

    with pytest.raises(FileError):
        replay.wait(20)
    assert replay.state == "failed"


def test_files_without_a_time_line_are_refused_at_the_call(memory, tmp_path):
    path = tmp_path / "empty.nxs"
    with h5py.File(path, "w") as file:
        file.create_group("entry")

    with pytest.raises(FileError, match="nothing to replay"):
        start_replay(path, memory)


def test_missing_files_are_refused_at_the_call(memory, tmp_path):
    with pytest.raises(FileError, match=r"missing\.nxs"):
        start_replay(tmp_path / "missing.nxs", memory)


@pytest.mark.parametrize(
    "wrong",
    [{"speed": -1}, {"speed": "quick"}, {"times": "then"}, {"message_size": 0}, {"partitions": 0}, {"topics": "a b"}],
)
def test_wrong_arguments_raise_at_the_call(memory, steady, wrong):
    with pytest.raises(ArgumentError, match=f"{next(iter(wrong))} is"):
        start_replay(steady, memory, **wrong)
