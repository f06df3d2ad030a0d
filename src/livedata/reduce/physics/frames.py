"""Frames: from the time of arrival within a pulse period to the time of flight.

A neutron that leaves at one pulse may arrive several periods later; what is recorded is the time since the newest
pulse. Which frame it belongs to follows from the shortest wavelength that the choppers let through, from the time at
which a frame begins, or from a lookup table.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from ...errors import ArgumentError
from .beamline import Beamline
from .constants import H_OVER_M
from .flight import Flight
from .formula import NO_TABLE, Stage, Timing
from .lookup import LookupTable, table_of

Floats = NDArray[np.float64]


def stage_of(flight: Flight) -> Stage:
    """Return how the time of flight comes about, from what the flight says.

    Raises
    ------
    ArgumentError
        If settings contradict each other, or one is missing or out of range.
    """
    says = {"min_wavelength": flight.min_wavelength, "wrap_offset": flight.wrap_offset, "table": flight.table}
    given = [name for name, value in says.items() if value is not None]
    if len(given) > 1:
        raise ArgumentError(f"flight gives {' and '.join(given)}; each tells how to unwrap: give one of them")
    if isinstance(flight.stride, bool) or flight.stride < 1:
        raise ArgumentError(f"flight stride={flight.stride!r}; expected 1, or every how many pulses one is used")
    if flight.period is not None and not 0 < flight.period < math.inf:
        raise ArgumentError(f"flight period={flight.period!r} ns; expected a positive time such as {1e9 / 14:.2f}")
    if flight.period is None and flight.table is None and (given or flight.stride > 1):
        why = given[0] if given else f"stride={flight.stride}"
        raise ArgumentError(f"flight {why} needs the pulse period; give flight period=… in ns")
    if flight.table is not None:
        return Stage.TABLE
    return Stage.UNWRAP if given else Stage.ARRIVAL


def timing_of(flight: Flight, beamline: Beamline) -> tuple[Timing, Floats]:
    """Prepare the way from time of arrival to time of flight.

    A frame lasts ``F = period · stride``. The single band that the choppers let through begins at
    ``low = emission + (m_n/h) L λ_min``, or at the wrap offset; then ``tof = t - F floor((t - low)/F) - emission``,
    with t the time of arrival and, when pulses are skipped, the shift of its entry.

    Parameters
    ----------
    flight
        What the scientist says.
    beamline
        For the flight paths; asked only where they are needed.

    Returns
    -------
    :
        What all pixels share, and the timing's columns of the parameters, shape (pixel, 0 or 1).

    Raises
    ------
    ArgumentError
        As `stage_of`; if a flight path is needed and unknown; if the band is wider than a frame.
    """
    stage = stage_of(flight)
    shifted = flight.stride > 1
    if stage is Stage.ARRIVAL:
        frame = 0.0 if flight.period is None else flight.period * flight.stride
        timing = Timing(stage, flight.emission_offset, frame, is_shifted=shifted)
        return timing, np.zeros((beamline.n_pixels, 0))
    if stage is Stage.TABLE:
        assert flight.table is not None
        table = table_of(flight.table)
        check_table(flight, table)
        rows = table.rows(beamline.ltotal, beamline.wanted, flight.table)
        return table.timing(is_shifted=shifted), rows[:, np.newaxis]
    assert flight.period is not None
    frame = flight.period * flight.stride
    if flight.wrap_offset is not None:
        low = np.full(beamline.n_pixels, float(flight.wrap_offset))
    else:
        assert flight.min_wavelength is not None
        paths = beamline.ltotal
        low = flight.emission_offset + paths * (flight.min_wavelength / H_OVER_M)
        check_band(flight, paths)
    return Timing(stage, flight.emission_offset, frame, NO_TABLE, is_shifted=shifted), low[:, np.newaxis]


def band_width(ltotal: float, period: float, stride: int = 1) -> float:
    """Return the widest band of wavelengths in Å that fits in a frame: ``Δλ = (h/m_n) F / L``.

    Parameters
    ----------
    ltotal
        Flight path L in m.
    period
        Pulse period in ns; the frame is ``F = period · stride``.
    stride
        Every how many pulses one is used.

    Examples
    --------
    >>> round(band_width(30.0, 1e9 / 14), 6), round(band_width(156.4, 1e9 / 14), 6)
    (9.419129, 1.806738)
    """
    return H_OVER_M * period * stride / ltotal


def check_band(flight: Flight, ltotal: Floats) -> None:
    """Raise an `ArgumentError` if the band that the flight names does not fit in a frame at the farthest pixel."""
    if flight.max_wavelength is None or flight.min_wavelength is None or flight.period is None:
        return
    if not flight.min_wavelength < flight.max_wavelength:
        raise ArgumentError(
            f"flight min_wavelength={flight.min_wavelength} Å is not below max_wavelength={flight.max_wavelength} Å"
        )
    known = ltotal[np.isfinite(ltotal)]
    if not len(known):
        return
    far = float(known.max())
    width, band = flight.max_wavelength - flight.min_wavelength, band_width(far, flight.period, flight.stride)
    if width > band:
        raise ArgumentError(
            f"the band from {flight.min_wavelength:g} to {flight.max_wavelength:g} Å is {width:g} Å wide, but a frame "
            f"of {flight.period * flight.stride / 1e6:g} ms holds {band:.6g} Å at {far:g} m and they would "
            "overlap; give the band of the choppers, the stride if pulses are skipped, or a lookup table"
        )


def check_table(flight: Flight, table: LookupTable) -> None:
    """Raise an `ArgumentError` if a lookup table was made for other pulses than the flight says."""
    if table.stride != flight.stride:
        raise ArgumentError(
            f"lookup table {flight.table} was made for every {table.stride}. pulse, but flight stride={flight.stride}; "
            f"give flight stride={table.stride}, period={table.period!r}"
        )
    if flight.emission_offset:
        raise ArgumentError(
            f"flight gives emission_offset={flight.emission_offset} and a lookup table, which knows when neutrons "
            "leave; give one of them"
        )
    if flight.period is not None and not math.isclose(flight.period, table.period, rel_tol=1e-6):
        raise ArgumentError(
            f"lookup table {flight.table} was made for a period of {table.period} ns, but flight "
            f"period={flight.period}; give the table of this source"
        )


def entry_shift(event_time_zero: NDArray[np.int64], flight: Flight) -> Floats | None:
    """Return by how much the pulse of each entry lies behind the one whose neutrons it sees (pulse skipping).

    ``n = floor((event_time_zero - reference) / period + 1/2)`` counts pulses from the flight's reference, half a period
    early, so that jitter cannot change it; the entry is number ``(n + stride_offset) mod stride`` of its frame. It
    depends on the entry and the settings alone. Without a reference, pulses are counted from 1970: right as long as
    the source keeps to its period exactly and no pulse lies near half a period from that grid.

    Parameters
    ----------
    event_time_zero
        int64 ns since 1970, shape (entry,).
    flight
        Of which period, stride, stride_offset and reference count.

    Returns
    -------
    :
        float64 ns, shape (entry,), to be added to the time of arrival of each event; None where no pulse is skipped.

    Raises
    ------
    ArgumentError
        If pulses are skipped and the period is unknown.
    """
    if flight.stride <= 1:
        return None
    if flight.period is None:
        raise ArgumentError(f"flight stride={flight.stride} needs the pulse period; give flight period=… in ns")
    since = (np.asarray(event_time_zero, np.int64) - np.int64(flight.reference or 0)).astype(np.float64)
    number = np.floor(since / flight.period + 0.5).astype(np.int64)
    return np.asarray(((number + flight.stride_offset) % flight.stride) * flight.period)
