"""Arrays as small inline pictures: sparklines in SVG, images in PNG. Spikes and single hot pixels stay visible."""

from __future__ import annotations

import zlib
from base64 import b64encode
from struct import pack
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .wording import extremes

_WIDTH, _HEIGHT, _COLUMNS = 240, 28, 120
_PIXELS = 64
_SHOWN = 128
_VIRIDIS = ((0, 0, 0), (68, 1, 84), (59, 82, 139), (33, 145, 140), (94, 201, 98), (253, 231, 37))
"""Black for the least, then viridis at equal steps."""


def sparkline_html(array: NDArray[Any]) -> str:
    """Draw a one-dimensional array as a line in the colour of the text around it.

    Parameters
    ----------
    array
        Numbers, shape (n,). Where there are more than fit, each column spans least to greatest of its share.

    Returns
    -------
    :
        An SVG element, or nothing for an array without finite numbers.
    """
    ends = extremes(array)
    if ends is None:
        return ""
    columns = min(len(array), _COLUMNS)
    starts = np.arange(columns) * len(array) // columns
    values = array.astype(np.uint8) if array.dtype.kind == "b" else array
    # Infinities and NaN leave a gap, and must not decide the extremes of their neighbours.
    if values.dtype.kind == "f":
        finite = np.isfinite(values)
        low = np.minimum.reduceat(np.where(finite, values, np.inf), starts).astype(float)
        high = np.maximum.reduceat(np.where(finite, values, -np.inf), starts).astype(float)
    else:
        low = np.minimum.reduceat(values, starts).astype(float)
        high = np.maximum.reduceat(values, starts).astype(float)
    bottom, top = float(ends[0]), float(ends[1])
    # Halves first: the span of the largest doubles is beyond what a double holds.
    span = (top / 2 - bottom / 2) or 1.0
    y_low = _HEIGHT - 2 - (low / 2 - bottom / 2) / span * (_HEIGHT - 4)
    y_high = _HEIGHT - 2 - (high / 2 - bottom / 2) / span * (_HEIGHT - 4)
    x = (np.arange(columns) + 0.5) * _WIDTH / columns
    path, pen_is_up = [], True
    for i in range(columns):
        if not (np.isfinite(y_low[i]) and np.isfinite(y_high[i])):
            pen_is_up = True
            continue
        path.append(f"{'M' if pen_is_up else 'L'}{x[i]:.0f} {y_high[i]:.1f}")
        if y_low[i] - y_high[i] >= 0.05:
            path.append(f"V{y_low[i]:.1f}")
        pen_is_up = False
    return (
        f'<svg width="{_WIDTH}" height="{_HEIGHT}" viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" '
        f'aria-label="values in their order" style="display:block"><path d="{"".join(path)}" fill="none" '
        'stroke="currentColor" stroke-width="1" stroke-linejoin="round" stroke-linecap="round"/></svg>'
    )


def image_html(array: NDArray[Any]) -> str:
    """Draw a two-dimensional array as an image, first row at the top, each pixel the greatest of its block.

    Parameters
    ----------
    array
        Numbers, shape (row, column). What is not finite is black, as the least is.
    """
    ends = extremes(array)
    if ends is None:
        return ""
    factors = [-(-n // _PIXELS) for n in array.shape]
    values = array.astype(np.uint8) if array.dtype.kind == "b" else array
    if values.dtype.kind == "f":
        values = np.where(np.isfinite(values), values, ends[0])
    for axis, factor in enumerate(factors):
        if factor > 1:
            values = np.maximum.reduceat(values, np.arange(0, values.shape[axis], factor), axis=axis)
    bottom, top = float(ends[0]), float(ends[1])
    span = (top / 2 - bottom / 2) or 1.0
    index = np.rint((values.astype(float) / 2 - bottom / 2) / span * 255).clip(0, 255).astype(np.uint8)
    data = b64encode(_png(index)).decode("ascii")
    scale = _SHOWN / max(index.shape)
    height, width = (max(1, round(n * scale)) for n in index.shape)
    return (
        f'<img alt="values, first row at the top" width="{width}" height="{height}" '
        f'style="image-rendering:pixelated;display:block" src="data:image/png;base64,{data}">'
    )


def _png(index: NDArray[np.uint8]) -> bytes:
    """Write palette numbers as PNG (https://www.w3.org/TR/png-3/)."""
    rows = b"".join(b"\0" + row.tobytes() for row in index)
    steps = np.linspace(0, len(_VIRIDIS) - 1, 256)
    table = np.array(_VIRIDIS, float)
    palette = np.column_stack([np.interp(steps, np.arange(len(table)), table[:, c]) for c in range(3)])
    height, width = index.shape
    chunks = (
        (b"IHDR", pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0)),
        (b"PLTE", palette.round().astype(np.uint8).tobytes()),
        (b"IDAT", zlib.compress(rows, 9)),
        (b"IEND", b""),
    )
    body = b"".join(pack(">I", len(d)) + kind + d + pack(">I", zlib.crc32(kind + d)) for kind, d in chunks)
    return b"\x89PNG\r\n\x1a\n" + body
