"""Random runs and random descriptions of what to count in them."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

import numpy as np
from hypothesis import strategies as st

import livedata as ld
from livedata import schemas
from livedata.reduce.axis import bins, edges
from livedata.reduce.condition import Both, Compare, Either, Not
from livedata.reduce.description import Description
from livedata.reduce.pixels.projection import Logical
from livedata.reduce.prepare import bound
from livedata.reduce.setting import Setting
from tests.system.oracle import Truth

PULSE_NS = 71_428_571
LOGS = ("temperature", "field")
SETTING = Setting(layout=ld.layout((8, 8)), logs=lambda: dict.fromkeys(LOGS))


@dataclass
class Run:
    """Messages in the order of sending, as (topic, partition, bytes, source), and what they hold."""

    n_partitions: int
    messages: list = field(default_factory=list)
    truth: Truth = field(default_factory=Truth)

    @staticmethod
    def n_events(message) -> int:
        """Number of events in one of the messages."""
        return len(schemas.decode(message[2]).time_of_flight) if message[0] == "ev" else 0

    @property
    def n_known(self) -> int:
        """Number of messages after which each stream has been heard of."""
        return 1 + max(next(i for i, m in enumerate(self.messages) if m[3] == name) for name in ("det", *LOGS))


def made_run(seed: int, *, n_pulses=10, n_partitions=2, start_ns: int | None = None) -> Run:
    """Return a run whose messages come in any order: events in pieces, logs late or early."""
    rng = np.random.default_rng(seed)
    begin = (time.time_ns() if start_ns is None else start_ns) - n_pulses * PULSE_NS
    run = Run(n_partitions)
    for pulse in range(n_pulses):
        for _ in range(rng.integers(0, 4)):
            n_entries = int(rng.integers(1, 4))
            times = begin + PULSE_NS * (pulse + rng.integers(0, 2, n_entries)).astype(np.int64)
            n = int(rng.integers(0, 30))
            index = np.sort(rng.integers(0, n + 1, n_entries)).astype(np.int32)
            index[0] = 0
            toa = rng.integers(-1000, 80_000_000, n, dtype=np.int32)
            ids = rng.integers(-1, 70, n, dtype=np.int32)
            value = schemas.encode_ev44("det", pulse, times, index, toa, ids)
            run.messages.append(("ev", int(rng.integers(0, n_partitions)), value, "det"))
            run.truth.empty |= set(times.tolist())
            of_event = np.repeat(times, np.diff(index, append=n))
            run.truth.events += [(int(t), int(i), int(x), 1) for t, i, x in zip(of_event, ids, toa, strict=True)]
    for log in LOGS:
        samples = begin + rng.integers(-PULSE_NS, (n_pulses + 1) * PULSE_NS, rng.integers(1, 12))
        for when in np.unique(samples).tolist():
            reading = float(rng.integers(0, 8))
            run.messages.append(("logs", 0, schemas.encode_f144(log, when, np.float64(reading)), log))
            run.truth.logs.setdefault(log, []).append((when, reading))
    order = rng.permutation(len(run.messages))
    run.messages = [run.messages[i] for i in order]
    return run


def conditions():
    """Comparisons with logs, and what can be made of them."""
    compare = st.builds(
        Compare,
        quantity=st.sampled_from(LOGS),
        how=st.sampled_from(["<", "<=", ">", ">=", "==", "!="]),
        value=st.integers(0, 8).map(float),
    )
    return st.recursive(
        compare,
        lambda inner: st.one_of(st.builds(Both, inner, inner), st.builds(Either, inner, inner), st.builds(Not, inner)),
        max_leaves=3,
    )


def regions():
    """Rectangles, pixels and spans, and what can be made of them."""
    corner = st.integers(0, 6)
    size = st.integers(1, 8)
    rectangle = st.builds(
        lambda x, y, w, h: ld.rectangle(x=(x, x + w), y=(y, y + h)), x=corner, y=corner, w=size, h=size
    )
    shapes = st.recursive(
        st.one_of(rectangle, st.lists(st.integers(1, 64), min_size=1, max_size=9).map(ld.pixels)),
        lambda inner: st.one_of(
            st.builds(lambda a, b: a | b, inner, inner), st.builds(lambda a, b: a - b, inner, inner)
        ),
        max_leaves=3,
    )
    span = st.builds(lambda a, n: ld.span(toa=(f"{a} ms", f"{a + n} ms")), a=st.integers(0, 60), n=st.integers(1, 40))
    return st.one_of(shapes, span, st.builds(lambda a, b: a & b, shapes, span))


AXES = {
    "toa": [bins(0, 71.43, n=20, unit="ms"), bins(2, 60, n=7, unit="ms"), edges([0, 1, 5, 30, 79], "ms")],
    "event_id": [bins(0, 70, n=35), edges([1, 2, 30, 65])],
    "temperature": [bins(0, 8, n=4), edges([1, 2, 6])],
    "field": [bins(1, 5, n=2)],
}


@st.composite
def descriptions(draw):
    """A description of up to four dimensions with mask, region and filters."""
    projection = draw(st.sampled_from([None, Logical()]))
    is_summed = projection is not None and draw(st.booleans())
    names = draw(st.lists(st.sampled_from(list(AXES)), unique=True, max_size=2))
    if (projection is None or is_summed) and not names:
        names = ["toa"]
    region = draw(st.none() | regions()) if projection is not None else None
    ids = draw(st.none() | st.lists(st.integers(1, 64), min_size=1, max_size=20, unique=True))
    return Description(
        axes=bound({name: draw(st.sampled_from(AXES[name])) for name in names}, SETTING),
        projection=projection,
        is_summed=is_summed,
        region=region,
        masks=() if ids is None else (ld.mask(ids=ids, name="drawn"),),
        filters=tuple(draw(st.lists(conditions(), max_size=2))),
    )
