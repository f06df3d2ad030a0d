"""Chains of transformations: from a component's ``depends_on`` to one matrix.

NeXus, NXtransformations: https://manual.nexusformat.org/classes/base_classes/NXtransformations.html
"""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import h5py
import numpy as np

from ..hdf import attribute, scalar_text
from ..transform import Unusable, angle_factor, length_factor, rotation
from .measure import Numbers, member, numbers_of
from .moving import sample_at

MAX_STEPS = 100

Newest = Callable[[str, str], float | None]
"""Newest sample of the log with this topic and source, in the unit it is sent in; None if there is none."""


ComponentIndex = Mapping[str, tuple[str, ...]]
"""Paths of a file's components by their class in small letters."""


@dataclass(slots=True)
class Surroundings:
    """What a file's transformations need beside it, and what is learnt on the way."""

    file: Any
    index: ComponentIndex
    start_ns: int | None = None
    """Start of the run: of a log in a chain, the value in effect then counts."""
    newest: Newest | None = None
    remarks: list[str] = field(default_factory=list)
    logs: list[tuple[str, str]] = field(default_factory=list)
    """Topic and source of the logs that positions depend on; for a log of a file without them, nothing and its path."""

    def components(self, nx_class: str) -> list[Any]:
        """Return the groups of a class."""
        return [self.file[path] for path in self.index.get(nx_class, ())]

    def remark(self, text: str) -> None:
        """Note something once."""
        if text not in self.remarks:
            self.remarks.append(text)


def placement(component: Any, around: Surroundings, *, is_point: bool = False) -> Numbers | None:
    """Return the matrix that takes a component's own coordinates to those of the instrument, shape (4, 4).

    ``position = M_last ··· M_2 · M_1 · (x, y, z, 1)``: the first transformation of the chain acts first. None where the
    component names no chain. Of a point (`is_point`) only the place counts, and a turn about itself does not change it:
    a sample on a turntable is where it is before anybody knows its angle.

    Raises
    ------
    Unusable
        If a link leads nowhere or in a circle, or a value or a direction is missing.
    """
    start = scalar_text(component, "depends_on") or attribute(component, "depends_on")
    if start is None:
        return None
    matrix = np.eye(4)
    at, home = start, component.name
    seen: set[str] = set()
    while at and at != ".":
        path = posixpath.normpath(posixpath.join(home, at))
        if path in seen:
            raise Unusable(f"depends_on of {component.name} goes in a circle at {path}")
        if len(seen) >= MAX_STEPS:
            raise Unusable(f"depends_on of {component.name} is longer than {MAX_STEPS} steps")
        seen.add(path)
        item = member(around.file, path)
        if item is None:
            raise Unusable(f"depends_on of {component.name} leads to {path}, which is not there")
        if _told(item, "transformation_type") is None and isinstance(item, h5py.Group) and "value" not in item:
            # Another component, whose own chain goes on from here.
            at, home = scalar_text(item, "depends_on") or attribute(item, "depends_on") or ".", item.name
            continue
        is_idle = is_point and not matrix[:3, 3].any() and (_told(item, "transformation_type") or "") == "rotation"
        matrix = (_moved(item, None) if is_idle else _step(item, around)) @ matrix
        at, home = _told(item, "depends_on") or ".", posixpath.dirname(item.name)
    return matrix


def _step(item: Any, around: Surroundings) -> Numbers:
    """Return the matrix of one transformation."""
    kind = (_told(item, "transformation_type") or "").lower()
    if kind not in ("translation", "rotation"):
        raise Unusable(f"{item.name} does not say whether it is a translation or a rotation")
    value, unit = _value(item, around)
    matrix = _moved(item, unit if kind == "translation" else None)
    direction = _direction(item)
    if value == 0:
        return matrix  # whatever the direction, which is (0, 0, 0) in some files
    norm = float(np.linalg.norm(direction))
    if not (np.isfinite(norm) and norm > 0):
        raise Unusable(f"the vector of {item.name} is {direction.tolist()}, which is no direction")
    if kind == "translation":
        matrix[:3, 3] += value * length_factor(unit) * direction / norm
    else:
        matrix[:3, :3] = rotation(direction / norm, value * angle_factor(unit))
    return matrix


def _value(item: Any, around: Surroundings) -> tuple[float, str | None]:
    """Return a transformation's value and its unit."""
    if isinstance(item, h5py.Group):
        topic, source = attribute(item, "topic") or "", attribute(item, "source") or ""
        around.logs.append((topic, source) if source else ("", item.name))
        unit = _told(item, "units")
        if around.newest is not None and source:
            sample = around.newest(topic, source)
            if sample is not None:
                return _finite(float(sample), item), unit
        return _finite(sample_at(item, around.start_ns, around.remark), item), unit
    numbers = numbers_of(item).ravel()
    if len(numbers) > 1 and np.ptp(numbers) != 0:
        around.remark(f"{item.name} has {len(numbers)} values; the first is taken")
    return _finite(float(numbers[0]), item), attribute(item, "units")


def _finite(value: float, item: Any) -> float:
    if not np.isfinite(value):
        raise Unusable(f"the value of {item.name} is {value}")
    return value


def _told(item: Any, name: str) -> str | None:
    """Return an attribute of a transformation; of a log's, from the group or from its values."""
    text = attribute(item, name)
    if not text and isinstance(item, h5py.Group):
        value = member(item, "value")
        text = attribute(value, name) if value is not None else None
    return text or None


def _direction(item: Any) -> Numbers:
    vector = _vector(item, "vector")
    if vector is None:
        raise Unusable(f"{item.name} has no vector to say in which direction")
    return vector


def _moved(item: Any, unit: str | None) -> Numbers:
    """Return the matrix of a transformation's offset alone."""
    matrix = np.eye(4)
    vector = _vector(item, "offset")
    if vector is None:
        return matrix
    offset = vector * length_factor(_told(item, "offset_units") or unit)
    if not np.isfinite(offset).all():
        raise Unusable(f"the offset of {item.name} is {offset.tolist()}")
    matrix[:3, 3] = offset
    return matrix


def _vector(item: Any, name: str) -> Numbers | None:
    places = [item, member(item, "value")] if isinstance(item, h5py.Group) else [item]
    for place in places:
        if place is None or name not in place.attrs:
            continue
        try:
            told = np.asarray(place.attrs[name])
        except (OSError, RuntimeError, TypeError, ValueError):
            continue
        if told.size == 3 and told.dtype.kind in "iuf":
            return told.ravel().astype(np.float64)
    return None
