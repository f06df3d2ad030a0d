"""Constants of nature, in the units used inside: ns, m, Å, meV.

Source: CODATA 2022 (https://physics.nist.gov/cuu/Constants/); h and e are exact by the SI, and the standard
acceleration of gravity is conventional (3rd CGPM, 1901).
"""

from __future__ import annotations

import math

PLANCK = 6.62607015e-34
"""h in J s."""
NEUTRON_MASS = 1.67492750056e-27
"""m_n in kg."""
ELEMENTARY_CHARGE = 1.602176634e-19
"""e in C."""
GRAVITY = 9.80665
"""g in m/s²."""

H_OVER_M = PLANCK / NEUTRON_MASS * 1e10 * 1e-9
"""h/m_n in m Å/ns: wavelength times speed, 3.956034006119441e-6."""
HALF_M = NEUTRON_MASS / 2 / ELEMENTARY_CHARGE * 1e3 * 1e18
"""m_n/2 in meV (ns/m)²: energy over speed squared, 5.227037596904562e12."""
ENERGY_WAVELENGTH2 = PLANCK**2 / (2 * NEUTRON_MASS) / ELEMENTARY_CHARGE * 1e3 * 1e20
"""h²/(2 m_n) in meV Å²: energy times wavelength squared, 81.80421023520228."""
ENERGY_PER_K2 = ENERGY_WAVELENGTH2 / (4 * math.pi**2)
"""ħ²/(2 m_n) in meV Å²: energy over wavevector squared, 2.0721248519893347."""
DROP = GRAVITY * NEUTRON_MASS**2 / (2 * PLANCK**2) * 1e-20
"""g m_n²/(2 h²) in 1/(m Å²): fall over (flight path times wavelength) squared, 3.133073964182461e-7."""
