from collections import Counter
from itertools import islice, pairwise

import pytest

from livedata.sources.beam import PERIOD_NS
from livedata.sources.schedule import (
    PULSES_IN_RUN,
    PULSES_PER_RUN,
    EventMessage,
    LogMessage,
    RunMessage,
    boundary_ns,
    run_of,
    timeline,
)

N_PULSES = 3 * PULSES_PER_RUN


@pytest.fixture(scope="module")
def items():
    return list(timeline(7, 4, n_pulses=N_PULSES))


@pytest.fixture(scope="module")
def messages(items):
    return [item for item in items if isinstance(item, EventMessage)]


def test_items_come_in_the_order_in_which_they_are_due(items):
    assert all(a.due_ns <= b.due_ns for a, b in pairwise(items))


def test_every_pulse_is_in_every_part_exactly_once(messages):
    seen = Counter((m.stream, m.part, pulse) for m in messages for pulse in m.pulses)

    assert set(seen.values()) == {1}
    assert len(seen) == N_PULSES * (4 + 1)


def test_at_least_one_message_in_ten_holds_several_pulses(messages):
    shared = sum(len(m.pulses) > 1 for m in messages)

    assert 0.1 < shared / len(messages) < 0.5


def test_every_run_boundary_but_the_first_lies_within_messages_of_both_streams(messages):
    for run in range(3):
        for pulse in (run * PULSES_PER_RUN, run * PULSES_PER_RUN + PULSES_IN_RUN):
            holding = [m for m in messages if {pulse - 1, pulse} <= set(m.pulses)]
            assert {m.stream for m in holding} == ({"detector", "monitor"} if pulse else set())


def test_some_messages_are_late_and_some_entries_stand_behind_later_ones(messages):
    late = [m for m in messages if m.is_late]

    assert len(late) > 20
    assert all(m.due_ns >= (max(m.pulses) + 2) * PERIOD_NS for m in late)
    assert sum(m.pulses != tuple(sorted(m.pulses)) for m in messages) > 20


def test_no_message_is_due_before_its_last_pulse(messages):
    assert all(m.due_ns > max(m.pulses) * PERIOD_NS for m in messages)


def test_runs_take_turns_of_start_and_stop_beginning_at_once(items):
    runs = [(item.number, item.is_start) for item in items if isinstance(item, RunMessage)]

    assert runs == [(0, True), (0, False), (1, True), (1, False), (2, True), (2, False)]
    assert items[0] == RunMessage(0, 0, is_start=True)


def test_a_pulse_belongs_to_the_run_whose_boundaries_hold_it():
    assert run_of(0) == run_of(PULSES_IN_RUN - 1) == 0
    assert run_of(PULSES_IN_RUN) is None
    assert run_of(PULSES_PER_RUN) == 1
    assert (PULSES_PER_RUN - 1) * PERIOD_NS < boundary_ns(PULSES_PER_RUN) < PULSES_PER_RUN * PERIOD_NS


def test_logs_come_once_and_twice_a_second(items):
    numbers = Counter(item.stream for item in items if isinstance(item, LogMessage))

    assert numbers == {"temperature": 120, "chopper_speed": 60}


def test_the_same_seed_gives_the_same_items_and_another_seed_others():
    first = list(islice(timeline(1, 3), 500))

    assert first == list(islice(timeline(1, 3), 500))
    assert first != list(islice(timeline(2, 3), 500))


def test_the_length_does_not_change_what_came_before(items):
    longer = list(islice(timeline(7, 4), 1000))

    assert longer == items[:1000]
