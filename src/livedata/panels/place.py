"""What stands at a place of a picture: pixels with their numbers, banks, positions and angles, and masked ones."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..reduce.physics.geometry import Geometry
from ..reduce.pixels.layout import Layout
from ..reduce.pixels.readout import describe_pixel
from ..reduce.pixels.screen import Screen
from .watched import Watched

_FEW = 3
_MANY = 32
"""Pixels at one place that are asked for what they know."""


def places_of(view: Watched) -> Places:
    """Return what a view knows of the pixels behind its picture."""
    return Places(view.layout, view.screen, view.geometry, view.masked)


@dataclass(frozen=True, slots=True, eq=False)
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
        numbers = self.layout.ids_at(found)
        found, numbers = found[numbers >= 0], numbers[numbers >= 0]
        if len(found) == 0:
            return " (no pixel)"
        few = ", ".join(map(str, numbers[:_FEW].tolist()))
        more = f" … {len(found)} in all" if len(found) > _FEW else ""
        said = f"pixel{'s' if len(found) > 1 else ''} {few}{more}"
        return f" ({', '.join([said, *self._where(self.layout, found)])})"

    def _where(self, layout: Layout, found: NDArray[np.intp]) -> list[str]:
        notes = [describe_pixel(layout, self.geometry, int(place)) for place in found[:_MANY]]
        banks = {note.bank for note in notes}
        facts = [f"bank {bank}" for bank in banks if bank and len(banks) == 1]
        if notes[0].position is not None and len(notes) == 1:
            facts.append(f"at {', '.join(f'{v:.4g}' for v in notes[0].position)} m")
        angles = [note.two_theta for note in notes if note.two_theta is not None]
        if angles:
            low, high = (f"{angle:.4g}" for angle in (min(angles), max(angles)))
            facts.append(f"2θ {low}°" if low == high else f"2θ {low} … {high}°")
        if self.masked is not None and self.masked[found].all():
            facts.append("masked")
        return facts
