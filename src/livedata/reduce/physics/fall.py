"""Coordinates that are corrected for the fall of neutrons on their way from sample to pixel.

A neutron of wavelength λ falls by ``δ = g m_n²/(2h²) L2² λ²``, so it left the sample towards a point that much above
the pixel that counted it. L2 stands for the length of the bent path; the angle changes by 1e-6 rad or less for that.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from .beamline import Beamline
from .constants import DROP, H_OVER_M
from .formula import Kind

Floats = NDArray[np.float64]
_KINDS = {
    "two_theta": Kind.FALL_ANGLE,
    "theta": Kind.FALL_ANGLE,
    "q": Kind.FALL_Q,
    "dspacing": Kind.FALL_SPACING,
    "qx": Kind.FALL_VECTOR,
    "qy": Kind.FALL_VECTOR,
    "qz": Kind.FALL_VECTOR,
    "phi": Kind.FALL_PHI,
    "grazing_angle": Kind.FALL_GRAZING,
    "q_specular": Kind.FALL_SPECULAR,
}


def fall_formula(name: str, beamline: Beamline) -> tuple[Kind, tuple[Floats, ...]]:
    """Return kind and columns of a coordinate with gravity; see `Kind` for their meaning.

    References
    ----------
    P. A. Seeger and R. P. Hjelm, J. Appl. Cryst. 24 (1991) 467-478, https://doi.org/10.1107/S0021889891004764
    """
    kind = _KINDS[name]
    wavelength = H_OVER_M / beamline.ltotal
    drop = DROP * beamline.l2**2
    if kind in (Kind.FALL_PHI, Kind.FALL_GRAZING, Kind.FALL_SPECULAR):
        tilt = beamline.flight.sample_tilt
        place, rates = _along_the_horizon(beamline)
        return kind, _columns(beamline, wavelength, drop, place, rates, math.nan if tilt is None else tilt)
    place, rates = _along_the_beam(beamline)
    if kind is not Kind.FALL_VECTOR:
        scale = 0.5 if name == "theta" else 1.0
        return kind, _columns(beamline, wavelength, drop, place, rates, scale)
    axis = "xyz".index(name[1])
    columns = _columns(beamline, wavelength, drop, place, rates, beamline.scattered[:, axis])
    n = beamline.n_pixels
    return kind, (*columns, np.full(n, beamline.up[axis]), np.full(n, beamline.direction[axis]))


def _along_the_horizon(beamline: Beamline) -> tuple[Floats, tuple[float, float]]:
    axes = beamline.unit_vectors
    return beamline.scattered @ np.stack([axes.x, axes.y, axes.z]).T, (1.0, 0.0)


def _along_the_beam(beamline: Beamline) -> tuple[Floats, tuple[float, float]]:
    """Return pixels in a system whose z is the beam itself, and by how much y and z grow with every metre upwards."""
    up, beam = beamline.up, beamline.direction
    tilt = float(up @ beam)
    across = up - tilt * beam
    rate = math.sqrt(float(across @ across))
    if rate < 1e-10:  # a vertical beam: any direction across it does
        across, rate = np.eye(3)[int(np.argmin(np.abs(beam)))], 0.0
        across = across - (across @ beam) * beam
    y = across / math.sqrt(float(across @ across))
    return beamline.scattered @ np.stack([np.cross(y, beam), y, beam]).T, (rate, tilt)


def _columns(
    beamline: Beamline,
    wavelength: Floats,
    drop: Floats,
    place: Floats,
    rates: tuple[float, float],
    last: Floats | float,
) -> tuple[Floats, ...]:
    n = beamline.n_pixels
    x, y, z = place.T
    return (
        wavelength, drop, x, y, z, np.full(n, rates[0]), np.full(n, rates[1]), np.broadcast_to(np.asarray(last), (n,)),
    )  # fmt: skip
