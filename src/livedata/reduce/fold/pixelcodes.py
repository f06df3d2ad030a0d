"""Codes of pixels: what a description makes of each of them, a place or a fate."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from ..axis import Axis, edges_in
from ..description import Description
from ..physics.formula import Formula
from ..pixels.layout import Layout
from ..pixels.screen import NOWHERE, OFF, Screen
from ..setting import Setting
from .fates import MASKED, NAN, OUTSIDE, OVERFLOW, UNDERFLOW, axis_fate
from .serving import has_pixels

CODE_BITS = 3
"""Enough for the fates that pixels have before any axis, turned round."""


def codes_of_pixels(
    description: Description, setting: Setting, layout: Layout, screen: Screen | None
) -> NDArray[np.int64]:
    """Return place on the screen, or fate, of each pixel; shape (replica, pixel)."""
    if screen is None:
        codes = np.zeros((1, layout.size), np.int64)
    else:
        codes = screen.cells.astype(np.int64)
        off, nowhere = codes == OFF, codes == NOWHERE
        if description.is_summed:
            codes[:] = 0
        codes[off] = OUTSIDE
        codes[nowhere] = axis_fate(0, NAN)
    if description.region is not None and has_pixels(description.region):
        from ..pixels.inside import inside

        codes[~inside(description.region, screen, layout)] = OUTSIDE
    if description.masks:
        from ..pixels.masked import masked

        needs_geometry = any(mask.ids is None for mask in description.masks)
        geometry = setting.geometry() if needs_geometry else None
        codes[:, masked(description.masks, layout, geometry)] = MASKED
    return codes


def with_axes(codes: NDArray[np.int64], axes: list[tuple[int, Axis, Formula]]) -> NDArray[np.int64]:
    """Add dimensions for coordinates of pixels; the first fate of a pixel is the one that applies."""
    for number, axis, formula in axes:
        assert formula.values is not None
        limits, values = edges_in(axis, formula.unit), formula.values
        place = np.searchsorted(limits, values, side="right").astype(np.int64) - 1
        place[values < limits[0]] = axis_fate(number, UNDERFLOW)
        place[values >= limits[-1]] = axis_fate(number, OVERFLOW)
        place[np.isnan(values)] = axis_fate(number, NAN)
        fails = (codes < 0) | (place < 0)[np.newaxis]
        fate = np.maximum(np.where(codes < 0, codes, np.iinfo(np.int64).min), np.where(place < 0, place, -(2**62)))
        codes = np.where(fails, fate, codes * axis.n + np.maximum(place, 0))
    return codes


def told_apart(
    description: Description, setting: Setting, layout: Layout, screen: Screen | None
) -> tuple[NDArray[np.int64], int]:
    """Number pixels by what all parts of a description make of them together.

    Returns
    -------
    :
        The number of each pixel, equal for pixels that no part tells apart, shape (replica, pixel); how many numbers
        there are.
    """
    key, n_bits = np.zeros(0, np.int64), 0
    shape: tuple[int, ...] = ()
    for part in description.apart:
        alone = replace(description, masks=part.masks, region=part.region, is_summed=True)
        codes = -codes_of_pixels(alone, setting, layout, screen)
        assert codes.max(initial=0) < 1 << CODE_BITS
        shape = codes.shape
        if n_bits + CODE_BITS > 62:
            key = np.unique(key, return_inverse=True)[1]
            n_bits = int(key.max(initial=0)).bit_length()
        key = codes.ravel() if not n_bits else key << CODE_BITS | codes.ravel()
        n_bits += CODE_BITS
    distinct, numbers = np.unique(key, return_inverse=True)
    return numbers.reshape(shape).astype(np.int64), len(distinct)
