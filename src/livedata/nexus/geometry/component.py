"""Components of an instrument in a file: finding them, and where they stand."""

from __future__ import annotations

import posixpath
from typing import Any

import h5py
import numpy as np

from ...reduce.physics.geometry import Vector
from ..hdf import attribute
from ..transform import Unusable
from .chain import ComponentIndex, Surroundings, placement
from .measure import lengths, member
from .older import box_placement

DETECTORS = ("nxdetector", "nxmonitor")


def class_of(group: Any) -> str:
    """Return the NeXus class in small letters: some writers misspell it in just that."""
    return (attribute(group, "NX_class") or "").lower() if isinstance(group, h5py.Group) else ""


def component_around(file: Any, path: str) -> Any | None:
    """Return the detector or monitor that a path is, or lies in; None if there is none."""
    while path not in ("", "/"):
        group = member(file, path)
        if class_of(group) in DETECTORS:
            return group
        path = posixpath.dirname(path)
    return None


def index_components(file: Any) -> ComponentIndex:
    """Find the groups of each class in the entries, their instruments, and one level deeper; by class, their paths."""
    index: dict[str, list[str]] = {}
    for entry in _children(file):
        for group in _children(entry):
            nx_class = class_of(group)
            index.setdefault(nx_class, []).append(group.name)
            if nx_class in ("nxinstrument", "nxbeam", "nxcollection", ""):
                for inner in _children(group):
                    index.setdefault(class_of(inner), []).append(inner.name)
    return {nx_class: tuple(paths) for nx_class, paths in index.items()}


def _children(group: Any) -> list[Any]:
    found = [member(group, name) for name in group]
    return [g for g in found if isinstance(g, h5py.Group)]


def point_of(component: Any, around: Surroundings, *, is_upstream: bool = False) -> Vector | None:
    """Return where a component stands; None if it does not say.

    Parameters
    ----------
    component
        The group.
    around
        Its file.
    is_upstream
        Whether a plain distance counts against the beam, whatever its sign.

    Raises
    ------
    Unusable
        If what it says is broken.
    """
    matrix = placement(component, around, is_point=True)
    if matrix is None:
        matrix = box_placement(component)
    if matrix is not None:
        x, y, z = (float(v) for v in matrix[:3, 3])
        return (x, y, z)
    distance = member(component, "distance")
    if isinstance(distance, h5py.Dataset) and distance.size == 1:
        z = float(lengths(distance).ravel()[0])
        if not np.isfinite(z):
            raise Unusable(f"the distance of {component.name} is {z}")
        return (0.0, 0.0, -abs(z) if is_upstream else z)
    return None


def find_source(around: Surroundings, sample: Vector | None) -> Vector | None:
    """Return where neutrons start: the first source, else the first moderator, that says so; None otherwise."""
    for nx_class in ("nxsource", "nxmoderator"):
        for group in around.components(nx_class):
            try:
                point = point_of(group, around, is_upstream=True)
            except Unusable as problem:
                around.remark(str(problem))
                continue
            if point is None:
                continue
            if sample is not None and np.allclose(point, sample, atol=1e-9):
                around.remark(f"{group.name} stands where the sample is; its place is taken as unknown")
                continue
            return point
    return None


def find_sample(around: Surroundings) -> Vector | None:
    """Return where the sample is: the origin, by convention, unless the file says something else or nonsense."""
    for group in around.components("nxsample"):
        try:
            point = point_of(group, around)
        except Unusable as problem:
            around.remark(str(problem))
            return None
        if point is not None:
            return point
    return (0.0, 0.0, 0.0)
