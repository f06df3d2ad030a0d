"""When the simulated instrument says what: which pulses share a message, which message is late, where runs begin.

A pure function of the seed: the n-th item is the same however fast the items are asked for. Times are nanoseconds
after the start of pulse 0.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .beam import PERIOD_NS

PULSES_PER_RUN = 280
"""From one run's first pulse to the next one's: 20 s."""
PULSES_IN_RUN = 266
"""A run takes 19 s; a second of beam belongs to no run."""
GROUP = 7
"""Pulses that are planned together, half a second; a group begins three pulses before a multiple of seven."""
LEAD = 3
PATTERNS = (
    (1, 1, 1, 1, 1, 1, 1),
    (1, 1, 2, 1, 1, 1),
    (1, 1, 1, 1, 2, 1),
    (2, 1, 1, 1, 1, 1),
    (1, 1, 1, 3, 1),
    (1, 2, 1, 2, 1),
)
"""How many consecutive pulses share messages, through a group."""
BOUNDARY_PATTERNS = ((1, 1, 2, 1, 1, 1), (1, 3, 1, 1, 1))
"""The same where a run begins or ends before the group's fourth pulse: that boundary falls within a message."""
LATE_CHANCE, BEHIND_CHANCE = 1 / 40, 1 / 8
LATE_NS = 5 * PERIOD_NS // 2


@dataclass(frozen=True, slots=True)
class EventMessage:
    """One ev44 message to be: some of the events of some pulses."""

    due_ns: int
    stream: str
    pulses: tuple[int, ...]
    """In the order of the message's entries; not always rising."""
    part: int
    """Number of this message among those of the same pulses."""
    n_parts: int
    is_late: bool = False


@dataclass(frozen=True, slots=True)
class LogMessage:
    """One f144 message to be: the n-th sample of a log, valid since `time_ns`."""

    due_ns: int
    stream: str
    number: int
    time_ns: int


@dataclass(frozen=True, slots=True)
class RunMessage:
    """Start or stop of the n-th run, between two pulses."""

    due_ns: int
    number: int
    is_start: bool


Item = EventMessage | LogMessage | RunMessage


def run_of(pulse: int) -> int | None:
    """Return the number of the run (from 0) to which a pulse belongs, None between runs."""
    number, place = divmod(pulse, PULSES_PER_RUN)
    return number if place < PULSES_IN_RUN else None


def boundary_ns(pulse: int) -> int:
    """Time of a run's start or stop before a pulse: half-way from the pulse before; the start itself for pulse 0."""
    return pulse * PERIOD_NS - (PERIOD_NS // 2 if pulse else 0)


def timeline(seed: int, n_parts: int, *, n_pulses: int | None = None) -> Iterator[Item]:
    """Yield everything to be sent, in order of `due_ns`.

    Parameters
    ----------
    seed
        Decides about bunches of pulses and stragglers.
    n_parts
        Detector messages for each pulse or bunch of pulses.
    n_pulses
        Where to end; without it, never.
    """
    waiting: list[tuple[int, int, Item]] = []
    count = 0
    group = 0
    while n_pulses is None or group * GROUP - LEAD < n_pulses:
        for item in _group(seed, group, n_parts, n_pulses):
            heapq.heappush(waiting, (item.due_ns, count, item))
            count += 1
        group += 1
        # All that a later group can send is due at or after the start of its first pulse, or of the boundary before it.
        horizon = (group * GROUP - LEAD) * PERIOD_NS
        while waiting and waiting[0][0] < horizon:
            yield heapq.heappop(waiting)[2]
    while waiting:
        yield heapq.heappop(waiting)[2]


def _group(seed: int, group: int, n_parts: int, n_pulses: int | None) -> Iterator[Item]:
    middle = group * GROUP
    starts, stops = middle % PULSES_PER_RUN == 0, middle % PULSES_PER_RUN == PULSES_IN_RUN
    is_boundary = middle > 0 and (starts or stops)
    rng = np.random.Generator(np.random.PCG64([seed, group, 1]))
    patterns = BOUNDARY_PATTERNS if is_boundary else PATTERNS
    pattern = patterns[int(rng.integers(len(patterns)))]
    ends = n_pulses if n_pulses is not None else middle + 1
    if (starts and middle < ends) or (stops and middle <= ends):
        yield RunMessage(boundary_ns(middle), middle // PULSES_PER_RUN, is_start=starts)
    pulse = middle - LEAD
    for size in pattern:
        bunch = tuple(p for p in range(pulse, pulse + size) if p >= 0 and (n_pulses is None or p < n_pulses))
        pulse += size
        chances = rng.random((n_parts, 2))
        if bunch:
            holds_boundary = is_boundary and bunch[0] < middle <= bunch[-1]
            yield from _bunch(bunch, chances, n_parts, is_chosen=holds_boundary)
    yield from _logs(middle, group, n_pulses)


def _bunch(bunch: tuple[int, ...], chances: NDArray[np.float64], n_parts: int, *, is_chosen: bool) -> Iterator[Item]:
    """Messages of pulses that share them, sent one after the other while the last of the pulses lasts.

    A chosen bunch has one message that comes late and one with an entry behind a later one.
    """
    begin = bunch[-1] * PERIOD_NS
    for part in range(n_parts):
        due = begin + (part + 1) * PERIOD_NS // (n_parts + 1)
        is_late = bool(chances[part, 0] < LATE_CHANCE) or (is_chosen and part == n_parts - 1)
        is_behind = bool(chances[part, 1] < BEHIND_CHANCE) or (is_chosen and part == 0)
        pulses = bunch[::-1] if is_behind else bunch
        yield EventMessage(due + (LATE_NS if is_late else 0), "detector", pulses, part, n_parts, is_late)
    yield EventMessage(begin + PERIOD_NS // 2, "monitor", bunch, 0, 1)


def _logs(middle: int, group: int, n_pulses: int | None) -> Iterator[Item]:
    """Temperature twice a second, chopper speed once, each at a fixed moment within its pulse."""
    if n_pulses is not None and middle >= n_pulses:
        return
    time_ns = middle * PERIOD_NS + 1_234_567
    yield LogMessage(time_ns + 2_000_000, "temperature", group, time_ns)
    if group % 2 == 0:
        time_ns = middle * PERIOD_NS + 7_654_321
        yield LogMessage(time_ns + 2_000_000, "chopper_speed", group // 2, time_ns)
