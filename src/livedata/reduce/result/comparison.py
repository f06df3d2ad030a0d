"""The outcome of a comparison of two results."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Difference:
    """One bin in which two results differ."""

    index: tuple[int, ...]
    place: str
    """The bin in words: ``toa 5 … 6 ms``."""
    what: str
    """``values`` or ``variances``."""
    a: int | float
    b: int | float

    def __repr__(self) -> str:
        return f"{self.index} {self.place}: {self.what} {self.a!r} and {self.b!r}"


@dataclass(frozen=True, slots=True)
class Comparison:
    """Outcome of a comparison: true when everything agrees, and a sentence either way."""

    same: bool
    text: str
    listing: tuple[Difference, ...] = ()
    """The first bins that differ, at most 20."""

    def __bool__(self) -> bool:
        return self.same

    def __repr__(self) -> str:
        return self.text
