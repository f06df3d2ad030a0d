"""The live image: at most as many pixels as the screen has room for, eight bits each, cut anew when the view zooms."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from bokeh.events import MouseLeave, MouseMove, RangesUpdate
from bokeh.models import (
    ColorBar,
    ColumnDataSource,
    CustomJS,
    FixedTicker,
    Label,
    LayoutDOM,
    LinearColorMapper,
    Range1d,
    Title,
)
from bokeh.plotting import figure
from numpy.typing import NDArray

from ..errors import ArgumentError
from ..reduce.axis import Axis
from ..reduce.pixels.region import Region
from ..reduce.result.snapshot import Snapshot
from ..reduce.show import palette, scale, wording
from ..reduce.show.part import Part, shrink
from ..reduce.show.raster import Window
from ..reduce.show.ruler import Ruler, frame
from .drawn import Hand
from .place import Places

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
    """A two-dimensional picture with colour bar, zoom, readout and tools to draw regions.

    Parameters
    ----------
    first
        A snapshot with the axes (row, column).
    places
        The pixels behind it, for the readout and the masked ones.
    """

    n_axes = 2

    def __init__(self, first: Snapshot, places: Places | None = None) -> None:
        self._rows, self._columns = Ruler(first.axes[0]), Ruler(first.axes[1])
        self._places = places or Places()
        self._hidden = self._places.hidden(first.array.shape)
        self._window: Window | None = None
        self._scale: scale.Scale | None = None
        self._bar_shows: scale.Scale | None = None
        self._cut: Part | None = None
        self._unit = first.unit
        columns: dict[str, list[Any]] = {name: [0.0] for name in ("x", "y", "dw", "dh")}
        self._data = ColumnDataSource({"image": [np.zeros((1, 1), np.uint8)], **columns})
        self.models = {"window": ColumnDataSource(), "mouse": ColumnDataSource()}
        self.note = silence_note()
        self._root = self._figure()
        self.hand = Hand(self._root, self._columns, self._rows)
        self.models["drawn"] = self.hand.model

    @property
    def root(self) -> LayoutDOM:
        """The figure."""
        return self._root

    @property
    def starts_log(self) -> bool:
        """Rings on a background: logarithmic."""
        return True

    def _figure(self) -> Any:
        width, height = frame(self._rows, self._columns, _WIDTH, _HEIGHT)
        fig = figure(
            frame_width=width, frame_height=height, tools="box_zoom,wheel_zoom,pan,reset,save", active_scroll=None,
            active_drag="box_zoom", toolbar_location="right",
            x_axis_label=self._columns.label, y_axis_label=self._rows.label,
            x_axis_type=self._columns.library_type, y_axis_type=self._rows.library_type,
            x_range=Range1d(*self._columns.ends, bounds=self._columns.ends),
            y_range=Range1d(*self._rows.ends, bounds=self._rows.ends),
        )  # fmt: skip
        fig.toolbar.logo = None
        fig.grid.visible = False
        fig.add_layout(self.note)
        if self._places.looking:
            fig.add_layout(
                Title(text=self._places.looking, text_font_size="12px", text_font_style="normal"), "above"
            )  # fmt: skip
        fig.background_fill_color = palette.BACKGROUND
        for axis, ruler in ((fig.xaxis[0], self._columns), (fig.yaxis[0], self._rows)):
            axis.axis_label_text_font_size, axis.major_label_text_font_size = "13px", "12px"
            axis.axis_label_text_font_style = "normal"
            if marks := ruler.category_marks():
                axis.ticker, axis.major_label_overrides = FixedTicker(ticks=list(marks)), marks
        self._mapper = LinearColorMapper(palette.colours(), low=-0.5, high=255.5)
        fig.image("image", x="x", y="y", dw="dw", dh="dh", source=self._data, color_mapper=self._mapper)
        self._ticker = FixedTicker(ticks=[])
        self._bar = ColorBar(
            color_mapper=LinearColorMapper(palette.colours()[1:-1], low=0, high=1), ticker=self._ticker,
            title=wording.values_label(self._unit), width=14,
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
        if self._columns.is_whole(x0, x1) and self._rows.is_whole(y0, y1):
            self._window = None
            return True
        self._window = (*self._columns.places(x0, x1), *self._rows.places(y0, y1))
        return True

    def outline(self, drawn: list[Region]) -> bool:
        """Show regions as outlines; return whether they changed."""
        return self.hand.show(drawn)

    def refresh(self) -> None:
        """Send scale and window anew with the next drawing."""
        self._window = self._bar_shows = None

    def draw(self, snapshot: Snapshot, *, is_log: bool) -> None:
        """Put the visible part of a snapshot into the models."""
        if (snapshot.axes[0], snapshot.axes[1]) != (self._rows.axis, self._columns.axis):
            self._follow(snapshot)
        are_counts = snapshot.spread is None and snapshot.array.dtype.kind in "iu"
        part = self._cut = shrink(
            self._visible(snapshot.array),
            self._rows,
            self._columns,
            self._window,
            (PIXELS, PIXELS),
            are_counts=are_counts,
        )
        self._scale = scale.fit(part.values, is_log=is_log, before=self._scale, are_counts=are_counts)
        (x, x1), (y, y1) = part.x, part.y
        image = self._scale.index(part.values)
        self._data.data = {"image": [image], "x": [x], "y": [y], "dw": [x1 - x], "dh": [y1 - y]}
        if self._scale != self._bar_shows:
            was_signed = self._bar_shows is not None and self._bar_shows.is_signed
            if self._scale.is_signed or was_signed:
                colours = palette.colours(is_signed=self._scale.is_signed)
                self._mapper.palette, self._bar.color_mapper.palette = colours, colours[1:-1]
            self._bar_shows = self._scale
            marks = self._scale.ticks()
            self._bar.major_label_overrides = dict(marks)
            self._ticker.ticks = [place for place, _ in marks]

    def _follow(self, snapshot: Snapshot) -> None:
        """Take other axes: time goes on, or frames have another shape."""
        is_whole = self._window is None
        self._rows = follow(self._rows, snapshot.axes[0], self._root.y_range, is_whole=is_whole)
        self._columns = follow(self._columns, snapshot.axes[1], self._root.x_range, is_whole=is_whole)
        self._hidden = self._places.hidden(snapshot.array.shape)
        self.hand.follow(self._columns, self._rows)

    def _visible(self, values: NDArray[Any]) -> NDArray[Any]:
        """Leave out what only masked pixels show."""
        if self._hidden is None or self._hidden.shape != values.shape:
            return values
        return np.where(self._hidden, np.nan, values)

    def readout(self, snapshot: Snapshot, mouse: list[Any] | None) -> str:
        """Say the exact value of the place under the mouse, also where the picture shows blocks of bins."""
        if mouse and len(mouse) == 2:
            column, row = self._columns.bin(mouse[0]), self._rows.bin(mouse[1])
            if column is not None and row is not None and snapshot.array.shape == (self._rows.n, self._columns.n):
                pixel = self._places.say(row, column, snapshot.array.shape)
                place = f"{self._columns.say(column)}, {self._rows.say(row)}{pixel}"
                return f"{place}: {said_value(snapshot, (row, column))}"
        if self._cut is not None and self._cut.note:
            return f"each dot: {self._cut.note}, zoom in for all · point for the exact {_what(snapshot)}"
        if self._scale is not None and self._scale.is_signed:
            return "white: zero · grey: no value · point at a place for its exact value"
        grey = "" if snapshot.array.dtype.kind != "f" and self._hidden is None else ", grey: masked or no value"
        zero = "no counts" if snapshot.unit == "counts" else "zero"
        return f"black: {zero}{grey} · point at a pixel for its exact {_what(snapshot)}"


def follow(ruler: Ruler, axis: Axis, shown: Range1d, *, is_whole: bool) -> Ruler:
    """Return the ruler of an axis that has changed its bins; who looks at all of it will see all of it.

    Raises
    ------
    ArgumentError
        If it has become another quantity.
    """
    new = Ruler(axis)
    if (new.label, new.kind) != (ruler.label, ruler.kind):
        raise ArgumentError(f"the axis {ruler.label!r} has become {new.label!r}; run the cell again")
    if new.ends != ruler.ends:
        shown.bounds = new.ends
        if is_whole:
            shown.update(start=new.ends[0], end=new.ends[1])
    return new


def said_value(snapshot: Snapshot, at: tuple[int, ...]) -> str:
    """Say one value; with its error where it is no plain number of counts."""
    spread = None if snapshot.spread is None else float(snapshot.spread[at])
    error = None if spread is None or not spread >= 0 else math.sqrt(spread)
    return wording.value(snapshot.array[at].item(), snapshot.unit, error=error)


def _what(snapshot: Snapshot) -> str:
    return "count" if snapshot.unit == "counts" else "value"


def silence_note() -> Label:
    """Return the label in which the page says that the kernel is silent."""
    return Label(
        x=8, y=8, x_units="screen", y_units="screen", text="", visible=False, text_font_size="14px",
        text_color="#000000", background_fill_color="#ffd54a", background_fill_alpha=1.0,
    )  # fmt: skip
