"""Geometry as files had it before chains of transformations: NXgeometry, and distances with angles from the sample.

NXdetector's ``polar_angle`` is measured from the beam, ``azimuthal_angle`` from x towards y:
https://manual.nexusformat.org/classes/base_classes/NXdetector.html
"""

from __future__ import annotations

from typing import Any

import h5py
import numpy as np

from ..hdf import attribute
from ..transform import Unusable
from .measure import Numbers, Remark, angles, lengths, member, numbers_of


def box_placement(component: Any) -> Numbers | None:
    """Return the matrix of a component's `NXgeometry`, shape (4, 4); None if it has none.

    Raises
    ------
    Unusable
        If it has one without a position.
    """
    for name in ("origin", "geometry", *component):
        geometry = member(component, name)
        if isinstance(geometry, h5py.Group) and attribute(geometry, "NX_class") == "NXgeometry":
            return _matrix(geometry)
    return None


def _matrix(geometry: Any) -> Numbers:
    matrix = np.eye(4)
    moved = False
    for name in geometry:
        part = member(geometry, name)
        nx_class = attribute(part, "NX_class") if isinstance(part, h5py.Group) else None
        if nx_class == "NXtranslation":
            told = next((d for n in ("distances", "distance") if (d := member(part, n)) is not None), None)
            vector = lengths(told).ravel()
            if len(vector) != 3 or not np.isfinite(vector).all():
                raise Unusable(f"the translation of {geometry.name} is {vector[:6].tolist()}")
            matrix[:3, 3] = vector
            moved = True
        elif nx_class == "NXorientation":
            cosines = numbers_of(member(part, "value")).ravel()
            if len(cosines) != 6 or not np.isfinite(cosines).all():
                raise Unusable(f"the orientation of {geometry.name} has {len(cosines)} direction cosines")
            x, y = cosines[:3], cosines[3:]
            matrix[:3, :3] = np.stack([x, y, np.cross(x, y)], axis=1)
    if not moved:
        raise Unusable(f"{geometry.name} has no translation")
    return matrix


def spherical_positions(detector: Any, n_pixels: int | None, remark: Remark) -> Numbers | None:
    """Return positions from distance and angles, relative to the sample, metres, shape (pixel, 3).

    None if the detector has no distance of its pixels. An azimuth nobody tells is 0, with a remark: flight paths and
    scattering angles are right then, pictures are not.

    Raises
    ------
    Unusable
        If the arrays do not fit each other.
    """
    told = {
        n: d
        for n in ("distance", "polar_angle", "azimuthal_angle")
        if isinstance(d := member(detector, n), h5py.Dataset)
    }
    if "distance" not in told or "polar_angle" not in told:
        return None
    distance, polar = lengths(told["distance"]), angles(told["polar_angle"])
    if (distance < 0).any():
        raise Unusable(f"distances of {detector.name} are below 0")
    azimuth = np.zeros(1)
    if "azimuthal_angle" in told:
        azimuth = angles(told["azimuthal_angle"])
    else:
        remark(f"{detector.name} does not tell azimuthal angles; they are taken as 0")
    try:
        r, theta, phi = np.broadcast_arrays(
            *(a if a.size > 1 else a.reshape(-1)[:1] for a in (distance, polar, azimuth))
        )
    except ValueError:
        raise Unusable(f"distance and angles of {detector.name} have different shapes") from None
    if n_pixels is not None and r.size not in (1, n_pixels):
        raise Unusable(f"{detector.name} has {r.size} distances for {n_pixels} pixels")
    if n_pixels is not None and r.size == 1 and n_pixels > 1:
        raise Unusable(f"{detector.name} tells only where it is as a whole")
    points = np.stack([r * np.sin(theta) * np.cos(phi), r * np.sin(theta) * np.sin(phi), r * np.cos(theta)], axis=-1)
    return np.asarray(points.reshape(-1, 3))
