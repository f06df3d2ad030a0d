"""The line above a picture: name, state, age, rate, counts and everything that should make one think twice."""

from __future__ import annotations

import time
from dataclasses import dataclass
from html import escape

import numpy as np

from ..reduce.result.snapshot import Snapshot
from ..reduce.show import wording
from ..streams.clock import describe_age
from .watched import Watched

# Shape and word say the state; colour never alone.
_SIGNS = {
    "live": "●", "catching up": "◐", "reading": "◐", "complete": "✓", "stopped": "■", "paused": "‖", "failed": "✕",
}  # fmt: skip
_STYLE = "line-height:1.5;color:var(--jp-ui-font-color1,inherit);font-size:14px;font-variant-numeric:tabular-nums"
_BAR_STYLE = "width:100%;height:6px;display:block"


WORTH_TELLING_NS = 500_000_000
"""Data so much newer than what is settled may still change by an amount worth telling."""
LAG_BYTES = 1 << 23
"""What waits to be counted is told from so many bytes on."""


@dataclass(frozen=True, slots=True)
class Headline:
    """What is said about a view, as plain text."""

    name: str
    state: str
    facts: tuple[str, ...]
    remarks: tuple[str, ...]
    fraction: float | None = None
    """How much has been read, 0 … 1; None when there is nothing to wait for."""

    def text(self) -> str:
        """Return one plain line."""
        line = " · ".join((f"{self.name} {self.state}", *self.facts))
        return f"{line} · ! {', '.join(self.remarks)}" if self.remarks else line

    def html(self) -> str:
        """Return the line as HTML; texts from outside are escaped."""
        sign = next((sign for state, sign in _SIGNS.items() if self.state.startswith(state)), "●")
        facts = " · ".join(escape(fact) for fact in self.facts)
        first = f'<b>{escape(self.name)}</b>&ensp;<span aria-hidden="true">{sign}</span> <b>{escape(self.state)}</b>'
        bar = ""
        if self.fraction is not None:
            bar = f'<progress max="1" value="{self.fraction:.3f}" style="{_BAR_STYLE}"></progress>'
        remarks = f"<div><b>▲ {escape(' · '.join(self.remarks))}</b></div>" if self.remarks else ""
        return f'<div class="livedata-head" style="{_STYLE}">{first}&ensp;{facts}{remarks}{bar}</div>'

    def summary(self) -> str:
        """Return HTML that a screen reader speaks when it changes; not for the eyes."""
        hidden = "position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)"
        return f'<div role="status" aria-live="polite" style="{hidden}">{escape(self.text())}</div>'


def headline(view: Watched, shown: Snapshot, *, paused: bool = False, extra: tuple[str, ...] = ()) -> Headline:
    """Say how a view stands.

    Parameters
    ----------
    view
        The view.
    shown
        What the picture shows.
    paused
        Whether the picture stands still by request.
    extra
        Remarks of the panel itself.
    """
    state, fraction = view.state, None
    facts = [wording.counts(shown.ledger.binned)]
    progress = view.progress
    if state == "catching up":
        if progress.total > 0:
            fraction = min(1.0, progress.done / progress.total)
            facts.append(f"covers {100 * fraction:.0f} % so far")
        state = "reading" if view.is_finite else state
    elif state == "failed":
        state = f"failed: {view.error}" if view.error is not None else "failed"
    if paused:
        state = f"paused ({state})"
    if not view.is_finite:
        facts.insert(0, describe_age(view.data_ns, time.time_ns()))
        if view.state in ("live", "catching up"):
            facts.insert(1, f"{wording.short(view.events_per_s)} events/s")
            if view.lag > LAG_BYTES:
                facts.append(f"{wording.short(view.lag)}B behind")
    if note := _settled(shown):
        facts.append(note)
    return Headline(view.name, state, tuple(facts), (*view.remarks, *extra), fraction)


def _settled(shown: Snapshot) -> str:
    """Say up to when nothing will change any more, where that is not all that is shown."""
    until, last = shown.settled_until, shown.coverage.last_ns
    if until is None or last is None or last - until < WORTH_TELLING_NS or shown.state in ("complete", "failed"):
        return ""
    moment = str(np.datetime64(until, "ns").astype("datetime64[ms]")).replace("T", " ")
    is_today = abs(last - until) < 12 * 3_600 * 10**9
    return f"settled until {moment[11:] if is_today else moment} UTC"
