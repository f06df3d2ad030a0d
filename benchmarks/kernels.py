"""The counting loops on one core, ledger included, exact at the edges, beside histogram libraries on the same data."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from statistics import median

import numpy as np

import livedata as ld
from livedata.reduce.description import Description
from livedata.reduce.fold.build import make_fold
from livedata.reduce.fold.judge import Judge
from livedata.reduce.physics.geometry import Geometry
from livedata.reduce.pixels.layout import layout
from livedata.reduce.pixels.projection import Logical
from livedata.reduce.quantity import bind_axes
from livedata.reduce.setting import Setting
from livedata.streams.batch import EventBatch

from . import peers
from .events import PERIOD_NS, SIDE, Int32, batch_of, events
from .measure import Cost, Row, compare, in_turns, plain

SIZES = (125_000, 1_000_000)
CUBE_BINS = 20
CUBE_PIXELS = 100_000
LENGTH_M = 25.0
TURN_S = 0.03
"""How long each goes on in a turn."""


@dataclass(frozen=True, slots=True)
class Case:
    """What is counted, by us and by each library."""

    title: str
    description: Description
    peers: Callable[[Int32, Int32], peers.Works]
    setting: Setting = field(default_factory=Setting)
    n_pixels: int = SIDE * SIDE
    target: float | None = None
    against: str = ""
    """Which library the target names; else it is the fastest."""
    tolerance: float = 0.0
    """Share of the events that a library with rounded edges may put into a neighbouring bin."""


def rows(*, quick: bool, turns: int) -> Iterator[Row]:
    """Count the same events with everybody."""
    for case in cases():
        for n in SIZES[:1] if quick else SIZES:
            yield _row(case, n, turns=turns, turn_s=0.0 if quick else TURN_S)


def cases() -> list[Case]:
    """Return what is counted."""
    geometric = np.unique(np.rint(np.geomspace(1e3, PERIOD_NS, 1001))).astype(np.int64)
    square = Setting(layout=layout((SIDE, SIDE), first_id=1))
    pixels = layout((100, CUBE_PIXELS // 100), first_id=1)
    whole, hundred = ld.bins(0, PERIOD_NS, n=1000), ld.bins(0, PERIOD_NS, n=100)
    few, fraction = ld.bins(0, PERIOD_NS, n=CUBE_BINS), ld.bins(0, 71.43, n=999, unit="ms")
    image = Logical()
    return [
        Case(
            "spectrum, 1000 bins",
            Description(bind_axes(toa=whole)),
            lambda _, toa: peers.regular(toa, 0, PERIOD_NS, 1000),
            target=1.3,
        ),
        Case(
            "spectrum, 71.43 ms / 999",
            Description(bind_axes(toa=fraction)),
            lambda _, toa: peers.regular(toa, 0, PERIOD_NS, 999),
        ),
        Case(
            f"spectrum, {len(geometric) - 1} geometric bins",
            Description(bind_axes(toa=ld.edges(geometric))),
            lambda _, toa: peers.uneven(toa, geometric),
            target=1.3,
            against="boost",
        ),
        Case("image 1024²", Description((), image), lambda ids, _: peers.pixels(ids), square, target=1.3),
        Case(
            f"cube 1024² × {CUBE_BINS}",
            Description(bind_axes(toa=few), image),
            lambda ids, toa: peers.cube(ids, toa, SIDE * SIDE, PERIOD_NS, CUBE_BINS),
            square,
        ),
        Case(
            "cube 1e5 × 100",
            Description(bind_axes(toa=hundred), image),
            lambda ids, toa: peers.cube(ids, toa, CUBE_PIXELS, PERIOD_NS, 100),
            Setting(layout=pixels),
            CUBE_PIXELS,
            target=1.7,
            against="numpy bincount",
        ),
        Case(
            "wavelength, 1e5 pixels, 1000 bins",
            Description(bind_axes(wavelength=ld.bins(0, 10, n=1000, unit="angstrom"))),
            lambda ids, toa: peers.wavelength(ids, toa, lengths(CUBE_PIXELS), 10.0, 1000),
            Setting(layout=pixels, geometry=lambda: beamline(CUBE_PIXELS)),
            CUBE_PIXELS,
            target=3,
            against="scipp",
            tolerance=1e-6,
        ),
    ]


def beamline(n_pixels: int) -> Geometry:
    """Return pixels in a row across the beam, 5 m behind the sample."""
    x = np.linspace(-1, 1, n_pixels)
    positions = np.stack([x, np.zeros(n_pixels), np.full(n_pixels, 5.0)], axis=1)
    return Geometry(positions, (0.0, 0.0, 5.0 - LENGTH_M), (0.0, 0.0, 0.0))


def lengths(n_pixels: int) -> np.ndarray:
    """Return the flight paths of `beamline` in m, shape (pixel,)."""
    positions = beamline(n_pixels).positions
    assert positions is not None
    return LENGTH_M - 5.0 + np.linalg.norm(positions, axis=1)


def _row(case: Case, n: int, *, turns: int, turn_s: float) -> Row:
    ids, toa = events(n, n_pixels=case.n_pixels)
    batch, judge = batch_of(ids, toa), Judge()
    works = case.peers(ids, toa)
    _check(case, batch, works)
    fold = make_fold(case.description, case.setting)
    works = {"ours": lambda: fold.add(batch, judge), **works}
    costs = in_turns({name: plain(work) for name, work in works.items()}, turns=turns, long_enough_s=turn_s)
    counted = fold.counted()
    if not counted.ledger.adds_up or counted.ledger.binned != counted.values.sum():
        raise AssertionError(f"{case.title}: the ledger does not add up: {counted.ledger}")
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


def _check(case: Case, batch: EventBatch, works: peers.Works) -> None:
    """Compare counts with the libraries' that return them."""
    fold = make_fold(case.description, case.setting)
    fold.add(batch, Judge())
    ours = fold.counted().values.ravel()
    for name, work in works.items():
        theirs = peers.counts(work())
        if theirs is None:
            continue
        theirs = theirs[-len(ours) :] if name.startswith("numpy bincount") and theirs.size > ours.size else theirs
        unequal = int(np.abs(ours - theirs).sum())
        exact = not name.startswith("fast-histogram") and "float32" not in name and "999" not in case.title
        if exact and unequal > 2 * case.tolerance * batch.n_events + 2 * bool(case.tolerance):
            raise AssertionError(f"{case.title}: {unequal} counts differ from those of {name}")


def _wall_s(costs: list[Cost]) -> float:
    return median(cost.wall_s for cost in costs)


def _short(n: int) -> str:
    return f"{n / 1e6:g} M"
