"""Pulse skipping: finding out which of the pulses the choppers let through, from the events themselves."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from ...errors import ArgumentError
from .coordinates import evaluate, formula_of
from .flight import Flight
from .frames import entry_shift
from .geometry import Geometry

SAMPLE = 5000
"""Number of events that are tried."""


def guess_pulses(
    flight: Flight,
    geometry: Geometry | None,
    n_pixels: int,
    event_time_zero: NDArray[np.int64],
    pixels: NDArray[np.int32],
    toa_ns: NDArray[np.int32],
) -> Flight:
    """Return the flight with the reference pulse and the stride offset that suit some events.

    All offsets are tried on up to `SAMPLE` events, evenly taken; the first with the fewest events to which no
    wavelength belongs is kept. Do it once for a run and keep the result in the description: a guess for every batch
    would make batches disagree.

    Parameters
    ----------
    flight
        With stride, period, and a table or both ends of the band.
    geometry, n_pixels
        As for `formula_of`.
    event_time_zero
        Of each event, int64 ns since 1970, shape (event,).
    pixels
        int32, shape (event,); empty for a monitor.
    toa_ns
        int32 ns, shape (event,).

    Raises
    ------
    ArgumentError
        If there are no events, or nothing in the flight tells a right wavelength from a wrong one.
    """
    if flight.stride <= 1:
        return flight
    if flight.table is None and (flight.min_wavelength is None or flight.max_wavelength is None):
        raise ArgumentError(
            "nothing tells which pulses pass the choppers; give the flight a lookup table, or min_wavelength and "
            "max_wavelength; or stride_offset itself"
        )
    if not len(toa_ns):
        raise ArgumentError("no events to tell which pulses pass the choppers; wait for some, or give stride_offset")
    taken = np.unique(np.linspace(0, len(toa_ns) - 1, SAMPLE).astype(np.int64))
    zeros, times = event_time_zero[taken], np.ascontiguousarray(toa_ns[taken])
    places = np.ascontiguousarray(pixels[taken]) if len(pixels) else pixels
    reference = int(event_time_zero.min()) if flight.reference is None else flight.reference
    tried = [replace(flight, reference=reference, stride_offset=offset) for offset in range(flight.stride)]
    formula = formula_of("wavelength", geometry, tried[0], n_pixels)
    low = 0.0 if flight.min_wavelength is None else flight.min_wavelength * (1 - 1e-9)
    high = np.inf if flight.max_wavelength is None else flight.max_wavelength * (1 + 1e-9)
    wrong = []
    found = np.empty(len(times))
    for candidate in tried:
        shift = entry_shift(zeros, candidate)
        assert shift is not None
        evaluate(formula, places, times, shift, found)
        wrong.append(int(np.count_nonzero(~((found >= low) & (found <= high)))))
    return tried[int(np.argmin(wrong))]
