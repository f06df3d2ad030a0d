"""Background producers: a recorded file sent again, and a simulated instrument.

They fill topics and never read them. Each start returns a handle on a daemon thread at once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

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


def __getattr__(name: str) -> Any:
    # The modules behind the names load numpy and HDF5; who imports the package pays for what is used.
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f".{_HOMES[name]}", __name__), name)


def __dir__() -> list[str]:
    return __all__
