"""Random draws from a table of weights at a few nanoseconds each: Walker's alias method, built without loops."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

FRACTION_BITS = 14
"""Resolution of the acceptance test: a cell's weight is exact to 2**-14 of the average weight."""


class AliasTable(NamedTuple):
    """Cell ``i``, drawn evenly, is kept when a 14-bit random number is below ``accept[i]``; else it is ``alias[i]``."""

    accept: NDArray[np.uint16]
    alias: NDArray[np.int32]


def alias_table(weights: ArrayLike) -> AliasTable:
    """Build the table for drawing index ``i`` with probability ``weights[i] / sum(weights)``.

    Parameters
    ----------
    weights
        Not negative, shape (cell,), with a positive sum.

    Returns
    -------
    :
        Two arrays of shape (cell,).

    Notes
    -----
    Cells below the average are filled up by cells above it in one sweep over both; where the sweep stands follows
    from the running sums of what is missing and what is to spare, so that no loop is needed.

    References
    ----------
    A. J. Walker, ACM Trans. Math. Softw. 3 (1977) 253, doi:10.1145/355744.355749.
    """
    w = np.asarray(weights, np.float64)
    w = w * (len(w) / w.sum())
    light, heavy = np.flatnonzero(w < 1), np.flatnonzero(w >= 1)
    accept, alias = np.ones(len(w)), np.arange(len(w))
    if len(light) and len(heavy):
        missing, spare = np.cumsum(1 - w[light]), np.cumsum(w[heavy] - 1)
        begins = np.concatenate(([0.0], missing[:-1]))
        giver = np.minimum(np.searchsorted(spare, begins, side="right"), len(heavy) - 1)
        accept[light], alias[light] = w[light], heavy[giver]
        # A giver is used up by the first cell that reaches past its end; what it overdraws comes from the next giver.
        taker = np.searchsorted(missing, spare, side="right")
        overdrawn = np.where(taker < len(missing), missing[np.minimum(taker, len(missing) - 1)] - spare, 0.0)
        accept[heavy[:-1]], alias[heavy[:-1]] = 1 - overdrawn[:-1], heavy[1:]
    scale = 1 << FRACTION_BITS
    return AliasTable(np.clip(np.rint(accept * scale), 0, scale).astype(np.uint16), alias.astype(np.int32))


def probabilities(table: AliasTable) -> NDArray[np.float64]:
    """Return the probability with which each cell is drawn, shape (cell,); sums to 1."""
    kept = table.accept / (1 << FRACTION_BITS)
    given = np.bincount(table.alias, weights=1 - kept, minlength=len(kept))
    return (kept + given) / len(kept)
