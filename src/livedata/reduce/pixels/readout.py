"""What one pixel tells about itself: its number, bank, place and scattering angle."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...errors import ArgumentError
from ..physics.geometry import Geometry, Vector
from .geometric import beam_frame
from .layout import Layout


@dataclass(frozen=True, slots=True)
class PixelNote:
    """One pixel, for a readout. Made by `describe_pixel`; what is not known is None."""

    place: int
    """Flat place in the layout."""
    index: tuple[int, ...]
    """Its place along each dimension of the layout."""
    dims: tuple[str, ...]
    id: int | None
    """Pixel number; None where the layout has no pixel."""
    bank: str | None = None
    position: Vector | None = None
    """Metres, NeXus frame."""
    l2: float | None = None
    """Distance from the sample, metres."""
    two_theta: float | None = None
    """Scattering angle, degrees."""
    phi: float | None = None
    """Azimuth around the beam, from x towards y, degrees."""
    is_excluded: bool = False
    """Whether the file itself masks it."""

    @property
    def text(self) -> str:
        """One line: ``pixel 4711, bank1, y 3, x 12, at (0.12, -0.03, 5) m, 2θ 1.42°``."""
        if self.id is None:
            return "no pixel"
        parts = [f"pixel {self.id}"]
        if self.bank:
            parts.append(self.bank)
        parts += [f"{dim} {i}" for dim, i in zip(self.dims, self.index, strict=True)]
        if self.position is not None:
            parts.append("at ({:.4g}, {:.4g}, {:.4g}) m".format(*self.position))
        if self.two_theta is not None:
            parts.append(f"2θ {self.two_theta:.4g}°")
        if self.is_excluded:
            parts.append("masked in the file")
        return ", ".join(parts)


def describe_pixel(layout: Layout, geometry: Geometry | None, place: int) -> PixelNote:
    """Return what is known of a pixel.

    Parameters
    ----------
    layout
        Of the stream.
    geometry
        Of the stream, if anything is known.
    place
        Flat place of the pixel in the layout, such as `Layout.places_of` gives for a pixel number.

    Raises
    ------
    ArgumentError
        If there is no such place.
    """
    if not 0 <= place < layout.size:
        raise ArgumentError(f"place {place} is not in a layout of {layout.size} pixels")
    number = int(layout.ids_at(place))
    index = tuple(int(i) for i in np.unravel_index(place, layout.shape))
    common = PixelNote(place, index, layout.dims, number if number >= 0 else None)
    if geometry is None or number < 0:
        return common
    is_fit = geometry.positions is not None and len(geometry.positions) == layout.size
    point = np.asarray(geometry.positions)[place] if is_fit else np.full(3, np.nan)
    x, y, z = beam_frame(geometry) @ (point - np.asarray(geometry.sample or (0.0, 0.0, 0.0)))
    is_known = bool(np.isfinite(point).all())
    excluded = geometry.excluded
    return PixelNote(
        place,
        index,
        layout.dims,
        number,
        bank=_bank(geometry, place, layout.size),
        position=(float(point[0]), float(point[1]), float(point[2])) if is_known else None,
        l2=float(np.sqrt(x * x + y * y + z * z)) if is_known else None,
        two_theta=float(np.degrees(np.arctan2(np.hypot(x, y), z))) if is_known else None,
        phi=float(np.degrees(np.arctan2(y, x))) if is_known else None,
        is_excluded=excluded is not None and len(excluded) == layout.size and bool(excluded[place]),
    )


def _bank(geometry: Geometry, place: int, size: int) -> str | None:
    if geometry.bank is None or len(geometry.bank) != size:
        return geometry.names[0] if len(geometry.names) == 1 else None
    at = int(geometry.bank[place])
    return geometry.names[at] if 0 <= at < len(geometry.names) else None
