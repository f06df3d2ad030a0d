"""Saying how times of arrival become times of flight, in the units people use."""

from __future__ import annotations

from typing import Any

from ..errors import ArgumentError
from .physics.flight import Flight
from .units import exact_factor


def flight(
    *,
    pulses: float | str | None = None,
    min_wavelength: float | str | None = None,
    max_wavelength: float | str | None = None,
    wrap: float | str | None = None,
    stride: int = 1,
    stride_offset: int = 0,
    emission: float | str = 0.0,
    incident_energy: float | str | None = None,
    final_energy: float | str | None = None,
    l1: float | str | None = None,
    gravity: bool = False,
    table: str | None = None,
    sample_tilt: float | str | None = None,
    reference: int | None = None,
) -> Flight:
    """Say what the geometry does not tell of the way from source to detector.

    Parameters
    ----------
    pulses
        Rate of the source: ``"14 Hz"`` or a number in Hz. Needed to unwrap frames.
    min_wavelength
        Shortest wavelength that the choppers let through, ``"1.5 angstrom"`` (a number is in Å): unwraps one band.
    max_wavelength
        Longest one; with it the band is checked against the frame.
    wrap
        Time after the pulse at which a frame begins (a number is in ms), instead of `min_wavelength`.
    stride, stride_offset
        Every how many pulses one is let through, and which of them (pulse skipping).
    emission
        Time after the pulse at which neutrons leave the source (a number is in µs).
    incident_energy, final_energy
        Of a direct or an indirect spectrometer, ``"25 meV"`` (a number is in meV).
    l1
        Source to sample (a number is in m), where the geometry does not tell.
    gravity
        Whether angles are corrected for the fall of neutrons.
    table
        Path of a lookup table, instead of unwrapping.
    sample_tilt
        Angle of a reflecting surface above the horizon (a number is in degrees).
    reference
        Time of any pulse near the data, ns since 1970, from which pulses are counted (pulse skipping).

    Examples
    --------
    >>> flight(pulses="20 Hz").period
    50000000.0
    """
    rate = _in(pulses, "Hz", "Hz", "pulses")
    if rate is not None and rate <= 0:
        raise ArgumentError(f"pulses={pulses!r}; expected a rate above 0, such as '14 Hz'")
    for name, value in (("stride", stride), ("stride_offset", stride_offset + 1)):
        if isinstance(value, bool) or not isinstance(value, int) or value < 1:
            raise ArgumentError(f"{name} must be a whole number, at least {0 if 'offset' in name else 1}")
    return Flight(
        period=None if rate is None else 1e9 / rate,
        min_wavelength=_in(min_wavelength, "angstrom", "angstrom", "min_wavelength"),
        wrap_offset=_in(wrap, "ms", "ns", "wrap"),
        stride=stride,
        stride_offset=stride_offset,
        emission_offset=_in(emission, "us", "ns", "emission") or 0.0,
        incident_energy=_in(incident_energy, "meV", "meV", "incident_energy"),
        final_energy=_in(final_energy, "meV", "meV", "final_energy"),
        l1=_in(l1, "m", "m", "l1"),
        gravity=gravity,
        table=table,
        max_wavelength=_in(max_wavelength, "angstrom", "angstrom", "max_wavelength"),
        sample_tilt=_in(sample_tilt, "deg", "rad", "sample_tilt"),
        reference=reference,
    )


def _in(value: Any, usual: str, unit: str, what: str) -> float | None:
    """Return a quantity in a unit; a bare number is in the usual one."""
    if value is None:
        return None
    try:
        number, _, given = str(value).strip().partition(" ")
        return float(float(number) * exact_factor(given.strip() or usual, unit))
    except (ValueError, ArgumentError):
        raise ArgumentError(f"{what}={value!r}; expected a number in {usual}, or a text such as '20 {usual}'") from None
