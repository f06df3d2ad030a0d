"""What the operator can think of: views of all kinds, and others made from them."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from typing import Any

import livedata as ld
from livedata.reduce.view import View

from .payloads import SIDE

PERIOD_MS = 71.43

Wish = Callable[[Any, random.Random], View]


def _toa(rng: random.Random) -> Any:
    return ld.bins(0, rng.choice((PERIOD_MS, 50.0)), n=rng.choice((20, 100, 1000)), unit="ms")


def _few(rng: random.Random) -> Any:
    return ld.bins(0, PERIOD_MS, n=rng.choice((5, 20)), unit="ms")


NEW: dict[str, Wish] = {
    "spectrum": lambda live, rng: live["detector"].histogram(toa=_toa(rng)),
    "monitor": lambda live, rng: live["monitor"].histogram(toa=_toa(rng)),
    "pixels": lambda live, rng: live["detector"].histogram(event_id=ld.bins(1, SIDE**2 + 1, n=SIDE**2)),
    "image": lambda live, rng: live["detector"].image(),
    "coarse image": lambda live, rng: live["detector"].image(ld.logical().fold("x", {"x": -1, "fine": 4}).sum("fine")),
    "cube": lambda live, rng: live["detector"].image(toa=_few(rng)),
    "plane": lambda live, rng: live["detector"].image(ld.plane((64, 64))),
    "angles": lambda live, rng: live["detector"].image(ld.angles((50, 50))),
    "wavelength": lambda live, rng: live["detector"].histogram(wavelength=ld.bins(0, 12, n=200, unit="angstrom")),
    "q": lambda live, rng: live["detector"].histogram(q=ld.log_bins(0.01, 1, n=50, unit="1/angstrom")),
    "toa and pixel": lambda live, rng: live["detector"].histogram(
        event_id=ld.bins(1, SIDE**2 + 1, n=SIDE), toa=_few(rng)
    ),
    "temperature": lambda live, rng: live["detector"].histogram(temperature=ld.bins(0, 8, n=8)),
    "toa and temperature": lambda live, rng: live["monitor"].histogram(toa=_few(rng), temperature=ld.bins(1, 9, n=4)),
    "series": lambda live, rng: live["detector"].series(rng.choice((1.0, "0.5 s"))),
    "sparse": lambda live, rng: live["detector"].histogram(
        event_id=ld.bins(1, SIDE**2 + 1, n=SIDE**2), toa=_few(rng), sparse=True
    ),
    "wavelength image": lambda live, rng: live["detector"].image(wavelength=ld.bins(0, 10, n=4, unit="angstrom")),
}
"""Views of a stream."""


def _region(rng: random.Random) -> Any:
    x, y = rng.uniform(0, SIDE * 0.6), rng.uniform(0, SIDE * 0.6)
    size = rng.uniform(5, SIDE * 0.4)
    box = ld.rectangle(x=(x, x + size), y=(y, y + size))
    round_ = ld.ellipse(center=(x + size / 2, y + size / 2), radii=(size / 2, size / 3), rotation=rng.uniform(0, 90))
    corner = ld.polygon([(x, y), (x + size, y), (x, y + size)])
    return rng.choice((box, round_, corner, box | round_, box - round_, round_ & corner))


def _masked(live: Any, view: View, rng: random.Random) -> View:
    return view.mask([rng.randrange(1, SIDE**2 + 1) for _ in range(rng.randrange(1, 500))])


def _where(live: Any, view: View, rng: random.Random) -> View:
    limit = rng.uniform(2, 8)
    temperature = live["temperature"]
    return view.where(temperature < limit if rng.random() < 0.5 else temperature >= limit)


def _window(live: Any, view: View, rng: random.Random) -> View:
    how: list[dict[str, Any]] = [
        {"pulses": rng.choice((1, 5, 40))},
        {"seconds": rng.choice((1, 4.5, "800 ms"))},
        {"run": True},
        {"log": "mode"},
    ]
    return view.window(**rng.choice(how))


def _normalised(live: Any, view: View, rng: random.Random) -> View:
    how: list[dict[str, Any]] = [{"monitor": live["monitor"]}, {"time": True}, {"pulses": True}]
    return view.normalise(**rng.choice(how))


def _over(live: Any, view: View, rng: random.Random) -> View:
    now = time.time_ns()
    start = now - int(rng.uniform(0.2, 4) * 1e9)
    return view.over(start) if rng.random() < 0.4 else view.over(start, start + int(rng.uniform(0.1, 4) * 1e9))


def _last_run(live: Any, view: View, rng: random.Random) -> View:
    done = [run for run in live.runs if run.stop_ns is not None and time.time_ns() - run.start_ns < 8e9]
    return view.over(done[-1]) if done else view.window(run=True)


Change = Callable[[Any, View, random.Random], View]

CHANGES: dict[str, Change] = {
    "rebin": lambda live, view, rng: view.rebin(toa=_few(rng)),
    "mask": _masked,
    "where": _where,
    "region": lambda live, view, rng: view.region(_region(rng)),
    "spectrum": lambda live, view, rng: view.spectrum(toa=_toa(rng)),
    "series": lambda live, view, rng: view.series(1.0),
    "window": _window,
    "normalise": _normalised,
    "over": _over,
    "run": _last_run,
    "again": lambda live, view, rng: view.over(),
}
"""Views of a view."""


def suits(change: str, view: View) -> bool:
    """Whether somebody who knows what a view shows would ask for this change."""
    d = view.description
    is_pixels = view._setting.name == "detector" and d.projection is not None
    if change in ("region", "mask"):
        return is_pixels and d.region is None
    if change == "rebin":
        return not d.every_ns and not d.sparse and all(a.name == "toa" for a in d.axes)
    if change == "spectrum":
        return not d.every_ns and not d.sparse and not any(a.name in ("temperature", "q") for a in d.axes)
    if change == "series":
        return not d.every_ns and not d.axes
    if change == "normalise":
        return not d.normalise and d.window.kind == "all" and not d.sparse
    if change in ("over", "run"):
        return d.window.kind == "all"
    return not (change == "window" and view._extent is not None)
