"""The live image: at most as many pixels as the screen has room for, eight bits each, cut anew when the view zooms."""

from __future__ import annotations

from typing import Any

import numpy as np
from bokeh.events import MouseLeave, MouseMove, RangesUpdate
from bokeh.models import ColorBar, ColumnDataSource, CustomJS, FixedTicker, Label, LayoutDOM, LinearColorMapper, Range1d
from bokeh.plotting import figure
from numpy.typing import NDArray

from ..reduce.axis import Axis
from ..reduce.pixels.layout import Layout
from ..reduce.result.snapshot import Snapshot
from . import palette, scale, wording
from .raster import Cut, Window, cut

PIXELS = 512
"""Most rows and columns sent to the browser."""
_WIDTH, _HEIGHT = 460, 400

# Ten times a second at most, and always the last place. Whoever cannot be told is gone: a kernel that ended.
TELL_MOUSE = """
wish.next = [cb_obj.x, cb_obj.y];
if (!wish.timer) wish.timer = setTimeout(() => { wish.timer = null; try { wish.tags = wish.next } catch (e) {} }, 100);
"""
TELL_LEAVE = "clearTimeout(wish.timer); wish.timer = null; try { wish.tags = [] } catch (e) {}"
TELL_WINDOW = "try { wish.tags = [cb_obj.x0, cb_obj.x1, cb_obj.y0, cb_obj.y1] } catch (e) {}"


class ImageDrawing:
    """A two-dimensional picture with colour bar, zoom and readout.

    Parameters
    ----------
    first
        A snapshot with the axes (row, column).
    layout
        Where pixels stand, for their numbers in the readout.
    """

    def __init__(self, first: Snapshot, layout: Layout | None = None) -> None:
        self._rows, self._columns = _Ruler(first.axes[0]), _Ruler(first.axes[1])
        self._layout = layout if layout is not None and layout.shape == first.array.shape else None
        self._numbers: NDArray[np.int32] | None = None
        self._window: Window | None = None
        self._scale: scale.Scale | None = None
        self._bar_shows: scale.Scale | None = None
        self._cut: Cut | None = None
        columns: dict[str, list[Any]] = {name: [0.0] for name in ("x", "y", "dw", "dh")}
        self._data = ColumnDataSource({"image": [np.zeros((1, 1), np.uint8)], **columns})
        self.models = {"window": ColumnDataSource(), "mouse": ColumnDataSource()}
        self.note = silence_note()
        self._root = self._figure()

    @property
    def root(self) -> LayoutDOM:
        """The figure."""
        return self._root

    @property
    def starts_log(self) -> bool:
        """Rings on a background: logarithmic."""
        return True

    def _figure(self) -> Any:
        width, height = _frame(self._rows, self._columns)
        fig = figure(
            frame_width=width, frame_height=height, tools="box_zoom,wheel_zoom,pan,reset,save", active_scroll=None,
            active_drag="box_zoom", toolbar_location="right",
            x_axis_label=self._columns.label, y_axis_label=self._rows.label,
            x_range=Range1d(*self._columns.ends, bounds="auto"),
            y_range=Range1d(*self._rows.ends, bounds="auto"),
        )  # fmt: skip
        fig.toolbar.logo = None
        fig.grid.visible = False
        fig.add_layout(self.note)
        fig.background_fill_color = "#000000"
        for axis in fig.axis:
            axis.axis_label_text_font_size, axis.major_label_text_font_size = "13px", "12px"
            axis.axis_label_text_font_style = "normal"
        colours = palette.colours()
        fig.image(
            "image", x="x", y="y", dw="dw", dh="dh", source=self._data,
            color_mapper=LinearColorMapper(colours, low=-0.5, high=255.5),
        )  # fmt: skip
        self._ticker = FixedTicker(ticks=[])
        self._bar = ColorBar(
            color_mapper=LinearColorMapper(colours[1:], low=0, high=1), ticker=self._ticker, title="counts", width=14,
            padding=6, label_standoff=6, major_label_text_font_size="12px", title_text_font_size="12px",
            title_text_font_style="normal", bar_line_color=None, background_fill_alpha=0,
        )  # fmt: skip
        fig.add_layout(self._bar, "right")
        fig.js_on_event(RangesUpdate, CustomJS(args={"wish": self.models["window"]}, code=TELL_WINDOW))
        fig.js_on_event(MouseMove, CustomJS(args={"wish": self.models["mouse"]}, code=TELL_MOUSE))
        fig.js_on_event(MouseLeave, CustomJS(args={"wish": self.models["mouse"]}, code=TELL_LEAVE))
        return fig

    def window(self, wish: list[Any] | None) -> bool:
        """Note the visible part that the browser wishes."""
        if wish is None or len(wish) != 4 or not all(isinstance(v, int | float) for v in wish):
            return False
        x0, x1, y0, y1 = wish
        self._window = (*self._columns.places(x0, x1), *self._rows.places(y0, y1))
        return True

    def refresh(self) -> None:
        """Send scale and window anew with the next drawing."""
        self._window = self._bar_shows = None

    def draw(self, snapshot: Snapshot, *, is_log: bool) -> None:
        """Put the visible part of a snapshot into the models."""
        part = self._cut = cut(snapshot.array, self._window, PIXELS)
        self._scale = scale.fit(part.counts, is_log=is_log, before=self._scale)
        (x, x1), (y, y1) = self._columns.values(part.x, part.width), self._rows.values(part.y, part.height)
        image = self._scale.index(part.counts)
        self._data.data = {"image": [image], "x": [x], "y": [y], "dw": [x1 - x], "dh": [y1 - y]}
        if self._scale != self._bar_shows:
            self._bar_shows = self._scale
            marks = self._scale.ticks()
            self._bar.major_label_overrides = dict(marks)
            self._ticker.ticks = [place for place, _ in marks]

    def readout(self, snapshot: Snapshot, mouse: list[Any] | None) -> str:
        """Say the exact count of the pixel under the mouse, also where the picture shows blocks of pixels."""
        if mouse and len(mouse) == 2:
            column, row = self._columns.bin(mouse[0]), self._rows.bin(mouse[1])
            if column is not None and row is not None:
                place = f"{self._columns.say(column)}, {self._rows.say(row)}{self._pixel(row, column)}"
                return f"{place}: {wording.counts(int(snapshot.array[row, column]))}"
        blocks = self._cut
        if blocks is not None and blocks.fx * blocks.fy > 1:
            return f"each dot: largest of {blocks.fx} × {blocks.fy} bins, zoom in for all · point for the exact count"
        return "black: no counts · point at a pixel for its exact count"

    def _pixel(self, row: int, column: int) -> str:
        if self._layout is None:
            return ""
        if self._numbers is None:
            self._numbers = self._layout.detector_number()
        return f" (pixel {self._numbers[row, column]})"


