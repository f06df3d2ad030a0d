"""Histograms to try things on."""

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra import numpy as nps

import livedata as ld
from livedata.reduce.axis import Axes
from livedata.reduce.result.histogram import Histogram
from livedata.reduce.result.ledger import Ledger
from livedata.reduce.result.snapshot import Snapshot
from livedata.streams.extent import Coverage, Partition

TOA = ld.bins(0, 71.43, n=10, unit="ms").named("toa")
ODD = ld.edges([0, 0.1, 1, 2.5, 10], "angstrom").named("wavelength")
X = ld.bins(0, 4, n=4).named("x")


def counts(*axes, seed=1, high=50, **parts):
    axes = axes or (TOA,)
    array = np.random.default_rng(seed).integers(0, high, [len(a) for a in axes])
    return Histogram(array=array, axes=Axes(axes), **parts)


def snapshot(*axes, **parts):
    plain = counts(*axes)
    binned = int(plain.array.sum())
    given = {
        "array": plain.array,
        "axes": plain.axes,
        "name": "detector",
        "ledger": Ledger(seen=binned + 3, nan=1, overflow=2, binned=binned, late=1),
        "coverage": Coverage({Partition("events", 0): ((5, 9), (12, 20))}, 1_000_000_000, 11_000_000_000, 1, 0, 4),
        "state": "complete",
        "generation": 2,
        "version": 7,
        "settled_until": 11_000_000_000,
        "taken_ns": 1_700_000_000_000_000_000,
        "remarks": ("3 nan",),
    }
    return Snapshot(**{**given, **parts})


def made(values, axis=None, **parts):
    """Return a 1-d histogram of the given values."""
    array = np.asarray(values)
    axis = axis or ld.bins(0, len(array), n=len(array), unit="ms").named("toa")
    return Histogram(array=array, axes=Axes([axis]), **parts)


edge_lists = st.lists(st.integers(-1000, 1000), min_size=2, max_size=12, unique=True).map(sorted)
small_counts = nps.arrays(np.int64, st.integers(1, 12), elements=st.integers(0, 2**40))
