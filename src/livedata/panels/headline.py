"""The line above a picture: name, state, age, rate, counts and everything that should make one think twice."""

from __future__ import annotations

import time
from dataclasses import dataclass
from html import escape

from ..streams.clock import describe_age
from . import wording
from .watched import Watched

# Shape and word say the state; colour never alone.
_SIGNS = {
    "live": "●", "catching up": "◐", "reading": "◐", "complete": "✓", "stopped": "■", "paused": "‖", "failed": "✕",
}  # fmt: skip
_STYLE = "line-height:1.5;color:var(--jp-ui-font-color1,inherit);font-size:14px;font-variant-numeric:tabular-nums"
_BAR_STYLE = "width:100%;height:6px;display:block"


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


def headline(view: Watched, *, binned: int, paused: bool = False, extra: tuple[str, ...] = ()) -> Headline:
    """Say how a view stands.

    Parameters
    ----------
    view
        The view.
    binned
        Counts in the picture that is shown.
    paused
        Whether the picture stands still by request.
    extra
        Remarks of the panel itself.
    """
    state, fraction = view.state, None
    progress = view.progress
    if state == "catching up":
        if progress.total > 0:
            fraction = min(1.0, progress.done / progress.total)
        state = "reading" if view.is_finite else state
        state = state if fraction is None else f"{state} {100 * fraction:.0f} %"
    elif state == "failed":
        state = f"failed: {view.error}" if view.error is not None else "failed"
    if paused:
        state = f"paused ({state})"
    facts = [wording.counts(binned)]
    if not view.is_finite:
        facts.insert(0, describe_age(view.data_ns, time.time_ns()))
        if view.state in ("live", "catching up"):
            facts.insert(1, f"{wording.short(view.events_per_s)} events/s")
    return Headline(view.name, state, tuple(facts), (*view.remarks, *extra), fraction)
