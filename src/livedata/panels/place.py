"""What stands at a place of a picture: pixels with their numbers, banks, positions and angles, and masked ones."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from ..reduce.physics.geometry import Geometry
from ..reduce.pixels.layout import Layout
from ..reduce.pixels.screen import Screen
from .watched import Watched

_FEW = 3


def places_of(view: Watched) -> Places:
    """Return what a view knows of the pixels behind its picture."""
    return Places(
        view.layout, getattr(view, "screen", None), getattr(view, "geometry", None), getattr(view, "masked", None)
    )


@dataclass(slots=True, eq=False)
class Places:
    """The pixels behind a picture.

    Parameters
    ----------
    layout
        The pixels' numbers.
    screen
        Which place each is seen at; None where the picture is the layout itself.
    geometry
        Where they stand.
    masked
        Which are left out, shape (pixel,).
    """

    layout: Layout | None = None
    screen: Screen | None = None
    geometry: Geometry | None = None
    masked: NDArray[np.bool_] | None = None
    _numbers: NDArray[np.int32] | None = field(default=None, init=False)

    @property
    def looking(self) -> str:
        """From where one looks."""
        return self.screen.looking if self.screen is not None else ""

    def hidden(self, shape: tuple[int, ...]) -> NDArray[np.bool_] | None:
        """Return the places of a picture at which masked pixels alone are seen; None where there are none."""
        if self.masked is None or not self.masked.any():
            return None
        if self.screen is None:
            return self.masked.reshape(shape) if self.masked.size == np.prod(shape) else None
        if self.screen.shape != shape:
            return None
        seen, gone = np.zeros((2, int(np.prod(shape))), np.bool_)
        for cells in self.screen.cells:
            on = cells >= 0
            seen[cells[on & ~self.masked]] = True
            gone[cells[on & self.masked]] = True
        return (gone & ~seen).reshape(shape)

    def say(self, row: int, column: int, shape: tuple[int, ...]) -> str:
        """Name the pixels at a place: `` (pixel 14011, bank east, …)``; empty where there is nothing to say."""
        if self.layout is None:
            return ""
        flat = row * shape[1] + column
        if self.screen is None:
            if self.layout.shape != shape:
                return ""
            found = np.array([flat])
        else:
            if self.screen.shape != shape:
                return ""
            found = np.flatnonzero(self.screen.cells[0] == flat)
        if self._numbers is None:
            self._numbers = self.layout.detector_number().ravel()
        found = found[self._numbers[found] > 0] if self.screen is not None or len(found) > 1 else found
        if len(found) == 0:
            return " (no pixel)"
        numbers = [str(n) for n in self._numbers[found[:_FEW]]]
        more = f" … {len(found)} in all" if len(found) > _FEW else ""
        said = f"pixel{'s' if len(found) > 1 else ''} {', '.join(numbers)}{more}"
        return f" ({', '.join([said, *self._where(found)])})"

    def _where(self, found: NDArray[np.intp]) -> list[str]:
        facts: list[str] = []
        geometry = self.geometry
        if geometry is None:
            return facts
        if geometry.bank is not None and geometry.names:
            banks = np.unique(geometry.bank[found])
            if len(banks) == 1 and banks[0] >= 0:
                facts.append(f"bank {geometry.names[banks[0]]}")
        if geometry.positions is not None and np.isfinite(geometry.positions[found]).all():
            position = geometry.positions[found].mean(axis=0)
            facts.append(f"at {', '.join(f'{v:.4g}' for v in position)} m")
            if (angle := _two_theta(geometry, position)) is not None:
                facts.append(f"2θ {angle:.4g}°")
        if self.masked is not None and self.masked[found].all():
            facts.append("masked")
        return facts


def _two_theta(geometry: Geometry, position: NDArray[np.float64]) -> float | None:
    """Return the angle between the beam and the way from the sample to a pixel, in degrees."""
    if geometry.sample is None or geometry.is_monitor:
        return None
    sample = np.asarray(geometry.sample)
    beam = np.array([0.0, 0.0, 1.0]) if geometry.source is None else sample - np.asarray(geometry.source)
    way = position - sample
    if not (np.any(beam) and np.any(way)):
        return None
    a, b = beam / np.linalg.norm(beam), way / np.linalg.norm(way)
    return float(np.degrees(2 * np.arctan2(np.linalg.norm(a - b), np.linalg.norm(a + b))))
