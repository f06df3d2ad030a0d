"""Whole views on one core: many at once, parts of one another, and everything again with a mask and a filter."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from statistics import median

import numpy as np

import livedata as ld
from livedata.reduce.condition import Compare
from livedata.reduce.description import Description, Part
from livedata.reduce.fold import kernels
from livedata.reduce.fold.binning import binning
from livedata.reduce.fold.build import make_fold
from livedata.reduce.fold.cut import cut
from livedata.reduce.fold.judge import Judge, make_judge
from livedata.reduce.pixels.layout import layout
from livedata.reduce.pixels.mask import Mask
from livedata.reduce.pixels.projection import Logical
from livedata.reduce.pixels.region import Rectangle
from livedata.reduce.quantity import bind_axes
from livedata.reduce.setting import Setting
from livedata.streams.batch import EventBatch, LogBatch, Messages
from livedata.streams.log import LogTimeline

from . import memory, peers
from .events import PERIOD_NS, SIDE, batch_of, events
from .measure import Cost, Row, Work, compare, in_turns, plain

EVENTS = 100_000_000
"""Of which a quarter is held, and read four times."""
PULSES = 14
PER_PULSE = 71_000
CUBE_SIDE = 512
CUBE_BINS = 100
N_VIEWS = 20
ENTRY = 10_000
"""Events of one pulse in one message of the stretch that is reduced again."""
SAMPLES = 10_000
"""Of the log that the stretch is filtered by."""
WANTED = 200e6
"""Events of it that should be reduced in a second."""

TOA = bind_axes(toa=ld.bins(0, PERIOD_NS, n=1000))
CUBE = Description(bind_axes(toa=ld.bins(0, PERIOD_NS, n=CUBE_BINS)), Logical())


def rows(*, quick: bool, turns: int) -> Iterator[Row]:
    """Reduce the same events in several ways."""
    for make in (_again, _unrelated, _second, _regions, _regions_together):
        yield make(quick, turns)
    yield from memory.rows(quick=quick)


def _row(name: str, n: int, ours: Work, peer: str, theirs: Work, turns: int, target: float | None, note: str) -> Row:
    costs = in_turns({"ours": plain(ours), peer: plain(theirs)}, turns=turns)
    return compare(name, "M events/s", n / 1e6, costs, peer=peer, target=target, note=note)


def _again(quick: bool, turns: int) -> Row:
    """Fold a long stretch into image and spectrum, with a mask and a filter by a log that keeps about half of it."""
    n = 1_000_000 if quick else EVENTS
    per_batch = n // 100
    held = [_entries(per_batch, seed) for seed in range(25)]
    temperature = _log(SAMPLES, len(held) * (per_batch // ENTRY) * PERIOD_NS)
    setting = Setting(
        layout=layout((SIDE, SIDE), first_id=1),
        log={"temperature": temperature}.get,
        log_unit=lambda name: "K",
        logs=lambda: {"temperature": "K"},
    )
    ids = np.random.default_rng(1).choice(SIDE * SIDE, 50_000, replace=False) + 1
    mask = Mask("noisy", ids)  # type: ignore[arg-type]
    image = Description((), Logical(), masks=(mask,), filters=(Compare("temperature", "<", 5.0, "K"),))
    views = [image, replace(image, axes=TOA, is_summed=True)]
    is_masked = np.zeros(SIDE * SIDE + 1, bool)
    is_masked[[0, *ids]] = True
    samples = temperature.data

    def ours() -> None:
        judge = make_judge(image, setting)
        folds = [make_fold(view, setting) for view in views]
        for _ in range(4):
            for batch in held:
                for fold in folds:
                    fold.add(batch, judge)
        for fold in folds:
            counted = fold.counted()
            assert counted.ledger.adds_up
            assert counted.ledger.binned == counted.values.sum()
            assert 0.3 * n < counted.ledger.filtered < 0.7 * n

    def theirs() -> None:
        for batch in held[:5]:  # a twentieth: it takes long enough
            cold = samples.value[np.searchsorted(samples.time, batch.event_time_zero, "right") - 1] < 5.0
            kept = np.repeat(cold, np.diff(batch.event_index, append=batch.n_events))
            assert batch.event_id is not None
            kept &= ~is_masked[batch.event_id]
            np.bincount(batch.event_id[kept], minlength=SIDE * SIDE + 1)
            np.histogram(batch.event_time_offset[kept], 1000, (0, PERIOD_NS))

    costs = in_turns({"ours": plain(ours), "numpy": plain(theirs)}, turns=max(1, turns // 2))
    costs["numpy"] = [Cost(20 * c.wall_s, 20 * c.cpu_s) for c in costs["numpy"]]
    costs["wanted"] = [Cost(n / WANTED, n / WANTED)] * len(costs["ours"])
    numpy_speed = n / 1e6 / median(c.wall_s for c in costs["numpy"])
    note = f"tables and reading included; {SAMPLES} samples, pulses of {ENTRY} events; numpy {numpy_speed:.0f}"
    name = f"again: image + spectrum, mask, filter by a log, {n / 1e6:g} M events"
    return compare(name, "M events/s", n / 1e6, costs, peer="wanted", target=1, note=note)


def _unrelated(quick: bool, turns: int) -> Row:
    """Fold batches into spectra that have nothing in common, beside the bare loops."""
    n = 100_000 if quick else 1_000_000
    batches = [batch_of(*events(125_000, seed)) for seed in range(max(1, n // 125_000))]
    axes = [ld.bins(0, PERIOD_NS - 1000 * k, n=1000) for k in range(N_VIEWS)]
    folds = [make_fold(Description(bind_axes(toa=axis)), Setting()) for axis in axes]
    bare = [(binning(axis.named("toa")).even, np.zeros(1002, np.uint32)) for axis in axes]
    judge, one = Judge(), np.uint32(1)

    def ours() -> None:
        for batch in batches:
            for fold in folds:
                fold.add(batch, judge)

    def theirs() -> None:
        for batch in batches:
            for even, cells in bare:
                assert even is not None
                toa = batch.event_time_offset
                kernels.count_even(toa, even.first, even.span, even.shift, even.scale, cells, one)

    total = sum(batch.n_events for batch in batches) * N_VIEWS
    return _row(f"{N_VIEWS} unrelated spectra", total, ours, "bare loops", theirs, turns, 1 / 1.1, "events × views")


def _second(quick: bool, turns: int) -> Row:
    """Take one second of a source of 14 Hz into cube, image and spectrum."""
    per_pulse = 1000 if quick else PER_PULSE
    batches = [batch_of(*events(per_pulse, seed, n_pixels=CUBE_SIDE**2)) for seed in range(PULSES)]
    setting = Setting(layout=layout((CUBE_SIDE, CUBE_SIDE), first_id=1))
    fold, judge = make_fold(CUBE, setting), Judge()
    image, spectrum = Description((), Logical()), replace(CUBE, is_summed=True)

    def ours() -> None:
        for batch in batches:
            fold.add(batch, judge)
        cut(fold, image, setting)
        cut(fold, spectrum, setting)

    theirs = peers.detector_view(batches, CUBE_SIDE, PERIOD_NS, CUBE_BINS)
    name = f"a second at 14 Hz: {CUBE_SIDE}² × {CUBE_BINS} cube + image + spectrum"
    note = "the peer groups events by pixel, histograms, adds to what it has and sums, with scipp"
    return _row(name, PULSES * per_pulse, ours, "esslivedata's sequence", theirs, turns, 10, note)


def _regions(quick: bool, turns: int) -> Row:
    """Fold into a cube and cut the spectra of regions out of it, beside the cube alone."""
    per_pulse = 1000 if quick else PER_PULSE
    batches = [batch_of(*events(per_pulse, seed, n_pixels=CUBE_SIDE**2)) for seed in range(PULSES)]
    setting = Setting(layout=layout((CUBE_SIDE, CUBE_SIDE), first_id=1))
    parts = [replace(CUBE, is_summed=True, region=region) for region in _corners()]
    fold, alone = make_fold(CUBE, setting), make_fold(CUBE, setting)
    judge = Judge()
    for part in parts:  # what is worked out once
        cut(fold, part, setting)
    _same(parts[3], setting, batches[:1])
    return _row(
        f"{N_VIEWS} region spectra of one image, once a second",
        PULSES * per_pulse,
        _adding(fold, batches, judge, lambda: [cut(fold, part, setting) for part in parts]),
        "the cube alone",
        _adding(alone, batches, judge, lambda: []),
        turns,
        0.5,
        "events, not events × views",
    )


def _regions_together(quick: bool, turns: int) -> Row:
    """Count the spectra of regions where no cube is held, as live views of one picture are counted together."""
    per_pulse = 1000 if quick else PER_PULSE
    batches = [batch_of(*events(per_pulse, seed, n_pixels=CUBE_SIDE**2)) for seed in range(PULSES)]
    setting = Setting(layout=layout((CUBE_SIDE, CUBE_SIDE), first_id=1))
    wanted = [replace(CUBE, is_summed=True, region=region) for region in _corners()]
    together = replace(CUBE, is_summed=True, apart=tuple(Part((), one.region) for one in wanted))
    fold, alone, judge = make_fold(together, setting), make_fold(CUBE, setting), Judge()
    for one in wanted:
        cut(fold, one, setting)
    _same(wanted[3], setting, batches[:1], base=together)
    return _row(
        f"{N_VIEWS} region spectra of one image without a cube",
        PULSES * per_pulse,
        _adding(fold, batches, judge, lambda: [cut(fold, one, setting) for one in wanted]),
        "a cube alone",
        _adding(alone, batches, judge, lambda: []),
        turns,
        0.5,
        "events, not events × views; counted together",
    )


def _corners() -> list[Rectangle]:
    corners = [(20 * k, 10 + 15 * k) for k in range(N_VIEWS)]
    return [Rectangle((x, x + 50), (y, y + 40)) for x, y in corners]  # pixel indices


def _adding(fold: object, batches: list[EventBatch], judge: Judge, then: Callable[[], object]) -> Work:
    def work() -> None:
        for batch in batches:
            fold.add(batch, judge)  # type: ignore[attr-defined]
        then()

    return work


def _same(part: Description, setting: Setting, batches: list[EventBatch], *, base: Description = CUBE) -> None:
    """Compare a part of what a fold holds with a fold of its own."""
    held, own = make_fold(base, setting), make_fold(part, setting)
    for batch in batches:
        held.add(batch, Judge())
        own.add(batch, Judge())
    a, b = cut(held, part, setting), own.counted()
    if not np.array_equal(a.values, b.values) or a.ledger != b.ledger:
        raise AssertionError(f"{a.ledger} is not {b.ledger}")


def _entries(n: int, number: int) -> EventBatch:
    """Return the pulses of one stretch of many, one after another."""
    ids, toa = events(n, number)
    index = np.arange(0, n, ENTRY, dtype=np.int64)
    pulses = number * len(index) + np.arange(len(index))
    return replace(batch_of(ids, toa), event_time_zero=pulses * PERIOD_NS, event_index=index)


def _log(n: int, stop_ns: int) -> LogTimeline:
    """Return a temperature that keeps crossing 5 K: a slow wave with noise."""
    rng = np.random.default_rng(0)
    times = np.sort(rng.integers(0, stop_ns, n))
    places = np.arange(n)
    values = 5 + np.sin(places / 100) + rng.normal(0, 0.5, n)
    zeros = np.zeros(n, np.int64)
    timeline = LogTimeline()
    timeline.accept(LogBatch(times, values, Messages("logs", zeros.astype(np.int32), places, zeros, places, places)))
    return timeline
