"""Lengths and angles of a file, in metres and radians, with what is said where their unit is missing."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

from ...errors import ArgumentError
from ...reduce.units import exact_factor
from ..hdf import attribute

Numbers = NDArray[np.float64]
Remark = Callable[[str], None]

_METRES = {"m": 1.0, "metre": 1.0, "metres": 1.0, "meter": 1.0, "meters": 1.0, "mm": 1e-3, "cm": 1e-2}
_RADIANS = {"rad": 1.0, "radian": 1.0, "radians": 1.0} | dict.fromkeys(("deg", "degree", "degrees", "°"), math.pi / 180)


class Unusable(Exception):
    """A part of the geometry that cannot be used; says why. Never leaves this package."""


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


def numbers_of(dataset: Any) -> Numbers:
    """Read numbers as float64 in their shape.

    Raises
    ------
    Unusable
        If the dataset holds none or cannot be read.
    """
    if not isinstance(dataset, h5py.Dataset) or dataset.dtype.kind not in "iufb" or not dataset.size:
        raise Unusable(f"{getattr(dataset, 'name', 'it')} holds no numbers")
    try:
        return np.asarray(dataset[()], np.float64)
    except (OSError, RuntimeError, ValueError) as error:
        raise Unusable(f"{dataset.name} cannot be read ({type(error).__name__})") from None


def lengths(dataset: Any) -> Numbers:
    """Read lengths in metres."""
    return numbers_of(dataset) * length_factor(attribute(dataset, "units"))


def angles(dataset: Any, default: str = "deg") -> Numbers:
    """Read angles in radians."""
    return numbers_of(dataset) * angle_factor(attribute(dataset, "units") or default)


def member(group: Any, name: str) -> Any:
    """Return what a group holds under a name; None when there is nothing, or a link that leads nowhere."""
    try:
        return group.get(name)
    except (KeyError, OSError, RuntimeError, ValueError, AttributeError):
        return None
