"""Random runs of an instrument with geometry, weights and a monitor, and random views as scientists ask for them."""

from __future__ import annotations

import json
import random
import time
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

import livedata as ld
from livedata import schemas

PULSE_NS = 71_428_571
N_PULSES = 8
BANKS = {"left": (1, (6, 8), -0.3), "right": (101, (5, 8), 0.35)}
"""First pixel, shape and x of each bank."""
LOGS = ("temperature", "field")
LAMBDA = ld.bins(0, 12, n=40, unit="angstrom")
LATE = ld.bins(5, 60, n=9, unit="ms")
TOA = ld.bins(0, 71.43, n=25, unit="ms")


@dataclass
class AnyRun:
    """Messages in the order of sending, as (topic, partition, bytes, stream, number of events)."""

    n_partitions: int
    messages: list = field(default_factory=list)

    def n_events(self, name: str, n_messages: int | None = None) -> int:
        """Return how many events of a stream, or of both banks joined, are in the first messages."""
        names = BANKS if name == "joined" else (name,)
        return sum(n for *_, stream, n in self.messages[:n_messages] if stream in names)


def instrument(folder: Path) -> Path:
    """Write the instrument's file."""
    banks = {
        name: {
            "topic": "ev", "source": name, "shape": shape, "first_id": first,
            "geometry": {
                "position": [x, 0.02, 2.1], "pixel_size": [0.05, 0.04],
                "turns": [{"axis": [0, 1, 0.1], "angle": 40 * x}],
            },
        }
        for name, (first, shape, x) in BANKS.items()
    }  # fmt: skip
    streams = {
        **banks,
        "monitor": {"topic": "ev", "source": "monitor", "geometry": {"position": [0, 0, -1.2]}},
        **{name: {"topic": "logs", "source": name, "schema": "f144"} for name in LOGS},
    }
    path = folder / "instrument.json"
    path.write_text(json.dumps({"name": "ANY", "source": [0, 0.1, -15], "sample": [0, 0, 0], "streams": streams}))
    return path


def any_run(seed: int, n_partitions: int) -> AnyRun:
    """Return a run: events in pieces, some of them with weights, and all messages in any order."""
    rng = np.random.default_rng(seed)
    run = AnyRun(n_partitions)
    begin = time.time_ns() - N_PULSES * PULSE_NS
    weighted = rng.choice(["", "left", "right"])
    for name, first, n_pixels in [*((n, f, s[0] * s[1]) for n, (f, s, _) in BANKS.items()), ("monitor", 0, 0)]:
        for pulse in range(N_PULSES):
            for _ in range(int(rng.integers(1, 3))):
                n = int(rng.integers(1, 60))
                when = np.array([begin + pulse * PULSE_NS])
                toa = rng.integers(-1000, 80_000_000, n, dtype=np.int32)
                ids = rng.integers(first - 2, first + n_pixels + 3, n, dtype=np.int32) if n_pixels else None
                sent = {"source_name": name, "message_id": pulse, "reference_time": when, "time_of_flight": toa}
                sent |= {"reference_time_index": np.zeros(1, np.int32), "pixel_id": ids}
                if name == weighted:
                    sent["weight"] = rng.integers(-3, 9, n, dtype=np.int16)
                value = schemas.encode(schemas.message_class("an44" if name == weighted else "ev44")(**sent))
                run.messages.append(("ev", int(rng.integers(0, n_partitions)), value, name, n))
    for log in LOGS:
        samples = begin + rng.integers(-PULSE_NS, (N_PULSES + 1) * PULSE_NS, rng.integers(1, 9))
        for when in np.unique(samples).tolist():
            run.messages.append(("logs", 0, schemas.encode_f144(log, when, np.float64(rng.integers(0, 8))), log, 0))
    run.messages = [run.messages[i] for i in rng.permutation(len(run.messages))]
    return run


