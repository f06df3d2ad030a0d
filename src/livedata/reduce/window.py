"""Windows: which stretch of the data a view stands for, as time goes on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Window:
    """A stretch that moves with the data. Of all entries of a view's extent, those that lie in it count.

    ``all``: everything (since start or reset). ``pulses``: the newest `n` distinct pulse times. ``seconds``: entries
    with ``event_time_zero > newest - length_ns``. ``run``: since the start of the run that is on. ``log``: since `log`
    last changed its value.
    """

    kind: Literal["all", "pulses", "seconds", "run", "log"] = "all"
    n: int = 0
    length_ns: int = 0
    log: str = ""


EVERYTHING = Window()
