"""Regions drawn by hand: from the browser's gestures to regions, and from regions to outlines in the picture."""

from __future__ import annotations

import math
from itertools import groupby
from typing import Any

import numpy as np
from bokeh.events import DoubleTap, SelectionGeometry
from bokeh.models import BoxSelectTool, ColumnDataSource, CustomJS, PolySelectTool, Toolbar

from ..errors import ArgumentError
from ..reduce.pixels.region import Combined, Ellipse, Polygon, Rectangle, Region, Span
from ..reduce.show.ruler import Ruler
from ..reduce.units import exact_factor

# All that was drawn on this page goes each time: one message may replace another that the kernel has not seen yet.
TELL_DRAWN = """
if (cb_obj.final === false) return;
const g = cb_obj.geometry ?? { type: "poly", x: polygon.overlay.xs, y: polygon.overlay.ys };
const shape = g.type == "rect" ? [g.x0, g.x1, g.y0, g.y1] : g.type == "poly" ? [...g.x, ...g.y] : [];
if (cb_obj.geometry === undefined) {
  if (!polygon.active || g.x.length < 3) return;  // a double click: it ends the polygon as Enter does
  polygon.overlay.update({ xs: [], ys: [] });
}
if (!shape.length) return;
wish.shapes = [...(wish.shapes ?? []), [g.type, String(Math.random()).slice(2), ...shape]].slice(-20);
try { wish.tags = wish.shapes } catch (e) {}
"""
_MOST = 200
"""Most corners of one polygon that are believed."""


class Hand:
    """The drawing tools of one figure, and the outlines of what was drawn."""

    def __init__(self, fig: Any, columns: Ruler, rows: Ruler | None) -> None:
        self._columns, self._rows = columns, rows
        self.model = ColumnDataSource()
        self._outlines = ColumnDataSource({"xs": [], "ys": []})
        self._words = ColumnDataSource({"x": [], "y": [], "text": []})
        self._seen: set[str] = set()
        self._shown: tuple[Region, ...] = ()
        toolbar: Toolbar = fig.toolbar
        if rows is None:
            tools = [BoxSelectTool(renderers=[], dimensions="width", description="Draw a span")]
        else:
            tools = [
                BoxSelectTool(renderers=[], description="Draw a rectangle: view.drawn"),
                PolySelectTool(renderers=[], description="Draw a polygon, a double click ends it: view.drawn"),
            ]
        toolbar.tools = [*toolbar.tools, *tools]
        toolbar.active_tap = None
        tell = CustomJS(args={"wish": self.model, "polygon": tools[-1]}, code=TELL_DRAWN)
        fig.js_on_event(SelectionGeometry, tell)
        if rows is not None:
            fig.js_on_event(DoubleTap, tell)
        for colour, width in (("#000000", 3.5), ("#ffffff", 1.5)):
            fig.multi_line("xs", "ys", source=self._outlines, line_color=colour, line_width=width)
        fig.text(
            "x", "y", "text", source=self._words, text_color="#000000", background_fill_color="#ffffff",
            background_fill_alpha=0.8, text_font_size="11px", x_offset=2, y_offset=-2,
        )  # fmt: skip

    def follow(self, columns: Ruler, rows: Ruler | None) -> None:
        """Take other axes: they have grown."""
        self._columns, self._rows = columns, rows
        self._shown = ()

    def take(self, wish: list[Any] | None) -> list[Region]:
        """Return the regions that were drawn since the last time."""
        found = []
        for shape in wish or ():
            if not isinstance(shape, list) or len(shape) < 2 or not isinstance(shape[1], str) or shape[1] in self._seen:
                continue
            self._seen.add(shape[1])
            if (region := self._region(shape[0], shape[2:])) is not None:
                found.append(region)
        return found

    def show(self, drawn: list[Region]) -> bool:
        """Put the outlines of regions into the picture; return whether they are others than before."""
        if tuple(drawn) == self._shown:
            return False
        self._shown = tuple(drawn)
        loops = [(i, loop) for i, region in enumerate(drawn) for loop in self._outline(region)]
        self._outlines.data = {"xs": [x for _, (x, _) in loops], "ys": [y for _, (_, y) in loops]}
        corners = [(x[0], y[0], f"[{i}]") for i, (x, y) in loops]
        self._words.data = {name: [c[k] for c in corners] for k, name in enumerate(("x", "y", "text"))}
        return True

    def _region(self, kind: Any, numbers: list[Any]) -> Region | None:
        known = len(numbers) <= 2 * _MOST and all(
            isinstance(v, int | float) and not isinstance(v, bool) and math.isfinite(v) for v in numbers
        )
        if not known or len(numbers) < 4 or len(numbers) % 2:
            return None
        try:
            if self._rows is None:
                axis = self._columns.axis
                low, high = (self._columns.rounded(v) / self._columns.factor for v in sorted(numbers[:2]))
                return Span(axis.name, low, high, axis.unit)
            half = len(numbers) // 2
            unit = self._unit()
            xs = [self._written(self._columns, v, unit) for v in numbers[:half]]
            ys = [self._written(self._rows, v, unit) for v in numbers[half:]]
            if kind == "rect":
                return Rectangle((min(xs), max(xs)), (min(ys), max(ys)), unit)
            corners = [corner for corner, _ in groupby(zip(xs, ys, strict=True))]  # two clicks may be one corner
            return Polygon(tuple(x for x, _ in corners), tuple(y for _, y in corners), unit)
        except ArgumentError:
            return None  # a click without a drag

    def _unit(self) -> str | None:
        """Return the unit that both axes have; without one, regions are in pixel indices."""
        assert self._rows is not None
        unit = self._columns.axis.unit
        is_plain = self._columns.kind != "time" and self._rows.kind != "time"
        return unit if is_plain and unit == self._rows.axis.unit else None

    @staticmethod
    def _written(ruler: Ruler, value: float, unit: str | None) -> float:
        value = min(max(value, ruler.ends[0]), ruler.ends[1])
        return ruler.rounded(value) if unit is not None else round(ruler.place(value), 2)

    def _outline(self, region: Region) -> list[tuple[list[float], list[float]]]:
        """Return the loops of a region in the values of the axes; nothing of what has no outline here."""
        if isinstance(region, Combined):
            return [*self._outline(region.a), *self._outline(region.b)]
        if self._rows is None or isinstance(region, Span):
            return []
        if isinstance(region, Rectangle):
            (x0, x1), (y0, y1) = region.x, region.y
            x, y = [x0, x1, x1, x0, x0], [y0, y0, y1, y1, y0]
        elif isinstance(region, Polygon):
            x, y = [*region.x, region.x[0]], [*region.y, region.y[0]]
        elif isinstance(region, Ellipse):
            t = np.linspace(0, 2 * np.pi, 73)
            a, turn = region.radii[0] * np.cos(t), math.radians(region.rotation)
            b = region.radii[1] * np.sin(t)
            x = (region.center[0] + a * math.cos(turn) - b * math.sin(turn)).tolist()
            y = (region.center[1] + a * math.sin(turn) + b * math.cos(turn)).tolist()
        else:
            return []
        try:
            return [(_along(self._columns, x, region.unit), _along(self._rows, y, region.unit))]
        except ArgumentError:
            return []  # in a unit that this picture does not have


def _along(ruler: Ruler, values: list[float], unit: str | None) -> list[float]:
    if unit is None:
        return [ruler.value(v) for v in values]
    if ruler.axis.unit is None:
        raise ArgumentError(f"the axis has no unit, the region is in {unit}")
    factor = float(exact_factor(unit, ruler.axis.unit))
    return [v * factor for v in values]
