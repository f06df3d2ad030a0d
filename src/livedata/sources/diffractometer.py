"""The simulated instrument as a source of events: draws pixels and times of arrival for a pulse at a temperature."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from ..reduce.physics.geometry import Geometry
from . import beam, crystal
from .alias import AliasTable, alias_table
from .beam import QUANTILE_BITS

Int32Array = NDArray[np.int32]

SHAPE = (256, 256)
N_PIXELS = SHAPE[0] * SHAPE[1]
PIXEL_M = 0.005
SAMPLE_TO_DETECTOR_M = 0.80
CENTRE = (121.6, 133.2)
"""Row and column where the direct beam would hit."""
N_TEMPERATURES = 32
"""Temperatures for which tables are made, evenly from the lowest to the highest of the cycle."""
SHARES = (0.46, 0.20, 0.04, 0.30)
"""Fractions of the detector's events: the three wavelengths, and the background."""

MODERATOR = (0.0, 0.0, -beam.MODERATOR_TO_SAMPLE_M)
SAMPLE = (0.0, 0.0, 0.0)
WHERE = "the simulated instrument"

_PIXEL_BITS = 16


def temperature_step(temperature: float) -> int:
    """Return the number of the nearest temperature for which there are tables."""
    return min(N_TEMPERATURES - 1, max(0, round((temperature - 5.0) / 120.0 * (N_TEMPERATURES - 1))))


def draw_detector(rng: np.random.Generator, n: int, step: int) -> tuple[Int32Array, Int32Array]:
    """Draw detector events: pixel numbers 1..65536 and times of arrival in ns within one period, both shape (n,).

    One 64-bit random number makes one event: 18 bits choose wavelength and pixel, 14 decide on the alias, 32 the time.
    """
    from .draw import scatter  # loads compiled code: for the producing thread, not for whoever imports this

    table = _pixels(step)
    base, quantile, width = _times()
    pixel_id, toa = np.empty(n, np.int32), np.empty(n, np.int32)
    bits = rng.bit_generator.random_raw(n).view(np.int64)
    scatter(bits, table.accept, table.alias, base, quantile, width, QUANTILE_BITS, _PIXEL_BITS, pixel_id, toa)
    return pixel_id, toa


def draw_monitor(rng: np.random.Generator, n: int) -> Int32Array:
    """Draw times of arrival at the beam monitor, ns, shape (n,)."""
    from .draw import arrive

    quantile, width = _monitor_times()
    toa = np.empty(n, np.int32)
    arrive(rng.integers(0, 1 << 32, n, dtype=np.int64), quantile, width, QUANTILE_BITS, toa)
    return toa


def expected_image(step: int) -> NDArray[np.float64]:
    """Return the probability of each pixel, shape (256, 256), summing to 1, from which events are drawn."""
    image: NDArray[np.float64] = _weights(step).reshape(len(SHARES), *SHAPE).sum(axis=0)
    return image


def detector_geometry() -> Geometry:
    """Return where the pixels are: a plane across the beam, the sample at the origin."""
    row, column = np.indices(SHAPE, dtype=np.float64)
    x, y = (column - CENTRE[1]) * PIXEL_M, (row - CENTRE[0]) * PIXEL_M
    positions = np.stack([x, y, np.full(SHAPE, SAMPLE_TO_DETECTOR_M)], axis=-1).reshape(-1, 3)
    return Geometry(positions, MODERATOR, SAMPLE, WHERE, sizes=np.array([[PIXEL_M, PIXEL_M, 0.0]]))


def monitor_geometry() -> Geometry:
    """Return where the monitor is."""
    before = beam.MODERATOR_TO_MONITOR_M - beam.MODERATOR_TO_SAMPLE_M
    return Geometry(np.array([[0.0, 0.0, before]]), MODERATOR, SAMPLE, WHERE, is_monitor=True)


@lru_cache(maxsize=N_TEMPERATURES)
def _pixels(step: int) -> AliasTable:
    return alias_table(_weights(step))