def silence_note() -> Label:
    """Return the label in which the page says that the kernel is silent."""
    return Label(
        x=8, y=8, x_units="screen", y_units="screen", text="", visible=False, text_font_size="14px",
        text_color="#000000", background_fill_color="#ffd54a", background_fill_alpha=1.0,
    )  # fmt: skip


class _Ruler:
    """From bins to what stands along an axis: values of a regular axis, else bin numbers."""

    def __init__(self, axis: Axis) -> None:
        self.n = axis.n
        self._edges = axis.edges
        self._name = axis.name or "bin"
        self._unit = wording.unit(axis.unit)
        self.is_index = axis.unit is None and bool(self._edges[0] == 0 and self._edges[-1] == axis.n)
        self._is_regular = axis.is_regular
        self.ends = (float(self._edges[0]), float(self._edges[-1])) if axis.is_regular else (0.0, float(axis.n))
        self.label = wording.label(axis) if axis.is_regular else f"{self._name}, bin number (uneven bins)"
        self._width = (self.ends[1] - self.ends[0]) / axis.n

    def values(self, first: int, n: int) -> tuple[float, float]:
        """Return the ends of `n` bins from `first` on, in the axis' values."""
        return self.ends[0] + first * self._width, self.ends[0] + (first + n) * self._width

    def places(self, low: float, high: float) -> tuple[float, float]:
        """Return values as bins."""
        return (low - self.ends[0]) / self._width, (high - self.ends[0]) / self._width

    def bin(self, value: object) -> int | None:
        """Return the bin at a value, or None beside the axis."""
        if not isinstance(value, int | float):
            return None
        place = int((value - self.ends[0]) // self._width)
        return place if 0 <= place < self.n else None

    def say(self, place: int) -> str:
        """Name a bin."""
        if self.is_index:
            return f"{self._name} {place}"
        unit = f" {self._unit}" if self._unit else ""
        return f"{self._name} {self._edges[place]:.6g} … {self._edges[place + 1]:.6g}{unit}"


def _frame(rows: _Ruler, columns: _Ruler) -> tuple[int, int]:
    """Return width and height on the screen: square pixels for detectors as long as that leaves something to see."""
    ratio = columns.n / rows.n
    if not (rows.is_index and columns.is_index) or not 0.4 <= ratio <= 4:
        return _WIDTH, _HEIGHT
    return (round(_HEIGHT * ratio), _HEIGHT) if ratio <= _WIDTH / _HEIGHT else (_WIDTH, round(_WIDTH / ratio))
