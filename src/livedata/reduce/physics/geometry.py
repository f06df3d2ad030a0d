"""Geometry: where the pixels of a detector, its source and its sample are."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

Vector = tuple[float, float, float]


@dataclass(frozen=True, slots=True, eq=False)
class Geometry:
    """Positions in the NeXus frame, in metres: z along the beam, y up, x to the left looking downstream.

    The origin may be anywhere. What nothing is known of is None; whoever needs it raises an error that names `where`
    and what is missing there.
    """

    positions: NDArray[np.float64] | None
    """Position of each pixel, shape (pixel, 3), in the order of the layout's places; NaN where unknown. Of a monitor,
    one row."""
    source: Vector | None = None
    sample: Vector | None = None
    where: str = ""
    """Which file, and what of it, for errors."""
    gravity: Vector = (0.0, -1.0, 0.0)
    """Direction in which things fall; a unit vector."""
    sizes: NDArray[np.float64] | None = None
    """Extent of each pixel along x, y and z, shape (pixel, 3) or (1, 3), in metres, for smoothing; None if unknown."""
    excluded: NDArray[np.bool_] | None = None
    """Pixels that the file itself masks (`pixel_mask`), shape (pixel,)."""
    is_monitor: bool = False
    """Nothing scatters on the way: the flight path is the straight line from source to monitor."""
    names: tuple[str, ...] = field(default=())
    """Name of the bank of each pixel, where there are several: see `bank`."""
    bank: NDArray[np.int32] | None = None
    """Index into `names` for each pixel, shape (pixel,)."""
    remarks: tuple[str, ...] = ()
    """What was odd about what tells it, and why something is None."""
    logs: tuple[tuple[str, str], ...] = ()
    """Topic and source of the logs that positions depend on; when one changes, so does the geometry."""

    def __repr__(self) -> str:
        parts = ["no positions" if self.positions is None else f"{len(self.positions):,} pixels"]
        if self.is_monitor:
            parts = ["monitor"]
        elif len(self.names) > 1:
            parts.append(f"{len(self.names)} banks")
        for what, place in (("source", self.source), ("sample", self.sample)):
            at = "unknown" if place is None else "at ({:g}, {:g}, {:g}) m".format(*place)
            parts.append(f"{what} {at}")
        return f"<Geometry of {self.where or 'nothing known'}: {', '.join((*parts, *self.remarks))}>"
