"""The beam of the simulated instrument: thermal neutrons, three wavelengths of one monochromator, times of arrival."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

PULSES_PER_S = 14
PERIOD_NS = 71_428_571
"""Time between pulses, 1/14 s."""
US_PER_M_A = 252.7784
"""Flight time of a neutron in µs per metre and Å: its mass over Planck's constant."""
MODERATOR_K = 300.0
MODERATOR_TO_SAMPLE_M = 39.2
MODERATOR_TO_MONITOR_M = 38.0
WAVELENGTHS_A = (2.4, 1.2, 0.8)
"""A crystal that reflects 2.4 Å reflects its half and third as well; each arrives at its own time."""

QUANTILE_BITS = 12
QUANTILES = 1 << QUANTILE_BITS
"""Length of the tables that turn an even random number into a time."""
FIRST_NS = 1_500_000
"""No thermal neutron arrives earlier."""

# Twice the lattice spacings of aluminium (windows in the beam) in Å, and how much each takes out of the beam.
WINDOW_EDGES = ((4.676, 0.22), (4.050, 0.14), (2.863, 0.11), (2.442, 0.08))


def thermal_flux(wavelength_a: NDArray[np.float64]) -> NDArray[np.float64]:
    """Maxwellian flux per wavelength, as seen by a thin 1/v detector, arbitrary units.

    ``λ⁻⁵ exp(-949 K Å² / (T λ²))`` times ``λ`` (Squires, Introduction to the Theory of Thermal Neutron Scattering).
    """
    return wavelength_a**-4.0 * np.exp(-949.0 / MODERATOR_K / wavelength_a**2)


def thermal_times(distance_m: float, *, floor: float = 0.0, with_edges: bool = True) -> NDArray[np.float64]:
    """Quantiles of the time of arrival of thermal neutrons, ns, shape (2**12 + 1,), rising, within one period.

    Parameters
    ----------
    distance_m
        Flight path.
    floor
        Flat background as a fraction of all.
    with_edges
        Whether the beam passed aluminium, whose Bragg edges then show as steps.
    """
    time = np.linspace(FIRST_NS, PERIOD_NS - 1, 20_001)
    wavelength = time / 1e3 / (US_PER_M_A * distance_m)
    density = thermal_flux(wavelength)
    if with_edges:
        for edge, taken in WINDOW_EDGES:
            density = np.where(wavelength < edge, density * (1 - taken), density)
    density = (1 - floor) * density / density.sum() + floor / len(density)
    cumulated = np.concatenate(([0.0], np.cumsum((density[1:] + density[:-1]) / 2)))
    return np.interp(np.linspace(0, 1, QUANTILES + 1), cumulated / cumulated[-1], time)


def pulse_shape(width_us: float, decay_us: float) -> NDArray[np.float64]:
    """Quantiles of a moderator pulse around its nominal time, ns, shape (2**12 + 1,): a Gaussian with a slow tail."""
    time = np.linspace(-5 * width_us, 5 * width_us + 10 * decay_us, 8_001)
    step = time[1] - time[0]
    gauss = np.exp(-0.5 * (np.arange(-4 * width_us, 4 * width_us, step) / width_us) ** 2)
    tail = np.where(time >= 0, np.exp(-np.maximum(time, 0) / decay_us), 0.0)
    density = np.convolve(tail, gauss, mode="same") + 1e-9
    cumulated = np.concatenate(([0.0], np.cumsum((density[1:] + density[:-1]) / 2)))
    return 1e3 * np.interp(np.linspace(0, 1, QUANTILES + 1), cumulated / cumulated[-1], time)


def flight_time_ns(wavelength_a: float, path_m: NDArray[np.float64]) -> NDArray[np.float64]:
    """Time from moderator to detector, ns, for the path from the sample to each pixel in m."""
    return 1e3 * US_PER_M_A * wavelength_a * (MODERATOR_TO_SAMPLE_M + path_m)
