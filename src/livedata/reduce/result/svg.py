"""Results as drawings: axes, ticks, units and colours as SVG, without any plotting library."""

from __future__ import annotations

import base64
from html import escape
from typing import TYPE_CHECKING

import numpy as np

from ...errors import ArgumentError
from ..show import palette, scale, wording
from ..show.curve import trace
from ..show.part import shrink
from ..show.pngbytes import encode
from ..show.ruler import Ruler, frame

if TYPE_CHECKING:
    from .histogram import Histogram

_W, _H = 420, 300
_LEFT, _TOP, _BOTTOM, _RIGHT = 76, 34, 50, 96
_LINE = "#3573b0"
_STYLE = "font-family:system-ui,sans-serif;max-width:100%;height:auto;color:var(--jp-ui-font-color1,currentColor)"


def svg(histogram: Histogram, title: str = "", *, is_log: bool = True) -> str:
    """Draw a result with one or two axes.

    Ink takes the colour of the text around it, so that it can be read on dark pages; what has no value is left open.

    Parameters
    ----------
    histogram
        A histogram or a snapshot.
    title
        Written above.
    is_log
        Logarithmic or linear colours of an image. Curves are linear.

    Raises
    ------
    ArgumentError
        If it has no axis, or more than two.
    """
    if len(histogram.axes) not in (1, 2) or histogram.array.size == 0:
        raise ArgumentError(f"a drawing needs one or two axes, this has {len(histogram.axes)}; sum over some of them")
    if len(histogram.axes) == 1:
        return _curve(histogram, title)
    return _image(histogram, title, is_log=is_log)


class _Sheet:
    """A frame for the picture with words around it; y counts from the bottom of the frame up."""

    def __init__(self, width: int, height: int, right: int, title: str) -> None:
        self.width, self.height, self._right = width, height, right
        self._parts: list[str] = []
        self._title = title
        self.write(_LEFT, 20, title, anchor="start", size=15)

    def add(self, part: str) -> None:
        self._parts.append(part)

    def write(self, x: float, y: float, words: str, *, anchor: str = "middle", size: int = 12, more: str = "") -> None:
        if words:
            self.add(
                f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-size="{size}" fill="currentColor"{more}>'
                f"{escape(words)}</text>"
            )

    def line(self, x0: float, y0: float, x1: float, y1: float, ink: str = 'stroke="currentColor"') -> None:
        self.add(f'<line x1="{x0:.1f}" y1="{y0:.1f}" x2="{x1:.1f}" y2="{y1:.1f}" {ink}/>')

    def x(self, place: float) -> float:
        return _LEFT + place * self.width

    def y(self, place: float) -> float:
        return _TOP + (1 - place) * self.height

    def across(self, marks: list[tuple[float, str]], label: str) -> None:
        bottom = self.y(0)
        for place, words in marks:
            self.line(self.x(place), bottom, self.x(place), bottom + 5)
            self.write(self.x(place), bottom + 18, words)
        self.write(self.x(0.5), bottom + 40, label, size=13)

    def up(self, marks: list[tuple[float, str]], label: str, *, has_grid: bool = False) -> None:
        for place, words in marks:
            y = self.y(place)
            if has_grid and 0 < place < 1:
                self.line(self.x(0), y, self.x(1), y, 'stroke="currentColor" stroke-opacity="0.15"')
            self.line(_LEFT - 5, y, _LEFT, y)
            self.write(_LEFT - 8, y + 4, words, anchor="end")
        x, y = 16, self.y(0.5)
        self.write(x, y, label, size=13, more=f' transform="rotate(-90 {x} {y:.1f})"')

    def finished(self) -> str:
        box = f'x="{_LEFT}" y="{_TOP}" width="{self.width}" height="{self.height}"'
        self.add(f'<rect {box} fill="none" stroke="currentColor"/>')
        width, height = _LEFT + self.width + self._right, _TOP + self.height + _BOTTOM
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}" '
            f'role="img" aria-label="{escape(self._title)}" style="{_STYLE}">{"".join(self._parts)}</svg>'
        )


def _curve(histogram: Histogram, title: str) -> str:
    curve = trace(histogram)
    sheet = _Sheet(_W, _H, 24, title)
    sheet.up(curve.marks_up, curve.label_up, has_grid=True)
    sheet.across(curve.marks_across, curve.label_across)
    for line in curve.lines:
        points = " ".join(f"{sheet.x(x):.1f},{sheet.y(y):.1f}" for x, y in line)
        sheet.add(f'<polyline points="{points}" fill="none" stroke="{_LINE}" stroke-width="1.5"/>')
    for x, low, high in curve.bars:
        sheet.line(sheet.x(x), sheet.y(low), sheet.x(x), sheet.y(high), f'stroke="{_LINE}"')
    return sheet.finished()


def _image(histogram: Histogram, title: str, *, is_log: bool) -> str:
    rows, columns = Ruler(histogram.axes[0]), Ruler(histogram.axes[1])
    part = shrink(histogram.array, rows, columns, None, (_H, _W))
    colours = scale.fit(part.values, is_log=is_log)
    width, height = frame(rows, columns, _W, _H)
    sheet = _Sheet(width, height, _RIGHT, title)
    index = np.ascontiguousarray(colours.index(part.values)[::-1])
    sheet.add(_picture(encode(index, is_signed=colours.is_signed), _LEFT, _TOP, width, height))
    sheet.up(rows.marks(), rows.label)
    sheet.across(columns.marks(), columns.label)
    bar = np.arange(palette.N_COLOURS, 0, -1, dtype=np.uint8)[:, None]
    x = sheet.x(1) + 14
    sheet.add(_picture(encode(bar, is_signed=colours.is_signed), x, _TOP, 14, height))
    for place, words in colours.ticks():
        sheet.line(x + 14, sheet.y(place), x + 18, sheet.y(place))
        sheet.write(x + 21, sheet.y(place) + 4, words, anchor="start")
    sheet.write(x, _TOP - 8, wording.values_label(histogram.unit), anchor="start")
    if part.note:
        sheet.write(_LEFT, sheet.y(0) + 48, f"each dot: {part.note}", anchor="start", size=10)
    return sheet.finished()


def _picture(content: bytes, x: float, y: float, width: int, height: int) -> str:
    data = base64.b64encode(content).decode()
    return (
        f'<image x="{x:.1f}" y="{y:.1f}" width="{width}" height="{height}" preserveAspectRatio="none" '
        f'style="image-rendering:pixelated" href="data:image/png;base64,{data}"/>'
    )
