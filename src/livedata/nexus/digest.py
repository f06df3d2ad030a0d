"""Sums that tell whether what is read back is what was written."""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray

_FACTOR = 0x9E3779B97F4A7C15
_MASK = 2**64 - 1


class Digest:
    """A sum over the bytes of a column, chunk by chunk, sensitive to any flipped bit and to the order of chunks.

    Each chunk's words are added as uint64; the sums are joined as digits of a polynomial modulo 2**64. Costs as much as
    reading the memory once. It guards against faults of programs and discs, not against people.
    """

    __slots__ = ("rows", "value")

    def __init__(self, rows: int) -> None:
        self.rows = rows
        """Rows of a chunk: the same cut must be used when reading back."""
        self.value = 0

    def add(self, chunk: NDArray[np.generic]) -> None:
        """Take the next chunk (only the last may be shorter)."""
        raw = np.ascontiguousarray(chunk).reshape(-1).view(np.uint8)
        even = len(raw) - len(raw) % 8
        total = int(raw[:even].view(np.uint64).sum(dtype=np.uint64)) + int.from_bytes(raw[even:].tobytes(), "little")
        self.value = (self.value * _FACTOR + total + len(raw)) & _MASK


class TextDigest:
    """The same for texts, in their order; it does not matter how many are added at once."""

    __slots__ = ("_hash", "rows")

    def __init__(self) -> None:
        self._hash = blake2b(digest_size=8)
        self.rows = 4096

    def add(self, texts: Iterable[str]) -> None:
        """Take the next texts."""
        for text in texts:
            raw = text.encode("utf-8")
            self._hash.update(len(raw).to_bytes(8, "little") + raw)

    @property
    def value(self) -> int:
        """The sum so far."""
        return int.from_bytes(self._hash.digest(), "little")
