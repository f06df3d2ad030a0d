"""Snapshots: what a view knew at one moment. They never change."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

from ...streams.extent import Coverage
from .histogram import Histogram
from .ledger import Ledger

State = Literal["live", "catching up", "complete", "stopped", "failed"]


@dataclass(frozen=True, slots=True, eq=False, kw_only=True, repr=False)
class Snapshot(Histogram):
    """An immutable result: a histogram with its ledger, and what it stands for.

    Sums over axes are snapshots again, since every event keeps its fate; slices, quotients and other bins are plain
    histograms.
    """

    ledger: Ledger
    coverage: Coverage
    state: State
    generation: int
    """One uninterrupted accumulation; changes at a reset, a run boundary, a change of definition."""
    version: int
    """Rises with every change of the result."""
    settled_until: int | None
    """Data time (ns since 1970) before which no entry can change its fate any more; None while unknown."""
    taken_ns: int
    """Wall clock when it was taken, ns since 1970."""
    remarks: tuple[str, ...] = field(default=())

    @property
    def span(self) -> tuple[int, int] | None:
        """First and last entry time that was counted, ns since 1970; None before the first."""
        first, last = self.coverage.first_ns, self.coverage.last_ns
        return (first, last) if first is not None and last is not None else self.span_ns

    def to_dict(self) -> dict[str, Any]:
        """Return plain lists and numbers, ready for JSON."""
        partitions = {
            f"{p.topic}/{p.partition}": [list(r) for r in ranges] for p, ranges in self.coverage.offsets.items()
        }
        return {
            "axes": [{"name": a.name, "unit": a.unit, "edges": a.edges.tolist()} for a in self.axes],
            "edges": self.axes[0].edges.tolist() if len(self.axes) == 1 else [a.edges.tolist() for a in self.axes],
            "values": self.array.tolist(),
            "ledger": self.ledger.to_dict(),
            "coverage": {
                "offsets": partitions,
                "first_ns": self.coverage.first_ns,
                "last_ns": self.coverage.last_ns,
                "lost": self.coverage.lost,
                "pending": self.coverage.pending,
                "skipped": self.coverage.skipped,
                "complete": self.coverage.is_complete,
            },
            "state": self.state,
            "generation": self.generation,
            "settled_until": self.settled_until,
            "remarks": list(self.remarks),
        }
