"""Walking through the parts of an instrument definition, from the whole instrument to each pixel."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from xml.etree.ElementTree import Element

import numpy as np
from numpy.typing import NDArray

from ...errors import SettingsError
from ..transform import Unusable, angle_factor, length_factor
from .grid import GRIDS, MAX_PIXELS, grid_of
from .location import Defaults, Matrix, expanded, face, local_matrix, number, spherical
from .markup import child, children, tag
from .solid import box_of

MAX_NESTING = 40
PLACING = ("x", "y", "z", "r-position", "t-position", "p-position", "rotx", "roty", "rotz")
"""Parameters that move a component."""


@dataclass(slots=True)
class Group:
    """Pixels that stand together in the file: a tube, a panel."""

    name: str
    points: NDArray[np.float64]
    """Metres, in the file's own axes, shape (pixel, 3)."""
    box: NDArray[np.float64] | None
    """Extent of each pixel, shape (pixel, 3)."""
    ids: NDArray[np.int64] | None = None
    """Of an array of pixels; None where a list gives them. Shape of the array."""
    is_monitor: bool = False


@dataclass(slots=True)
class Bank:
    """A component that detector ids are given to, and all pixels in it."""

    name: str
    idlist: str = ""
    groups: list[Group] = field(default_factory=list)


@dataclass(slots=True)
class Walk:
    """What was met on the way."""

    types: Mapping[str, Element]
    defaults: Defaults
    links: Mapping[str, Mapping[str, float]]
    """Parameters of ``component-link`` by the component's name."""
    banks: list[Bank] = field(default_factory=list)
    source: NDArray[np.float64] | None = None
    sample: NDArray[np.float64] | None = None
    remarks: list[str] = field(default_factory=list)
    n_pixels: int = 0
    leaves: dict[int, tuple[NDArray[np.float64], NDArray[np.float64]]] = field(default_factory=dict)
    """Places and turns of the locations of components that are pixels, by the element's identity."""

    def remark(self, text: str) -> None:
        """Note something once."""
        if text not in self.remarks and len(self.remarks) < 50:
            self.remarks.append(text)


def walk(walked: Walk, root: Element) -> None:
    """Go through all components of the instrument."""
    for component in children(root, "component"):
        _component(walked, component, np.eye(4), None, frozenset(), 0)


def parameters(walked_remark: Callable[[str], None], element: Element, name: str) -> dict[str, float]:
    """Return the fixed parameters of a component that move it; those that follow a log are told as a remark."""
    found: dict[str, float] = {}
    for parameter in children(element, "parameter"):
        key = parameter.get("name", "")
        if key not in PLACING:
            continue
        value, log = child(parameter, "value"), child(parameter, "logfile")
        if value is not None:
            found[key] = number(value, "val")
        elif log is not None:
            walked_remark(f"{key} of {name!r} follows the log {log.get('id')!r}, which is not looked at")
    return found


def _component(
    walked: Walk, component: Element, parent: Matrix, bank: Bank | None, excluded: frozenset[str], depth: int
) -> None:
    kind_name = component.get("type", "")
    kind = walked.types.get(kind_name)
    if kind is None:
        raise SettingsError(f"a component is of type {kind_name!r}, which is not defined")
    if depth > MAX_NESTING:
        raise SettingsError(f"components are nested deeper than {MAX_NESTING}: does type {kind_name!r} hold itself?")
    what = (kind.get("is") or "").lower()
    name = component.get("name") or kind_name
    idlist = component.get("idlist", "")
    is_monitor = what == "monitor" or component.get("mark-as") == "monitor"
    if what == "detector" and bank is not None and not idlist and not is_monitor:
        _pixels(walked, component, kind, parent, bank, excluded)
        return
    own = parameters(walked.remark, component, name)
    shared = Bank(name, idlist) if idlist else bank
    if idlist and shared is not None:
        walked.banks.append(shared)
    for location in expanded(component):
        part = str(location.get("name") or name)
        if part in excluded:
            continue
        told = {**own, **parameters(walked.remark, location, part), **walked.links.get(part, {})}
        matrix = _placed(walked, location, parent, told)
        if what == "source":
            walked.source = matrix[:3, 3]
        elif what == "samplepos":
            walked.sample = matrix[:3, 3]
        elif what in GRIDS:
            _grid(walked, kind, component, matrix, part)
        elif what in ("detector", "monitor"):
            if shared is None:
                walked.remark(f"{part!r} is a {what} without an id")
                continue
            _add(walked, shared, Group(part, matrix[:3, 3][np.newaxis], _box(walked, kind, matrix[:3, :3][np.newaxis])))
            shared.groups[-1].is_monitor = is_monitor
        else:
            inner = frozenset(e.get("sub-part", "") for e in children(location, "exclude"))
            for inside in children(kind, "component"):
                _component(walked, inside, matrix, shared, inner, depth + 1)


