"""Names of coordinates: what an axis may lie on besides fields, columns and logs. Loads nothing heavy."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class Coordinate:
    """What people and programs are told of a coordinate."""

    unit: str
    """In which it is computed; axes may be in any that converts."""
    needs: tuple[str, ...]
    """Of ``positions``, ``sample``, ``l1``, ``source``, ``energy``: what the geometry or the flight must tell."""
    of_pixel: bool
    """Whether it depends on the pixel alone (angles: unless they are corrected for gravity)."""
    about: str
    """What it is, with its formula."""


_PATH = ("positions", "sample", "l1")
_ANGLE = ("positions", "sample", "source")
_BOTH = ("positions", "sample", "source", "l1")
_FALL = "; with gravity=True the pixel is lifted by δ = g m_n²/(2h²) L2² λ² first"

COORDINATES: Mapping[str, Coordinate] = MappingProxyType(
    {
        "tof": Coordinate("ns", _PATH, False, "time of flight from source to pixel, unwrapped as the flight says"),
        "wavelength": Coordinate("angstrom", _PATH, False, "de Broglie wavelength, λ = h t / (m_n (L1 + L2))"),
        "dspacing": Coordinate("angstrom", _BOTH, False, f"distance of lattice planes, d = λ / (2 sin θ){_FALL}"),
        "q": Coordinate("1/angstrom", _BOTH, False, f"elastic momentum transfer, Q = 4π sin θ / λ{_FALL}"),
        "qx": Coordinate("1/angstrom", _BOTH, False, f"x of the elastic Q = k_i - k_f = 2π/λ (ê_i - ê_f){_FALL}"),
        "qy": Coordinate("1/angstrom", _BOTH, False, f"y of the elastic Q = k_i - k_f = 2π/λ (ê_i - ê_f){_FALL}"),
        "qz": Coordinate("1/angstrom", _BOTH, False, f"z of the elastic Q = k_i - k_f = 2π/λ (ê_i - ê_f){_FALL}"),
        "energy": Coordinate("meV", _PATH, False, "energy, E = m_n (L1 + L2)² / (2 t²)"),
        "energy_transfer": Coordinate(
            "meV",
            (*_PATH, "energy"),
            False,
            "energy lost by the neutron; direct: ΔE = E_i - m_n L2² / (2 (t - t0)²), t0 = L1 sqrt(m_n / (2 E_i)); "
            "indirect: ΔE = m_n L1² / (2 (t - t0)²) - E_f, t0 = L2 sqrt(m_n / (2 E_f))",
        ),
        "q_inelastic": Coordinate(
            "1/angstrom",
            (*_BOTH, "energy"),
            False,
            "momentum transfer with the energy transfer, Q² = k_i² + k_f² - 2 k_i k_f cos 2θ",
        ),
        "q_specular": Coordinate(
            "1/angstrom", _BOTH, False, f"momentum transfer of reflectometry, Q = 4π sin θ / λ, θ: grazing_angle{_FALL}"
        ),
        "time_at_sample": Coordinate(
            "ns", _PATH, False, "when the neutron met the sample, after its pulse: t - L2 m_n λ_f / h"
        ),
        "two_theta": Coordinate("rad", _ANGLE, True, f"angle between incident and scattered beam{_FALL}"),
        "theta": Coordinate("rad", _ANGLE, True, f"half of two_theta{_FALL}"),
        "phi": Coordinate("rad", _ANGLE, True, f"azimuth about the beam, from x to y, y against gravity{_FALL}"),
        "grazing_angle": Coordinate(
            "rad", _ANGLE, True, f"θ of reflectometry, in the plane of beam and gravity; half, or less the tilt{_FALL}"
        ),
        "x": Coordinate("m", ("positions",), True, "position of the pixel, to the left looking downstream"),
        "y": Coordinate("m", ("positions",), True, "position of the pixel, upwards"),
        "z": Coordinate("m", ("positions",), True, "position of the pixel, along the beam"),
        "l2": Coordinate("m", ("positions", "sample"), True, "distance from sample to pixel"),
        "ltotal": Coordinate("m", _PATH, True, "way from source to pixel, L1 + L2; of a monitor the straight line"),
    }
)
"""Name -> what it is. Times of flight in ns, lengths in m, angles in rad."""
