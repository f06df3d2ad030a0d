"""The ledger of a view: what became of every event that was offered to it."""

from __future__ import annotations

from dataclasses import dataclass, fields


@dataclass(frozen=True, slots=True)
class Ledger:
    """Fates of events. Each event has exactly one: the first that applies, in the order of the fields.

    ``seen`` is always the sum of the fates. ``late`` is a remark beside them: events whose entry came after later ones.
    """

    seen: int = 0
    filtered: int = 0
    """Left out by a filter on logs or entry columns."""
    unmapped: int = 0
    """Pixel number that the layout does not hold, or none at all."""
    masked: int = 0
    """Pixel excluded by a mask."""
    outside: int = 0
    """Outside the region."""
    nan: int = 0
    """Coordinate undefined."""
    underflow: int = 0
    """Below the first edge of the first axis that it fails."""
    overflow: int = 0
    """At or above the last edge of the first axis that it fails."""
    binned: int = 0
    """Counted in a bin."""
    late: int = 0

    @property
    def adds_up(self) -> bool:
        """Whether the fates add up to the events seen."""
        return bool(self.seen == sum(getattr(self, name) for name in FATES))

    def to_dict(self) -> dict[str, int]:
        """Return all counts by name, in order."""
        return {f.name: getattr(self, f.name) for f in fields(self)}

    def __repr__(self) -> str:
        parts = [f"{getattr(self, name):,} {name}" for name in (*FATES, "late") if getattr(self, name)]
        return f"<Ledger {self.seen:,} seen = {' + '.join(p for p in parts if 'late' not in p) or '0'}>"


FATES = ("filtered", "unmapped", "masked", "outside", "nan", "underflow", "overflow", "binned")
"""Names of the fates, in the order in which they apply."""


def ledger_remarks(ledger: Ledger) -> tuple[str, ...]:
    """Say what a reader of the counts should know: events with another fate than binned, and late ones.

    Examples
    --------
    >>> ledger_remarks(Ledger(seen=200, unmapped=12, binned=188))
    ('12 unmapped (6%)',)
    """
    counts = {name: getattr(ledger, name) for name in (*FATES, "late") if name != "binned"}
    return tuple(f"{n:,} {name}{_share(n, ledger.seen)}" for name, n in counts.items() if n)


def _share(part: int, whole: int) -> str:
    """Return a share in percent, where it is worth telling."""
    return f" ({part / whole:.0%})" if part >= 0.005 * whole else ""
