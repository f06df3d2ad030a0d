"""Made-up instruments, and one line from a name to numbers."""

import numpy as np

from livedata.reduce.physics.coordinates import evaluate, formula_of
from livedata.reduce.physics.flight import ARRIVAL
from livedata.reduce.physics.geometry import Geometry

NOTHING = np.zeros(0)


def compute(name, geometry, toa_ns, flight=ARRIVAL, *, pixels=None, shift_ns=NOTHING, n_pixels=None):
    """Return a coordinate of events; all in pixel 0 unless pixels are given."""
    toa = np.atleast_1d(np.asarray(toa_ns)).astype(np.int32)
    places = np.zeros(len(toa), np.int32) if pixels is None else np.asarray(pixels, np.int32)
    out = np.full(len(toa), -77.0)
    n = len(geometry.positions) if n_pixels is None else n_pixels
    evaluate(formula_of(name, geometry, flight, n), places, toa, shift_ns, out)
    return out


def right_angle(*, l1, l2):
    """Return a geometry with one pixel straight above the sample, so that 2θ is 90°."""
    return Geometry(np.array([[0.0, l2, 0.0]]), (0.0, 0.0, -l1), (0.0, 0.0, 0.0), where="run.nxs")


def monitor(distance):
    """Return a geometry with one monitor, that far behind the source."""
    return Geometry(np.array([[0.0, 0.0, distance - 20.0]]), (0.0, 0.0, -20.0), None, "run.nxs", is_monitor=True)


def scattered_pixels(n_pixels, seed):
    """Return a crooked instrument: nothing at the origin, no beam along an axis, pixels all around."""
    rng = np.random.default_rng(seed)
    sample = rng.normal(size=3)
    source = sample + np.array([0.3, 0.0, -25.0]) + rng.normal(size=3) * [1, 0, 1]
    source[1] = sample[1]
    positions = sample + rng.normal(size=(n_pixels, 3)) * [2, 2, 4]
    return Geometry(positions, tuple(source), tuple(sample), "made-up")


def random_events(n_events, n_pixels, seed, *, longest_ns=70_000_000):
    """Return pixels and times of arrival."""
    rng = np.random.default_rng(seed)
    return rng.integers(0, n_pixels, n_events).astype(np.int32), rng.integers(1, longest_ns, n_events).astype(np.int32)
