"""Beams: lengths and angles of the ways from source over sample to pixels, and what is missing for them."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...errors import ArgumentError
from .flight import Flight
from .geometry import Geometry

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class UnitVectors:
    """Unit vectors of a coordinate system along a horizontal beam, each of shape (3,)."""

    x: Floats
    y: Floats
    """Against gravity."""
    z: Floats
    """The beam, projected perpendicular to y."""


@dataclass(frozen=True, slots=True, eq=False)
class Beamline:
    """The ways of neutrons, worked out from a geometry and a flight when they are asked for.

    Every property raises an `ArgumentError` that names what is missing, and where, for the coordinate `wanted`.
    """

    wanted: str
    """Coordinate for which all this is asked, for errors."""
    geometry: Geometry | None
    flight: Flight
    n_pixels: int

    @property
    def positions(self) -> Floats:
        """Position of each pixel in m, float64, shape (pixel, 3); NaN where unknown. One of a monitor serves all."""
        known = self._known()
        if known.positions is None:
            raise self._missing("the positions of pixels", "has no pixel offsets or transformations")
        positions = np.asarray(known.positions, np.float64)
        if known.is_monitor and positions.shape == (1, 3):
            return np.broadcast_to(positions, (self.n_pixels, 3))
        if positions.shape != (self.n_pixels, 3):
            raise ArgumentError(
                f"{self.wanted} needs one position for each of {self.n_pixels} pixels; {known.where or 'the geometry'} "
                f"has an array of shape {positions.shape}; give the layout and the geometry of the same detector"
            )
        return positions

    @property
    def sample(self) -> Floats:
        """Position of the sample in m, shape (3,)."""
        known = self._known()
        if known.sample is None:
            raise self._missing("the position of the sample", "has no NXsample position")
        return np.array(known.sample, np.float64)

    @property
    def direction(self) -> Floats:
        """Direction of the incident beam, a unit vector of shape (3,).

        From source to sample. Where the geometry does not tell and L1 is given with the flight, along z, as NeXus
        defines z.
        """
        known = self._known()
        if known.source is None:
            if self.flight.l1 is not None:
                return np.array([0.0, 0.0, 1.0])
            raise self._missing(
                "the direction from source to sample",
                "has no NXsource position",
                "give flight l1=… in m, which takes the beam to be along z",
            )
        beam: Floats = self.sample - np.array(known.source, np.float64)
        length = _norm(beam)
        if not 0 < length < math.inf:
            if self.flight.l1 is not None:
                return np.array([0.0, 0.0, 1.0])
            raise self._apart("the direction from source to sample", length)
        return np.asarray(beam / length)

    @property
    def l1(self) -> float:
        """Distance from source to sample in m: that of the flight, else of the geometry."""
        if self.flight.l1 is not None:
            if not 0 < self.flight.l1 < math.inf:
                raise ArgumentError(f"flight l1={self.flight.l1!r} m; expected a positive length")
            return self.flight.l1
        known = self._known()
        if known.source is None:
            raise self._missing(
                "the distance from source to sample", "has no NXsource position", "give flight l1=… in m"
            )
        length = _norm(self.sample - np.array(known.source, np.float64))
        if not 0 < length < math.inf:  # files that never knew their source put it at the origin
            raise self._apart("the distance from source to sample", length)
        return length

    @property
    def scattered(self) -> Floats:
        """From sample to each pixel in m, shape (pixel, 3)."""
        if self._known().is_monitor:
            raise ArgumentError(
                f"{self.wanted} needs a detector of scattered neutrons; {self._known().where or 'this stream'} is a "
                "monitor: nothing scatters on the way to it; it has tof, wavelength, energy and ltotal"
            )
        return np.asarray(self.positions - self.sample)

    @property
    def l2(self) -> Floats:
        """Distance from sample to each pixel in m, shape (pixel,)."""
        return lengths(self.scattered)

    @property
    def ltotal(self) -> Floats:
        """Way from source to each pixel in m, shape (pixel,): ``L1 + L2``, or the straight line to a monitor."""
        known = self._known()
        if not known.is_monitor:
            return self.l1 + self.l2
        if known.source is None or self.flight.l1 is not None:
            source: Floats = self.sample - self.l1 * self.direction
        else:
            source = np.array(known.source, np.float64)
        return lengths(self.positions - source)

    @property
    def two_theta(self) -> Floats:
        """Angle between incident and scattered beam in rad, shape (pixel,); see `angle`."""
        return angle(self.direction, self.scattered)

    @property
    def up(self) -> Floats:
        """Unit vector against gravity, shape (3,)."""
        down = np.array(self._known().gravity, np.float64)
        return np.asarray(-down / _norm(down))

    @property
    def unit_vectors(self) -> UnitVectors:
        """Unit vectors along the beam: ŷ = -g/|g|, ẑ the beam perpendicular to it, x̂ = ŷ × ẑ."""
        up, beam = self.up, self.direction
        flat = beam - (beam @ up) * up
        if _norm(flat) < 1e-10:
            raise ArgumentError(
                f"{self.wanted} needs a beam that is not vertical; in {self._known().where or 'the geometry'} it is "
                "parallel to gravity"
            )
        z = flat / _norm(flat)
        return UnitVectors(np.cross(up, z), up, z)

    def _known(self) -> Geometry:
        if self.geometry is None:
            raise ArgumentError(
                f"{self.wanted} needs to know where pixels, sample and source are; no geometry is known of this "
                "stream; open it with an instrument file that has positions"
            )
        return self.geometry

    def _apart(self, what: str, length: float) -> ArgumentError:
        return ArgumentError(
            f"{self.wanted} needs {what}; in {self._known().where or 'the geometry'} they are {length} m apart "
            "(give flight l1=… in m)"
        )

    def _missing(self, what: str, lack: str, cure: str = "") -> ArgumentError:
        where = self._known().where or "the geometry"
        cure = cure or "give an instrument file that has it"
        return ArgumentError(f"{self.wanted} needs {what}; {where} {lack} ({cure})")


def angle(direction: Floats, beams: Floats) -> Floats:
    """Return the angle between one direction and many vectors, in rad.

    ``2 atan2(|a - b|, |a + b|)`` of the unit vectors, which is exact to rounding at every angle where the arc cosine
    loses half of the digits near 0 and π.

    Parameters
    ----------
    direction
        A unit vector, shape (3,).
    beams
        Shape (vector, 3); the null vector has no direction and gives NaN.

    References
    ----------
    W. Kahan, Computing Cross-Products and Rotations, section 13,
    https://people.eecs.berkeley.edu/~wkahan/MathH110/Cross.pdf
    """
    with np.errstate(invalid="ignore", divide="ignore"):
        units = beams / lengths(beams)[:, np.newaxis]
    return np.asarray(2 * np.arctan2(lengths(direction - units), lengths(direction + units)))


def lengths(vectors: Floats) -> Floats:
    """Return the length of each vector, shape (vector,)."""
    return np.asarray(np.sqrt(vectors[:, 0] ** 2 + vectors[:, 1] ** 2 + vectors[:, 2] ** 2))


def _norm(vector: Floats) -> float:
    return math.sqrt(vector[0] ** 2 + vector[1] ** 2 + vector[2] ** 2)
