"""Results of counting, as they are published: values over bins, whatever counted them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..reduce.result.ledger import Ledger


@dataclass(frozen=True, slots=True, eq=False)
class Dim:
    """One dimension of a result."""

    name: str
    edges: NDArray[np.float64]
    """Shape (n + 1,)."""
    unit: str = ""
    label: str = ""

    @property
    def n(self) -> int:
        """Number of bins."""
        return len(self.edges) - 1


@dataclass(frozen=True, slots=True, eq=False)
class Result:
    """What was counted, at one moment."""

    dims: tuple[Dim, ...]
    values: NDArray[np.int64] | NDArray[np.float64]
    """Shape as the dimensions."""
    ledger: Ledger
    squares: NDArray[np.int64] | NDArray[np.float64] | None = None
    """Variances where they differ from the values."""
    first_ns: int | None = None
    """Earliest reference time counted, ns since 1970."""
    last_ns: int | None = None
    unit: str = "counts"
    lost: int = 0
    """Messages that had expired before they could be read."""
