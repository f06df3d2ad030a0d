"""Reading numbers of a file for its geometry: lengths in metres, angles in radians."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

from ..hdf import attribute
from ..transform import Unusable, angle_factor, length_factor

Numbers = NDArray[np.float64]
Remark = Callable[[str], None]


def numbers_of(dataset: Any) -> Numbers:
    """Read numbers as float64 in their shape; infinite ones as NaN.

    Raises
    ------
    Unusable
        If the dataset holds none or cannot be read.
    """
    if not isinstance(dataset, h5py.Dataset) or dataset.dtype.kind not in "iufb" or not dataset.size:
        raise Unusable(f"{getattr(dataset, 'name', 'it')} holds no numbers")
    try:
        numbers = np.asarray(dataset[()], np.float64)
    except (OSError, RuntimeError, ValueError) as error:
        raise Unusable(f"{dataset.name} cannot be read ({type(error).__name__})") from None
    return np.where(np.isfinite(numbers), numbers, np.nan)


def lengths(dataset: Any) -> Numbers:
    """Read lengths in metres."""
    return numbers_of(dataset) * length_factor(attribute(dataset, "units"))


def angles(dataset: Any, default: str = "deg") -> Numbers:
    """Read angles in radians."""
    return numbers_of(dataset) * angle_factor(attribute(dataset, "units") or default)


def member(group: Any, name: str) -> Any:
    """Return what a group holds under a name; None when there is nothing, or a link that leads nowhere."""
    try:
        return group.get(name)
    except (KeyError, OSError, RuntimeError, ValueError, AttributeError):
        return None
