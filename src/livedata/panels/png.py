"""Still pictures as PNG: images and spectra side by side, with axes, scale and title. Needs no plotting library."""

from __future__ import annotations

import io
import math
from collections.abc import Mapping
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import FileError
from ..reduce.result.histogram import Histogram
from ..reduce.show import palette, scale, wording
from ..reduce.show.curve import trace
from ..reduce.show.part import shrink
from ..reduce.show.ruler import Ruler, frame
from .caption import facts

_W, _H = 460, 400
_LEFT, _TOP, _BOTTOM, _RIGHT = 78, 62, 56, 96
_INK, _FAINT, _PAPER, _LINE = (20, 20, 20), (110, 110, 110), (255, 255, 255), (38, 88, 140)
_PLAIN = str.maketrans({"µ": "u", "Å": "A", "…": "~", "·": "-", "×": "x", "–": "-", "‖": "|", "▲": "!"})


def save(path: str | Path, pictures: Mapping[str, Histogram]) -> Path:
    """Write pictures side by side into one PNG file, replacing what was there.

    Parameters
    ----------
    path
        The file.
    pictures
        Snapshots by their titles.

    Raises
    ------
    FileError
        If the file cannot be written.
    """
    target = Path(path)
    try:
        target.write_bytes(render(pictures))
    except OSError as error:
        why = error.strerror or str(error)
        raise FileError(f"cannot write the picture {target}: {why}; choose another place") from error
    return target


def render(pictures: Mapping[str, Histogram], *, is_log: bool = True) -> bytes:
    """Draw pictures side by side and return the bytes of a PNG file.

    Parameters
    ----------
    pictures
        Snapshots by their titles; of more than two dimensions, the sum over all but the first two.
    is_log
        Logarithmic or linear colours of images. Spectra are linear.
    """
    from PIL import Image

    plates = [_plate(title, snapshot, is_log=is_log) for title, snapshot in pictures.items()]
    sheet = Image.new("RGB", (max(1, sum(p.width for p in plates)), max([1, *(p.height for p in plates)])), _PAPER)
    x = 0
    for plate in plates:
        sheet.paste(plate, (x, 0))
        x += plate.width
    buffer = io.BytesIO()
    sheet.save(buffer, "PNG", optimize=False, compress_level=3)
    return buffer.getvalue()


def _plate(title: str, snapshot: Histogram, *, is_log: bool) -> Any:
    said, flat = " · ".join(facts(snapshot)), snapshot.picture()
    return _image(title, said, flat, is_log=is_log) if flat.array.ndim == 2 else _spectrum(title, said, flat)


class _Pen:
    """A sheet with a frame for the picture and words around it."""

    def __init__(self, width: int, height: int, right: int) -> None:
        from PIL import Image, ImageDraw

        self.sheet = Image.new("RGB", (_LEFT + width + right, _TOP + height + _BOTTOM), _PAPER)
        self.pen = ImageDraw.Draw(self.sheet)
        self.box = (_LEFT, _TOP, _LEFT + width, _TOP + height)

    def write(self, x: float, y: float, words: str, *, size: int = 13, anchor: str = "la", faint: bool = False) -> None:
        font, has_all = _font(size)
        said = words if has_all else words.translate(_PLAIN).encode("ascii", "replace").decode()
        self.pen.text((x, y), said, fill=_FAINT if faint else _INK, font=font, anchor=anchor)

    def title(self, name: str, said: str) -> None:
        self.write(_LEFT, 12, name, size=17)
        self.write(_LEFT, 38, said, size=12, faint=True)

    def across(self, place: float, words: str) -> None:
        x0, _, x1, y1 = self.box
        x = x0 + place * (x1 - x0)
        self.pen.line((x, y1, x, y1 + 5), fill=_INK)
        self.write(x, y1 + 8, words, size=12, anchor="ma")

    def up(self, place: float, words: str) -> None:
        x0, y0, _, y1 = self.box
        y = y1 - place * (y1 - y0)
        self.pen.line((x0 - 5, y, x0, y), fill=_INK)
        self.write(x0 - 8, y, words, size=12, anchor="rm")

    def labels(self, x: str, y: str) -> None:
        x0, y0, x1, y1 = self.box
        self.pen.rectangle((x0, y0, x1, y1), outline=_INK)
        self.write((x0 + x1) / 2, y1 + 28, x, anchor="ma")
        self.upright(18, (y0 + y1) / 2, y)

    def upright(self, x: float, y: float, words: str) -> None:
        from PIL import Image, ImageDraw

        font, has_all = _font(13)
        said = words if has_all else words.translate(_PLAIN).encode("ascii", "replace").decode()
        width = math.ceil(font.getlength(said)) + 4
        strip = Image.new("RGB", (width, 20), _PAPER)
        ImageDraw.Draw(strip).text((width / 2, 10), said, fill=_INK, font=font, anchor="mm")
        turned = strip.rotate(90, expand=True)
        self.sheet.paste(turned, (round(x - turned.width / 2), round(y - turned.height / 2)))


