"""A panel: headline, picture, buttons and readout of one view, turned over by the display thread."""

from __future__ import annotations

import html
import traceback
import weakref
from collections.abc import Callable
from functools import partial
from typing import Any, Protocol

import ipywidgets as widgets
from bokeh.models import LayoutDOM, Model

from ..reduce.pixels.region import Region
from ..reduce.result.snapshot import Snapshot
from .busy import Cell
from .drawn import Hand
from .headline import headline
from .link import Link
from .watched import Watched

HEADLINE_S = 0.25
"""Between two changes of the text above a picture."""
SUMMARY_S = 5.0
"""Between two announcements to a screen reader."""
LOOK_S = 0.03
"""How soon a live view without anything new is looked at again."""
HEARTBEAT_S = 1.0
"""A live picture without anything new says so: the page tells it from a kernel that hangs."""
TOLD_S = 4.0
"""So long the line below the picture tells which region was drawn."""
UNSEEN_S = 30.0
"""A view that nobody has looked at for so long is held by its owner alone."""


class Drawing(Protocol):
    """The picture inside a panel. Only the display thread calls it, once it is made."""

    @property
    def root(self) -> LayoutDOM:
        """The Bokeh layout."""
        ...

    @property
    def models(self) -> dict[str, Any]:
        """Models through which the browser sends wishes."""
        ...

    def draw(self, snapshot: Snapshot, *, is_log: bool) -> None:
        """Draw a snapshot into the models, the visible part only."""
        ...

    def window(self, wish: list[Any] | None) -> bool:
        """Note the visible part that the browser wishes; return whether that changes what is to be drawn."""
        ...

    def readout(self, snapshot: Snapshot, mouse: list[Any] | None) -> str:
        """Say what lies under the mouse, exactly; without a mouse, how the picture is to be read."""
        ...

    @property
    def note(self) -> Model:
        """A label for the page's own use."""
        ...

    @property
    def starts_log(self) -> bool:
        """Whether the scale of counts is logarithmic at first."""
        ...

    @property
    def hand(self) -> Hand | None:
        """What is drawn by hand; None where nothing can be."""
        ...

    @property
    def n_axes(self) -> int:
        """For pictures of how many axes it is."""
        ...

    def outline(self, drawn: list[Region]) -> bool:
        """Show regions as outlines; return whether they changed."""
        ...

    def refresh(self) -> None:
        """Send everything anew with the next drawing: a page was loaded that knows nothing yet."""
        ...


