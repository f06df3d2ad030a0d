"""What is written above a picture that stands still."""

from __future__ import annotations

from ..reduce.result.histogram import Histogram
from ..reduce.result.snapshot import Snapshot
from ..reduce.show import wording


def facts(shown: Histogram) -> tuple[str, ...]:
    """Return state, counts and remarks of a snapshot; of another result, its sum."""
    if isinstance(shown, Snapshot):
        return (shown.state, wording.counts(shown.ledger.binned), *shown.remarks)
    return (f"sum {wording.value(float(shown.total), shown.unit)}",) if shown.unit == "counts" else ()
