"""Locations of an instrument definition: where parts stand in the frame of what holds them.

A location moves, then turns: ``M = T(x, y, z) · R(axis, rot)``. Nested ``rot`` and ``trans`` act in the frame that the
outer ones made. Spherical coordinates: t from z towards x, p around z.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from xml.etree.ElementTree import Element

import numpy as np
from numpy.typing import NDArray

from ...errors import SettingsError
from ..transform import rotation
from .markup import child, children, tag

Matrix = NDArray[np.float64]
MAX_LOCATIONS = 1_000_000
CARTESIAN = ("x", "y", "z")
SPHERICAL = ("r", "t", "p")


@dataclass(frozen=True, slots=True)
class Defaults:
    """What holds for the whole file."""

    metres: float = 1.0
    """Of the unit of length."""
    radians: float = math.pi / 180
    """Of the unit of angle."""
    is_delta: bool = False
    """Whether spherical coordinates of parts are added to those of what holds them."""
    facing: Element | None = None
    """Point that every component faces, if any."""


def number(element: Element, name: str, default: float = 0.0) -> float:
    """Return an attribute as a number.

    Raises
    ------
    SettingsError
        If it is none.
    """
    text = element.get(name)
    if text is None:
        return default
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise SettingsError(f"{name} of a <{tag(element)}> is {text[:40]!r}; expected a number")
    return value


def expanded(component: Element) -> Iterator[Element]:
    """Yield the locations of a component, those that ``locations`` stands for included."""
    for element in children(component, "location", "locations"):
        if tag(element) == "location":
            yield element
            continue
        n = int(number(element, "n-elements", 1))
        if not 1 <= n <= MAX_LOCATIONS:
            raise SettingsError(f"<locations> stands for {n} elements; expected 1 to {MAX_LOCATIONS}")
        yield from (_nth(element, i, n) for i in range(n))


def _nth(element: Element, i: int, n: int) -> Element:
    one = Element("location", {k: v for k, v in element.attrib.items() if not k.endswith("-end")})
    one.extend(list(element))
    for name in (*CARTESIAN, *SPHERICAL, "rot"):
        if f"{name}-end" in element.attrib:
            start, stop = number(element, name), number(element, f"{name}-end")
            one.set(name, repr(start + (stop - start) * i / (n - 1) if n > 1 else start))
    if name_of := element.get("name"):
        count = int(number(element, "name-count-start")) + i * int(number(element, "name-count-increment", 1))
        one.set("name", f"{name_of}{count}")
    return one


def point(element: Element, defaults: Defaults) -> Matrix:
    """Return the position that x, y, z or r, t, p of an element give, metres, shape (3,)."""
    if any(name in element.attrib for name in SPHERICAL):
        r, t, p = (number(element, name) for name in SPHERICAL)
        return spherical(r * defaults.metres, t * defaults.radians, p * defaults.radians)
    return np.array([number(element, name) for name in CARTESIAN]) * defaults.metres


def spherical(r: float, t: float, p: float) -> Matrix:
    """Return the point at distance r, angle t from z, azimuth p from x; radians, shape (3,)."""
    return np.array([r * math.sin(t) * math.cos(p), r * math.sin(t) * math.sin(p), r * math.cos(t)])


def local_matrix(location: Element, defaults: Defaults, told: Mapping[str, float]) -> Matrix:
    """Return the matrix of a location in the frame of what holds it, shape (4, 4).

    Parameters
    ----------
    location
        The element.
    defaults
        Of the file.
    told
        Parameters that overrule the location: ``x``, ``y``, ``z`` or ``r-position``, ``t-position``, ``p-position``,
        and ``rotx``, ``roty``, ``rotz`` (degrees, applied in this order).
    """
    matrix = np.eye(4)
    matrix[:3, 3] = point(location, defaults)
    matrix[:3, :3] = _turn(location, "rot", defaults)
    matrix = matrix @ _nested(location, defaults)
    for i, name in enumerate(CARTESIAN):
        if name in told:
            matrix[i, 3] = told[name] * defaults.metres
    if "r-position" in told:
        angles = (math.radians(told.get(f"{name}-position", 0.0)) for name in ("t", "p"))
        matrix[:3, 3] = spherical(told["r-position"] * defaults.metres, *angles)
    if any(f"rot{name}" in told for name in CARTESIAN):
        turns = [rotation(np.eye(3)[i], math.radians(told.get(f"rot{n}", 0.0))) for i, n in enumerate(CARTESIAN)]
        matrix[:3, :3] = turns[0] @ turns[1] @ turns[2]
    return np.asarray(matrix)


def _nested(element: Element, defaults: Defaults) -> Matrix:
    matrix = np.eye(4)
    for inner in children(element, "rot", "trans"):
        step = np.eye(4)
        if tag(inner) == "rot":
            step[:3, :3] = _turn(inner, "val", defaults)
        else:
            step[:3, 3] = point(inner, defaults)
        matrix = matrix @ step @ _nested(inner, defaults)
    return matrix


def _turn(element: Element, name: str, defaults: Defaults) -> Matrix:
    angle = number(element, name) * defaults.radians
    if angle == 0:
        return np.eye(3)
    axis = np.array([number(element, f"axis-{n}") for n in CARTESIAN])
    if not any(f"axis-{n}" in element.attrib for n in CARTESIAN):
        axis = np.array([0.0, 0.0, 1.0])
    elif "axis-z" not in element.attrib:
        axis[2] = 1.0  # each attribute has a default of its own
    norm = float(np.linalg.norm(axis))
    if norm == 0:
        raise SettingsError(f"a <{tag(element)}> turns around the axis (0, 0, 0); expected a direction")
    return rotation(axis / norm, angle)


def face(matrix: Matrix, location: Element, defaults: Defaults, absolute: Callable[[Matrix], Matrix]) -> Matrix:
    """Turn a component such that its z axis points away from the point it faces, by the smallest angle.

    Parameters
    ----------
    matrix
        Of the component in its parent's frame.
    location
        What may hold a ``facing`` of its own, which goes before the default.
    defaults
        Of the file.
    absolute
        Takes a matrix from the parent's frame to the instrument's.
    """
    own = child(location, "facing")
    facing = own if own is not None else defaults.facing
    if facing is None or facing.get("val") == "none":
        return matrix
    if turn := number(facing, "rot"):
        spin = np.eye(4)
        spin[:3, :3] = rotation(np.array([0.0, 0.0, 1.0]), turn * defaults.radians)
        matrix = matrix @ spin
    there = absolute(matrix)
    away = there[:3, :3].T @ (there[:3, 3] - point(facing, defaults))
    length = float(np.linalg.norm(away))
    if length == 0:
        return matrix
    z = np.array([0.0, 0.0, 1.0])
    axis = np.cross(z, away / length)
    sine, cosine = float(np.linalg.norm(axis)), float(away[2] / length)
    if sine < 1e-15:
        axis, sine = (np.array([0.0, 1.0, 0.0]), 1.0) if cosine < 0 else (z, 1.0)
        angle = math.pi if cosine < 0 else 0.0
    else:
        angle = math.atan2(sine, cosine)
    step = np.eye(4)
    step[:3, :3] = rotation(axis / sine, angle)
    return matrix @ step
