"""Arrays of pixels that an instrument definition writes as one element: rectangular, voxel and structured detectors."""

from __future__ import annotations

from xml.etree.ElementTree import Element

import numpy as np
from numpy.typing import NDArray

from ...errors import SettingsError
from .location import Defaults, number, point
from .markup import children

GRIDS = ("rectangulardetector", "rectangular_detector", "griddetector", "structureddetector", "structured_detector")
MAX_PIXELS = 1 << 25

Ids = NDArray[np.int64]
Points = NDArray[np.float64]


def grid_of(kind: Element, component: Element, defaults: Defaults) -> tuple[Ids, Points]:
    """Return detector ids and positions of an array of pixels, in its own frame.

    Parameters
    ----------
    kind
        The type, with numbers of pixels, starts and steps, or with vertices.
    component
        What uses it, with the first id and how ids go on.
    defaults
        Of the file.

    Returns
    -------
    :
        Ids, int64, shape (y, x) or (z, y, x); positions in metres, shape (pixel, 3) in the same order. Rows go from
        low to high y.

    Raises
    ------
    SettingsError
        If the element is broken.
    """
    what = (kind.get("is") or "").lower()
    n = [int(number(kind, f"{axis}pixels", 1)) for axis in "xyz"]
    if min(n) < 1 or n[0] * n[1] * n[2] > MAX_PIXELS:
        raise SettingsError(
            f"type {kind.get('name')!r} has {n[0]} × {n[1]} × {n[2]} pixels; expected 1 to {MAX_PIXELS}"
        )
    if what.startswith("structured"):
        return _ids(n, component), _structured(kind, n, defaults)
    axes = [
        (number(kind, f"{axis}start") + number(kind, f"{axis}step") * np.arange(count)) * defaults.metres
        for axis, count in zip("xyz", n, strict=True)
    ]
    z, y, x = np.meshgrid(axes[2], axes[1], axes[0], indexing="ij")
    ids = _voxel_ids(n, component) if what == "griddetector" else _ids(n, component)
    return ids, np.stack([x, y, z], axis=-1).reshape(-1, 3)


def _ids(n: list[int], component: Element) -> Ids:
    """Return ids that run along y (or x) first: ``start + i·step`` in a row, ``+ idstepbyrow`` from row to row."""
    nx, ny = n[0], n[1]
    by_y = (component.get("idfillbyfirst") or component.get("idfillfirst") or "y").lower() != "x"
    start, step = int(number(component, "idstart")), int(number(component, "idstep", 1))
    row = int(number(component, "idstepbyrow", ny if by_y else nx))
    y, x = np.mgrid[0:ny, 0:nx]
    return np.asarray(start + (x * row + y * step if by_y else y * row + x * step), np.int64)


def _voxel_ids(n: list[int], component: Element) -> Ids:
    """Return ids that run along the axes in the order of ``idfillorder``, first letter fastest."""
    order = (component.get("idfillorder") or "xyz").lower()
    if sorted(order) != ["x", "y", "z"]:
        raise SettingsError(f"idfillorder is {order!r}; expected each of x, y and z once")
    size = dict(zip("xyz", n, strict=True))
    first = int(number(component, "idstep", 1))
    second = int(number(component, "idstepbyrow", first * size[order[0]]))
    step = {order[0]: first, order[1]: second, order[2]: second * size[order[1]]}
    z, y, x = np.mgrid[0 : n[2], 0 : n[1], 0 : n[0]]
    ids = int(number(component, "idstart")) + x * step["x"] + y * step["y"] + z * step["z"]
    return np.asarray(ids.reshape(n[2], n[1], n[0]), np.int64)


def _structured(kind: Element, n: list[int], defaults: Defaults) -> Points:
    """Return the middle of the four vertices of each pixel; vertices run along x first."""
    vertices = np.array([point(v, defaults) for v in children(kind, "vertex")])
    nx, ny = n[0], n[1]
    if len(vertices) != (nx + 1) * (ny + 1):
        raise SettingsError(
            f"type {kind.get('name')!r} has {len(vertices)} vertices; "
            f"expected {(nx + 1) * (ny + 1)} for {nx} × {ny} pixels"
        )
    grid = vertices.reshape(ny + 1, nx + 1, 3)
    return np.asarray(((grid[:-1, :-1] + grid[:-1, 1:] + grid[1:, :-1] + grid[1:, 1:]) / 4).reshape(-1, 3))
