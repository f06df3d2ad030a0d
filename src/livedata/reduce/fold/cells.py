"""Cells: counters of 32 bits that spill into 64, sums of weights beside them, and marginals that run along."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

SPILL_AT = 2**32 - 1
"""Before the first spill: no counter can run over before so many more events were added than taken away."""
SPILL_AGAIN_AT = 2**31 - 1
"""After it counters are signed, because what is taken away may have been spilled."""
DIRECT = 1 << 16
"""Up to so many cells sums are worked out when they are asked for."""
MANY = 1 << 22
"""From so many cells on, sums over columns run along as well: a picture is then read without looking at cells."""
NEAR = 1 << 19
"""Up to so many rows their sums stay in the cache. Where there are more, they run along only beside long rows."""
LONG = 64


class Cells:
    """Counts in planes, rows and columns, of which the first `n_good` are told apart in sums over columns."""

    def __init__(self, n_planes: int, n_rows: int, width: int, n_good: int | None = None) -> None:
        self.n_good = width if n_good is None else n_good
        self.shape = (n_planes, n_rows, width)
        size = n_planes * n_rows * width
        is_wide = _is_wide(n_planes, n_rows, width)
        self.counts = np.zeros(size, np.uint32)
        self.total: NDArray[np.int64] | None = None
        """What was spilled."""
        self.excess: NDArray[np.int64] | None = None
        """Sum of what weights have over 1."""
        self.squares: NDArray[np.int64] | None = None
        """Sum of what their squares have over 1."""
        self.columns = np.zeros(width if is_wide else 0, np.int64)
        """Sum over rows; empty where it does not run along."""
        self.rows = np.zeros(2 * n_rows if is_wide and _are_summed(n_rows, width) else 0, np.uint32)
        """Sums over good columns, then over all others; empty where they do not run along."""
        self._rows_total: NDArray[np.int64] | None = None
        self._added = 0
        self._removed = 0

    @staticmethod
    def bytes_needed(n_planes: int, n_rows: int, width: int) -> int:
        """Return how much memory cells take."""
        is_wide = _is_wide(n_planes, n_rows, width)
        beside = 8 * width + (8 * n_rows if _are_summed(n_rows, width) else 0)
        return 4 * n_planes * n_rows * width + (beside if is_wide else 0)

    @property
    def size(self) -> int:
        """Number of cells."""
        return len(self.counts)

    def plane(self, index: int) -> NDArray[np.uint32]:
        """Return the counters of one plane, flat."""
        if self.shape[0] == 1:
            return self.counts
        n = self.shape[1] * self.shape[2]
        return self.counts[index * n : (index + 1) * n]

    def expect(self, n: int, sign: int) -> None:
        """Make room for so many events."""
        if sign > 0:
            self._added += n
        else:
            self._removed += n
        if self.total is None:
            if self._added - self._removed <= SPILL_AT and self._removed <= self._added:
                return
        elif self._added <= SPILL_AGAIN_AT and self._removed <= SPILL_AGAIN_AT:
            return
        self._added -= n if sign > 0 else 0
        self._removed -= n if sign < 0 else 0
        self.spill()
        if sign > 0:
            self._added = n
        else:
            self._removed = n

    def spill(self) -> None:
        """Empty the counters into the totals."""
        is_signed = self.total is not None
        self.total = _emptied(self.counts, self.total, is_signed=is_signed)
        if len(self.rows):
            self._rows_total = _emptied(self.rows, self._rows_total, is_signed=is_signed)
        self._added = self._removed = 0

    def need_weights(self) -> None:
        """Make room for weights."""
        if self.excess is None:
            self.excess, self.squares = np.zeros(self.size, np.int64), np.zeros(self.size, np.int64)

    def parts(self) -> list[NDArray[np.uint32] | NDArray[np.int32] | NDArray[np.int64]]:
        """Return arrays, shape (plane, row, column), whose sum are the counts."""
        held = self.counts if self.total is None else self.counts.view(np.int32)
        return [a.reshape(self.shape) for a in (held, self.total) if a is not None]

    def row_sums(self) -> NDArray[np.int64]:
        """Return the sums over good columns and over all others, shape (2, row), where they run along."""
        if self._rows_total is None:
            return self.rows.astype(np.int64).reshape(2, -1)
        return (self._rows_total + self.rows.view(np.int32)).reshape(2, -1)

    def rearranged(self, places: NDArray[np.int64], n_planes: int) -> Cells:
        """Return the same with more planes, where the first planes have moved to `places`; without running sums."""
        moved = Cells(n_planes, *self.shape[1:])
        n, rest = len(places), self.shape[1] * self.shape[2]
        for name in ("counts", "total", "excess", "squares"):
            held = getattr(self, name)
            if held is not None:
                array = np.zeros((n_planes, rest), held.dtype)
                array[places] = held.reshape(-1, rest)[:n]
                setattr(moved, name, array.ravel())
        moved._added, moved._removed = self._added, self._removed
        return moved

    def merge(self, other: Cells) -> None:
        """Add what another has counted."""
        net = self._added - self._removed + other._added - other._removed
        if self.total is None and other.total is None and net <= SPILL_AT:
            self._added += other._added
            self._removed += other._removed
            self.counts += other.counts
            self.rows += other.rows
        else:
            self.spill()
            other.spill()
            assert self.total is not None
            assert other.total is not None
            self.total += other.total
            if self._rows_total is not None and other._rows_total is not None:
                self._rows_total += other._rows_total
        self.columns += other.columns
        if other.excess is not None:
            self.need_weights()
            assert self.excess is not None
            assert self.squares is not None
            assert other.squares is not None
            self.excess += other.excess
            self.squares += other.squares


def _is_wide(n_planes: int, n_rows: int, width: int) -> bool:
    """Whether sums over rows run along."""
    return n_planes == 1 and n_rows > 1 and width > 1 and n_rows * width > DIRECT


def _are_summed(n_rows: int, width: int) -> bool:
    """Whether rows are summed all along: many cells, and sums in the cache or much longer to work out than to keep."""
    return n_rows * width >= MANY and (n_rows <= NEAR or width >= LONG)


def _emptied(counts: NDArray[np.uint32], total: NDArray[np.int64] | None, *, is_signed: bool) -> NDArray[np.int64]:
    held = counts.view(np.int32) if is_signed else counts
    result = held.astype(np.int64) if total is None else np.add(total, held, out=total)
    counts[:] = 0
    return result
