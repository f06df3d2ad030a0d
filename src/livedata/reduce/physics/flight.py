"""How a time of arrival becomes a time of flight: what a scientist has to say where the geometry does not."""

from __future__ import annotations

from dataclasses import dataclass, fields


@dataclass(frozen=True, slots=True)
class Flight:
    """Settings of the way from time of arrival to coordinates. All None: the time of arrival is the time of flight.

    Numbers are in the fixed inner units: ns, m, Å, meV, rad.
    """

    period: float | None = None
    """Pulse period in ns; needed to unwrap. ``1e9 / 14`` at ESS."""
    min_wavelength: float | None = None
    """Shortest wavelength that the choppers let through, in Å: unwraps a single band."""
    wrap_offset: float | None = None
    """Time in ns after the pulse at which a frame begins: events before it belong to the frame before."""
    stride: int = 1
    """Every how many pulses the choppers let one through (pulse skipping)."""
    stride_offset: int = 0
    """Which of them."""
    emission_offset: float = 0.0
    """Time in ns after the pulse's reference at which neutrons leave; subtracted."""
    incident_energy: float | None = None
    """Of a direct-geometry spectrometer, in meV."""
    final_energy: float | None = None
    """Of an indirect-geometry spectrometer, in meV."""
    l1: float | None = None
    """Source to sample in m, where the geometry does not tell or is to be overruled."""
    gravity: bool = False
    """Whether angles are corrected for the fall of neutrons."""
    table: str | None = None
    """Path of a lookup table (distance, time of arrival) -> wavelength; instead of unwrapping."""
    max_wavelength: float | None = None
    """Longest wavelength that the choppers let through, in Å: with it the band is checked against the frame."""
    reference: int | None = None
    """`event_time_zero` of any pulse near the data, ns since 1970, from which pulses are counted (pulse skipping). Part
    of the settings, so that every batch and the file count alike; see `entry_shift`."""
    sample_tilt: float | None = None
    """Angle of a reflecting surface above the horizon, in rad; None: half the angle between the beams."""

    def __repr__(self) -> str:
        said = ((f.name, getattr(self, f.name)) for f in fields(self) if getattr(self, f.name) != f.default)
        return f"Flight({', '.join(f'{name}={value!r}' for name, value in said)})"


ARRIVAL = Flight()
