"""From bins to what stands along an axis of a picture: values where they are, also of uneven bins, or bin numbers."""

from __future__ import annotations

import math
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from ..axis import Axis
from . import ticks, wording

_MS = {"ns": 1e-6, "us": 1e-3, "µs": 1e-3, "ms": 1.0, "s": 1e3}
_LONG_AGO_MS = 3.0e11
"""Times after 1979 are moments, earlier ones are durations."""


class Ruler:
    """One axis of a picture.

    Parameters
    ----------
    axis
        Its bins. Categories stand at their numbers, moments in ms since 1970 as the drawing library wants them.
    """

    def __init__(self, axis: Axis) -> None:
        self.n = axis.n
        self.axis = axis
        self.unit = wording.unit(axis.unit)
        self._name = axis.name.replace("_", " ") or "bin"
        self.kind = _kind(axis)
        self.factor = _MS[axis.unit or ""] if self.kind == "time" else 1.0
        """From values in the axis' unit to values as they are drawn."""
        self._edges = axis.edges * self.factor
        self.label = "time [UTC]" if self.kind == "time" else wording.label(axis)
        self.is_index = axis.unit is None and bool(self._edges[0] == 0 and self._edges[-1] == axis.n)
        self.is_even = axis.is_regular
        self.ends = (float(self._edges[0]), float(self._edges[-1]))
        self._width = (self.ends[1] - self.ends[0]) / axis.n

    @property
    def edges(self) -> NDArray[np.float64]:
        """Edges as they are drawn, shape (n + 1,)."""
        return self._edges

    @property
    def library_type(self) -> str:
        """What the drawing library calls this kind of axis."""
        return {"log": "log", "time": "datetime"}.get(self.kind, "linear")

    def values(self, first: int, n: int) -> tuple[float, float]:
        """Return the ends of `n` even bins from `first` on, in the axis' values."""
        return self.ends[0] + first * self._width, self.ends[0] + (first + n) * self._width

    def places(self, low: float, high: float) -> tuple[float, float]:
        """Return values as bins, with fractions."""
        return self.place(low), self.place(high)

    def place(self, value: float) -> float:
        """Return a value as a bin, with its fraction; beside the axis, as if its outermost bins went on."""
        if self.is_even:
            return (value - self.ends[0]) / self._width
        at = int(np.clip(np.searchsorted(self._edges, value, "right") - 1, 0, self.n - 1))
        low, high = self._edges[at], self._edges[at + 1]
        return float(at + (value - low) / (high - low))

    def value(self, place: float) -> float:
        """Return the value at a bin with its fraction: the inverse of `place`."""
        at = int(np.clip(place, 0, self.n - 1))
        low, high = float(self._edges[at]), float(self._edges[at + 1])
        return low + (place - at) * (high - low)

    def rounded(self, value: float) -> float:
        """Return a value with no more digits than a hundredth of its bin needs."""
        at = int(np.clip(self.place(value), 0, self.n - 1))
        width = float(self._edges[at + 1] - self._edges[at])
        return round(value, max(0, 2 - math.floor(math.log10(width))))

    def bin(self, value: object) -> int | None:
        """Return the bin at a value, or None beside the axis."""
        if not isinstance(value, int | float) or not self.ends[0] <= value < self.ends[1]:
            return None
        return min(int(self.place(value)), self.n - 1)

    def grid(self, first: int, last: int, n: int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        """Divide the bins from `first` up to `last` into `n` steps of equal width on the screen.

        Returns
        -------
        :
            For each step the first bin that it touches and the one behind the last.
        """
        low, high = self._edges[first], self._edges[last]
        lines = np.geomspace(low, high, n + 1) if self.kind == "log" else np.linspace(low, high, n + 1)
        starts = np.clip(np.searchsorted(self._edges, lines[:-1], "right") - 1, first, last - 1)
        stops = np.clip(np.searchsorted(self._edges, lines[1:], "left"), starts + 1, last)
        return starts, stops

    def say(self, place: int) -> str:
        """Name a bin."""
        if self.axis.categories is not None:
            return f"{self._name} {self.axis.categories[place]}"
        if self.is_index or (self.axis.scale == "integer" and self.is_even and self._width == 1):
            return f"{self._name} {self.ends[0] + place:g}"
        low, high = self._edges[place], self._edges[place + 1]
        if self.kind == "time":
            return f"{_clock(low)} … {_clock(high)} UTC"
        unit = f" {self.unit}" if self.unit else ""
        return f"{self._name} {low:.6g} … {high:.6g}{unit}"

    def fraction(self, value: float) -> float:
        """Return the place of a value between the ends of the axis, 0 … 1."""
        low, high = self.ends
        if self.kind == "log":
            return math.log(max(value, low * 1e-9) / low) / math.log(high / low)
        return (value - low) / (high - low)

    def is_whole(self, low: float, high: float) -> bool:
        """Return whether a range shows all of the axis, or nearly so."""
        return self.fraction(low) <= 0.02 and self.fraction(high) >= 0.98

    def marks(self) -> list[tuple[float, str]]:
        """Return places (0 … 1) and labels of ticks for a picture that stands still."""
        low, high = self.ends
        if named := self.category_marks():
            return [(self.fraction(v), words) for v, words in named.items()]
        if self.kind == "time":
            return [(self.fraction(v), words) for v, words in ticks.moments(low, high)]
        found = ticks.logarithmic(low, high) if self.kind == "log" else ticks.linear(low, high)
        return [(self.fraction(v), wording.tick(v)) for v in found]

    def ends_said(self) -> tuple[str, str]:
        """Write both ends of the axis."""
        if names := self.axis.categories:
            return str(names[0]), str(names[-1])
        if self.kind == "time":
            return _clock(self.ends[0]), _clock(self.ends[1])
        return f"{self.ends[0]:g}", f"{self.ends[1]:g}"

    def category_marks(self) -> dict[float, str]:
        """Return the labels of categories by their places, some 12 of them; nothing of other axes."""
        names = self.axis.categories or ()
        step = max(1, -(-len(names) // 12))
        return {i + 0.5: str(names[i])[:24] for i in range(0, len(names), step)}


def _kind(axis: Axis) -> Literal["linear", "log", "time"]:
    edges = axis.edges
    if axis.name.startswith("time") and axis.unit in _MS and edges[0] * _MS[axis.unit] > _LONG_AGO_MS:
        return "time"
    if axis.scale == "log":
        return "log"
    if not axis.is_regular and axis.n > 2 and edges[0] > 0:
        ratios = edges[1:] / edges[:-1]
        if np.ptp(ratios) < 1e-3 * (ratios[0] - 1):
            return "log"
    return "linear"


def _clock(ms: Any) -> str:
    return str(np.datetime64(round(float(ms)), "ms")).replace("T", " ").removesuffix(".000")


def frame(rows: Ruler, columns: Ruler, width: int, height: int) -> tuple[int, int]:
    """Return width and height on the screen, within some: detectors have square pixels, maps are true to scale.

    As long as that leaves something to see; else, and for all other images, the whole room is taken.
    """
    ratio = columns.n / rows.n
    if columns.unit and columns.axis.unit == rows.axis.unit and columns.kind == rows.kind == "linear":
        ratio = (columns.ends[1] - columns.ends[0]) / (rows.ends[1] - rows.ends[0])
    elif not (rows.is_index and columns.is_index):
        return width, height
    if not 0.4 <= ratio <= 4:
        return width, height
    return (round(height * ratio), height) if ratio <= width / height else (width, round(width / ratio))
