"""The live spectrum: counts per bin as a step line, with the true values on a linear or logarithmic axis."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from bokeh.events import MouseLeave, MouseMove, RangesUpdate
from bokeh.models import ColumnDataSource, CustomJS, FixedTicker, LayoutDOM, Range1d
from bokeh.plotting import figure
from numpy.typing import NDArray

from ..reduce.result.snapshot import Snapshot
from . import ticks, wording
from .image import TELL_LEAVE, TELL_MOUSE, TELL_WINDOW, silence_note
from .raster import block_max

POINTS = 2000
"""Most bins sent to the browser."""
NO_COUNTS = math.log10(0.5)
"""Where a bin without counts is drawn on the logarithmic axis; its tick says 0."""


class SpectrumDrawing:
    """A one-dimensional picture with zoom along its axis and readout.

    Parameters
    ----------
    first
        A snapshot with one axis.
    """

    def __init__(self, first: Snapshot) -> None:
        self._axis = first.axes[0]
        self._edges = self._axis.edges
        self._visible = (0, len(self._edges) - 1)
        self._blocks = 1
        self._range: tuple[bool, float, float] | None = None
        self._sent_window: tuple[int, int] | None = None
        self._data = ColumnDataSource({"x": self._edges[:2], "y": np.zeros(2, np.float32)})
        self.models = {"window": ColumnDataSource(), "mouse": ColumnDataSource()}
        self._y_range = Range1d(0, 1)
        self.note = silence_note()
        self._root = self._figure()

    @property
    def root(self) -> LayoutDOM:
        """The figure."""
        return self._root

    @property
    def starts_log(self) -> bool:
        """As people read spectra: linear."""
        return False

    def _figure(self) -> Any:
        fig = figure(
            frame_width=520, frame_height=260, tools="xbox_zoom,xwheel_zoom,xpan,reset,save", active_scroll=None,
            active_drag="xbox_zoom", toolbar_location="right",
            x_axis_label=wording.label(self._axis), y_axis_label="counts",
            x_range=Range1d(float(self._edges[0]), float(self._edges[-1]), bounds="auto"),
            y_range=self._y_range,
        )  # fmt: skip
        fig.toolbar.logo = None
        for axis in fig.axis:
            axis.axis_label_text_font_size, axis.major_label_text_font_size = "13px", "12px"
            axis.axis_label_text_font_style = "normal"
        self._ticker = FixedTicker(ticks=[])
        self._counts_axis = fig.yaxis[0]
        self._counts_axis.ticker = self._ticker
        fig.ygrid[0].ticker = self._ticker
        fig.add_layout(self.note)
        fig.step("x", "y", source=self._data, mode="after", line_width=1.5, line_color="#26588c")
        fig.js_on_event(RangesUpdate, CustomJS(args={"wish": self.models["window"]}, code=TELL_WINDOW))
        fig.js_on_event(MouseMove, CustomJS(args={"wish": self.models["mouse"]}, code=TELL_MOUSE))
        fig.js_on_event(MouseLeave, CustomJS(args={"wish": self.models["mouse"]}, code=TELL_LEAVE))
        return fig

    def window(self, wish: list[Any] | None) -> bool:
        """Note the visible part that the browser wishes."""
        if wish is None or len(wish) != 4 or not all(isinstance(v, int | float) for v in wish):
            return False
        n = len(self._edges) - 1
        first = int(np.clip(np.searchsorted(self._edges, wish[0], "right") - 1, 0, n - 1))
        last = int(np.clip(np.searchsorted(self._edges, wish[1], "left"), first + 1, n))
        self._visible = (first, last)
        return True

    def refresh(self) -> None:
        """Send window and scale anew with the next drawing."""
        self._visible, self._range, self._sent_window = (0, len(self._edges) - 1), None, None

    def draw(self, snapshot: Snapshot, *, is_log: bool) -> None:
        """Put the visible part of a snapshot into the models."""
        first, last = self._visible
        part = snapshot.array[first:last]
        self._blocks = -(-len(part) // POINTS)
        shown = block_max(part, self._blocks, 0)
        self._fit(float(shown.max()), is_log=is_log)
        heights = _heights(shown, is_log=is_log)
        if self._sent_window != self._visible:
            self._sent_window = self._visible
            x = np.append(self._edges[first : last : self._blocks], self._edges[last])
            self._data.data = {"x": x, "y": heights}
        else:
            self._data.data["y"] = heights  # one column travels

    def _fit(self, peak: float, *, is_log: bool) -> None:
        """Let the axis of counts follow the peak in steps, so that it stands still most of the time."""
        if self._range is not None:
            was_log, _, high = self._range
            if was_log == is_log and 0.4 * high <= max(peak, 4.0 if not is_log else 10.0) <= high:
                return
        high = ticks.round_up(max(peak * 1.1, 10.0 if is_log else 5.0))
        self._range = (is_log, 0.0, high)
        marks = ticks.linear(0, high) if not is_log else ticks.logarithmic(1, high)
        places = [math.log10(v) if is_log else v for v in marks]
        labels = {place: wording.tick(v) for place, v in zip(places, marks, strict=True)}
        if is_log:
            places, labels = [NO_COUNTS, *places], {NO_COUNTS: "0", **labels}
        self._counts_axis.major_label_overrides = labels
        self._ticker.ticks = places
        top = math.log10(high) if is_log else high
        self._y_range.update(start=NO_COUNTS - 0.02 * (top - NO_COUNTS) if is_log else 0.0, end=top)

    def readout(self, snapshot: Snapshot, mouse: list[Any] | None) -> str:
        """Say the exact count of the bin under the mouse, also where the line shows blocks of bins."""
        if mouse and isinstance(mouse[0], int | float) and self._edges[0] <= mouse[0] < self._edges[-1]:
            place = int(np.searchsorted(self._edges, mouse[0], "right")) - 1
            unit = f" {wording.unit(self._axis.unit)}" if self._axis.unit else ""
            low, high = self._edges[place], self._edges[place + 1]
            name = self._axis.name or "bin"
            return f"{name} {low:.6g} … {high:.6g}{unit}: {wording.counts(int(snapshot.array[place]))}"
        if self._blocks > 1:
            return f"each step: largest of {self._blocks} bins, zoom in for all · point for the exact count"
        return "point at a bin for its exact count"


def _heights(counts: NDArray[np.int64], *, is_log: bool) -> NDArray[np.float32]:
    heights = np.log10(np.maximum(counts, 0.5)) if is_log else counts
    return np.append(heights, heights[-1:]).astype(np.float32)
