"""Logical views: the arrangement of pixels folded, cut, turned and summed, by moving an array of their places."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ...errors import ArgumentError
from ..axis import Axes, bins
from .layout import Layout
from .projection import Logical, Step
from .screen import OFF, Screen


def logical_screen(view: Logical, layout: Layout) -> Screen:
    """Work out where each pixel of `layout` is seen in a logical view.

    Raises
    ------
    ArgumentError
        If a step names a dimension that is not there (then), or does not fit its length.
    """
    own = view.layout if view.layout is not None else layout
    grid = Grid(own)
    for step in view.steps:
        grid.do(step)
    cells = grid.cells()
    if own != layout:
        # Pixels are counted by their place in `layout`, and are the same by their number.
        places = own.places_of(layout.ids_at(np.arange(layout.size)))
        cells = np.where(places >= 0, cells[places], np.int32(OFF))
    elif own.n_pixels < own.size:
        cells[own.ids_at(np.arange(own.size)) < 0] = OFF
    axes = Axes(bins(0, n, n=n).named(dim) for dim, n in zip(grid.dims, grid.shape, strict=True))
    return Screen(axes, cells[np.newaxis], "by pixel number")


class Grid:
    """An array of places with named dimensions; dimensions that are summed are put away in the last one."""

    def __init__(self, layout: Layout) -> None:
        self.n_places = layout.size
        self.dims = list(layout.dims)
        self.array: NDArray[np.int32] = np.arange(layout.size, dtype=np.int32).reshape(*layout.shape, 1)

    @property
    def shape(self) -> tuple[int, ...]:
        """Lengths of the dimensions that are seen."""
        return self.array.shape[:-1]

    def do(self, step: Step) -> None:
        """Take one step."""
        getattr(self, f"_{step.kind}")(step)

    def cells(self) -> NDArray[np.int32]:
        """Return the flat place in the view of each place of the layout, `OFF` for those cut away, shape (place,)."""
        cells = np.full(self.n_places, OFF, np.int32)
        seen = math.prod(self.shape)
        cells[self.array.reshape(seen, -1)] = np.arange(seen, dtype=np.int32)[:, np.newaxis]
        return cells

    def _at(self, dim: str) -> int:
        if dim not in self.dims:
            raise ArgumentError(f"no dimension {dim!r} in this view; it has {self._told()}")
        return self.dims.index(dim)

    def _told(self) -> str:
        return ", ".join(f"{d} ({n})" for d, n in zip(self.dims, self.shape, strict=True)) or "none left"

    def _new_names(self, names: Sequence[str], gone: Sequence[str]) -> None:
        if taken := [n for n in names if n in self.dims and n not in gone]:
            raise ArgumentError(f"there is a dimension {taken[0]!r} already; this view has {self._told()}")

    def _fold(self, step: Step) -> None:
        at = self._at(step.dim)
        self._new_names(step.dims, [step.dim])
        length = self.shape[at]
        told = math.prod(n for n in step.sizes if n != -1)
        sizes = [length // told if n == -1 else n for n in step.sizes]
        if math.prod(sizes) != length:
            into = " × ".join("?" if n == -1 else str(n) for n in step.sizes)
            raise ArgumentError(f"dimension {step.dim!r} has length {length}, which does not fold into {into}")
        self.array = self.array.reshape(*self.array.shape[:at], *sizes, *self.array.shape[at + 1 :])
        self.dims[at : at + 1] = step.dims

    def _flatten(self, step: Step) -> None:
        sources = [self._at(d) for d in step.dims]
        self._new_names([step.dim], step.dims)
        first = sum(1 for i in range(sources[0]) if i not in sources)
        rest = [i for i in range(len(self.dims)) if i not in sources]
        order = [*rest[:first], *sources, *rest[first:], len(self.dims)]
        moved = self.array.transpose(order)
        self.array = moved.reshape(*moved.shape[:first], -1, *moved.shape[first + len(sources) :])
        self.dims = [*(self.dims[i] for i in rest[:first]), step.dim, *(self.dims[i] for i in rest[first:])]

    def _slice(self, step: Step) -> None:
        at = self._at(step.dim)
        length = self.shape[at]
        if not -length <= step.index < length:
            raise ArgumentError(f"dimension {step.dim!r} has length {length}; there is no index {step.index} in it")
        self.array = self.array.take([step.index], axis=at).squeeze(at)
        del self.dims[at]

    def _transpose(self, step: Step) -> None:
        wanted = step.dims or tuple(reversed(self.dims))
        order = [self._at(d) for d in wanted]
        if len(order) != len(self.dims):
            raise ArgumentError(f"transpose to {', '.join(wanted)} leaves dimensions out; this view has {self._told()}")
        self.array = self.array.transpose(*order, len(self.dims))
        self.dims = list(wanted)

    def _sum(self, step: Step) -> None:
        for dim in step.dims:
            at = self._at(dim)
            moved = np.moveaxis(self.array, at, -1)
            self.array = moved.reshape(*moved.shape[:-2], -1)
            del self.dims[at]

    def _flip(self, step: Step) -> None:
        for dim in step.dims:
            self.array = np.flip(self.array, self._at(dim))