PICTURES = {
    "image": lambda det: det.image(),
    "folded image": lambda det: det.image(ld.logical().fold("x", {"x": -1, "fine": 4}).sum("fine")),
    "cube": lambda det: det.image(toa=LATE),
    "wavelength image": lambda det: det.image(wavelength=ld.bins(0, 12, n=3, unit="angstrom")),
    "plane": lambda det: det.image(ld.plane((20, 30))),
    "smooth plane": lambda det: det.image(ld.plane((50, 60), smooth=4)),
    "cylinder": lambda det: det.image(ld.cylinder((12, 40))),
    "angles": lambda det: det.image(ld.angles((9, 30))),
}
CURVES = {
    "toa": lambda det: det.histogram(toa=TOA),
    "wavelength": lambda det: det.histogram(wavelength=LAMBDA),
    "dspacing and angle": lambda det: det.histogram(
        dspacing=ld.log_bins(0.5, 40, n=30, unit="angstrom"), two_theta=ld.bins(0, 60, n=6, unit="deg")
    ),
    "qx and qy": lambda det: det.histogram(
        qx=ld.bins(-2, 2, n=9, unit="1/angstrom"), qy=ld.bins(-1, 1, n=5, unit="1/angstrom")
    ),
    "energy transfer": lambda det: det.histogram(
        energy_transfer=ld.bins(-40, 12, n=30, unit="meV"), flight=ld.flight(incident_energy="12 meV")
    ),
    "unwrapped": lambda det: det.histogram(
        wavelength=LAMBDA, flight=ld.flight(pulses="14 Hz", min_wavelength="2 angstrom")
    ),
    "against logs": lambda det: det.histogram(temperature=ld.bins(0, 8, n=4), field=ld.bins(1, 7, n=3), toa=LATE),
    "sparse": lambda det: det.histogram(event_id=ld.bins(0, 200, n=200), toa=TOA, sparse=True),
    "series": lambda det: det.series("150 ms"),
}
MONITORED = {name: CURVES[name] for name in ("toa", "wavelength", "unwrapped", "series")}


def any_view(streams, seed: int):
    """Return a view, and its name; the same for the same seed, of whatever has the streams."""
    rng = random.Random(seed)
    if rng.random() < 0.15:
        name = rng.choice(list(MONITORED))
        return _changed(MONITORED[name](streams["monitor"]), streams, rng, f"monitor {name}")
    which = rng.choice(["left", "right", "joined"])
    det = ld.join([streams[name] for name in BANKS]) if which == "joined" else streams[which]
    if rng.random() < 0.45:
        name = rng.choice(list(CURVES))
        return _changed(CURVES[name](det), streams, rng, f"{which} {name}")
    name = rng.choice(list(PICTURES))
    view, name = PICTURES[name](det), f"{which} {name}"
    if rng.random() < 0.4:
        view, name = view.mask(rng.sample(range(1, 49), rng.randrange(1, 20))), f"{name} masked"
    if name.endswith(("image", "image masked")) and rng.random() < 0.6:
        x, y = rng.randrange(0, 5), rng.randrange(0, 4)
        region = ld.rectangle(x=(x, x + 3), y=(y, y + 2)) | ld.ellipse(center=(4, 3), radii=(2, 1.5))
        view, name = view.region(region), f"{name} region"
        if rng.random() < 0.7:
            view, name = view.spectrum(toa=TOA), f"{name} spectrum"
    return _changed(view, streams, rng, name)


def _changed(view, streams, rng, name):
    if rng.random() < 0.4:
        log, limit = rng.choice(LOGS), rng.randrange(1, 8)
        condition = streams[log] < limit if rng.random() < 0.5 else streams[log].between(limit - 1, limit + 3)
        view, name = view.where(condition), f"{name} where"
    if not view.description.sparse and rng.random() < 0.3:
        how = rng.choice([{"monitor": streams["monitor"]}, {"time": True}, {"pulses": True}])
        return view.normalise(**how), f"{name} by {next(iter(how))}"
    return view, name
