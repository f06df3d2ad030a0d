"""Sizes of pixels from the shapes of an instrument definition."""

from __future__ import annotations

from xml.etree.ElementTree import Element

import numpy as np
from numpy.typing import NDArray

from .location import CARTESIAN, Defaults, number, point
from .markup import child

CORNERS = ("left-front-top-point", "left-back-bottom-point", "right-front-bottom-point")


def box_of(kind: Element, defaults: Defaults) -> NDArray[np.float64] | None:
    """Return the extent of a type's shape along its own x, y and z, metres, shape (3,); None for none that is known."""
    if (cuboid := child(kind, "cuboid")) is not None:
        base = child(cuboid, "left-front-bottom-point")
        corners = [child(cuboid, name) for name in CORNERS]
        if base is None or any(c is None for c in corners):
            return None
        edges = [point(c, defaults) - point(base, defaults) for c in corners if c is not None]
        return np.asarray(np.abs(edges).sum(axis=0))
    if (cylinder := child(kind, "cylinder")) is not None:
        axis, radius, height = (child(cylinder, name) for name in ("axis", "radius", "height"))
        if axis is None or radius is None or height is None:
            return None
        direction = np.array([number(axis, name) for name in CARTESIAN])
        norm = float(np.linalg.norm(direction))
        if norm == 0:
            return None
        direction /= norm
        wide = 2 * number(radius, "val") * np.sqrt(np.maximum(0.0, 1 - direction**2))
        return np.asarray((np.abs(direction) * number(height, "val") + wide) * defaults.metres)
    if (sphere := child(kind, "sphere")) is not None and (radius := child(sphere, "radius")) is not None:
        return np.full(3, 2 * number(radius, "val") * defaults.metres)
    return None
