"""Coordinates of events: formulas prepared once for each geometry, and evaluated for events by compiled loops.

Whether the time of arrival *is* the time of flight is decided by what the flight says, and every formula's text tells
it. Without unwrapping settings it is: so it is in every file of a source whose neutrons arrive before the next pulse.
With period and ``min_wavelength`` or ``wrap_offset``, or with a lookup table, it is unwrapped first.
"""

from __future__ import annotations

import difflib
import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from ...errors import ArgumentError
from .beamline import Beamline
from .constants import ENERGY_PER_K2, H_OVER_M, HALF_M
from .fall import fall_formula
from .flight import Flight
from .formula import Formula, Kind, Stage
from .frames import timing_of
from .geometry import Geometry
from .names import COORDINATES, Coordinate

__all__ = ["COORDINATES", "Coordinate", "evaluate", "formula_of"]

Floats = NDArray[np.float64]
BLOCK = 1 << 14
"""Events computed together: their times stay in the cache from one loop to the next."""
_NO_SHIFT = np.zeros(0)
_FALLING = frozenset(("dspacing", "q", "qx", "qy", "qz", "q_specular", "two_theta", "theta", "phi", "grazing_angle"))


def formula_of(name: str, geometry: Geometry | None, flight: Flight, n_pixels: int) -> Formula:
    """Prepare a coordinate for the pixels of one geometry.

    Parameters
    ----------
    name
        One of `COORDINATES`, which tells formula and unit of each.
    geometry
        Where things are; None where nothing is known.
    flight
        How the time of arrival becomes a time of flight, energies, gravity.
    n_pixels
        Number of places of the layout; 1 for a monitor.

    Raises
    ------
    ArgumentError
        If there is no such coordinate, or something that it needs is missing: the message says what, and where.

    References
    ----------
    Formulas: section "Coordinate transformations" of https://scipp.github.io/scippneutron/; G. L. Squires, Introduction
    to the Theory of Thermal Neutron Scattering, chapter 1.
    """
    if name not in COORDINATES:
        near = difflib.get_close_matches(name, COORDINATES, 1)
        hint = f"; did you mean {near[0]!r}?" if near else f"; there are {', '.join(COORDINATES)}"
        raise ArgumentError(f"no coordinate {name!r}{hint}")
    beamline = Beamline(name, geometry, flight, n_pixels)
    entry = COORDINATES[name]
    if name in _PIXEL and not (flight.gravity and name in _FALLING):
        values = np.ascontiguousarray(_PIXEL[name](beamline), np.float64)
        return Formula(name, entry.unit, int(Kind.LINEAR), values[:, np.newaxis], values, text=entry.about)
    timing, columns = timing_of(flight, beamline)
    if flight.gravity and name in _FALLING:
        kind, own = fall_formula(name, beamline)
    else:
        with np.errstate(divide="ignore", invalid="ignore"):  # a pixel in the beam: infinite d, and Q of 0
            kind, own = _TIMED[name](beamline)
    table = np.column_stack([columns, *own]) if own else columns
    parameters = np.ascontiguousarray(np.broadcast_to(table, (n_pixels, table.shape[1])), np.float64)
    return Formula(
        name, entry.unit, int(kind), parameters, None, timing, f"{entry.about}; {_remark(timing.stage, flight)}"
    )


