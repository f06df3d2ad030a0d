"""Projections: what is seen of a detector. Values; `make_screen` works one out for a layout and its geometry."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal, get_args

import numpy as np

from ...errors import ArgumentError
from .layout import Layout


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a logical view, on named dimensions. Made by the methods of `Logical`.

    ``fold``: `dim` becomes `dims` of `sizes`, one of which may be -1: whatever is left. ``flatten``: `dims` become
    `dim`. ``slice``: of `dim` only `index` stays. ``transpose``: order `dims`. ``sum``: `dims` are summed. ``flip``:
    `dims` are turned round.
    """

    kind: Literal["fold", "flatten", "slice", "transpose", "sum", "flip"]
    dim: str = ""
    dims: tuple[str, ...] = ()
    sizes: tuple[int, ...] = ()
    index: int = 0


@dataclass(frozen=True, slots=True)
class Logical:
    """Pixels as the layout arranges them, after some steps. Made by `logical`; each method returns a new one."""

    layout: Layout | None = None
    """None takes that of the stream."""
    steps: tuple[Step, ...] = ()

    def fold(self, dim: str, into: Mapping[str, int]) -> Logical:
        """Split a dimension into several, slowest first; one size may be -1: whatever is left."""
        sizes = tuple(_integer(n, f"size of {name!r}") for name, n in into.items())
        if not sizes or any(n < 1 and n != -1 for n in sizes) or sizes.count(-1) > 1:
            raise ArgumentError(f"fold {dim!r} into {dict(into)!r}; expected sizes such as {{'tube': 8, 'pixel': -1}}")
        return self._then(Step("fold", dim, _names(into), sizes))

    def flatten(self, dims: tuple[str, ...] | list[str], to: str) -> Logical:
        """Make one dimension of several, the first one given the slowest; it stands where that one stood."""
        return self._then(Step("flatten", to, _names(dims)))

    def slice(self, **index: int) -> Logical:
        """Keep one index of a dimension, as in ``slice(wire=0)``; negative ones count from the end."""
        view = self
        for dim, at in index.items():
            view = view._then(Step("slice", dim, index=_integer(at, f"index of {dim!r}")))
        return view

    def transpose(self, *dims: str) -> Logical:
        """Put all dimensions in another order, slowest (vertical) first; without names, in the opposite order."""
        return self._then(Step("transpose", dims=_names(dims) if dims else ()))

    def sum(self, *dims: str) -> Logical:
        """Sum over dimensions: their pixels share a cell."""
        return self._then(Step("sum", dims=_names(dims)))

    def flip(self, *dims: str) -> Logical:
        """Turn dimensions round."""
        return self._then(Step("flip", dims=_names(dims)))

    def _then(self, step: Step) -> Logical:
        return replace(self, steps=(*self.steps, step))


Surface = Literal["xy_plane", "cylinder_mantle_z", "cylinder_mantle_y", "two_theta_phi"]
SURFACES: tuple[str, ...] = get_args(Surface)


@dataclass(frozen=True, slots=True)
class Geometric:
    """Pixels where they stand, projected from the sample onto a surface. Made by `plane`, `cylinder` and `angles`."""

    surface: Surface
    shape: tuple[int, int]
    """Rows and columns of the picture."""
    smooth: int = 0
    """Number of replicas with positions spread over the pixel's size; 0 takes the centres."""
    flip_x: bool = False


Projection = Logical | Geometric


def logical(layout: Layout | None = None) -> Logical:
    """Look at pixels as they are numbered.

    Parameters
    ----------
    layout
        Where they stand; None takes the stream's own.

    Examples
    --------
    >>> logical().fold("x", {"column": -1, "fine": 8}).sum("fine").steps[0].sizes
    (-1, 8)
    """
    return Logical(layout)


def plane(shape: tuple[int, int] = (256, 256), *, smooth: int = 0, flip_x: bool = False) -> Geometric:
    """Look at pixels in a plane across the beam, projected from the sample; see `Geometric`."""
    return _geometric("xy_plane", shape, smooth, flip_x)


def cylinder(
    shape: tuple[int, int] = (256, 256), *, axis: Literal["z", "y"] = "z", smooth: int = 0, flip_x: bool = False
) -> Geometric:
    """Look at pixels on the unrolled mantle of a cylinder around the sample; see `Geometric`.

    Parameters
    ----------
    shape
        Rows and columns: arc length and z around `axis` z, y and arc length around y.
    axis
        Of the cylinder: along the beam, or upright.
    smooth
        Number of replicas; 0 takes the centres of pixels.
    flip_x
        Whether to turn the horizontal axis round.
    """
    if axis not in ("z", "y"):
        raise ArgumentError(f"axis is {axis!r}; expected 'z' (along the beam) or 'y' (upright)")
    return _geometric("cylinder_mantle_z" if axis == "z" else "cylinder_mantle_y", shape, smooth, flip_x)


def angles(shape: tuple[int, int] = (256, 256), *, smooth: int = 0, flip_x: bool = False) -> Geometric:
    """Look at pixels by scattering angle (horizontal) and azimuth (vertical); see `Geometric`."""
    return _geometric("two_theta_phi", shape, smooth, flip_x)


def _geometric(surface: Surface, shape: tuple[int, int], smooth: int, flip_x: bool) -> Geometric:
    try:
        rows, columns = (_integer(n, "shape") for n in shape)
    except (TypeError, ValueError):
        rows = columns = 0
    if rows < 1 or columns < 1 or rows * columns > 2**28:
        raise ArgumentError(f"shape is {shape!r}; expected rows and columns of the picture, such as (256, 256)")
    if not 0 <= _integer(smooth, "smooth") <= 64:
        raise ArgumentError(f"smooth is {smooth!r}; expected a number of replicas up to 64, or 0 for none")
    return Geometric(surface, (rows, columns), int(smooth), bool(flip_x))


def _integer(value: object, what: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int | np.integer):
        raise ArgumentError(f"{what} is {value!r}; expected an integer")
    return int(value)


def _names(dims: object) -> tuple[str, ...]:
    names = tuple(dims) if isinstance(dims, tuple | list | Mapping) else (dims,)
    if not names or len(set(names)) != len(names) or not all(isinstance(n, str) and n for n in names):
        raise ArgumentError(f"dimensions are {dims!r}; expected different names such as 'x', 'y'")
    return names
