"""Pacing by answers: no queue while somebody looks, quiet when nobody does, careful while a cell runs."""

from __future__ import annotations

from livedata.panels.pace import MISSES, PATIENCE_S, Pace


def sent_until(pace: Pace, start: float, stop: float, *, is_busy: bool) -> int:
    """Count the frames that go out without any answer, looking every 10 ms."""
    frames = 0
    for tick in range(int(start * 100), int(stop * 100)):
        now = tick / 100
        if pace.next_step(now, 0.1, is_busy=is_busy)[0] == "frame":
            pace.was_sent(now)
            frames += 1
    return frames


def test_the_first_frame_goes_out_at_once() -> None:
    assert Pace(0.0).next_step(0.0, 0.1, is_busy=False)[0] == "frame"


def test_no_second_frame_before_the_first_is_painted() -> None:
    pace = Pace(0.0)
    pace.was_sent(0.0)
    assert pace.next_step(0.5, 0.1, is_busy=False) == ("wait", PATIENCE_S)


def test_an_answer_lets_the_next_frame_go_after_the_interval() -> None:
    pace = Pace(0.0)
    pace.was_answered(pace.was_sent(0.0), 0.03)
    assert pace.next_step(0.05, 0.1, is_busy=False) == ("wait", 0.1)
    assert pace.next_step(0.1, 0.1, is_busy=False)[0] == "frame"


def test_five_missed_answers_end_the_frames() -> None:
    pace = Pace(0.0)
    assert sent_until(pace, 0, 60, is_busy=False) == MISSES
    assert not pace.is_watched


def test_nobody_looking_is_asked_with_pings_and_an_answer_brings_frames_back() -> None:
    pace = Pace(0.0)
    sent_until(pace, 0, 10, is_busy=False)
    assert pace.next_step(20.0, 0.1, is_busy=False)[0] == "ping"
    pace.was_answered(pace.was_sent(20.0), 20.1)
    assert pace.is_watched
    assert pace.next_step(20.2, 0.1, is_busy=False)[0] == "frame"


def test_frames_go_on_while_a_cell_holds_answers_back() -> None:
    pace = Pace(0.0)
    assert 40 <= sent_until(pace, 0, 5, is_busy=True) <= 50


def test_a_long_silence_in_a_busy_cell_thins_the_frames_out() -> None:
    pace = Pace(0.0)
    sent_until(pace, 0, 300, is_busy=True)
    assert sent_until(pace, 300, 360, is_busy=True) <= 13


def test_answers_held_back_by_a_cell_do_not_count_as_a_slow_browser() -> None:
    pace = Pace(0.0)
    pace.was_answered(pace.was_sent(0.0), 30.0)
    assert pace.round_trip_s <= 0.25
