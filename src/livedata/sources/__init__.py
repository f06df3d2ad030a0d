"""Background producers: a recorded file sent again, and a simulated instrument.

They fill topics and never read them. Each start returns a handle on a daemon thread at once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..lazy import lazy_names

if TYPE_CHECKING:
    from .replay import Replay, start_replay
    from .simulate import Simulation, start_simulation
    from .source import Source
    from .truth import Truth

__all__ = ["Replay", "Simulation", "Source", "Truth", "start_replay", "start_simulation"]

_HOMES = {
    "Replay": "replay",
    "start_replay": "replay",
    "Simulation": "simulate",
    "start_simulation": "simulate",
    "Source": "source",
    "Truth": "truth",
}

__getattr__, __dir__ = lazy_names(__name__, _HOMES)
