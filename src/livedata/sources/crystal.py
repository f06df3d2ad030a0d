"""The sample of the simulated instrument: a cubic powder that expands with heat and orders magnetically when cold.

Nothing here knows pulses or messages: only where, for one wavelength and temperature, scattered neutrons go.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

LATTICE_A = 10.25
"""Lattice constant at 0 K in Å, that of the calibration powder Na2Ca3Al2F14."""
EXPANSION_PER_K = 1.8e-4
"""Linear expansion. Some ten times that of a real crystal: the rings shall be seen to move."""
ORDERING_K = 70.0
"""Below this temperature the moments order, and reflections of odd h+k+l appear."""
DEBYE_WALLER_A2_PER_K = 1.2e-3
"""Mean square displacement of the atoms per kelvin; exaggerated as well."""
RESOLUTION_RAD = 0.0070
"""Width (one sigma) of a ring in scattering angle."""

# Sum of squares of the Miller indices, multiplicity, squared structure factor (arbitrary units).
NUCLEAR = (
    (2, 12, 0.30), (4, 6, 1.00), (6, 24, 0.78), (8, 12, 1.10), (10, 24, 0.16), (12, 8, 2.30), (14, 48, 0.34),
    (16, 6, 1.40), (18, 36, 0.30), (20, 24, 0.55), (22, 24, 0.62), (24, 24, 1.15), (26, 72, 0.22), (30, 48, 0.40),
    (32, 12, 1.60), (36, 36, 0.34), (40, 24, 0.80), (44, 24, 0.60), (48, 8, 2.00), (56, 48, 0.50), (64, 6, 1.40),
)  # fmt: skip
MAGNETIC = ((1, 6, 0.55), (3, 8, 0.95), (5, 24, 0.42), (9, 30, 0.40), (11, 24, 0.35), (13, 24, 0.30))


def temperature_k(time_s: float) -> float:
    """Sample temperature in K at a time after the start: up and down between 5 K and 125 K once a minute."""
    return 65.0 - 60.0 * math.cos(2 * math.pi * (time_s + 5.0) / 60.0)


def ring_angle(squares: int, wavelength_a: float, temperature: float) -> float:
    """Scattering angle in rad of the ring with h²+k²+l² = `squares`, by Bragg's law; NaN where there is none."""
    spacing = LATTICE_A * (1 + EXPANSION_PER_K * temperature) / math.sqrt(squares)
    sine = wavelength_a / (2 * spacing)
    return 2 * math.asin(sine) if sine < 1 else math.nan


def diffraction(two_theta: NDArray[np.float64], wavelength_a: float, temperature: float) -> NDArray[np.float64]:
    """Diffracted intensity per solid angle, arbitrary units, same shape as `two_theta` (rad, positive).

    Powder intensity with the factor 1/(sin θ sin 2θ), a Debye-Waller factor, and for the magnetic reflections the
    square of an order parameter with exponent 0.35 and a form factor.
    """
    profile = np.zeros_like(two_theta)
    order = max(0.0, 1 - temperature / ORDERING_K) ** (2 * 0.35)
    lines = [(n, m * f2, False) for n, m, f2 in NUCLEAR] + [(n, 2.2 * m * f2 * order, True) for n, m, f2 in MAGNETIC]
    for squares, strength, is_magnetic in lines:
        angle = ring_angle(squares, wavelength_a, temperature)
        if not strength or math.isnan(angle):
            continue
        theta = angle / 2
        q = 4 * math.pi * math.sin(theta) / wavelength_a
        damping = math.exp(-q * q * (0.005 + DEBYE_WALLER_A2_PER_K * temperature))
        form = math.exp(-((q / 1.6) ** 2)) if is_magnetic else 1.0
        peak = strength * damping * form / (math.sin(theta) * math.sin(angle))
        profile += peak * np.exp(-0.5 * ((two_theta - angle) / RESOLUTION_RAD) ** 2)
    return profile
