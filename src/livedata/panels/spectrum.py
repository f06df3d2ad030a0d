"""The live curve: values per bin as a step line, with points and error bars where they are no plain counts.

Along a quantity, on a linear or logarithmic axis, or along time. True values on the scale; no value leaves a gap.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from bokeh.events import MouseLeave, MouseMove, RangesUpdate
from bokeh.models import ColumnDataSource, CustomJS, FixedTicker, LayoutDOM, Range1d
from bokeh.plotting import figure
from numpy.typing import NDArray

from ..reduce.axis import Axis
from ..reduce.pixels.region import Region
from ..reduce.result.snapshot import Snapshot
from ..reduce.show import ticks, wording
from ..reduce.show.raster import block_max
from ..reduce.show.ruler import Ruler
from .drawn import Hand
from .image import TELL_LEAVE, TELL_MOUSE, TELL_WINDOW, follow, said_value, silence_note

POINTS = 2000
"""Most bins sent to the browser."""
FEW = 400
"""Most bins that are drawn with error bars, or as points along time."""
_DECADES = 6
_INK = "#26588c"


class SpectrumDrawing:
    """A one-dimensional picture with zoom along its axis and readout.

    Parameters
    ----------
    first
        A snapshot with one axis.
    """

    n_axes = 1

    def __init__(self, first: Snapshot) -> None:
        self._ruler = Ruler(first.axes[0])
        self._edges = self._ruler.edges
        self._visible: tuple[int, int] | None = None
        self._blocks = 1
        self._unit = first.unit
        self._is_counts = first.array.dtype.kind in "iu"
        self._has_errors = first.spread is not None
        self._range: tuple[bool, float, float] | None = None
        self._sent_window: tuple[int, int] | None = None
        self._data = ColumnDataSource({"x": self._edges[:2], "y": np.zeros(2, np.float32)})
        empty = np.zeros(0, np.float32)
        self._points = ColumnDataSource(dict.fromkeys(("x", "y", "low", "high"), empty))
        self.models = {"window": ColumnDataSource(), "mouse": ColumnDataSource()}
        self._y_range = Range1d(0, 1)
        self.note = silence_note()
        self._root = self._figure()
        self.hand = Hand(self._root, self._ruler, None)
        self.models["drawn"] = self.hand.model

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
            x_axis_label=self._ruler.label, y_axis_label=wording.values_label(self._unit),
            x_axis_type=self._ruler.library_type,
            x_range=Range1d(*self._ruler.ends, bounds=self._ruler.ends),
            y_range=self._y_range,
        )  # fmt: skip
        fig.toolbar.logo = None
        for axis in fig.axis:
            axis.axis_label_text_font_size, axis.major_label_text_font_size = "13px", "12px"
            axis.axis_label_text_font_style = "normal"
        if marks := self._ruler.category_marks():
            fig.xaxis[0].ticker, fig.xaxis[0].major_label_overrides = FixedTicker(ticks=list(marks)), marks
        self._ticker = FixedTicker(ticks=[])
        self._values_axis = fig.yaxis[0]
        self._values_axis.ticker = self._ticker
        fig.ygrid[0].ticker = self._ticker
        fig.add_layout(self.note)
        fig.step("x", "y", source=self._data, mode="after", line_width=1.5, line_color=_INK)
        if self._has_errors or self._ruler.kind == "time":
            fig.segment("x", "low", "x", "high", source=self._points, line_color=_INK, line_width=1)
            fig.scatter("x", "y", source=self._points, size=4, fill_color=_INK, line_color=None)
        fig.js_on_event(RangesUpdate, CustomJS(args={"wish": self.models["window"]}, code=TELL_WINDOW))
        fig.js_on_event(MouseMove, CustomJS(args={"wish": self.models["mouse"]}, code=TELL_MOUSE))
        fig.js_on_event(MouseLeave, CustomJS(args={"wish": self.models["mouse"]}, code=TELL_LEAVE))
        return fig

    def window(self, wish: list[Any] | None) -> bool:
        """Note the visible part that the browser wishes."""
        if wish is None or len(wish) != 4 or not all(isinstance(v, int | float) for v in wish):
            return False
        if self._ruler.is_whole(wish[0], wish[1]):
            self._visible = None
            return True
        n = self._ruler.n
        first = int(np.clip(np.searchsorted(self._edges, wish[0], "right") - 1, 0, n - 1))
        last = int(np.clip(np.searchsorted(self._edges, wish[1], "left"), first + 1, n))
        self._visible = (first, last)
        return True

    def outline(self, drawn: list[Region]) -> bool:
        """Spans have no outline: what was drawn is in the list alone."""
        return False

    def refresh(self) -> None:
        """Send window and scale anew with the next drawing."""
        self._visible = self._range = self._sent_window = None

    def draw(self, snapshot: Snapshot, *, is_log: bool) -> None:
        """Put the visible part of a snapshot into the models."""
        if snapshot.axes[0] != self._ruler.axis:
            self._follow(snapshot.axes[0])
        first, last = visible = self._visible or (0, self._ruler.n)
        part = snapshot.array[first:last]
        self._blocks = -(-len(part) // POINTS)
        shown = block_max(part, self._blocks, 0)
        self._fit(shown, is_log=is_log)
        assert self._range is not None
        floor = self._range[1]
        heights = _heights(shown, floor, is_log=is_log)
        if self._sent_window != visible:
            self._sent_window = visible
            x = np.append(self._edges[first : last : self._blocks], self._edges[last])
            self._data.data = {"x": x, "y": heights}
        else:
            self._data.data["y"] = heights  # one column travels
        if self._has_errors or self._ruler.kind == "time":
            self._draw_points(snapshot, visible, floor, is_log=is_log)

    def _follow(self, axis: Axis) -> None:
        """Take a longer axis: time goes on."""
        self._ruler = follow(self._ruler, axis, self._root.x_range, is_whole=self._visible is None)
        self._edges = self._ruler.edges
        self._sent_window = None
        if self._visible is not None:
            self._visible = (min(self._visible[0], axis.n - 1), min(self._visible[1], axis.n))
        self.hand.follow(self._ruler, None)

    def _draw_points(self, snapshot: Snapshot, visible: tuple[int, int], floor: float, *, is_log: bool) -> None:
        first, last = visible
        if last - first > FEW:
            last = first  # bars would lie upon each other
        values = snapshot.array[first:last].astype(np.float64)
        with np.errstate(invalid="ignore"):
            errors = np.sqrt(snapshot.variances()[first:last].astype(np.float64))
        low, edges = self._edges[first:last], self._edges[first + 1 : last + 1]
        middle = np.sqrt(low * edges) if self._ruler.kind == "log" else (low + edges) / 2
        ends = {"y": values, "low": values - errors, "high": values + errors}
        self._points.data = {
            "x": middle,
            **{k: _heights(v, floor, is_log=is_log)[:-1] if len(v) else v for k, v in ends.items()},
        }

    def _fit(self, values: NDArray[Any], *, is_log: bool) -> None:
        """Let the axis of values follow them in steps, so that it stands still most of the time."""
        known = values[np.isfinite(values)]
        peak = float(known.max()) if len(known) else 0.0
        bottom = min(0.0, float(known.min())) if len(known) else 0.0
        least = (10.0 if is_log else 4.0) if self._is_counts else 0.0
        if is_log:
            bottom = 0.5 if self._is_counts else _floor(known, peak)
        if self._range is not None:
            was_log, low, high = self._range
            fits_low = low == bottom if not is_log else low <= bottom <= 20 * low
            if bottom < 0:
                fits_low = low <= bottom <= 0.4 * low
            if was_log == is_log and fits_low and 0.4 * high <= max(peak, least) <= high:
                return
        top = max(peak * 1.1, (10.0 if is_log else 5.0) if self._is_counts else 0.0)
        high = ticks.round_up(top) if top > 0 else 0.0 if bottom < 0 else 1.0
        low = -ticks.round_up(-bottom * 1.1) if bottom < 0 else bottom
        self._range = (is_log, low, max(high, 10 * low) if is_log else high)
        self._scale_axis(*self._range)

    def _scale_axis(self, is_log: bool, low: float, high: float) -> None:
        marks = ticks.linear(low, high) if not is_log else ticks.logarithmic(1 if self._is_counts else 2 * low, high)
        places = [math.log10(v) if is_log else v for v in marks]
        labels = {place: wording.tick(v) for place, v in zip(places, marks, strict=True)}
        start, end = (math.log10(low), math.log10(high)) if is_log else (low, high)
        if is_log:
            places, labels = [start, *places], {start: "0", **labels}
        self._values_axis.major_label_overrides = labels
        self._ticker.ticks = places
        self._y_range.update(start=start - 0.02 * (end - start) if is_log else start, end=end)

    def readout(self, snapshot: Snapshot, mouse: list[Any] | None) -> str:
        """Say the exact value of the bin under the mouse, also where the line shows blocks of bins."""
        place = self._ruler.bin(mouse[0]) if mouse else None
        if place is not None and place < len(snapshot.array):
            return f"{self._ruler.say(place)}: {said_value(snapshot, (place,))}"
        what = "count" if snapshot.unit == "counts" else "value"
        if self._blocks > 1:
            return f"each step: largest of {self._blocks} bins, zoom in for all · point for the exact {what}"
        return f"point at a bin for its exact {what}"


def _floor(values: NDArray[Any], peak: float) -> float:
    """Return where a logarithmic axis of values that are no counts begins: half the decade of the smallest."""
    positive = values[values > 0]
    if len(positive) == 0:
        return 0.05
    return 0.5 * 10.0 ** math.floor(math.log10(max(float(positive.min()), peak * 10.0**-_DECADES)))


def _heights(values: NDArray[Any], floor: float, *, is_log: bool) -> NDArray[np.float32]:
    """Return where values are drawn; on the logarithmic axis what is not above zero stands at its lowest tick, 0."""
    heights = np.log10(np.maximum(values, floor)) if is_log else values
    return np.append(heights, heights[-1:]).astype(np.float32)
