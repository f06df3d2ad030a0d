"""Histograms that come as such (monitors): their edges become edges of a coordinate, and counts go with them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ...errors import ArgumentError
from .formula import Formula, Stage

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Converted:
    """A histogram on a coordinate."""

    edges: Floats
    """Increasing, in the formula's unit, shape (bin + 1,)."""
    counts: Floats
    """Shape (bin,); 0 in a gap between frames."""
    dropped: float = 0.0
    """Counts of bins for which there is no coordinate, or that overlap with others."""


def convert_edges(formula: Formula, edges_ns: ArrayLike, *, pixel: int = 0) -> tuple[Floats, bool]:
    """Apply a formula to edges in time of arrival.

    Parameters
    ----------
    formula
        Of a coordinate that depends on time.
    edges_ns
        Increasing, in ns, shape (bin + 1,).
    pixel
        Which of the formula's pixels.

    Returns
    -------
    :
        Increasing edges in the formula's unit, shape (bin + 1,), and whether their order was reversed, as it is for
        coordinates that fall with time: then counts have to be reversed, too.

    Raises
    ------
    ArgumentError
        If the coordinate is not defined at an edge, or does not rise or fall throughout, as where a frame wraps:
        `convert_histogram` knows how to cut there.
    """
    edges = _checked(formula, edges_ns)
    values = _values(formula, edges, edges, pixel)
    steps = np.diff(values)
    if np.all(steps > 0):
        return values, False
    if np.all(steps < 0):
        return np.ascontiguousarray(values[::-1]), True
    raise ArgumentError(
        f"{formula.name} neither rises nor falls over the edges from {edges[0]:g} to {edges[-1]:g} ns; expected a "
        "range in which it is defined and no frame wraps; convert_histogram cuts at the wrap"
    )


def convert_histogram(formula: Formula, edges_ns: ArrayLike, counts: ArrayLike, *, pixel: int = 0) -> Converted:
    """Convert a histogram over time of arrival to one over a coordinate.

    Bins are cut where frames wrap (at the start of the band, and with lookup tables at 0 and at the frame's end), and
    counts are shared by width; a bin that straddled a wrap would be at two places. Then bins are put in order.

    Parameters
    ----------
    formula
        Of a coordinate that depends on time.
    edges_ns
        Increasing, in ns, shape (bin + 1,).
    counts
        Shape (bin,).
    pixel
        Which of the formula's pixels.

    Raises
    ------
    ArgumentError
        If sizes do not fit, or there is no bin for which the coordinate is defined.
    """
    old = _checked(formula, edges_ns)
    numbers = np.asarray(counts, np.float64)
    if numbers.shape != (len(old) - 1,):
        raise ArgumentError(f"{len(old)} edges with counts of shape {numbers.shape}; expected ({len(old) - 1},)")
    edges = np.union1d(old, _wraps(formula, old, pixel))
    middles = (edges[:-1] + edges[1:]) / 2
    home = np.searchsorted(old, middles, side="right") - 1
    shares = numbers[home] * (np.diff(edges) / np.diff(old)[home])
    one, other = _values(formula, edges[:-1], middles, pixel), _values(formula, edges[1:], middles, pixel)
    lows, highs = np.minimum(one, other), np.maximum(one, other)
    order = np.argsort(lows, kind="stable")
    new_edges: list[float] = []
    new_counts: list[float] = []
    dropped = 0.0
    for low, high, share in zip(lows[order].tolist(), highs[order].tolist(), shares[order].tolist(), strict=True):
        end = new_edges[-1] if new_edges else low
        slack = 1e-9 * (high - low)  # seams of frames meet to rounding
        if not np.isfinite(low) or not np.isfinite(high) or low < end - slack or high <= max(low, end):
            dropped += share
            continue
        if not new_edges:
            new_edges.append(low)
        elif low > end + slack:
            new_edges.append(low)
            new_counts.append(0.0)
        new_edges.append(high)
        new_counts.append(share)
    if not new_counts:
        raise ArgumentError(
            f"{formula.name} is not defined anywhere from {old[0]:g} to {old[-1]:g} ns; expected times at which "
            "neutrons can arrive; compare the flight settings with the chopper's"
        )
    return Converted(np.array(new_edges), np.array(new_counts), dropped)


def _checked(formula: Formula, edges_ns: ArrayLike) -> Floats:
    if formula.values is not None:
        raise ArgumentError(f"{formula.name} does not depend on time; expected a coordinate such as wavelength")
    if formula.timing.is_shifted:
        raise ArgumentError(
            f"{formula.name}: pulses are skipped, and a histogram does not tell which of them its counts belong to; "
            "expected events"
        )
    edges = np.asarray(edges_ns, np.float64)
    if edges.ndim != 1 or len(edges) < 2 or not np.all(np.diff(edges) > 0):
        raise ArgumentError(f"edges of shape {edges.shape}; expected at least two increasing times in ns")
    return edges


def _wraps(formula: Formula, edges: Floats, pixel: int) -> Floats:
    """Return the times inside the edges at which a frame begins."""
    timing = formula.timing
    if timing.stage is Stage.ARRIVAL:
        return np.zeros(0)
    start = 0.0 if timing.stage is Stage.TABLE else float(formula.parameters[pixel, 0])
    numbers = np.arange(np.floor((edges[0] - start) / timing.frame), np.ceil((edges[-1] - start) / timing.frame) + 1)
    wraps = start + numbers * timing.frame
    return np.asarray(wraps[(wraps > edges[0]) & (wraps < edges[-1])])


def _values(formula: Formula, times: Floats, inside: Floats, pixel: int) -> Floats:
    """Return the coordinate at times that are taken to lie in the frame in which the times `inside` lie."""
    from . import kernels

    timing = formula.timing
    pixels = np.full(len(times), pixel, np.int32)
    values = np.array(times)
    if timing.stage is Stage.UNWRAP:
        number = np.floor((inside - formula.parameters[pixel, 0]) / timing.frame)
        values = values - number * timing.frame - timing.emission
    else:
        numbers = (timing.emission, timing.frame, timing.step)
        kernels.to_flight(timing.stage, formula.parameters, pixels, numbers, timing.table, values)
    kernels.to_value(formula.kind, formula.parameters, timing.n_columns, pixels, values)
    return values
