"""`ev44`, `an44`, `ev43`: events of several pulses, and the positions at which each pulse begins."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import numpy as np

from ..message import Message
from . import Meaning, Values

# (times of the pulses, first event of each)
_PULSES = {
    "Event44Message": ("reference_time", "reference_time_index"),
    "an44_EventMessage": ("reference_time", "reference_time_index"),
    "Event43Message": ("pulse_time", "pulse_index"),
}
_PER_EVENT = ("time_of_flight", "pixel_id", "detector_id", "weight")


def _remarks(message: Message) -> Iterator[str]:
    _, name = _PULSES[message.TABLE.rpartition(".")[2]]
    index, n_events = getattr(message, name).astype(np.int64), len(message.time_of_flight)
    if n_events and not len(index):
        yield f"{n_events} events but no pulse they belong to"
    if not len(index):
        return
    if n_events == 0:
        # -1 is the convention of early 2024 for a message without events.
        odd = np.flatnonzero((index != 0) & (index != -1))
        if odd.size:
            yield f"{name} of pulse {odd[0]} is {index[odd[0]]}, but there are no events; expected 0 or -1"
        return
    if index[0] != 0:
        yield f"{name} of the first pulse is {index[0]}; expected 0"
    falling = np.flatnonzero(index[1:] < index[:-1])
    if falling.size:
        i = int(falling[0])
        yield f"{name} falls from {index[i]} to {index[i + 1]} at pulse {i + 1}; expected not to decrease"
    outside = np.flatnonzero((index < 0) | (index > n_events))
    if outside.size:
        i = int(outside[0])
        yield f"{name} of pulse {i} is {index[i]} with {n_events} events; expected 0 to {n_events}"


def _example(times: str, index: str, values: Values, rng: np.random.Generator | None) -> None:
    if index in values:
        return
    given = [len(values[name]) for name in _PER_EVENT if values.get(name) is not None]
    n_events = max(given, default=3)
    values.setdefault("time_of_flight", 1000 * np.arange(1, n_events + 1))
    n_pulses = (
        len(values[times]) if times in values else 1 if rng is None else int(rng.integers(0 if n_events == 0 else 1, 5))
    )
    starts = np.zeros(n_pulses, np.int64)
    if rng is not None:
        starts[1:] = np.sort(rng.integers(0, n_events + 1, max(n_pulses - 1, 0)))
    values[index] = starts


MEANING = Meaning(
    check=_remarks,
    example={table: partial(_example, *names) for table, names in _PULSES.items()},
)
