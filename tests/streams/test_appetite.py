"""How many messages are taken at a time."""

from __future__ import annotations

import pytest

from livedata.streams.appetite import MEAL_BYTES, MOST_RECORDS, Appetite
from livedata.transport.protocol import Record


def records(n: int, size: int) -> list[Record]:
    return [Record("t", 0, i, 0, None, bytes(size), ()) for i in range(n)]


@pytest.mark.parametrize("size", [10_000, 100_000, 1_000_000])
def test_a_meal_is_as_many_messages_as_fit(size: int) -> None:
    appetite = Appetite()
    appetite.note(records(3, size))
    assert appetite.max_records == MEAL_BYTES // size


def test_a_message_larger_than_a_meal_comes_alone() -> None:
    appetite = Appetite()
    appetite.note(records(1, 2 * MEAL_BYTES))
    assert appetite.max_records == 1


@pytest.mark.parametrize("size", [0, 1, 64])
def test_small_and_empty_messages_come_by_the_thousand(size: int) -> None:
    appetite = Appetite()
    appetite.note(records(2, size))
    assert appetite.max_records == MOST_RECORDS


def test_silence_does_not_change_the_appetite() -> None:
    appetite = Appetite()
    appetite.note(records(1, 1_000_000))
    before = appetite.max_records
    appetite.note([])
    assert appetite.max_records == before