def _weights(step: int) -> NDArray[np.float64]:
    """Probability of each wavelength (the last is the background) and pixel, shape (4 * 65536,)."""
    temperature = 5.0 + 120.0 * step / (N_TEMPERATURES - 1)
    two_theta, azimuth, _, sensitivity = _geometry()
    angles = np.linspace(1e-3, 1.2, 6_000)
    parts = []
    for wavelength in beam.WAVELENGTHS_A:
        rings = np.interp(two_theta, angles, crystal.diffraction(angles, wavelength, temperature))
        parts.append(rings * (1 + 0.14 * np.cos(2 * azimuth - 0.6)))
    parts.append(_background(two_theta))
    seen = [part * sensitivity for part in parts]
    return np.concatenate([share * part.ravel() / part.sum() for share, part in zip(SHARES, seen, strict=True)])


def _background(two_theta: NDArray[np.float64]) -> NDArray[np.float64]:
    """Slope across the detector, scattering by air at small angles, and a weak broad halo of the sample holder."""
    row, column = np.indices(SHAPE) / 255.0
    slope = 0.30 + 1.25 * column + 0.55 * (1 - row)
    air = 7.0 * np.exp(-two_theta / 0.045)
    halo = 0.8 * np.exp(-0.5 * ((two_theta - 0.42) / 0.11) ** 2)
    scattered: NDArray[np.float64] = slope * (1 + halo) + air
    return scattered


@lru_cache(maxsize=1)
def _geometry() -> tuple[NDArray[np.float64], ...]:
    """Scattering angle and azimuth (rad), path from the sample (m), sensitivity of each pixel; shape (256, 256)."""
    row, column = np.indices(SHAPE, dtype=np.float64)
    y, x = (row - CENTRE[0]) * PIXEL_M, (column - CENTRE[1]) * PIXEL_M
    radius = np.hypot(x, y)
    path = np.hypot(radius, SAMPLE_TO_DETECTOR_M)
    tubes = 1 + 0.035 * np.random.Generator(np.random.PCG64(20)).standard_normal(SHAPE[0])
    sensitivity = (SAMPLE_TO_DETECTOR_M / path) ** 3 * np.clip(tubes, 0.85, 1.15)[:, None]
    for gap in (63.5, 127.5, 191.5):
        sensitivity = sensitivity * (1 - 0.55 * (np.abs(row - gap) < 1))
    beam_stop = 1 - 0.985 / (1 + np.exp((radius / PIXEL_M - 9.0) / 0.6))
    arm = np.where((np.abs(column - CENTRE[1]) < 2.2) & (row > CENTRE[0]), 0.25, 1.0)
    return np.arctan2(radius, SAMPLE_TO_DETECTOR_M), np.arctan2(y, x), path, sensitivity * beam_stop * arm


@lru_cache(maxsize=1)
def _times() -> tuple[Int32Array, Int32Array, NDArray[np.int64]]:
    """Nominal time of each cell, shape (4 * 65536,); quantiles and their spacing by kind, shape (4 * 4096,); ns."""
    path = _geometry()[2].ravel()
    base = [beam.flight_time_ns(wavelength, path) for wavelength in beam.WAVELENGTHS_A]
    shapes = [beam.pulse_shape(90.0 + 25.0 * w, 110.0 + 60.0 * w) for w in beam.WAVELENGTHS_A]
    background = beam.thermal_times(beam.MODERATOR_TO_SAMPLE_M + SAMPLE_TO_DETECTOR_M, floor=0.25)
    quantiles = [np.rint(q).astype(np.int64) for q in (*shapes, background)]
    return (
        np.rint(np.concatenate([*base, np.zeros(N_PIXELS)])).astype(np.int32),
        np.concatenate([q[:-1] for q in quantiles]).astype(np.int32),
        np.concatenate([np.diff(q) for q in quantiles]),
    )


@lru_cache(maxsize=1)
def _monitor_times() -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    quantile = np.rint(beam.thermal_times(beam.MODERATOR_TO_MONITOR_M, floor=0.004)).astype(np.int64)
    return quantile[:-1], np.diff(quantile)
