"""Which drawing a picture gets: an image, a curve, or a place that waits until something is known."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bokeh.models import LayoutDOM, Spacer

from ..reduce.pixels.region import Region
from ..reduce.result.snapshot import Snapshot
from .drawn import Hand
from .image import ImageDrawing, silence_note
from .place import Places
from .spectrum import SpectrumDrawing

if TYPE_CHECKING:
    from .panel import Drawing


def make_drawing(first: Snapshot, places: Places | None = None) -> Drawing:
    """Return the drawing for the number of axes that a picture has."""
    if first.array.size == 0 or not 1 <= first.array.ndim <= 2:
        return NothingYet()
    return ImageDrawing(first, places) if first.array.ndim == 2 else SpectrumDrawing(first)


class NothingYet:
    """Holds the place of a picture whose axes are known when data come: of a series, of frames."""

    n_axes = 0
    starts_log = False
    hand: Hand | None = None

    def __init__(self) -> None:
        self.root: LayoutDOM = Spacer(width=0, height=0)
        self.note = silence_note()
        self.models: dict[str, Any] = {}

    def draw(self, snapshot: Snapshot, *, is_log: bool) -> None:
        """Draw nothing."""

    def window(self, wish: list[Any] | None) -> bool:
        """Take no wishes."""
        return False

    def outline(self, drawn: list[Region]) -> bool:
        """Show no regions."""
        return False

    def refresh(self) -> None:
        """Have nothing to send anew."""

    def readout(self, snapshot: Snapshot, mouse: list[Any] | None) -> str:
        """Say what is waited for."""
        return "a picture comes with the first data"