def evaluate(
    formula: Formula, pixels: NDArray[np.int32], toa_ns: NDArray[np.int32], shift_ns: Floats, out: Floats
) -> None:
    """Compute a coordinate of events, without the GIL; to the bit the same for an event in whatever batch.

    Parameters
    ----------
    formula
        Made by `formula_of`.
    pixels
        Place of each event's pixel, int32, shape (event,); one that does not exist gives NaN. Empty: all in pixel 0.
    toa_ns
        Time of arrival, int32 ns, shape (event,).
    shift_ns
        Shift of each event's entry as `entry_shift` gives it, float64 ns, shape (event,); empty where it gives None.
    out
        Written: the coordinate in ``formula.unit``, float64, shape (event,); NaN where it is not defined: where a
        position is missing, or the time of flight is too short.
    """
    from . import kernels  # here, so that descriptions can be made without waiting for numba

    if len(out) != len(toa_ns) or len(pixels) not in (0, len(toa_ns)) or len(shift_ns) not in (0, len(toa_ns)):
        raise ArgumentError(
            f"{len(toa_ns)} times, {len(pixels)} pixels, {len(shift_ns)} shifts, {len(out)} results; "
            "expected as many of each"
        )
    timing = formula.timing
    if formula.values is not None:
        if len(pixels):
            kernels.take_values(formula.values, pixels, out)
        else:
            out[:] = formula.values[0]
    elif (factors := formula.factors) is not None:
        kernels.scale_times(factors, pixels, toa_ns, out)
    else:
        if timing.is_shifted and not len(shift_ns) and len(toa_ns):
            raise ArgumentError(f"{formula.name}: pulses are skipped, so each event needs the shift of its entry")
        numbers = (timing.emission, timing.frame, timing.step)
        shifts = shift_ns if timing.is_shifted else _NO_SHIFT
        if formula.kind == Kind.LINEAR and timing.stage is Stage.UNWRAP and len(pixels):
            kernels.scale_unwrapped(formula.parameters, pixels, toa_ns, shifts, numbers, out)
            return
        for start in range(0, len(out), BLOCK):
            part = slice(start, start + BLOCK)
            kernels.shift_times(toa_ns[part], shifts[part], out[part])
            kernels.to_flight(int(timing.stage), formula.parameters, pixels[part], numbers, timing.table, out[part])
            kernels.to_value(formula.kind, formula.parameters, timing.n_columns, pixels[part], out[part])


_Own = tuple[Kind, tuple[Floats, ...]]
"""Kind and columns of a formula: shape (pixel,) or (1,) each."""


def _linear(factor: Floats) -> _Own:
    return Kind.LINEAR, (factor,)


def _tof(b: Beamline) -> _Own:
    if b.flight.wrap_offset is not None:
        return _linear(np.ones(b.n_pixels))
    # Without a flight path a time of arrival must not pass for a time of flight.
    return _linear(np.where(np.isnan(b.ltotal), np.nan, 1.0))


def _wavelength(b: Beamline) -> _Own:
    return _linear(H_OVER_M / b.ltotal)


def _dspacing(b: Beamline) -> _Own:
    return _linear(H_OVER_M / (b.ltotal * (2 * np.sin(b.two_theta / 2))))


def _q(b: Beamline) -> _Own:
    return Kind.RECIPROCAL, (4 * math.pi * np.sin(b.two_theta / 2) * b.ltotal / H_OVER_M,)


def _q_vector(axis: int) -> Callable[[Beamline], _Own]:
    def own(b: Beamline) -> _Own:
        change = b.direction[axis] - b.scattered[:, axis] / b.l2
        return Kind.RECIPROCAL, (2 * math.pi * change * b.ltotal / H_OVER_M,)

    return own


def _energy(b: Beamline) -> _Own:
    return Kind.SQUARE, (HALF_M * b.ltotal**2,)


def _is_direct(b: Beamline) -> bool:
    direct, indirect = b.flight.incident_energy, b.flight.final_energy
    if (direct is None) == (indirect is None):
        which = "both are given" if direct is not None else "neither is given"
        raise ArgumentError(
            f"{b.wanted} needs one fixed energy, but {which}: give flight incident_energy=… (direct geometry) or "
            "final_energy=… (indirect geometry), in meV"
        )
    fixed = direct if direct is not None else indirect
    if fixed is None or not 0 < fixed < math.inf:
        raise ArgumentError(f"{b.wanted}: the fixed energy is {fixed} meV; expected a positive number")
    return direct is not None


def _fixed_leg(b: Beamline) -> tuple[float, Floats, Floats]:
    """Return the fixed energy, the time in ns that the neutron needs for its leg, and the other leg in m."""
    l1, l2 = np.full(b.n_pixels, b.l1), b.l2
    if _is_direct(b):
        energy, fixed, free = b.flight.incident_energy, l1, l2
    else:
        energy, fixed, free = b.flight.final_energy, l2, l1
    assert energy is not None
    return energy, fixed * math.sqrt(HALF_M / energy), free


