"""Geometric projections: pixels where they stand, seen from the sample on a plane, a cylinder or a sphere.

All are central projections from the sample, so that what flies straight on is seen at one place.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ...errors import ArgumentError
from ..axis import Axes, Axis, bins
from ..physics.geometry import Geometry
from .layout import Layout
from .projection import Geometric
from .screen import NOWHERE, OFF, Screen

Points = NDArray[np.float64]
AXES = {
    "xy_plane": (("y", "m"), ("x", "m")),
    "cylinder_mantle_z": (("arc_length", "m"), ("z", "m")),
    "cylinder_mantle_y": (("y", "m"), ("arc_length", "m")),
    "two_theta_phi": (("phi", "deg"), ("two_theta", "deg")),
}
"""Names and units of the vertical and the horizontal axis of each surface."""


def geometric_screen(view: Geometric, layout: Layout, geometry: Geometry | None) -> Screen:
    """Work out where each pixel is seen on a surface.

    The axes reach half a cell beyond the outermost pixels (and replicas), so that a regular grid of pixels that is
    projected on as many cells falls on their centres.

    Raises
    ------
    ArgumentError
        If there are no positions, none of them is finite, or their number is not that of the layout.
    """
    points = sample_frame(layout, geometry, view.surface)
    surface = _Surface(view.surface, points)
    replicas = [surface.project(points)]
    if view.smooth:
        assert geometry is not None  # sample_frame has refused it
        sizes = pixel_sizes(layout, geometry)
        ids = layout.ids_at(np.arange(layout.size))
        replicas = [surface.project(points + sizes * noise(ids, replica)) for replica in range(view.smooth)]
    if view.flip_x:
        replicas = [(v, -h) for v, h in replicas]
    known = np.isfinite(points).all(axis=1)
    axes, places = [], []
    for k, (name, unit) in enumerate(AXES[view.surface]):
        seen = np.stack([replica[k] for replica in replicas])
        axis = _cover(seen, view.shape[k]).named(f"-{name}" if view.flip_x and k else name, unit=unit)
        axes.append(axis)
        places.append(np.searchsorted(axis.edges, seen, side="right") - 1)  # NaN goes behind the last edge
    rows, columns = places
    on = (rows >= 0) & (rows < view.shape[0]) & (columns >= 0) & (columns < view.shape[1])
    cells = np.where(on, rows * view.shape[1] + columns, np.where(known, OFF, NOWHERE)).astype(np.int32)
    if layout.n_pixels < layout.size:
        cells[:, layout.ids_at(np.arange(layout.size)) < 0] = OFF
    return Screen(Axes(axes), cells, _looking(view, surface))


def sample_frame(layout: Layout, geometry: Geometry | None, what: str) -> Points:
    """Return positions relative to the sample in the NeXus frame, shape (pixel, 3); for angles in that of the beam.

    A sample nobody placed is at the origin, as NeXus has it.

    Raises
    ------
    ArgumentError
        If there are no positions for the layout's pixels.
    """
    if geometry is None or geometry.positions is None:
        where = geometry.where if geometry is not None and geometry.where else "what describes this stream"
        raise ArgumentError(
            f"{what} needs the positions of pixels, and {where} tells none; give an instrument file, or use logical()"
        )
    if len(geometry.positions) != layout.size:
        raise ArgumentError(
            f"{geometry.where or 'the geometry'} has {len(geometry.positions)} positions for a layout of {layout.size}"
        )
    points: Points = np.asarray(geometry.positions, np.float64) - np.asarray(geometry.sample or (0.0, 0.0, 0.0))
    if not np.isfinite(points).all(axis=1).any():
        raise ArgumentError(f"{what}: no pixel of {geometry.where or 'this geometry'} has a position")
    return points @ beam_frame(geometry).T if what == "two_theta_phi" else points


def beam_frame(geometry: Geometry) -> Points:
    """Return the unit vectors x, y, z (rows) of the frame whose z is the direction of the beam, shape (3, 3).

    The beam goes from source to sample where both are known, else along z; up is against gravity.
    """
    up = -np.asarray(geometry.gravity, np.float64)
    z = np.array([0.0, 0.0, 1.0])
    if geometry.source is not None and geometry.sample is not None:
        along = np.subtract(geometry.sample, geometry.source)
        length = float(np.linalg.norm(along))
        if np.isfinite(length) and length > 0:
            z = along / length
    y = up - (up @ z) * z
    length = float(np.linalg.norm(y))
    y = y / length if length > 1e-9 else np.array([0.0, 1.0, 0.0])
    return np.stack([np.cross(y, z), y, z])


def noise(ids: NDArray[np.int32], replica: int) -> Points:
    """Return numbers in -0.5 … 0.5 that depend on pixel number and replica alone, shape (pixel, 3).

    Bits are mixed as by splitmix64 (Steele, Lea, Flood: Fast splittable pseudorandom number generators, 2014).
    """
    with np.errstate(over="ignore"):
        lanes = np.arange(3, dtype=np.uint64) + np.uint64(3 * replica + 1)
        state = ids.astype(np.int64).astype(np.uint64)[:, np.newaxis] * np.uint64(0x9E3779B97F4A7C15)
        state = state + lanes * np.uint64(0xD1B54A32D192ED03)
        state = (state ^ (state >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        state = (state ^ (state >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        state = state ^ (state >> np.uint64(31))
    return (state >> np.uint64(11)).astype(np.float64) * 2.0**-53 - 0.5


def pixel_sizes(layout: Layout, geometry: Geometry) -> Points:
    """Return the extent of pixels along x, y and z; where nobody tells it, the distance to neighbours in the layout.

    Returns
    -------
    :
        Metres, shape (pixel, 3) or (1, 3).
    """
    if geometry.sizes is not None:
        return np.where(np.isfinite(geometry.sizes), geometry.sizes, 0.0)
    assert geometry.positions is not None  # whoever calls has looked
    grid = geometry.positions.reshape(*layout.shape, 3)
    sizes = np.zeros_like(grid)
    for dim in [d for d in range(len(layout.shape)) if layout.shape[d] > 1][-2:]:
        step = np.abs(np.diff(grid, axis=dim))
        whole = np.concatenate([step, np.take(step, [-1], axis=dim)], axis=dim)
        with np.errstate(invalid="ignore"):
            # A step from one bank to the next is not the size of a pixel.
            whole[whole > 5 * np.nanmedian(whole.reshape(-1, 3), axis=0)] = 0.0
        sizes += np.where(np.isfinite(whole), whole, 0.0)
    return sizes.reshape(-1, 3)


class _Surface:
    """A surface, placed by the pixels nearest to the sample."""

    def __init__(self, kind: str, points: Points) -> None:
        self.kind = kind
        x, y, z = points[np.isfinite(points).all(axis=1)].T
        self.at = 1.0
        if kind == "xy_plane":
            self.at = float(z.max() if z.min() < 0 else z.min())
        elif kind != "two_theta_phi":
            r = np.hypot(x, y) if kind == "cylinder_mantle_z" else np.hypot(x, z)
            self.at = float(r[r > 0].min()) if (r > 0).any() else 0.0

    def project(self, points: Points) -> tuple[Points, Points]:
        """Return the vertical and horizontal coordinate of each point, NaN where it is not seen."""
        x, y, z = points.T
        with np.errstate(invalid="ignore", divide="ignore"):
            if self.kind == "xy_plane":
                t = np.where(z * self.at > 0, self.at / z, np.nan)
                return y * t, x * t
            if self.kind == "cylinder_mantle_z":
                r = np.hypot(x, y)
                t = np.where(r > 0, self.at / r, np.nan)
                return self.at * np.arctan2(y, x) + 0.0 * t, z * t
            if self.kind == "cylinder_mantle_y":
                r = np.hypot(x, z)
                t = np.where(r > 0, self.at / r, np.nan)
                return y * t, self.at * np.arctan2(x, z) + 0.0 * t
            return np.degrees(np.arctan2(y, x)), np.degrees(np.arctan2(np.hypot(x, y), z))


def _cover(seen: Points, n: int) -> Axis:
    """Return `n` regular bins around all finite numbers."""
    finite = seen[np.isfinite(seen)]
    if not len(finite):
        return bins(-0.5, 0.5, n=n)
    low, high = float(finite.min()), float(finite.max())
    half = (high - low) / (2 * (n - 1)) if n > 1 else (high - low) / 2
    if half <= 1e-12 * max(abs(low), abs(high)):
        half = max(1e-3, 1e-3 * abs(low)) / 2
    margin = half * (1 + 1e-9)
    return bins(low - margin, high + margin, n=n)


def _looking(view: Geometric, surface: _Surface) -> str:
    if view.surface == "xy_plane":
        is_from_sample = (surface.at > 0) == view.flip_x
        ahead = "downstream" if view.flip_x else "upstream"
        stand = "from the sample" if is_from_sample else "from behind the detector"
        return f"seen {stand}, looking {ahead}: x to the {'left' if view.flip_x else 'right'}, y up"
    turn = ", turned round" if view.flip_x else ""
    if view.surface == "cylinder_mantle_z":
        return f"mantle of a cylinder of {surface.at:.4g} m around the beam: z to the {_side(view)}, azimuth from x up"
    if view.surface == "cylinder_mantle_y":
        stand = "from the sample" if view.flip_x else "from outside"
        return (
            f"mantle of an upright cylinder of {surface.at:.4g} m, seen {stand}: arc from z to x to the {_side(view)}"
        )
    return f"scattering angle to the right{turn}, azimuth from x up"


def _side(view: Geometric) -> str:
    return "left" if view.flip_x else "right"
