"""Pictures made of characters, for terminals, scripts and logs."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..reduce.axis import Axis
from ..reduce.result.histogram import Histogram
from ..reduce.show import palette, scale, wording
from ..reduce.show.raster import block_max, shrink_blocks
from ..reduce.show.ruler import Ruler
from .caption import facts

_SHADES = " ░▒▓█"
_ASCII_SHADES = " .:-=+*#%@"
_BARS = " ▁▂▃▄▅▆▇█"
_PLAIN = str.maketrans({"…": "~", "·": "-", "×": "x", "µ": "u", "Å": "A", "–": "-"})
WIDTH, HEIGHT = 72, 18


def draw(
    snapshot: Histogram,
    *,
    name: str = "",
    width: int = WIDTH,
    height: int = HEIGHT,
    is_log: bool = True,
    is_colour: bool = False,
    is_ascii: bool = False,
) -> str:
    """Draw a snapshot with characters.

    Parameters
    ----------
    snapshot
        A snapshot or another result. One or two dimensions are drawn; of more, the sum over all but the first two.
    name
        Written above.
    width, height
        Characters that the picture may take; two more lines hold the caption.
    is_log
        Logarithmic or linear shades of an image. A spectrum's bars are linear.
    is_colour
        Whether images use the colours of a terminal (24 bits, escape sequences), two rows a line.
    is_ascii
        Whether to keep to plain ASCII.

    Returns
    -------
    :
        Lines joined by newlines, none wider than `width`.
    """
    title = _fit([fact for fact in (name or snapshot.name, *facts(snapshot)) if fact] or [""], width)
    snapshot = snapshot.picture()
    if snapshot.array.ndim not in (1, 2) or snapshot.array.size == 0:
        return title
    width, height = max(8, width), max(2, height)
    if snapshot.array.ndim == 1:
        lines = _spectrum(snapshot.array, snapshot.axes[0], snapshot.unit, width, height, is_ascii=is_ascii)
    else:
        lines = _image(snapshot, width, height, is_log=is_log, is_colour=is_colour, is_ascii=is_ascii)
    lines = [title, *lines]
    drawn = "\n".join(lines)
    return drawn.translate(_PLAIN) if is_ascii else drawn


def _fit(facts: list[str], width: int) -> str:
    """Join as many facts as fit; a number cut in two would be another number."""
    line = facts[0][:width]
    for fact in facts[1:]:
        if len(line) + 3 + len(fact) > width:
            break
        line = f"{line} · {fact}"
    return line


def _spectrum(counts: NDArray[Any], axis: Axis, unit: str, width: int, height: int, *, is_ascii: bool) -> list[str]:
    blocks = -(-len(counts) // (width - 8))
    shown = block_max(counts, blocks, 0)
    known = np.where(np.isfinite(shown), shown, 0)  # what has no value stands like nothing: no bar
    peak = float(known.max(initial=0)) or 1.0
    eighths = np.maximum(np.rint(known / peak * height * 8), 0).astype(int)
    eighths[(known > 0) & (eighths == 0)] = 1  # a single count must not vanish
    lines = []
    for row in range(height - 1, -1, -1):
        level = np.clip(eighths - row * 8, 0, 8)
        bars = "".join("#" if v >= 4 else " " for v in level) if is_ascii else "".join(_BARS[v] for v in level)
        scale_text = wording.short(peak) if row == height - 1 else "0" if row == 0 else ""
        lines.append(f"{scale_text:>7} {bars}".rstrip())
    ruler = Ruler(axis)
    low, high = ruler.ends_said()
    what = f", {wording.values_label(unit)}" if unit != "counts" else ""
    note = f"{ruler.label}{what}{f', largest of {blocks} bins' if blocks > 1 else ''}"
    room = len(shown) - len(low) - len(high)
    if len(note) + 2 <= room:
        lines.append(f"{'':8}{low}{note:^{room}}{high}")
    else:
        lines.append(f"{'':8}{low} … {high} {ruler.label}"[:width])
    return lines


def _image(snapshot: Histogram, width: int, height: int, *, is_log: bool, is_colour: bool, is_ascii: bool) -> list[str]:
    counts = snapshot.array
    rows = 2 * height if is_colour else height
    fy, fx = -(-counts.shape[0] // rows), -(-counts.shape[1] // width)
    shown = shrink_blocks(counts, fy, fx)
    colours = scale.fit(shown, is_log=is_log)
    index = colours.index(shown)[::-1]  # the first row stands at the bottom
    if is_colour:
        lines = _coloured(index, is_signed=colours.is_signed)
    else:
        shades = _ASCII_SHADES if is_ascii else _SHADES
        steps = len(shades) - 1
        filled = (index > 0) & (index < palette.NOTHING)
        level = np.where(filled, 1 + (index.astype(int) - 1) * steps // 255, 0)
        lines = ["".join(shades[v] for v in line).rstrip() for line in level]
    y, x = wording.label(snapshot.axes[0]), wording.label(snapshot.axes[1])
    size = f"{counts.shape[1]} {x} × {counts.shape[0]} {y}"
    ends = f"{'log' if colours.is_log else 'linear'} {wording.tick(colours.low)} … {wording.tick(colours.high)}"
    blocks = [f"each place the largest of {fx} × {fy}"] if fx * fy > 1 else []
    unit = [wording.values_label(snapshot.unit)] if snapshot.unit != "counts" else []
    return [*lines, _fit([size, ends, *unit, *blocks], width)]


def _coloured(index: NDArray[np.uint8], *, is_signed: bool) -> list[str]:
    rgb = palette.rgb(is_signed=is_signed)
    if len(index) % 2:
        index = np.vstack([np.zeros((1, index.shape[1]), np.uint8), index])
    lines = []
    for upper, lower in zip(index[::2], index[1::2], strict=True):
        parts, before = [], None
        for pair in zip(upper.tolist(), lower.tolist(), strict=True):
            if pair != before:
                (r, g, b), (r2, g2, b2) = rgb[pair[0]].tolist(), rgb[pair[1]].tolist()
                parts.append(f"\x1b[38;2;{r};{g};{b};48;2;{r2};{g2};{b2}m")
                before = pair
            parts.append("▀")
        lines.append("".join(parts) + "\x1b[0m")
    return lines
