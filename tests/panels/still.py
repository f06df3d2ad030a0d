"""A view that shows what a test gives it: every kind of picture, without a stream behind it."""

from __future__ import annotations

import time

import numpy as np

from livedata.reduce.axis import Axes, bins, categories, edges, log_bins
from livedata.reduce.result.ledger import Ledger
from livedata.reduce.result.snapshot import Snapshot
from livedata.streams.extent import Coverage
from livedata.streams.feed import Progress


def snapshot(array, axes, *, unit="counts", spread=None, state="live", settled=None, last=None, version=1) -> Snapshot:
    return Snapshot(
        array=np.asarray(array),
        axes=Axes(axes),
        spread=spread,
        unit=unit,
        ledger=Ledger(seen=7, binned=7),
        coverage=Coverage(last_ns=last),
        state=state,
        generation=1,
        version=version,
        settled_until=settled,
        taken_ns=0,
    )


class Still:
    """Fulfils what panels ask of a view."""

    def __init__(self, shown: Snapshot, *, name: str = "still", layout=None, screen=None, geometry=None, masked=None):
        self.shown, self.name = shown, name
        self.layout, self.screen, self.geometry, self.masked = layout, screen, geometry, masked
        self.drawn = []
        self.is_finite, self.error, self.lag = False, None, 0
        self.progress, self.events_per_s, self.remarks = Progress(0, 0), 0.0, ()
        self.data_ns, self.age_s = time.time_ns(), 0.0

    axes = property(lambda self: self.shown.axes)
    state = property(lambda self: self.shown.state)
    generation = property(lambda self: self.shown.generation)
    version = property(lambda self: self.shown.version)
    ledger = property(lambda self: self.shown.ledger)

    def picture(self) -> Snapshot:
        return self.shown

    def _repr_mimebundle_(self, include=None, exclude=None):
        from livedata.panels import present

        return present(self)


def kinds() -> dict[str, Snapshot]:
    """Return one picture of every kind."""
    random = np.random.default_rng(1)
    y, x = np.mgrid[:128, :192]
    r = np.hypot(x - 96, y - 64)
    rings = random.poisson(300 * np.exp(-r / 20) + 20 * (abs(r - 40) < 3))
    rate = rings / 60
    rate[50:75, 90:100] = np.nan
    metres = [bins(-0.4, 0.4, n=128, unit="m").named("y"), bins(-0.6, 0.6, n=192, unit="m").named("x")]
    indices = [bins(0, 128, n=128).named("y"), bins(0, 192, n=192).named("x")]
    uneven = [
        edges([0, 1, 3, 6, 10, *range(15, 95, 5)], "deg").named("two_theta"),
        log_bins(0.01, 10, n=30, unit="1/angstrom").named("Q"),
    ]
    decay = random.poisson(200 * np.exp(-np.arange(60) / 20)).astype(float)
    ratio = decay / 10_000
    ratio[10:14] = np.nan
    rates = random.poisson(100, 40) / 2
    start = 1_795_000_000 * 10**9
    return {
        "counts": snapshot(rings, indices),
        "rate": snapshot(rate, metres, unit="counts/s", spread=rate / 60),
        "difference": snapshot(rings - np.roll(rings, 20, 1), indices, spread=2 * rings),
        "uneven": snapshot(random.poisson(50, (20, 30)) * np.arange(1, 31), uneven),
        "spectrum": snapshot(
            random.poisson(200 * np.exp(-np.arange(500) / 200)), [bins(0, 71.43, n=500, unit="ms").named("toa")]
        ),
        "ratio": snapshot(
            ratio,
            [log_bins(0.5, 20, n=60, unit="angstrom").named("wavelength")],
            unit="dimensionless",
            spread=decay / 1e8,
        ),
        "series": snapshot(
            rates, [bins(start, start + 80 * 10**9, n=40, unit="ns").named("time")], unit="counts/s", spread=rates / 2
        ),
        "negative": snapshot(
            random.normal(0, 3, 100),
            [bins(0, 10, n=100, unit="meV").named("energy_transfer")],
            spread=np.full(100, 9.0),
        ),
        "states": snapshot(np.array([5, 90, 30]), [categories(["open", "closed", "moving"]).named("shutter")]),
    }
