"""Screens: which place of a picture each pixel of a detector is seen at."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..axis import Axes

OFF = -1
"""The pixel is not on the screen: cut away, or beyond its edges. Its events are ``outside``."""
NOWHERE = -2
"""Nothing tells where the pixel is. Its events are ``nan``."""


@dataclass(frozen=True, slots=True, eq=False)
class Screen:
    """The leading dimensions of a view, and how pixels come to stand in them."""

    axes: Axes
    """Of the picture, slowest (vertical) first."""
    cells: NDArray[np.int32]
    """Flat place of each pixel on the screen, in the order of the layout's places, or `OFF` or `NOWHERE`; shape
    (replica, pixel). An event's replica is chosen by the event alone."""
    looking: str = ""
    """From where one looks, and which way axes point, for people: ``seen from the sample, x to the left``."""

    @property
    def shape(self) -> tuple[int, ...]:
        """Rows and columns."""
        return tuple(axis.n for axis in self.axes)

    @property
    def n_replicas(self) -> int:
        """Number of noise replicas; 1 without smoothing."""
        return len(self.cells)