def _placed(walked: Walk, location: Element, parent: Matrix, told: Mapping[str, float]) -> Matrix:
    local = local_matrix(location, walked.defaults, told)
    if walked.defaults.is_delta and any(name in location.attrib for name in ("r", "t", "p")):
        local[:3, 3] = _delta(parent, location, walked.defaults)
    return parent @ face(local, location, walked.defaults, partial(np.matmul, parent))


def _delta(parent: Matrix, location: Element, defaults: Defaults) -> NDArray[np.float64]:
    """Return a place whose spherical coordinates are those of the parent plus its own, in the parent's frame."""
    x, y, z = parent[:3, 3]
    r, t, p = float(np.linalg.norm(parent[:3, 3])), float(np.arctan2(np.hypot(x, y), z)), float(np.arctan2(y, x))
    there = spherical(
        r + number(location, "r") * defaults.metres,
        t + number(location, "t") * defaults.radians,
        p + number(location, "p") * defaults.radians,
    )
    return np.asarray(parent[:3, :3].T @ (there - parent[:3, 3]))


def _grid(walked: Walk, kind: Element, component: Element, matrix: Matrix, name: str) -> None:
    ids, points = grid_of(kind, component, walked.defaults)
    pixel = walked.types.get(kind.get("type", ""))
    box = None if pixel is None else _box(walked, pixel, matrix[np.newaxis, :3, :3])
    box = None if box is None else np.broadcast_to(box, points.shape)
    bank = Bank(name)
    walked.banks.append(bank)
    _add(walked, bank, Group(name, points @ matrix[:3, :3].T + matrix[:3, 3], box, ids))


def _pixels(
    walked: Walk, component: Element, kind: Element, parent: Matrix, bank: Bank, excluded: frozenset[str]
) -> None:
    """Place all pixels of one component at once: there may be many."""
    name = component.get("name") or component.get("type") or ""
    needs_parent = walked.defaults.is_delta or bool(walked.links) or bool(excluded)
    held = None if needs_parent else walked.leaves.get(id(component))
    if held is None:
        own = parameters(walked.remark, component, name)
        places, turns = [], []
        for location in expanded(component):
            part = str(location.get("name") or name)
            if part in excluded:
                continue
            told = {**own, **parameters(walked.remark, location, part), **walked.links.get(part, {})}
            local = local_matrix(location, walked.defaults, told)
            if walked.defaults.is_delta and any(n in location.attrib for n in ("r", "t", "p")):
                local[:3, 3] = _delta(parent, location, walked.defaults)
            places.append(local[:3, 3])
            turns.append(local[:3, :3])
        held = (np.array(places).reshape(-1, 3), np.array(turns).reshape(-1, 3, 3))
        if not needs_parent:
            walked.leaves[id(component)] = held
    points, turned = held
    box = _box(walked, kind, parent[:3, :3] @ turned)
    _add(walked, bank, Group(name, points @ parent[:3, :3].T + parent[:3, 3], box))


