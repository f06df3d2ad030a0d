"""Waiting until enough was counted: events, a monitor's counts, charge, or a relative error."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ..errors import ArgumentError, WaitTimeout
from ..streams.extent import Extent
from ..streams.feed import Feed
from .description import Description, Normalise
from .engine import Engine, Offsets
from .fold.pulsefold import PulseFold
from .setting import Setting
from .units import exact_factor
from .waiting import wait_for

CHARGE_UNIT = "microampere * hour"


Asked = tuple[Callable[[], bool], str]
"""A question, and what it asks for."""


@dataclass(frozen=True, slots=True, eq=False)
class Until:
    """One view's engine and what else it can be made to wait for."""

    engine: Engine
    feed: Feed
    setting: Setting
    description: Description
    name: str

    def wait(
        self,
        events: int | None,
        more: dict[str, Any],
        deadline: float | None,
        *,
        extent: Extent | None,
        after: Offsets,
    ) -> None:
        """Wait until all that is asked for was seen, or nothing can change any more.

        Raises
        ------
        WaitTimeout
            If the deadline passes, or the data end, before.
        LiveDataError
            What ended the view, if it failed.
        """
        unknown = set(more) - {"monitor", "charge", "rel_error"}
        if unknown:
            raise ArgumentError(
                f"wait({', '.join(sorted(unknown))}=…): expected events, monitor, charge, rel_error or timeout"
            )
        conditions: list[Asked] = []
        if events is not None:
            self.engine.await_events(events)
            conditions.append((lambda: self.engine.n_seen >= events, f"{events:,} events"))
        extra: list[Engine] = []
        if "rel_error" in more:
            conditions.append(self._rel_error(more["rel_error"]))
        if "monitor" in more:
            extra.append(self._opened(Normalise("monitor", stream=_name(more["monitor"])), extent, after))
            conditions.append(_monitor(extra[-1], more["monitor"]))
        if "charge" in more:
            extra.append(self._opened(Normalise("charge"), extent, after))
            conditions.append(_charge(extra[-1], more["charge"]))
        if not conditions and not self.engine.is_finite:
            raise ArgumentError(
                "a live view has no end to wait for; give a number of events: view.wait(events=100_000)"
            )
        try:
            wait_for(self.engine, self.name, lambda: _all_met(conditions), deadline)
        finally:
            for engine in extra:
                engine.release()
        if self.engine.error is not None:
            raise self.engine.error
        if conditions and not _all_met(conditions):
            asked = " and ".join(what for _, what in conditions)
            raise WaitTimeout(
                f"{self.name} is {self.engine.state} with {self.engine.n_seen:,} events; {asked} were waited for"
            )

    def _opened(self, what: Normalise, extent: Extent | None, after: Offsets) -> Engine:
        from .normalising import open_divisor

        return open_divisor(
            what, self.description, self.setting, self.feed,
            extent=extent, after=after, is_finite=self.engine.is_finite,
        ).engine  # fmt: skip

    def _rel_error(self, wanted: Any) -> Asked:
        if not isinstance(wanted, int | float) or not 0 < wanted < 1:
            raise ArgumentError(f"rel_error={wanted!r}; expected a number between 0 and 1")
        enough = math.ceil(1 / wanted**2)
        engine, description = self.engine, self.description
        return (lambda: engine.ledger(description).binned >= enough), f"{enough:,} events in bins"


def _all_met(conditions: list[Asked]) -> bool:
    return bool(conditions) and all(is_met() for is_met, _ in conditions)


def _name(monitor: Any) -> str:
    if not isinstance(monitor, tuple) or len(monitor) != 2 or not isinstance(monitor[1], int):
        raise ArgumentError(f"monitor={monitor!r}; expected a stream and how many events: (live['monitor'], 100_000)")
    return str(getattr(monitor[0], "name", monitor[0]))


def _monitor(engine: Engine, monitor: Any) -> Asked:
    return (lambda: engine.n_seen >= monitor[1]), f"{monitor[1]:,} monitor events"


def _charge(engine: Engine, wanted: Any) -> Asked:
    number, _, unit = str(wanted).strip().partition(" ")
    try:
        amount = float(number) * float(exact_factor(unit.strip() or CHARGE_UNIT, CHARGE_UNIT))
    except ValueError:
        raise ArgumentError(f"charge={wanted!r}; expected a text such as '2 mC' or '10 uA*h'") from None

    def is_met() -> bool:
        fold = engine.counting.fold
        return isinstance(fold, PulseFold) and fold.charge >= amount

    return is_met, f"a charge of {wanted}"
