"""The one palette: perceptually even, safe for colour-blind eyes, with black for no counts."""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray


@cache
def colours() -> tuple[str, ...]:
    """Return 256 colours as ``#rrggbb``: black for no counts, then viridis."""
    from bokeh.palettes import Viridis256

    return ("#000000", *Viridis256[1:])


@cache
def rgb() -> NDArray[np.uint8]:
    """Return the palette as red, green and blue, uint8, shape (256, 3)."""
    table = [[int(c[i : i + 2], 16) for i in (1, 3, 5)] for c in colours()]
    return np.array(table, dtype=np.uint8)
