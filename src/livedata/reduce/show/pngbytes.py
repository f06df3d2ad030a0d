"""PNG files with a palette, written with what Python itself brings."""

from __future__ import annotations

import struct
import zlib

import numpy as np
from numpy.typing import NDArray

from .palette import NOTHING, rgb


def encode(index: NDArray[np.uint8], *, is_signed: bool = False) -> bytes:
    """Return an image of palette indices as a PNG file; what has no value is transparent.

    Parameters
    ----------
    index
        uint8, shape (row, column), the first row uppermost.
    is_signed
        Which palette.

    References
    ----------
    PNG specification: https://www.w3.org/TR/png-3/
    """
    height, width = index.shape
    lines = np.concatenate([np.zeros((height, 1), np.uint8), index], axis=1)  # filter 0: as it is
    alpha = b"\xff" * NOTHING + b"\x00"
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        (
            _chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0)),
            _chunk(b"PLTE", rgb(is_signed=is_signed).tobytes()),
            _chunk(b"tRNS", alpha),
            _chunk(b"IDAT", zlib.compress(lines.tobytes(), 6)),
            _chunk(b"IEND", b""),
        )
    )


def _chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
