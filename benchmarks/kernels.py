"""The counting loops on one core, ledger included, exact at the edges, beside histogram libraries on the same data."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from statistics import median

import numpy as np

import livedata as ld
from livedata.reduce.fold.accumulate import Accumulator
from livedata.reduce.fold.binning import Definition, define
from livedata.reduce.pixels.layout import layout
from livedata.streams.batch import EventBatch, Messages

from . import peers
from .events import PERIOD_NS, SIDE, Int32, events
from .measure import Cost, Row, compare, in_turns, plain

SIZES = (125_000, 1_000_000)
CUBE_BINS = 20
TURN_S = 0.03
"""How long each goes on in a turn."""


@dataclass(frozen=True, slots=True)
class Case:
    """What is counted, by us and by each library."""

    title: str
    definition: Definition
    peers: Callable[[Int32, Int32], peers.Works]
    target: float | None = None
    against: str = ""
    """Which library the target names; else it is the fastest."""


def rows(*, quick: bool, turns: int) -> Iterator[Row]:
    """Count the same events with everybody."""
    with _one_core():
        for case in cases():
            for n in SIZES[:1] if quick else SIZES:
                yield _row(case, n, turns=turns, turn_s=0.0 if quick else TURN_S)


def cases() -> list[Case]:
    """Return what is counted."""
    geometric = np.unique(np.rint(np.geomspace(1e3, PERIOD_NS, 1001))).astype(np.int64)
    square = layout((SIDE, SIDE), first_id=1)
    whole, few = ld.bins(0, PERIOD_NS, n=1000), ld.bins(0, PERIOD_NS, n=CUBE_BINS)
    fraction = ld.bins(0, 71.43, n=999, unit="ms")
    return [
        Case(
            "spectrum, 1000 bins",
            define({"toa": whole}),
            lambda _, toa: peers.regular(toa, 0, PERIOD_NS, 1000),
            target=1.3,
        ),
        Case(
            "spectrum, 71.43 ms / 999",
            define({"toa": fraction}),
            lambda _, toa: peers.regular(toa, 0, PERIOD_NS, 999),
        ),
        Case(
            f"spectrum, {len(geometric) - 1} geometric bins",
            define({"toa": ld.edges(geometric)}),
            lambda _, toa: peers.uneven(toa, geometric),
            target=1.3,
            against="boost",
        ),
        Case("image 1024²", define({}, square), lambda ids, _: peers.pixels(ids), target=1.3),
        Case(
            f"cube 1024² × {CUBE_BINS}",
            define({"toa": few}, square),
            lambda ids, toa: peers.cube(ids, toa, PERIOD_NS, CUBE_BINS),
        ),
    ]


def _row(case: Case, n: int, *, turns: int, turn_s: float) -> Row:
    ids, toa = events(n)
    zero = np.zeros(1, np.int64)
    batch = EventBatch(ids, toa, zero + 1, zero, Messages("t", np.zeros(1, np.int32), zero, zero, zero, zero))
    accumulator = Accumulator(case.definition)
    works = {"ours": lambda: accumulator.fold(batch), **case.peers(ids, toa)}
    costs = in_turns({name: plain(work) for name, work in works.items()}, turns=turns, long_enough_s=turn_s)
    ledger = accumulator.ledger
    if not ledger.adds_up or ledger.binned != accumulator.counts().sum():
        raise AssertionError(f"{case.title}: the ledger does not add up: {ledger}")
    speeds = {name: n / 1e6 / _wall_s(held) for name, held in costs.items() if name != "ours"}
    return compare(
        f"{case.title}, {_short(n)} events",
        "M events/s",
        n / 1e6,
        costs,
        peer=max((p for p in speeds if p.startswith(case.against)), key=speeds.__getitem__),
        target=case.target,
        note="; ".join(f"{name} {speed:.0f}" for name, speed in sorted(speeds.items(), key=lambda item: -item[1])),
    )


def _wall_s(costs: list[Cost]) -> float:
    return median(cost.wall_s for cost in costs)


def _short(n: int) -> str:
    return f"{n / 1e6:g} M"


@contextlib.contextmanager
def _one_core() -> Iterator[None]:
    """Keep all threads on one core, libraries' own ones too."""
    if not hasattr(os, "sched_setaffinity"):
        yield
        return
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {max(before)})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)
