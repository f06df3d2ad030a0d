"""Projections: what is seen of a detector. Values; `screen` works one out for a layout and its geometry."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from .layout import Layout


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a logical view, on named dimensions. Made by the methods of `Logical`.

    ``fold``: `dim` becomes `dims` of `sizes`. ``flatten``: `dims` become `dim`. ``slice``: of `dim` only `index` stays.
    ``transpose``: order `dims`. ``sum``: `dims` are summed.
    """

    kind: Literal["fold", "flatten", "slice", "transpose", "sum"]
    dim: str = ""
    dims: tuple[str, ...] = ()
    sizes: tuple[int, ...] = ()
    index: int = 0


@dataclass(frozen=True, slots=True)
class Logical:
    """Pixels as the layout arranges them, after some steps."""

    layout: Layout | None = None
    """None takes that of the stream."""
    steps: tuple[Step, ...] = ()
    flip: tuple[str, ...] = ()
    """Dimensions that are turned round."""


@dataclass(frozen=True, slots=True)
class Geometric:
    """Pixels where they stand, projected from the sample onto a surface."""

    surface: Literal["xy_plane", "cylinder_mantle_z", "cylinder_mantle_y", "two_theta_phi"]
    shape: tuple[int, int]
    """Rows and columns of the picture."""
    smooth: int = 0
    """Number of replicas with positions spread over the pixel's size; 0 takes the centres."""
    flip_x: bool = False


Projection = Logical | Geometric
