"""The palettes: perceptually even, safe for colour-blind eyes. Index 0 is for no counts, `NOTHING` for no value.

Viridis for counts and what else cannot be negative (CC0, Smith and van der Walt 2015, by points between which 8-bit
values are off by 6 at most); blue over white to red for what can.
"""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

NOTHING = 255
"""Index of what has no value: masked, not defined. Transparent."""
N_COLOURS = 254
"""Colours of values: indices 1 … 254."""
_VIRIDIS = (
    "440154471669472a79433c843c4d8a355d8c2e6c8e287a8e23898d1e978a20a5852eb27c45bf6f64cb5d88d547afdc2ed7e219fde724"
)
_SIGNED = "0530612166ac4393c392c5ded1e5f0f7f7f7fddbc7f4a582d6604db2182b67001f"
BACKGROUND = "#b9b9b9"
"""What shows through where there is no value."""


@cache
def colours(*, is_signed: bool = False) -> tuple[str, ...]:
    """Return 256 colours as ``#rrggbb``, the last one transparent: black for no counts, then the palette."""
    return (*("#" + bytes(c).hex() for c in rgb(is_signed=is_signed)[:-1].tolist()), "#00000000")


@cache
def rgb(*, is_signed: bool = False) -> NDArray[np.uint8]:
    """Return the palette as red, green and blue, uint8, shape (256, 3); the last one is the background."""
    anchors = np.frombuffer(bytes.fromhex(_SIGNED if is_signed else _VIRIDIS), np.uint8).reshape(-1, 3)
    at, where = np.linspace(0, 1, len(anchors)), np.linspace(0, 1, N_COLOURS)
    table = np.stack([np.rint(np.interp(where, at, channel)) for channel in anchors.T], axis=1)
    zero = [0, 0, 0] if not is_signed else [247, 247, 247]
    table = np.concatenate([[zero], table, [list(bytes.fromhex(BACKGROUND[1:]))]]).astype(np.uint8)
    table.flags.writeable = False
    return table