def _energy_transfer(b: Beamline) -> _Own:
    kind = Kind.DIRECT if _is_direct(b) else Kind.INDIRECT
    energy, t0, free = _fixed_leg(b)
    return kind, (HALF_M * free**2, t0, np.full(b.n_pixels, energy))


def _q_inelastic(b: Beamline) -> _Own:
    energy, t0, free = _fixed_leg(b)
    k = np.full(b.n_pixels, math.sqrt(energy / ENERGY_PER_K2))
    # k_i² + k_f² - 2 k_i k_f cos 2θ = (k_i - k_f)² + 4 k_i k_f sin² θ, which keeps its digits where both are alike.
    return Kind.TRANSFER, (2 * math.pi / H_OVER_M * free, t0, k, 4 * np.sin(b.two_theta / 2) ** 2)


def _q_specular(b: Beamline) -> _Own:
    return Kind.RECIPROCAL, (4 * math.pi * np.sin(_grazing_angle(b)) * b.ltotal / H_OVER_M,)


def _time_at_sample(b: Beamline) -> _Own:
    emission = np.full(b.n_pixels, b.flight.emission_offset)
    if b.flight.incident_energy is None and b.flight.final_energy is None:
        return Kind.AFFINE, (b.l1 / (b.l1 + b.l2), emission)
    t0 = _fixed_leg(b)[1]
    if _is_direct(b):
        return Kind.AFFINE, (np.zeros(b.n_pixels), t0 + emission)
    return Kind.AFFINE, (np.ones(b.n_pixels), emission - t0)


def _phi(b: Beamline) -> Floats:
    axes, scattered = b.unit_vectors, b.scattered
    return np.asarray(np.arctan2(scattered @ axes.y, scattered @ axes.x))


def _grazing_angle(b: Beamline) -> Floats:
    axes, scattered = b.unit_vectors, b.scattered
    up, along = scattered @ axes.y, scattered @ axes.z
    if b.flight.sample_tilt is None:
        return np.asarray(np.arctan2(np.abs(up), along) / 2)
    return np.asarray(np.arctan2(up, along) - b.flight.sample_tilt)


_PIXEL: dict[str, Callable[[Beamline], Floats]] = {
    "two_theta": lambda b: b.two_theta,
    "theta": lambda b: b.two_theta / 2,
    "phi": _phi,
    "grazing_angle": _grazing_angle,
    "x": lambda b: b.positions[:, 0],
    "y": lambda b: b.positions[:, 1],
    "z": lambda b: b.positions[:, 2],
    "l2": lambda b: b.l2,
    "ltotal": lambda b: b.ltotal,
}
_TIMED: dict[str, Callable[[Beamline], _Own]] = {
    "tof": _tof,
    "wavelength": _wavelength,
    "dspacing": _dspacing,
    "q": _q,
    "qx": _q_vector(0),
    "qy": _q_vector(1),
    "qz": _q_vector(2),
    "energy": _energy,
    "energy_transfer": _energy_transfer,
    "q_inelastic": _q_inelastic,
    "q_specular": _q_specular,
    "time_at_sample": _time_at_sample,
}


def _remark(stage: Stage, flight: Flight) -> str:
    if stage is Stage.TABLE:
        how = f"t from the lookup table {flight.table}"
    elif stage is Stage.ARRIVAL:
        offset = f" less {flight.emission_offset:g} ns" if flight.emission_offset else ""
        how = (
            f"t is the time of arrival{offset}: right where neutrons arrive before the next pulse; else give the "
            "flight a period with min_wavelength or wrap_offset, or a lookup table"
        )
    else:
        band = (
            f"frames begin {flight.wrap_offset:g} ns after the pulse"
            if flight.min_wavelength is None
            else f"shortest wavelength {flight.min_wavelength:g} Å"
        )
        how = f"t is unwrapped: period {flight.period} ns, {band}"
    if flight.stride <= 1:
        return how
    since = "1970, for want of a reference" if flight.reference is None else f"that at {flight.reference} ns"
    return f"{how}; number {flight.stride_offset} of every {flight.stride} pulses, counted from {since}"
