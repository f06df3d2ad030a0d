"""Gathering: a topic is read once nobody new has come for a moment."""

from livedata.streams.gathering import GATHER_MOST_S, GATHER_S, Gathering


def test_a_topic_waits_until_nobody_new_comes():
    gathering, one, two = Gathering(), frozenset({1}), frozenset({1, 2})

    assert gathering.ready({"t": one}, (), 0.0) == set()
    assert gathering.ready({"t": two}, (), 0.9 * GATHER_S) == set()
    assert gathering.ready({"t": two}, (), 1.8 * GATHER_S) == set()
    assert gathering.ready({"t": two}, (), 2.0 * GATHER_S) == {"t"}


def test_a_topic_does_not_wait_for_ever():
    gathering, step = Gathering(), GATHER_S / 2
    times = [i * step for i in range(int(GATHER_MOST_S / step) + 2)]
    ready = [bool(gathering.ready({"t": frozenset(range(i + 1))}, (), now)) for i, now in enumerate(times)]

    assert ready.index(True) == round(GATHER_MOST_S / step)


def test_what_is_read_already_never_waits_and_who_leaves_keeps_nobody_waiting():
    gathering = Gathering()

    assert gathering.ready({"t": frozenset({1})}, {"t"}, 0.0) == {"t"}
    assert gathering.ready({"u": frozenset({1, 2})}, (), 0.0) == set()
    assert gathering.ready({"u": frozenset({1})}, (), GATHER_S) == {"u"}
