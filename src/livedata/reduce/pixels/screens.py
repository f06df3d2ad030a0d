"""From a projection, a layout and a geometry to a screen: the one entrance for all kinds of projections."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from ..physics.geometry import Geometry
from .geometric import geometric_screen
from .layout import Layout
from .logical import logical_screen
from .projection import Geometric, Logical, Projection
from .screen import Screen


def make_screen(projection: Projection, layout: Layout, geometry: Geometry | None) -> Screen:
    """Work out where on the picture each pixel is seen.

    Parameters
    ----------
    projection
        What is to be seen.
    layout
        Of the stream: pixels are counted by their place in it.
    geometry
        Where they stand; only geometric projections need it.

    Raises
    ------
    ArgumentError
        If the projection does not fit the layout, or the geometry lacks what it needs; the message names what.
    """
    if isinstance(projection, Geometric):
        return geometric_screen(projection, layout, geometry)
    return _logical(projection, layout)


@lru_cache(maxsize=8)
def _logical(projection: Logical, layout: Layout) -> Screen:
    """Work out a logical view once for all views that show it."""
    return logical_screen(projection, layout)


def pixel_weights(screen: Screen) -> NDArray[np.float64]:
    """Return how many pixels are seen in each cell of a screen, the mean of its replicas, float64, its shape."""
    counts = np.zeros(int(np.prod(screen.shape)), np.int64)
    for cells in screen.cells:
        counts += np.bincount(cells[cells >= 0], minlength=len(counts))
    return (counts / screen.n_replicas).reshape(screen.shape)
