"""Which pixels of a layout are masked."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from ...errors import ArgumentError
from ..physics.geometry import Geometry
from .layout import Layout
from .mask import Mask


def masked(masks: Iterable[Mask], layout: Layout, geometry: Geometry | None = None) -> NDArray[np.bool_]:
    """Return which pixels at least one mask leaves out.

    Parameters
    ----------
    masks
        Pixel numbers that the layout does not hold are passed over: a mask may be one of the whole instrument.
    layout
        The pixels.
    geometry
        For the mask that stands for the file's own `pixel_mask`.

    Returns
    -------
    :
        Shape (pixel,), in the order of the layout's places.

    Raises
    ------
    ArgumentError
        If the file's own mask is asked for and there is none, or it is one of another detector.
    """
    out = np.zeros(layout.size, np.bool_)
    for mask in masks:
        if mask.ids is None:
            out |= _own(mask, layout, geometry)
            continue
        places = layout.places_of(mask.ids)
        out[places[places >= 0]] = True
    return out


def _own(mask: Mask, layout: Layout, geometry: Geometry | None) -> NDArray[np.bool_]:
    excluded = None if geometry is None else geometry.excluded
    where = (geometry.where if geometry is not None else "") or "the stream"
    if excluded is None:
        raise ArgumentError(f"mask {mask.name!r} is the pixel_mask of {where}, which has none; give ld.mask(ids=…)")
    if excluded.shape != (layout.size,):
        raise ArgumentError(
            f"mask {mask.name!r}: the pixel_mask of {where} has {excluded.size} pixels, the layout {layout.size}"
        )
    return excluded
