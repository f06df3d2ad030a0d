"""Masks: pixels that are left out of sums. Values with a name."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, eq=False)
class Mask:
    """Named set of pixels to leave out. Equal to a mask with the same name that leaves out the same."""

    name: str
    ids: NDArray[np.int32] | None = None
    """Pixel numbers, sorted, distinct, read-only; None stands for the `pixel_mask` of the stream's own geometry."""