class Panel:
    """What a view looks like in a notebook.

    Parameters
    ----------
    view
        The view. What is on a screen keeps it alive; what nobody sees and nobody holds is collected.
    drawing
        Makes the picture's models from a first snapshot.
    cell
        The cell that shows it.
    wake
        Wakes the display thread.
    """

    def __init__(
        self, view: Watched, drawing: Callable[[Snapshot], Drawing], *, cell: Cell, wake: Callable[[], None]
    ) -> None:
        self.name, self.cell = view.name, cell
        self._view = weakref.ref(view)
        self._held: Watched | None = view
        self._wake = wake
        self._closing = self._gone = False
        self._shown: Snapshot | None = None
        self._shown_at = (-1, -1)
        self._stale = self._is_log = True
        self._headline_at = self._summary_at = float("-inf")
        self._mouse: list[Any] | None = None
        self._error = ""
        self._told = ("", 0.0)
        first = view.picture()
        self._make, self._drawing = drawing, drawing(first)
        self._drawn: list[Region] = view.drawn
        self._outlined = tuple(self._drawn)
        self._drawing.outline(self._drawn)
        self._drawing.draw(first, is_log=self._drawing.starts_log)
        self.link = Link(self._drawing.root, self._drawing.models, wake, note=self._drawing.note)
        self._head = widgets.HTML(headline(view, first).html())
        self._summary = widgets.HTML()
        self._readout = widgets.HTML(_small(self._drawing.readout(first, None)))
        self._pause = widgets.ToggleButton(
            value=False, description="Pause", icon="pause", tooltip="Let the picture stand still; counting goes on"
        )
        self._clear = widgets.Button(
            description="Clear drawn", tooltip="Take all drawn regions away: view.drawn.clear()"
        )
        self._clear.layout.width, self._clear.layout.display = "120px", "" if view.drawn else "none"
        self._clear.on_click(self._clear_drawn)
        self._log = widgets.ToggleButton(
            value=self._drawing.starts_log, description="Log scale", tooltip="Logarithmic or linear scale of counts"
        )
        for button in (self._pause, self._log):
            button.layout.width = "110px"
            button.observe(self._clicked, names="value")
        if view.is_finite:
            self._pause.layout.display = "none"  # it comes to rest by itself
        controls = widgets.HBox([self._pause, self._log, self._clear, self._readout])
        controls.layout.align_items = "center"
        self.widget = widgets.VBox([self._head, self.link, controls, self._summary])
        self.widget.add_class("livedata-panel")

    def _clicked(self, _change: object) -> None:
        self._wake()

    def _clear_drawn(self, _button: object) -> None:
        self._drawn.clear()
        self._wake()

    @property
    def is_closed(self) -> bool:
        """Whether it has been asked to end."""
        return self._closing

    def close(self) -> None:
        """Ask for the end; the display thread takes the widgets away."""
        self._closing = True
        self._wake()

    def dispose(self) -> object | None:
        """Take the widgets away; return the view that was shown."""
        if not self._gone:
            self._gone = True
            for widget in (self.widget, *self.widget.children, self._pause, self._log, self._clear, self._readout):
                widget.close()
        view, self._held, self._shown = self._view(), None, None
        return view

    def fail(self, error: Exception) -> None:
        """Show an error of the panel itself above the picture that was there last."""
        self._error = "".join(traceback.format_exception_only(error)).strip()
        said = html.escape(self._error)
        text = f'<div class="livedata-head" role="alert"><b>✕ {html.escape(self.name)}: no picture: {said}</b></div>'
        if self._head.value != text:
            self._head.value = text

    def step(self, now: float, interval_s: float, *, is_busy: bool) -> float:
        """Do what is due; return when to come again (monotonic, s)."""
        view = self._view()
        if view is None:
            self.close()
            return now
        pace = self.link.pace
        is_seen = (pace.is_watched and now - pace.heard_at < UNSEEN_S) or (is_busy and pace.is_watched)
        self._held = view if is_seen else None
        todo, due = pace.next_step(now, interval_s, is_busy=is_busy)
        if todo == "wait":
            return due
        if todo == "ping":
            with self.link.frame():
                pass
            return now + interval_s
        if self.link.is_new_page:
            self.link.is_new_page = False
            self._drawing.refresh()
            for button in (self._pause, self._log):
                self.link.speak(partial(button.send_state, "tooltip"))
            self._stale, self._headline_at = True, float("-inf")
        self.link.is_live = view.state in ("live", "catching up")
        changed = self._redraw(view, now)
        if (changed or now - self._headline_at >= HEADLINE_S) and self._retitle(view, now):
            changed = True
        if not changed and self.link.is_live and now - pace.sent_at >= HEARTBEAT_S:
            with self.link.frame():
                pass
        return now + (interval_s if changed or not self.link.is_live else min(interval_s, LOOK_S))

    def _redraw(self, view: Watched, now: float) -> bool:
        """Draw what is new, if anything is; return whether something was sent."""
        is_log, mouse = bool(self._log.value), self.link.wishes.get("mouse")
        moved = self._drawing.window(self.link.wishes.pop("window", None))
        hand, gestures = self._drawing.hand, self.link.wishes.pop("drawn", None)
        drawn = hand.take(gestures) if hand is not None else []
        self._drawn.extend(drawn)
        newest = (view.generation, view.version)
        if self._shown is None or (newest != self._shown_at and not self._pause.value):
            self._shown, self._shown_at, self._stale = view.picture(), newest, True
            if self._shown.array.ndim != self._drawing.n_axes and self._renew(self._shown):
                return True
        is_outlined = self._outlined == tuple(self._drawn)
        if self._stale or moved or is_log != self._is_log or not is_outlined:
            with self.link.frame():
                self._drawing.draw(self._shown, is_log=is_log)
                self._drawing.outline(self._drawn)
        elif mouse == self._mouse:
            return False
        if not is_outlined:
            self._outlined = tuple(self._drawn)
            self._clear.layout.display = "" if self._drawn else "none"
            if drawn:
                self._told = (f"drawn[{len(self._drawn) - 1}] = {drawn[-1]!r}", now + TOLD_S)
        self._stale, self._is_log, self._mouse = False, is_log, mouse
        told, until = self._told
        _set(self._readout, _small(told if now < until else self._drawing.readout(self._shown, mouse)))
        return True

    def _renew(self, first: Snapshot) -> bool:
        """Take another drawing, where there is one for so many axes; the page loads it like a new panel."""
        drawing = self._make(first)
        if drawing.n_axes == self._drawing.n_axes:
            return False
        old, self._drawing = self.link, drawing
        drawing.draw(first, is_log=drawing.starts_log)
        drawing.outline(self._drawn)
        self.link = Link(drawing.root, drawing.models, self._wake, note=drawing.note)
        self._log.value = self._is_log = drawing.starts_log
        head, _, *others = self.widget.children
        self.widget.children = (head, self.link, *others)
        old.close()
        return True

    def _retitle(self, view: Watched, now: float) -> bool:
        if self._shown is None or now - self._headline_at < HEADLINE_S:
            return False
        said = headline(view, self._shown, paused=bool(self._pause.value))
        self._headline_at = now
        self._error = ""
        changed = _set(self._head, said.html())
        if now - self._summary_at >= SUMMARY_S:
            self._summary_at = now
            changed |= _set(self._summary, said.summary())
        if changed and self.link.pace.sent == self.link.pace.answered:
            with self.link.frame():
                pass
        return changed


def _set(widget: Any, text: str) -> bool:
    if widget.value == text:
        return False
    widget.value = text
    return True


def _small(text: str) -> str:
    style = "line-height:1.4;margin-left:8px;font-variant-numeric:tabular-nums;color:var(--jp-ui-font-color1,inherit)"
    return f'<div class="livedata-readout" style="{style}">{html.escape(text)}</div>'
