"""Turning and measuring: rotations, and units of length and angle, with what holds where a unit is missing."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from ..errors import ArgumentError
from ..reduce.units import exact_factor

_METRES = {"m": 1.0, "metre": 1.0, "metres": 1.0, "meter": 1.0, "meters": 1.0, "mm": 1e-3, "cm": 1e-2}
_RADIANS = {"rad": 1.0, "radian": 1.0, "radians": 1.0} | dict.fromkeys(("deg", "degree", "degrees", "°"), math.pi / 180)


class Unusable(Exception):
    """A part of the geometry that cannot be used; says why. Becomes a remark before it leaves this room."""


def length_factor(unit: str | None) -> float:
    """Return how many metres the unit is; without one it is the metre.

    Raises
    ------
    Unusable
        If it is no unit of length.
    """
    return _factor(unit, "m", _METRES)


def angle_factor(unit: str | None) -> float:
    """Return how many radians the unit is; without one it is the degree, as NeXus has it.

    Raises
    ------
    Unusable
        If it is no unit of angle.
    """
    return _factor(unit or "deg", "rad", _RADIANS)


def _factor(unit: str | None, to: str, known: dict[str, float]) -> float:
    name = (unit or to).strip()
    if name in known:
        return known[name]
    try:
        return float(exact_factor(name, to)) if to == "m" else float(exact_factor(name, "deg")) * math.pi / 180
    except ArgumentError:
        raise Unusable(f"unit {name[:40]!r} is no unit of {'length' if to == 'm' else 'angle'}") from None


def rotation(axis: NDArray[np.float64], angle: float) -> NDArray[np.float64]:
    """Return the matrix that turns right-handed by an angle (radians) around a unit vector (Rodrigues), (3, 3)."""
    x, y, z = axis
    cross = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
    return np.asarray(np.eye(3) + np.sin(angle) * cross + (1 - np.cos(angle)) * (cross @ cross))