def _add(walked: Walk, bank: Bank, group: Group) -> None:
    walked.n_pixels += len(group.points)
    if walked.n_pixels > MAX_PIXELS:
        raise SettingsError(f"more than {MAX_PIXELS} pixels; expected an instrument definition")
    bank.groups.append(group)


def _box(walked: Walk, kind: Element, turns: NDArray[np.float64]) -> NDArray[np.float64] | None:
    """Return the extent of pixels along the file's axes, shape (pixel, 3)."""
    box = box_of(kind, walked.defaults)
    return None if box is None else np.abs(turns) @ box


def defaults_of(root: Element) -> tuple[Defaults, NDArray[np.float64], list[str]]:
    """Return the file's units and habits, the matrix from its axes to NeXus', shape (3, 3), and remarks."""
    told = child(root, "defaults")
    if told is None:
        return Defaults(), np.eye(3), []
    remarks: list[str] = []

    def factor(name: str, of: Callable[[str | None], float]) -> float:
        element = child(told, name)
        try:
            return of(element.get("unit") if element is not None else None)
        except Unusable as problem:
            remarks.append(f"{problem}; the usual unit is taken")
            return of(None)

    offsets = child(told, "offsets")
    defaults = Defaults(
        factor("length", length_factor),
        factor("angle", angle_factor),
        offsets is not None and (offsets.get("spherical") or "").lower() == "delta",
        child(told, "components-are-facing"),
    )
    return defaults, _frame(child(told, "reference-frame"), remarks), remarks


def _frame(told: Element | None, remarks: list[str]) -> NDArray[np.float64]:
    if told is None:
        return np.eye(3)
    beam, up = (_axis(child(told, name), default) for name, default in (("along-beam", "z"), ("pointing-up", "y")))
    if abs(float(beam @ up)) > 0:
        remarks.append("the beam and up are the same axis; z and y are taken")
        return np.eye(3)
    hand = child(told, "handedness")
    sign = -1.0 if hand is not None and (hand.get("val") or "").lower() == "left" else 1.0
    return np.stack([sign * np.cross(up, beam), up, beam])


def _axis(element: Element | None, default: str) -> NDArray[np.float64]:
    text = (element.get("axis") if element is not None else None) or default
    axis = np.zeros(3)
    name = text.strip().lower().lstrip("+-")
    axis["xyz".index(name) if name in ("x", "y", "z") else "xyz".index(default)] = -1.0 if "-" in text else 1.0
    return axis


def ids_of(root: Element, name: str) -> NDArray[np.int64]:
    """Return the ids of a list, in its order.

    Raises
    ------
    SettingsError
        If there is no such list, or it makes no sense.
    """
    found = next((e for e in children(root, "idlist") if e.get("idname") == name), None)
    if found is None:
        raise SettingsError(f"there is no idlist {name!r}")
    parts = []
    for one in children(found, "id"):
        if "val" in one.attrib:
            parts.append(np.array([int(number(one, "val"))], np.int64))
            continue
        start = int(number(one, "start"))
        stop, step = int(number(one, "end", start)), int(number(one, "step", 1))
        if step == 0 or (stop - start) // step > MAX_PIXELS:
            raise SettingsError(f"idlist {name!r} goes from {start} to {stop} in steps of {step}")
        parts.append(np.arange(start, stop + (1 if step > 0 else -1), step, dtype=np.int64))
    return np.concatenate(parts) if parts else np.zeros(0, np.int64)


def types_of(root: Element) -> dict[str, Element]:
    """Return all types by name."""
    return {e.get("name", ""): e for e in children(root, "type")}


def links_of(root: Element, remark: Callable[[str], None]) -> dict[str, dict[str, float]]:
    """Return the parameters of ``component-link`` that move components, by the component's name."""
    links: dict[str, dict[str, float]] = {}
    for link in root:
        if tag(link) == "component-link":
            name = (link.get("name") or link.get("id") or "").rsplit("/", 1)[-1]
            if found := parameters(remark, link, name):
                links.setdefault(name, {}).update(found)
    return links
