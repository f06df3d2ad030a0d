"""The one way in which everything here is timed: in turns, several times, and the median of it.

Machines are noisy and grow warm. So two things to be compared run in turns (A, B, A, B, …), the ratio is taken within
each turn, and the median of the ratios is what a row says.
"""

from __future__ import annotations

import gc
import resource
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import asdict, dataclass
from statistics import median
from typing import Any

Work = Callable[[], object]
Setting = Callable[[], AbstractContextManager[Work]]
"""Gives the work of one run, with what has to be made and cleared away around it, untimed."""


@dataclass(frozen=True, slots=True)
class Cost:
    """What one run took: wall time and CPU time of all threads (and of ended child processes), in seconds."""

    wall_s: float
    cpu_s: float


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table."""

    name: str
    """What was done."""
    unit: str
    ours: float
    """Our speed, in `unit`."""
    peer: str
    """Who it is compared with."""
    theirs: float | None
    """The peer's speed, in `unit`."""
    ratio: float | None
    """Our speed over the peer's, in wall time: above 1 we are faster."""
    cpu: float | None
    """Our CPU seconds over the peer's: below 1 we are cheaper."""
    pairs: int
    """How often both ran in turn."""
    target: float | None = None
    """What the ratio should be at least."""
    cpu_target: float | None = None
    """What the CPU ratio should be at most."""
    note: str = ""

    @property
    def verdict(self) -> str:
        """Whether the targets are met; nothing without targets."""
        wanted = [(self.ratio, self.target, 1), (self.cpu, self.cpu_target, -1)]
        judged = [(got - want) * sign >= 0 for got, want, sign in wanted if got is not None and want is not None]
        return "" if not judged else "met" if all(judged) else "missed"

    def to_dict(self) -> dict[str, Any]:
        """Return plain numbers and texts, ready for JSON."""
        return {**asdict(self), "verdict": self.verdict}


def plain(work: Work) -> Setting:
    """Return the setting of a work that needs none."""

    @contextmanager
    def nothing() -> Iterator[Work]:
        yield work

    return nothing


def cost_of(setting: Setting, *, repeat: int = 1) -> Cost:
    """Run something so many times in one setting: the median of the wall times, the mean of the CPU times."""
    with setting() as work:
        walls = []
        cpu = _cpu_s()
        for _ in range(repeat):
            start = time.perf_counter()
            work()
            walls.append(time.perf_counter() - start)
        return Cost(median(walls), (_cpu_s() - cpu) / repeat)


def in_turns(works: Mapping[str, Setting], *, turns: int, long_enough_s: float = 0.0) -> dict[str, list[Cost]]:
    """Run all works in turn, so many times, after one run of each that does not count.

    Parameters
    ----------
    works
        What to run, by name; see `plain`.
    turns
        How often.
    long_enough_s
        Short works are repeated within a turn until they take so long.
    """
    repeats = {}
    for name, work in works.items():
        first = cost_of(work)
        once = cost_of(work).wall_s if long_enough_s else first.wall_s
        repeats[name] = max(1, int(long_enough_s / max(once, 1e-6)))
    costs: dict[str, list[Cost]] = {name: [] for name in works}
    gc.collect()
    gc.disable()  # as timeit does: a collection would hit whoever is at it
    try:
        for turn in range(turns):
            # Whoever runs behind a certain other should not always be the same.
            for name in list(works) if turn % 2 == 0 else reversed(works):
                costs[name].append(cost_of(works[name], repeat=repeats[name]))
    finally:
        gc.enable()
    return costs


def compare(
    name: str,
    unit: str,
    amount: float,
    costs: Mapping[str, list[Cost]],
    *,
    peer: str | None = None,
    cpu_peer: str | None = None,
    target: float | None = None,
    cpu_target: float | None = None,
    note: str = "",
) -> Row:
    """Make a row of costs in turns.

    Parameters
    ----------
    name, unit, target, cpu_target, note
        As in `Row`.
    amount
        What one run did, in `unit` times seconds: a run of 1 s has this speed.
    costs
        ``"ours"`` and the peers.
    peer
        The one to compare with; None takes the fastest.
    cpu_peer
        The one to compare CPU seconds with; None takes `peer`.
    """
    ours = costs["ours"]
    peers = [other for other in costs if other != "ours"]
    chosen = peer or min(peers, key=lambda other: median(c.wall_s for c in costs[other]))
    cheap = cpu_peer or chosen
    return Row(
        name,
        unit,
        amount / median(c.wall_s for c in ours),
        chosen,
        amount / median(c.wall_s for c in costs[chosen]),
        median(b.wall_s / a.wall_s for a, b in zip(ours, costs[chosen], strict=True)),
        median(a.cpu_s / max(b.cpu_s, 1e-9) for a, b in zip(ours, costs[cheap], strict=True)),
        len(ours),
        target,
        cpu_target,
        note,
    )


def _cpu_s() -> float:
    own, ended = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
    return own.ru_utime + own.ru_stime + ended.ru_utime + ended.ru_stime
