"""How far the start of a broker has come."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Progress:
    """One step of starting a broker. `total` is 0 when the step has no known length."""

    step: str
    """What is going on, for people."""
    done: int = 0
    total: int = 0
    unit: str = ""


ProgressCallback = Callable[[Progress], None]


def ignore(progress: Progress) -> None:
    """Show nothing."""
