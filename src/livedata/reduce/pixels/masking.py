"""Making masks: of pixel numbers, of a region of a picture, of counts that are too high or too low."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ...errors import ArgumentError
from ..result.snapshot import Snapshot
from .inside import inside
from .layout import Layout
from .mask import Mask
from .region import Region, has_span
from .screen import Screen
from .shapes import id_runs

EXCLUDING = 0xFFFF
"""Bits of a NeXus `pixel_mask` that exclude a pixel: the lower two bytes.

0 gap, 1 dead, 2 under-responding, 3 over-responding, 4 noisy, 6 part of a bad cluster, 8 user-defined such as a beam
stop. The upper bytes, as bit 31 for virtual corner pixels, tell properties that alone are no reason to leave a pixel
out (NXdetector, https://manual.nexusformat.org/classes/base_classes/NXdetector.html).
"""
USER_DEFINED = 1 << 8
"""The bit that written masks set."""


def mask(ids: Any = None, *, name: str = "mask", where: ArrayLike | None = None, layout: Layout | None = None) -> Mask:
    """Name pixels that are left out.

    Parameters
    ----------
    ids
        As for `pixels`: numbers, arrays, ranges, texts such as ``"1-5,7"``, or a list of these.
    name
        What it is called in ledgers and files.
    where
        In place of numbers: booleans in the shape of the detector, True where a pixel is left out; needs `layout`.
    layout
        Which pixel stands where.

    Examples
    --------
    >>> mask("1-5,7", name="beam stop")
    <Mask 'beam stop' 6 pixels>
    """
    if (ids is None) == (where is None):
        raise ArgumentError("a mask needs pixel numbers, or where=booleans with layout=…, and not both")
    if where is None:
        return Mask(name, _expanded(id_runs(ids)))
    if layout is None:
        raise ArgumentError("where=booleans needs layout=…, which says which pixel stands where")
    chosen = np.asarray(where)
    if chosen.dtype != np.bool_ or chosen.size != layout.size:
        raise ArgumentError(
            f"where is {chosen.dtype} of shape {chosen.shape}; expected booleans of shape {layout.shape}"
        )
    return Mask(name, _numbers(chosen, layout))


def mask_from_region(region: Region, screen: Screen | None, layout: Layout, *, name: str = "region") -> Mask:
    """Name the pixels that lie in a region of a picture, to leave them out.

    Where pixels are smeared over the screen, those that are inside with at least half of their replicas.

    Raises
    ------
    ArgumentError
        If the region holds a span of a quantity, or does not fit the picture: see `inside`.
    """
    if has_span(region):
        raise ArgumentError(f"{region!r} has a span of a quantity; a mask leaves out whole pixels, give one without")
    return Mask(name, _numbers(inside(region, screen, layout).mean(axis=0) >= 0.5, layout))


def threshold_mask(
    counts: Snapshot,
    layout: Layout,
    *,
    low: float | None = None,
    high: float | None = None,
    hot: float | None = None,
    dead: float | None = None,
    bank: NDArray[np.integer[Any]] | None = None,
    provisional: bool = False,
    name: str = "threshold",
) -> Mask:
    """Name the pixels that counted too much or too little, to leave them out.

    Parameters
    ----------
    counts
        Per pixel, in the shape of the layout; further axes are summed.
    layout
        The pixels.
    low, high
        Pixels with fewer than `low` or more than `high` counts are left out.
    hot
        Pixels with more than `hot` times the median of their bank are left out. Where the median is zero, none is:
        there is nothing yet to compare with.
    dead
        Pixels without any count are left out in banks whose median is above this.
    bank
        Number of the bank of each pixel, shape (pixel,); without it, all are one bank.
    provisional
        Whether counts will do that may still change. A mask is to come out the same from the same stretch of data.
    name
        What it is called.

    Raises
    ------
    ArgumentError
        If no threshold is given, the counts are not per pixel, or not settled.
    """
    if low is None and high is None and hot is None and dead is None:
        raise ArgumentError("a threshold mask needs low=, high=, hot= or dead=, such as hot=10 (times the median)")
    n = len(layout.shape)
    shape = tuple(axis.n for axis in counts.axes)
    if shape[:n] != layout.shape:
        raise ArgumentError(f"counts of shape {shape} are not per pixel of a detector of shape {layout.shape}")
    if not provisional and not is_settled(counts):
        raise ArgumentError(
            "these counts may still change; take them over a stretch that has ended, view.over(start, stop), "
            "or say provisional=True"
        )
    values = counts.array.sum(axis=tuple(range(n, counts.array.ndim))).ravel()
    exists = layout.ids_at(np.arange(layout.size)) >= 0
    banks = np.zeros(layout.size, np.int64) if bank is None else np.asarray(bank)
    out = np.zeros(layout.size, np.bool_)
    if low is not None:
        out |= values < low
    if high is not None:
        out |= values > high
    for number in np.unique(banks[exists]) if hot is not None or dead is not None else ():
        members = exists & (banks == number)
        median = float(np.median(values[members]))
        if hot is not None and median > 0:
            out |= members & (values > hot * median)
        if dead is not None and median > dead:
            out |= members & (values == 0)
    return Mask(name, _numbers(out & exists, layout))


def is_settled(counts: Snapshot) -> bool:
    """Return whether nothing in a result can change any more."""
    if counts.state == "complete":
        return True
    if counts.state in ("catching up", "failed") or counts.settled_until is None:
        return False
    return counts.coverage.last_ns is None or counts.coverage.last_ns < counts.settled_until


def excluded_by(pixel_mask: ArrayLike) -> NDArray[np.bool_]:
    """Return which pixels a NeXus `pixel_mask` excludes: those with one of the `EXCLUDING` bits.

    Examples
    --------
    >>> excluded_by([0, 1, 256, 1 << 31]).tolist()
    [False, True, True, False]
    """
    bits = np.asarray(pixel_mask)
    return bits.astype(np.bool_) if bits.dtype == np.bool_ else (bits.astype(np.int64) & EXCLUDING) != 0


def _numbers(chosen: NDArray[np.bool_], layout: Layout) -> NDArray[np.int32]:
    numbers = layout.ids_at(np.flatnonzero(chosen))
    return numbers[numbers >= 0]


def _expanded(runs: tuple[tuple[int, int], ...]) -> NDArray[np.int32]:
    parts = [np.arange(first, stop, dtype=np.int64) for first, stop in runs]
    return np.concatenate(parts).astype(np.int32) if parts else np.zeros(0, np.int32)