@cache
def _font(size: int) -> tuple[Any, bool]:
    """Return a font and whether it has more than ASCII; the better one comes with matplotlib, where installed."""
    from PIL import ImageFont

    spec = find_spec("matplotlib")
    if spec is not None and spec.origin is not None:
        path = Path(spec.origin).parent / "mpl-data" / "fonts" / "ttf" / "DejaVuSans.ttf"
        if path.is_file():
            return ImageFont.truetype(str(path), size), True
    return ImageFont.load_default(size), False


def _image(title: str, said: str, shown: Histogram, *, is_log: bool) -> Any:
    from PIL import Image

    rows, columns = Ruler(shown.axes[0]), Ruler(shown.axes[1])
    part = shrink(shown.array, rows, columns, None, (_H, _W))
    colours = scale.fit(part.values, is_log=is_log)
    rgb = palette.rgb(is_signed=colours.is_signed)
    pixels = Image.fromarray(np.ascontiguousarray(rgb[colours.index(part.values)][::-1]))
    width, height = frame(rows, columns, _W, _H)
    pen = _Pen(width, height, _RIGHT)
    pen.title(title, said)
    x0, y0, x1, y1 = pen.box
    pen.sheet.paste(pixels.resize((width, height), Image.Resampling.NEAREST), (x0, y0))
    pen.labels(columns.label, rows.label)
    for ruler, mark in ((columns, pen.across), (rows, pen.up)):
        for place, words in ruler.marks():
            mark(place, words)
    bar = np.arange(palette.N_COLOURS, 0, -1, dtype=np.uint8)[:, None]
    strip = Image.fromarray(np.ascontiguousarray(rgb[bar])).resize((16, height), Image.Resampling.NEAREST)
    pen.sheet.paste(strip, (x1 + 14, y0))
    for place, words in colours.ticks():
        y = y1 - place * height
        pen.pen.line((x1 + 30, y, x1 + 35, y), fill=_INK)
        pen.write(x1 + 38, y, words, size=12, anchor="lm")
    pen.write(x1 + 14, y0 - 18, wording.values_label(shown.unit), size=12)
    if part.note:
        pen.write(x0, y1 + 42, f"each dot: {part.note}", size=10, faint=True)
    return pen.sheet


def _spectrum(title: str, said: str, shown: Histogram) -> Any:
    curve = trace(shown)
    pen = _Pen(_W, _H, 34)
    pen.title(title, said)
    x0, _, x1, y1 = pen.box
    for place, words in curve.marks_up:
        y = y1 - place * _H
        pen.pen.line((x0, y, x1, y), fill=(225, 225, 225))
        pen.up(place, words)
    for place, words in curve.marks_across:
        pen.across(place, words)
    for line in curve.lines:
        pen.pen.line([(x0 + x * _W, y1 - y * _H) for x, y in line], fill=_LINE, width=2)
    for x, low, high in curve.bars:
        pen.pen.line((x0 + x * _W, y1 - low * _H, x0 + x * _W, y1 - high * _H), fill=_LINE, width=1)
    pen.labels(curve.label_across, curve.label_up)
    return pen.sheet
